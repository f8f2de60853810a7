"""The truck's side: follows the base, stops at its end, says where it is.

Stands in for steel, and is what a truck maker replaces. Pure: stepped by its caller, instants are arguments. It holds
the nodes and edges of its order; the truck may drive up to the last released node and nowhere else, link or no link.
"""

import json
import math
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_body import AgentOptions
from portway.adapters.vda5050.agent_instant import AgentInstant
from portway.adapters.vda5050.agent_order import STANDS_M, content_of
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.order_shape import ID_MAX, Reference, Refusal

__all__ = ["AgentOptions", "TruckAgent"]

RANGE_PERCENT_PER_M = 0.0006  # of the battery, a plain figure: 160 km
CRAWL_MPS = 1.0
NAMED = {"headerId": "header_id", "orderId": "order_id", "orderUpdateId": "order_update_id"}
TOPICS = {"order": "order", "instantActions": "instantAction"}  # as section 7.1 writes them in references


class TruckAgent(AgentInstant):
    """One truck that speaks VDA 5050."""

    # -- driving ------------------------------------------------------------------------------------------------

    def step(self, dt_s: float, now_s: float) -> list[Outgoing]:
        """Drive for a moment; a state when one is due or something happened that is to be told at once."""
        before_m = self.ground.driven_m
        limit = self._limit_mps(now_s)
        self._enter(limit > 0.0)
        self.doing.step(dt_s, not self.is_driving, self.paused)
        for _ in range(self.ground.move(dt_s, 0.0 if self.doing.hold else limit)):
            self._pass_edge()
        self._settle_down()
        self.charge_percent = max(5.0, self.charge_percent - RANGE_PERCENT_PER_M * (self.ground.driven_m - before_m))
        self._has_news |= self.doing.has_news or self._signals() != self._told
        self.doing.has_news = False
        out = []
        if self._has_news or not 0.0 <= now_s - self._stated_s < self.options.state_s:  # a clock may go back
            out.append(self.state(now_s))
        if self.options.visualization_s and not 0.0 <= now_s - self._shown_s < self.options.visualization_s:
            out.append(self.visualization(now_s))
        return out

    def _limit_mps(self, now_s: float) -> float:
        """How fast it may be by its switches, its mode and the zones."""
        if self.paused or self.e_stop != "NONE" or self.field_violation or not self.localized or not self.rule.drives:
            return 0.0
        asked = dict(self.zones.requests)
        limit = min(CRAWL_MPS if self.crawls else math.inf, self.zones.speed_limit(self.ground, now_s))
        self._has_news |= self.zones.requests != asked
        return limit

    def _enter(self, may_drive: bool) -> None:
        """The next edge counts as entered when the truck goes on from its node (section 6.10.2)."""
        edge = self.edges[0] if self.edges else None
        if edge is None or not edge.released or edge.sequence_id == self._entered or self._is_ended:
            return
        if may_drive and not self.doing.hold:
            self._entered = edge.sequence_id
            self.doing.reach(edge.sequence_id)

    def _pass_edge(self) -> None:
        """An edge was driven to its end: its actions end, those of the node begin."""
        if not self.edges:
            return  # the order was cleared, and the truck still brakes
        self.doing.leave(self.edges.pop(0).sequence_id)
        node = self.nodes.pop(0)
        self._pass_node(node)
        self.doing.reach(node.sequence_id)
        self._enter(True)

    def _settle_down(self) -> None:
        """What is over when the truck stands."""
        if self.is_driving:
            return
        if self.paused:
            self._has_news |= self.instant.end("startPause", "FINISHED")
        if self._is_ended and not self.nodes:
            self._has_news |= self.instant.end("cancelOrder", "FINISHED")
        if self.rule.forgets_moved and math.dist(self.ground.pose[:2], self._last_at) > STANDS_M and self.last_node:
            self.last_node, self._has_news = "", True

    # -- messages -----------------------------------------------------------------------------------------------

    def received(self, topic_name: str, payload: bytes, now_s: float) -> list[Outgoing]:
        """An order or instant actions; a wrong one is rejected with an error in the state."""
        message = topic_name.rpartition("/")[2]
        try:
            body = wire.decode(self.version, message, payload)
            self._is_mine(body)
        except wire.RefusedError as error:
            return self._reject(Refusal("validationError", str(error)), _loose_references(message, payload), now_s)
        references = _references(message, {k: getattr(body, a, None) for k, a in NAMED.items()})
        if message == "order":
            return self._order(body, references, now_s)
        if message == "instantActions":
            return self._instant_actions(body, references, now_s)
        if message in ("zoneSet", "responses") and self.version.zones:
            refusal = self._zone_set(body) if message == "zoneSet" else self._responses(body)
            return [self.state(now_s)] if refusal is None else self._reject(refusal, references, now_s)
        return []

    def _is_mine(self, body: Any) -> None:
        """Whether the header names this truck and a version that it speaks; RefusedError says what else."""
        if (body.manufacturer, body.serial_number) != (self.manufacturer, self.serial):
            raise wire.RefusedError(f"it is for {body.manufacturer}/{body.serial_number}"[:160])
        if body.version.split(".")[0] != self.version.name.split(".")[0]:
            raise wire.RefusedError(f"it is of version {body.version[:20]}, the truck speaks {self.version.name}")

    def _order(self, order: Any, references: list[Reference], now_s: float) -> list[Outgoing]:
        """New order, update, repetition, or what is wrong with it."""
        if self._is_repeated(order):
            return []
        content = content_of(order)
        refusal = self._order_fault(order)
        if refusal is not None:
            return self._reject(refusal, references, now_s)
        self._take(order, content)
        return [self.state(now_s)]

    def _reject(self, refusal: Refusal, references: list[Reference], now_s: float) -> list[Outgoing]:
        self.rejected += 1
        self._warn(refusal.kind, refusal.why, [*references, *refusal.references])
        return [self.state(now_s)]


def _references(message: str, said: dict[str, Any]) -> list[Reference]:
    """Header, topic and order of a message, as references of an error (section 7.1)."""
    found = [("topic", TOPICS.get(message, message[:40]))]
    for key in NAMED:
        if isinstance(said.get(key), str | int) and not isinstance(said[key], bool):
            # half a character of UTF-16 can be read from JSON that does not fit, and not be written again
            found.append((key, str(said[key])[:ID_MAX].encode("utf-8", "replace").decode()))
    return found


def _loose_references(message: str, payload: bytes) -> list[Reference]:
    """The same of a message that does not fit, as far as it can be read."""
    try:
        said = json.loads(payload) if len(payload) <= wire.BYTES_MAX else None
        return _references(message, said if isinstance(said, dict) else {})
    except (ValueError, RecursionError):
        return _references(message, {})
