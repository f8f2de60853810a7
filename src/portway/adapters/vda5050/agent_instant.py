"""Instant actions and zones on the truck's side: what each does (sections 6.8 and 6.9; 6.2 and 6.4 of 3.0)."""

import math
from typing import Any, NamedTuple

from portway.adapters.vda5050.agent_order import AgentOrders
from portway.adapters.vda5050.agent_zones import zone_set_fault
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.instant_actions import (
    MESSAGE_MAX,
    QUESTIONS,
    START_CRAWL,
    STOP_CRAWL,
    kinds_of,
    parameters_fault,
)
from portway.adapters.vda5050.order_shape import ID_MAX, Reference, Refusal, action_fault
from portway.adapters.vda5050.trajectory import COORDINATE_M_MAX


class Done(NamedTuple):
    """What became of an instant action, and what else is to be said."""

    status: str = "FINISHED"
    refusal: Refusal | None = None
    more: tuple[Outgoing, ...] = ()


def _failed(why: str, kind: str = "unsupportedAction") -> Done:
    return Done("FAILED", Refusal(kind, why))


class AgentInstant(AgentOrders):
    """One truck and what it is told to do at once."""

    def _instant_actions(self, body: Any, references: list[Reference], now_s: float) -> list[Outgoing]:
        actions = [*(body.actions or []), *(body.instant_actions or [])]
        if len(actions) > MESSAGE_MAX:
            why = f"{len(actions)} instant actions; {MESSAGE_MAX} are taken at a time"
            self.rejected += 1
            self._warn("validationError", why, references)
            return [self.state(now_s)]
        out: list[Outgoing] = []
        before, accepted = list(self.errors), False
        for action in actions:
            done = self._instant(action, now_s)
            accepted |= done is not None and done.status != "FAILED"
            if done is None:
                continue
            out += done.more
            if done.refusal is not None:
                about = ("actionId", action.action_id[:ID_MAX])
                self._warn(done.refusal.kind, done.refusal.why, [*references, about, *done.refusal.references])
        if accepted:  # what was said of earlier ones is over (table 9 of 3.0)
            word = self.version.errors.get("unsupportedAction", "unsupportedAction")
            self.errors = [e for e in self.errors if e.error_type != word or not any(e is b for b in before)]
        self._shorten()
        return [*out, self.state(now_s)]

    def _instant(self, action: Any, now_s: float) -> Done | None:
        """Take one instant action; None for one that came before: it is not carried out again."""
        if fault := action_fault(action, self.version):
            if 0 < len(action.action_id) <= ID_MAX and not self._is_taken(action.action_id):
                self.instant.take(action).status = "FAILED"
            return _failed(fault)
        if self.instant.is_repeated(action):
            return None
        if self._is_taken(action.action_id):
            return _failed("its actionId was used for another action")
        told = self.instant.take(action)
        done = self._checked(action, now_s)
        told.status = done.status
        told.result = None if done.refusal is None else done.refusal.why[:200]
        return done

    def _is_taken(self, action_id: str) -> bool:
        return self.instant.is_known(action_id) or self.doing.has(action_id)

    def _checked(self, action: Any, now_s: float) -> Done:
        """Carry out an action that the truck knows, with parameters that fit, in a mode that allows it."""
        kinds, kind = kinds_of(self.version), action.action_type
        if kind not in kinds:
            return _failed(f"it cannot do {kind[:60]}")
        values = {p.key: p.value for p in action.action_parameters or []}
        if fault := parameters_fault(kinds[kind], values):
            return Done("FAILED", Refusal("unsupportedAction", fault, (("actionType", kind),)))
        allowed = self.rule.actions == "all" or kind in QUESTIONS or (kind == "cancelOrder")
        if not allowed:
            return _failed(f"it does not {kind} in operating mode {self.rule.word}")
        return self._act(kind, values, now_s)

    def _act(self, kind: str, values: dict[str, Any], now_s: float) -> Done:
        """Carry out an instant action (section 6.8)."""
        if kind in ("startPause", "stopPause"):
            return self._pause(kind == "startPause")
        if kind in (START_CRAWL, STOP_CRAWL):
            self.crawls = kind == START_CRAWL
        elif kind == "factsheetRequest":
            return Done(more=(self.factsheet(now_s),))
        elif kind == "cancelOrder":
            return Done(*self._cancel(values.get("orderId")))
        elif kind == self.version.actions.get("initPosition", "initPosition"):
            return self._init_position(values)
        elif kind in ("enableZoneSet", "deleteZoneSet"):
            return self._on_zone_set(kind, values["zoneSetId"])
        elif kind == "clearInstantActions":
            self.instant.clear()
            self._settle(["actionStatesFull"])
        return Done()

    def _pause(self, paused: bool) -> Done:
        """A pause is reached when the truck stands; until then startPause is running (section 6.8.2)."""
        self.paused = paused
        if not paused:
            self.instant.end("startPause", "FAILED", "stopPause came before it stood")
        return Done("RUNNING" if paused and self.is_driving else "FINISHED")

    def _init_position(self, values: dict[str, Any]) -> Done:
        """The truck is told where it is (initPosition, initializePosition in 3.0)."""
        if max(abs(values["x"]), abs(values["y"])) > COORDINATE_M_MAX or abs(values["theta"]) > math.pi + 1e-6:
            return _failed("such a pose is nowhere")
        x, y, theta = (float(values[key]) for key in ("x", "y", "theta"))
        if self.has_order or self.is_driving:
            return _failed("it has an order, or drives")
        if values["mapId"] != self.options.map_id:
            return _failed(f"mapId {values['mapId'][:60]}; known: {self.options.map_id}", "mapError")
        if len(values["lastNodeId"]) > ID_MAX:
            return _failed(f"a lastNodeId of {len(values['lastNodeId'])} characters; {ID_MAX} are read")
        self.ground.place((x, y, theta))
        self.last_node, self.last_sequence, self._last_at = values["lastNodeId"], 0, (x, y)
        self.localized = True
        return Done()

    def _shorten(self) -> None:
        """Too many states to report: the oldest go, and it is said (7.8 of 3.0)."""
        word = self.version.errors.get("actionStatesFull", "actionStatesFull")
        if self.instant.shorten() and all(e.error_type != word for e in self.errors):
            self._warn("actionStatesFull", "states of instant actions that ended long ago are no longer reported")

    # -- zones --------------------------------------------------------------------------------------------------

    def _on_zone_set(self, kind: str, name: str) -> Done:
        """Enable or delete a zone set (section 6.4.2 of 3.0)."""
        done = self.zones.enable(name) if kind == "enableZoneSet" else self.zones.delete(name)
        return Done() if done else _failed(f"zone set {name[:60]} is not there, or in use")

    def _zone_set(self, body: Any) -> Refusal | None:
        name = body.zone_set.zone_set_id
        if refusal := zone_set_fault(body.zone_set, self.options.map_id, len(self.zones.sets)):
            return refusal
        if not self.zones.add(body.zone_set):
            return Refusal("duplicateZoneSet", f"{name[:80]} is there", (("zoneSetId", name),))
        self._settle(["duplicateZoneSet"])
        return None

    def _responses(self, body: Any) -> Refusal | None:
        """All of them, or none."""
        if fault := self.zones.responses_fault(body.responses):
            return Refusal("validationError", fault)
        for response in body.responses:
            self.zones.respond(response.request_id, response.grant_type, response.lease_expiry)
        return None
