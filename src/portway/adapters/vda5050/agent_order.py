"""Orders on the truck's side: which are taken, how they end (sections 6.6.2 to 6.6.4; 6.1.2 to 6.1.4 and 6.6.7 of 3.0).

The questions are those of figure 8, in its sequence. An order is under way as long as nodes, horizon included, or
actions of it are open; one that was cancelled or cleared keeps its id and takes no update.
"""

import hashlib
import itertools
import math
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_factsheet import HEIGHT_M
from portway.adapters.vda5050.agent_speech import AgentSpeech
from portway.adapters.vda5050.ground import GAP_M
from portway.adapters.vda5050.order_fields import HEADING_RAD, Able, deviation, field_fault
from portway.adapters.vda5050.order_shape import Refusal, shape_fault
from portway.adapters.vda5050.trajectory import line_of, straight
from portway.adapters.vda5050.versions import Mode

STANDS_M = 2.0  # as near as it stands on a node whose deviation is not given: the truck's normal tolerance
HELD_MAX = 1_500  # nodes of one order that are still ahead
DOING_MAX = 500  # actions of one order


class AgentOrders(AgentSpeech):
    """One truck and its order."""

    @property
    def rule(self) -> Mode:
        """What its operating mode means."""
        return self.version.modes[self.mode]

    @property
    def has_order(self) -> bool:
        """Whether an order is under way, or waits for more of its base."""
        return bool(self.nodes or self.edges) or not self.doing.has_ended

    # -- which are taken ----------------------------------------------------------------------------------------

    def _is_repeated(self, order: Any) -> bool:
        """The message that was taken last, once more: it is ignored (section 6.6.4.3; 6.1.4.5 of 3.0)."""
        known = (order.order_id, order.order_update_id) == (self.order_id, self.update_id)
        return known and not self._is_ended and content_of(order) == self._content

    def _order_fault(self, order: Any) -> Refusal | None:
        """Why an order is not taken; None for one that is."""
        is_new = order.order_id != self.order_id
        fault = shape_fault(order, self.version, is_new)
        if fault is None and not self.rule.takes_orders:
            fault = Refusal("modeError", f"it takes no orders in operating mode {self.rule.word}")
        fault = fault or (self._new_fault(order) if is_new else self._update_fault(order))
        fault = fault or field_fault(order, Able(self.version, frozenset([self.options.map_id]), HEIGHT_M))
        if fault is None and is_new and not self._stands_on(order.nodes[0]):
            fault = self._away(order.nodes[0])
        return fault or self._action_ids_fault(order, is_new) or self._line_fault(order, is_new)

    def _new_fault(self, order: Any) -> Refusal | None:
        if self.has_order or self.instant.running("cancelOrder"):
            return Refusal("orderActiveError", f"{self.order_id} is not ended")
        if self.is_driving:
            return Refusal("orderActiveError", "it still rolls")
        if self.version.update_zero and order.order_update_id:
            return Refusal("orderUpdateError", f"update {order.order_update_id} of an order that it does not have")
        return None

    def _update_fault(self, order: Any) -> Refusal | None:
        update = order.order_update_id
        if update < self.update_id:
            return Refusal("orderUpdateError", f"update {update} is older than {self.update_id}")
        if self._is_ended:
            return Refusal("cancelledOrderError", f"{self.order_id} was cancelled; send another order")
        if update == self.update_id:
            return Refusal("sameUpdateError", f"update {update} was another before")
        first = order.nodes[0]
        if (first.node_id, first.sequence_id) != self._end():
            why = f"it does not begin at the end of the base {self._end()}"
            return Refusal("orderUpdateError", why, (("nodeId", first.node_id),))
        if len(self.nodes) + len(order.nodes) > HELD_MAX:
            return Refusal("memoryError", f"{HELD_MAX} nodes can be ahead of it")
        return None

    def _end(self) -> tuple[str, int]:
        """Last released node and its sequence id."""
        released = [n for n in self.nodes if n.released]
        return (released[-1].node_id, released[-1].sequence_id) if released else (self.last_node, self.last_sequence)

    def _stands_on(self, node: Any) -> bool:
        """Whether a node is trivially reachable: by its position, whatever its name; without one by its name."""
        position = node.node_position
        if not self.localized:
            return False
        if position is None:
            return node.node_id == self.last_node
        half_a, half_b, angle = deviation(position, self.version) or (0.0, 0.0, 0.0)
        x, y, heading = self.ground.pose
        dx, dy = x - position.x, y - position.y
        along = dx * math.cos(angle) + dy * math.sin(angle)
        across = dy * math.cos(angle) - dx * math.sin(angle)
        if math.hypot(along / (half_a + STANDS_M), across / (half_b + STANDS_M)) > 1.0:
            return False
        if position.theta is None or position.allowed_deviation_theta is None:
            return True
        turned = abs(math.remainder(heading - position.theta, math.tau))
        return turned <= position.allowed_deviation_theta + HEADING_RAD

    def _away(self, node: Any) -> Refusal:
        name = ("nodeId", node.node_id)
        if not self.localized:
            return Refusal("startNodeError", "it does not know where it is", (name,))
        x, y, _ = self.ground.pose
        return Refusal("startNodeError", f"it stands at ({x:.1f}, {y:.1f}), out of range of the first node", (name,))

    def _action_ids_fault(self, order: Any, is_new: bool) -> Refusal | None:
        """Ids that are taken, and actions that an update adds to a node that was released before."""
        first, last = order.nodes[0], -1 if is_new else order.nodes[0].sequence_id
        known = self.doing.known(first.sequence_id)
        added = [] if is_new else [a for a in first.actions if a.action_id not in known]
        if added:
            why = "a node of the base gets no further actions; put another node behind it"
            return Refusal("validationError", why, (("nodeId", first.node_id), ("actionId", added[0].action_id)))
        new = [a for p in (*order.edges, *order.nodes[0 if is_new else 1 :]) for a in p.actions]
        taken = self.doing.known_up_to(last)
        if len(taken) + len(new) > DOING_MAX:
            return Refusal("memoryError", f"{DOING_MAX} actions of an order can be kept")
        for action in new:
            if action.action_id in taken or self.instant.is_known(action.action_id):
                return Refusal("validationError", "its actionId was used before", (("actionId", action.action_id),))
        return None

    def _line_fault(self, order: Any, is_new: bool) -> Refusal | None:
        """Whether the lines lead on from each other, the first one from where the base ends or the truck stands."""
        lines = [line_of(e.trajectory) for e in self._straighten(order)]
        if lines and not self.ground.joins(lines[0]):
            kind = "startNodeError" if is_new else "validationError"
            return Refusal(kind, "its line does not begin where it gets to", (("edgeId", order.edges[0].edge_id),))
        for edge, (before, line) in zip(order.edges[1:], itertools.pairwise(lines), strict=True):
            if math.dist(before[-1], line[0]) > GAP_M:
                why = "its trajectory does not begin where the one before it ends"
                return Refusal("validationError", why, (("edgeId", edge.edge_id),))
        return None

    def _straighten(self, order: Any) -> list[Any]:
        """The edges; one without a trajectory gets the straight line from node to node."""
        for edge, (start, end) in zip(order.edges, itertools.pairwise(order.nodes), strict=True):
            if edge.trajectory is None:
                edge.trajectory = straight(self._words, start.node_position, end.node_position)
        return list(order.edges)

    # -- taking one ---------------------------------------------------------------------------------------------

    def _take(self, order: Any, content: bytes) -> None:
        first, is_new = order.nodes[0], order.order_id != self.order_id
        if is_new:
            self.order_id = order.order_id
            self.nodes, self.edges, self._entered, self._is_ended = [], [], -1, False
            self._pass_node(first)
            self._forget_previous()
            self.doing.add(first)
        self.doing.drop_after(first.sequence_id)
        self.update_id, self._content = order.order_update_id, content
        for edge, node in zip(order.edges, order.nodes[1:], strict=True):
            self.doing.add(edge)
            self.doing.add(node)
        self.nodes = [n for n in self.nodes if n.released] + order.nodes[1:]
        self.edges = [e for e in self.edges if e.released] + order.edges
        self.ground.lay([e for e in self.edges if e.released], self.doing.stops())
        if is_new:
            self.doing.reach(first.sequence_id)

    def _forget_previous(self) -> None:
        """States and errors that are kept until a new order is taken (section 6.10.6; table 9 of 3.0)."""
        self.doing.forget()
        if not self.version.instant_states:
            self.instant.clear()
        kept = {self.version.errors.get(k, k) for k in ("unsupportedAction", "actionStatesFull")}
        self.errors = [e for e in self.errors if self.version.instant_states and e.error_type in kept]

    def _pass_node(self, node: Any) -> None:
        """A node counts as traversed."""
        self.last_node, self.last_sequence = node.node_id, node.sequence_id
        p = node.node_position
        self._last_at = self.ground.pose[:2] if p is None else (p.x, p.y)
        self._has_news = True

    # -- ending one ---------------------------------------------------------------------------------------------

    def _cancel(self, order_id: str | None) -> tuple[str, Refusal | None]:
        """Stop at the next node where it can; finished when it stands (section 6.6.3; 6.1.3 of 3.0)."""
        if not self.has_order:
            return "FAILED", Refusal("noOrderToCancel", "it has no order")
        if order_id is not None and order_id != self.order_id:
            return "FAILED", Refusal("noOrderToCancel", f"it has {self.order_id}, not {order_id[:80]}")
        self._is_ended = True
        self.doing.cancel()
        if not self.rule.drives:  # nobody drives it to a node: it ends where it is
            self._clear()
        keep = self.ground.brakes_within() if self.nodes else 0
        self.nodes, self.edges = self.nodes[:keep], self.edges[:keep]
        if keep or not self.is_driving:
            self.ground.lay(self.edges)
        return "RUNNING" if self.nodes or self.is_driving else "FINISHED", None

    def _clear(self) -> None:
        """The vehicle ends its order by itself (section 6.6.7 of 3.0): it brakes, ids stay, states are empty."""
        if self.has_order:
            self._is_ended = True
        self.doing.cancel()
        self.nodes, self.edges = [], []
        self.ground.let_go()

    def _mode_changed(self, before: str) -> None:
        rule = self.rule
        if rule.clears or self.version.modes[before].clears_leaving:
            self._clear()
        if rule.ends_requests:
            self.zones.requests = {}
        if rule.forgets_node:
            self.last_node = ""
        if rule.takes_orders:
            self._settle(["modeError"])
        self._has_news = True


def content_of(order: Any) -> bytes:
    """A digest of what an order says, without its header."""
    return hashlib.sha256(wire.encode([order.nodes, order.edges, order.zone_set_id])).digest()
