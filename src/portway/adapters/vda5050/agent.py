"""The truck's side: follows the base, stops at its end, says where it is.

Stands in for steel, and is what a truck maker replaces. Pure: stepped by its caller, instants are arguments. It holds
the nodes and edges of its order; the truck may drive up to the last released node and nowhere else, link or no link.
"""

import itertools
import math
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_speech import START_CRAWL, STOP_CRAWL, AgentOptions, AgentSpeech
from portway.adapters.vda5050.facts import Outgoing

__all__ = ["AgentOptions", "TruckAgent"]

RANGE_PERCENT_PER_M = 0.0006  # of the battery, a plain figure: 160 km
CRAWL_MPS = 1.0


class TruckAgent(AgentSpeech):
    """One truck that speaks VDA 5050."""

    # -- driving ------------------------------------------------------------------------------------------------

    def step(self, dt_s: float, now_s: float) -> list[Outgoing]:
        """Drive for a moment; a state when one is due or a node was passed."""
        before_m = self.ground.driven_m
        limit = 0.0 if self.paused else CRAWL_MPS if self.crawls else math.inf
        asked = dict(self.zones.requests)
        limit = min(limit, self.zones.speed_limit(self.ground))
        self._has_news |= self.zones.requests != asked
        for _ in range(self.ground.move(dt_s, limit)):
            self.edges.pop(0)
            node = self.nodes.pop(0)
            self.last_node, self.last_sequence = node.node_id, node.sequence_id
            self._has_news = True
        if not self.nodes:
            self._end_cancel()
        self.charge_percent = max(5.0, self.charge_percent - RANGE_PERCENT_PER_M * (self.ground.driven_m - before_m))
        out = []
        if self._has_news or now_s - self._stated_s >= self.options.state_s:
            out.append(self.state(now_s))
        if self.options.visualization_s and now_s - self._shown_s >= self.options.visualization_s:
            self._shown_s = now_s
            body = self._words.Visualization(
                **self._header("visualization", now_s), agv_position=self._position(), velocity=self._velocity()
            )
            out.append(Outgoing(self.topic("visualization"), wire.encode(body)))
        return out

    # -- messages -----------------------------------------------------------------------------------------------

    def received(self, topic_name: str, payload: bytes, now_s: float) -> list[Outgoing]:
        """An order or instant actions; a wrong one is rejected with an error in the state."""
        message = topic_name.rpartition("/")[2]
        try:
            body = wire.decode(self.version, message, payload)
        except wire.RefusedError as error:
            return self._reject("validationError", str(error), now_s)
        if message == "order":
            return self._order(body, now_s)
        if message == "zoneSet":
            if not self.zones.add(body.zone_set):
                self._warn("duplicateZoneSet", body.zone_set.zone_set_id[:80])
            return [self.state(now_s)]
        if message == "responses":
            for response in body.responses[:50]:
                self.zones.respond(response.request_id, response.grant_type)
            return [self.state(now_s)]
        return self._instant_actions(body, now_s) if message == "instantActions" else []

    def _reject(self, kind: str, why: str, now_s: float) -> list[Outgoing]:
        self.rejected += 1
        self._warn(kind, why)
        return [self.state(now_s)]

    def _warn(self, kind: str, why: str) -> None:
        """An error of the level WARNING, in the version's word for it; it stays until the next order is taken."""
        word = self.version.errors.get(kind, kind)
        error = self._words.Error(error_type=word, error_level="WARNING", error_description=why[:200])
        self.errors = [*self.errors[-4:], error]

    def _order(self, order: Any, now_s: float) -> list[Outgoing]:
        """Sections 6.6.4 to 6.6.5 of 2.1: new order, update, repetition, or what is wrong with it."""
        wrong = _shape(order)
        if wrong:
            return self._reject("validationError", wrong, now_s)
        if order.order_id == self.order_id:
            if order.order_update_id == self.update_id:
                return []  # sent again
            if order.order_update_id < self.update_id:
                return self._reject("orderUpdateError", f"update {order.order_update_id} is older", now_s)
        elif any(n.released for n in self.nodes):
            return self._reject("orderActiveError", f"{self.order_id} is not ended", now_s)
        if not self._fits(order):
            same = order.order_id == self.order_id
            return self._reject(
                "orderUpdateError" if same else "startNodeError",
                f"it does not begin at the end of the base {self._end()}",
                now_s,
            )
        self._straighten(order)
        self._take(order)
        return [self.state(now_s)]

    def _end(self) -> tuple[str, int]:
        """Last released node and its sequence id."""
        released = [n for n in self.nodes if n.released]
        return (released[-1].node_id, released[-1].sequence_id) if released else (self.last_node, self.last_sequence)

    def _fits(self, order: Any) -> bool:
        """An update begins with the last node of the base; a new order with the node the truck stands on."""
        first = order.nodes[0]
        node_id, sequence = self._end()
        if order.order_id == self.order_id:
            return (first.node_id, first.sequence_id) == (node_id, sequence)
        if self.ground.mps > 0.0 or not first.released:
            return False
        if self.last_node == "":
            position = first.node_position
            x, y, _ = self.ground.pose
            return position is not None and math.hypot(position.x - x, position.y - y) < 2.0
        return first.node_id == node_id

    def _straighten(self, order: Any) -> None:
        """An edge without a trajectory is driven straight from node to node."""
        w = self._words
        for edge, ends in zip(order.edges, itertools.pairwise(order.nodes), strict=True):
            if edge.trajectory is None:
                points = [w.ControlPoint(x=n.node_position.x, y=n.node_position.y) for n in ends]
                edge.trajectory = w.Trajectory(control_points=points)

    def _take(self, order: Any) -> None:
        if order.order_id != self.order_id:
            self.order_id, self.last_sequence = order.order_id, order.nodes[0].sequence_id
            self.last_node = order.nodes[0].node_id
            self.nodes, self.edges = [], []
            self.errors = []
        self.update_id = order.order_update_id
        self.nodes = [n for n in self.nodes if n.released] + order.nodes[1:]
        self.edges = [e for e in self.edges if e.released] + order.edges
        self.ground.lay([e for e in self.edges if e.released])

    def _instant_actions(self, body: Any, now_s: float) -> list[Outgoing]:
        out: list[Outgoing] = []
        for action in [*(body.actions or []), *(body.instant_actions or [])][:50]:
            if action.action_id in self.actions:
                continue  # never twice
            if action.action_type in ("enableZoneSet", "deleteZoneSet") and self.version.zones:
                status, more = self._on_zone_set(action), list[Outgoing]()
            else:
                status, more = self._act(action.action_type, now_s)
            self.actions[action.action_id] = (action.action_type, status)
            self.actions = dict(list(self.actions.items())[-10:])
            out += more
        return [*out, self.state(now_s)]

    def _act(self, kind: str, now_s: float) -> tuple[str, list[Outgoing]]:
        """Carry out an instant action (section 6.8): its status, and what else is to be said."""
        if kind in ("startPause", "stopPause"):
            self.paused = kind == "startPause"
        elif kind in (START_CRAWL, STOP_CRAWL):
            self.crawls = kind == START_CRAWL
        elif kind == "factsheetRequest":
            return "FINISHED", [self.factsheet(now_s)]
        elif kind == "cancelOrder":
            return self._cancel(), []
        elif kind in ("logReport", "initPosition"):
            return "FAILED", []
        elif kind != "stateRequest":
            self._warn("unsupportedAction", kind[:80])
            return "FAILED", []
        return "FINISHED", []

    def _on_zone_set(self, action: Any) -> str:
        """Enable or delete a zone set (section 6.4.2 of 3.0)."""
        named = next((str(p.value) for p in action.action_parameters or [] if p.key == "zoneSetId"), "")
        done = self.zones.enable(named) if action.action_type == "enableZoneSet" else self.zones.delete(named)
        return "FINISHED" if done else "FAILED"

    def _cancel(self) -> str:
        """Stop at the next node; nodes behind it are forgotten. Finished when it stands (section 6.6.3)."""
        if not self.nodes:
            self._warn("noOrderToCancel", "it has no order")
            return "FAILED"
        keep = 1 if self.ground.along_m > 0.0 and self.edges and self.edges[0].released else 0
        self.nodes, self.edges = self.nodes[:keep], self.edges[:keep]
        self.ground.lay(self.edges)
        return "RUNNING" if keep else "FINISHED"

    def _end_cancel(self) -> None:
        for action, (kind, status) in self.actions.items():
            if kind == "cancelOrder" and status == "RUNNING":
                self.actions[action] = kind, "FINISHED"


def _shape(order: Any) -> str:
    """What is wrong with an order's nodes and edges by themselves; empty when nothing is."""
    if not order.nodes or len(order.edges) != len(order.nodes) - 1:
        return f"{len(order.nodes)} nodes and {len(order.edges)} edges"
    sequence, released = order.nodes[0].sequence_id, True
    if sequence % 2:
        return "nodes have even sequence ids"
    for i, edge in enumerate(order.edges):
        node = order.nodes[i + 1]
        if (edge.sequence_id, node.sequence_id) != (sequence + 2 * i + 1, sequence + 2 * i + 2):
            return f"sequence id {edge.sequence_id} or {node.sequence_id} is out of order"
        if edge.released != node.released or (node.released and not released):
            return "the base has a gap"
        if edge.trajectory is None and (node.node_position is None or order.nodes[i].node_position is None):
            return f"edge {edge.edge_id} has neither a trajectory nor two nodes with positions"[:100]
        if edge.trajectory is not None and len(edge.trajectory.control_points) < 2:
            return f"edge {edge.edge_id} has a trajectory of one point"[:100]
        released = node.released
    return ""
