"""The conformance session: our agent passes it in every version; an agent that breaks a rule fails just that one.

The session is played over an in-process exchange, thirty times faster than the clock; the command itself over a broker.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from portway.adapters.vda5050.agent import AgentOptions, TruckAgent
from portway.adapters.vda5050.agent_instant import Done
from portway.adapters.vda5050.agent_order import content_of
from portway.adapters.vda5050.conformance import drive, ending, last_will, session, standing, taking, updating, watching
from portway.adapters.vda5050.conformance.requirement import TABLE, Result
from portway.adapters.vda5050.conformance.talk import NoTruckError, Talk
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import MqttLink, broker_of
from portway.adapters.vda5050.order_shape import Refusal
from portway.adapters.vda5050.versions import VERSIONS
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.live.conform import take_over, way_from
from portway.app.map_cache import cached_map

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
FASTER = 12  # all sessions go on at the same time, so none of them has a core for itself
STEP_S = 0.05


@pytest.fixture(scope="module")
def yard():
    """The map of huashan, and a pose on it from which ten movements lead."""
    scenario = load_scenario("huashan")
    kind = truck_type(scenario)
    traffic_map = cached_map(scenario.terminal, kind)
    home = next(t.home for t in scenario.fleet.trucks)
    return traffic_map, kind, tuple(map(float, traffic_map.stop_pose[traffic_map.stop_of_place[home]]))


@pytest.fixture(scope="module", autouse=True)
def hurry():
    """All waits of a session so many times shorter; the agent lives so much faster."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in (
            (drive, ("ANSWER_S", "SETTLE_S")),
            (taking, ("DRIVE_S", "STILL_S", "ANSWER_S")),
            (updating, ("DRIVE_S", "ASK_S")),
            (ending, ("DRIVE_S", "STILL_S", "ANSWER_S", "ROLL_S")),
            (standing, ("ANSWER_S", "AT_ONCE_S")),
            (session, ("SETTLE_S", "SILENT_S_MAX")),
            (watching, ("SILENT_S_MAX",)),
            (last_will, ("WILL_S", "BACK_S")),
        ):
            for name in names:
                patch.setattr(module, name, getattr(module, name) / FASTER + 0.1)
        yield


@pytest.fixture(scope="module")
def sessions(yard, hurry):
    """Verdicts of all sessions by class of agent and version, played at the same time."""
    cases = [(TruckAgent, version) for version in VERSIONS] + [(kind, version) for kind, version, _ in BROKEN]

    async def all_of_them():
        return await asyncio.gather(*(
            play(yard, version, kind, drives=kind not in SEEN_AT_A_STAND) for kind, version in cases
        ))  # fmt: skip

    return dict(zip(cases, asyncio.run(all_of_them()), strict=True))


async def play(yard, version: str, kind: type[TruckAgent], drives: bool) -> dict[str, tuple[Result, str]]:
    """Verdicts on an agent by requirement; one that does not drive is told that there is no way."""
    traffic_map, truck, pose = yard
    agent = kind("steel", "S1", VERSIONS[version], pose, truck, AgentOptions(state_s=1.0))
    talk = Talk("uagv", "S1")

    def to_talk(messages: list[Outgoing]) -> None:
        for m in messages:
            talk.received(m.topic, m.payload)

    def to_agent(messages) -> None:
        for m in messages:
            asyncio.get_running_loop().call_soon(lambda m=m: to_talk(agent.received(m.topic, m.payload, time.time())))

    async def live() -> None:
        while True:
            for _ in range(FASTER):
                to_talk(agent.step(STEP_S, time.time()))
            await asyncio.sleep(STEP_S)

    talk.publish = to_agent
    online = agent.connection("ONLINE", time.time())
    talk.received(online.topic, online.payload, online.retain)
    driver = asyncio.create_task(live())
    found = {}
    async for v in session.session(talk, lambda *at: way_from(traffic_map, *at) if drives else "no way", 5.0, None):
        assert v.requirement.id not in found
        found[v.requirement.id] = (v.result, v.seen)
    driver.cancel()
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_our_agent_passes_every_requirement(sessions, version):
    found = sessions[TruckAgent, version]
    assert set(found) == set(TABLE)
    others = {name for name, (result, _) in found.items() if result != Result.PASSED}
    not_there = {"connection.last_will"} | ({"cancel.other"} if version != "3.0" else set())
    assert others == not_there, {name: found[name] for name in others}
    assert all(found[name][0] == Result.NOT_SHOWN for name in not_there)


def edited(message: Outgoing, **fields) -> Outgoing:
    """A message with other fields, by their names on the wire."""
    return message._replace(payload=json.dumps(json.loads(message.payload) | fields).encode())


class KeepsNoConnection(TruckAgent):
    """The broker does not keep its connection message."""

    def connection(self, state, now_s):
        return super().connection(state, now_s)._replace(retain=False)


class SaysItIsOffline(TruckAgent):
    """Is there, and says OFFLINE."""

    def connection(self, state, now_s):
        return super().connection("OFFLINE", now_s)


class CountsNothing(TruckAgent):
    """Every header has the same number."""

    def _header(self, message, now_s):
        return super()._header(message, now_s) | {"header_id": 7}


class LocalTime(TruckAgent):
    """Writes no time zone."""

    def _header(self, message, now_s):
        return super()._header(message, now_s) | {"timestamp": "2026-11-24 13:00:00"}


class DatesNoConnection(TruckAgent):
    """The connection message that the broker keeps has no time."""

    def connection(self, state, now_s):
        return edited(super().connection(state, now_s), timestamp="")


class SaysItIsAnother(TruckAgent):
    """Another serial number in the header than in the topic."""

    def _header(self, message, now_s):
        return super()._header(message, now_s) | {"serial_number": "S2"}


class SaysItIsAnotherOnce(TruckAgent):
    """Another serial number in the connection message that the broker keeps."""

    def connection(self, state, now_s):
        return edited(super().connection(state, now_s), serialNumber="S2")


class AnotherVersion(TruckAgent):
    """The factsheet is of a version that was before."""

    def factsheet(self, now_s):
        return edited(super().factsheet(now_s), version="1.1.0")


class StatesWhenDue(TruckAgent):
    """A stateRequest is FINISHED with the next state that is due anyway."""

    def __init__(self, *args):
        super().__init__(*args)
        self.options = self.options._replace(state_s=0.3)

    def _instant_actions(self, body, references, now_s):
        due_s, number = self._stated_s, self._headers.get("state", -1)
        *said, state = super()._instant_actions(body, references, now_s)
        if body.actions[0].action_type != "stateRequest":
            return [*said, state]
        self._stated_s, self._headers["state"] = due_s, number
        return said


class SpeaksWhenSpokenTo(TruckAgent):
    """States what happens, and nothing while nothing does."""

    def __init__(self, *args):
        super().__init__(*args)
        self.options = self.options._replace(state_s=1e9)


class SaysNoPosition(TruckAgent):
    """Says nothing of where it is."""

    def _position(self):
        return None


class NeverEndsARequest(TruckAgent):
    """Answers a stateRequest, which is RUNNING for ever."""

    def _act(self, kind, values, now_s):
        return Done("RUNNING") if kind == "stateRequest" else super()._act(kind, values, now_s)


class HidesItsPause(TruckAgent):
    """Pauses, and does not show it."""

    is_paused = False


class CancelsNothing(TruckAgent):
    """Cancels, whether there is an order or not."""

    def _cancel(self, order_id):
        return super()._cancel(order_id) if self.has_order else ("FINISHED", None)


class FailsWithoutAWord(TruckAgent):
    """Fails a cancelOrder without an order, and reports no error."""

    def _cancel(self, order_id):
        return super()._cancel(order_id) if self.has_order else ("FAILED", None)


class NoFactsheet(TruckAgent):
    """Takes a factsheetRequest and says nothing."""

    def factsheet(self, now_s):
        return Outgoing("uagv/v2/steel/elsewhere/factsheet", b"{}")


class MeasuresInMillimetres(TruckAgent):
    """Is 15,000 m long by its factsheet."""

    def factsheet(self, now_s):
        sheet = super().factsheet(now_s)
        size = json.loads(sheet.payload)["physicalParameters"]
        return edited(sheet, physicalParameters=size | {"length": 1000 * size["length"]})


class TakesNoOrder(TruckAgent):
    """Refuses every order."""

    def _order_fault(self, order):
        return Refusal("routeError", "not today")


class NamesTheNodeAhead(TruckAgent):
    """Its last node is the one that it drives to."""

    def state(self, now_s):
        made = super().state(now_s)
        return edited(made, lastNodeId=self.nodes[0].node_id) if self.nodes else made


class TellsOnlyTheEnd(TruckAgent):
    """Its last node is the first one until it is at the end of its base."""

    def state(self, now_s):
        made = super().state(now_s)
        under_way = self.update_id == 0 and self.nodes and self.nodes[0].released
        return edited(made, lastNodeSequenceId=0) if under_way else made


class KeepsItsEdge(TruckAgent):
    """The edge that it has left stays among those ahead."""

    def state(self, now_s):
        made = super().state(now_s)
        left = {"edgeId": "left", "sequenceId": self.last_sequence - 1, "released": True}
        ahead = json.loads(made.payload)["edgeStates"]
        return edited(made, edgeStates=[left, *ahead]) if self.nodes and self.last_sequence else made


class DrivesItAgain(TruckAgent):
    """Takes the same order sent again for one to be driven again."""

    def _is_repeated(self, order):
        return False

    def _order_fault(self, order):
        return None if content_of(order) == self._content else super()._order_fault(order)


class GrumblesAtRepetition(TruckAgent):
    """Reports an error for the same order sent again."""

    def _is_repeated(self, order):
        return False


class LeapsOverGaps(TruckAgent):
    """Takes an update wherever it begins, and goes there."""

    def _update_fault(self, order):
        fault = super()._update_fault(order)
        return None if fault is not None and "does not begin" in fault.why else fault

    def _line_fault(self, order, is_new):
        self._straighten(order)


class TakesNoUpdate(TruckAgent):
    """Drives each order to the end of its first base."""

    def _line_fault(self, order, is_new):
        return super()._line_fault(order, is_new) or (None if is_new else Refusal("routeError", "it is long enough"))


class CountsNoUpdates(TruckAgent):
    """Takes updates, and does not say which it has."""

    def state(self, now_s):
        return edited(super().state(now_s), orderUpdateId=0)


class DrivesTheHorizon(TruckAgent):
    """Takes everything that is announced for released."""

    def _take(self, order, content):
        for part in (*order.nodes, *order.edges):
            part.released = True
        super()._take(order, content)


class KnowsEveryAction(TruckAgent):
    """Reports any instant action as done."""

    def _checked(self, action, now_s):
        done = super()._checked(action, now_s)
        return Done() if action.action_type == "doAHandstand" else done


class ForgetsIds(TruckAgent):
    """Knows the last ten instant actions only, and does an older one again."""

    def _instant_actions(self, body, references, now_s):
        for name in list(self.instant._seen)[:-10]:
            del self.instant._seen[name]
        return super()._instant_actions(body, references, now_s)


class IgnoresCancel(TruckAgent):
    """Says that it has cancelled, and drives on."""

    def _cancel(self, order_id):
        return ("FINISHED", None) if self.nodes else super()._cancel(order_id)


class CancelsTooSoon(TruckAgent):
    """Says that the order is cancelled while it still drives to the next node."""

    def _cancel(self, order_id):
        status, refusal = super()._cancel(order_id)
        return "FINISHED" if status == "RUNNING" else status, refusal


class CancelsWhatIsThere(TruckAgent):
    """Does not look whose order is to be cancelled."""

    def _cancel(self, order_id):
        return super()._cancel(None)


class UpdatesWhatIsCancelled(TruckAgent):
    """Takes an update of an order that was cancelled, and drives on."""

    def _update_fault(self, order):
        fault = super()._update_fault(order)
        if fault is None or fault.kind != "cancelledOrderError" or order.nodes[0].node_id != self._end()[0]:
            return fault
        self._is_ended = False
        return None


class CancelsForGood(TruckAgent):
    """Takes no order any more after it was cancelled."""

    def _new_fault(self, order):
        return Refusal("orderActiveError", "it was cancelled") if self._is_ended else super()._new_fault(order)


class PausesInWordsOnly(TruckAgent):
    """Shows `paused` and drives on."""

    def step(self, dt_s, now_s):
        paused, self.paused = self.paused, False
        out = super().step(dt_s, now_s)
        self.paused = paused
        return out


class PausesTooSoon(TruckAgent):
    """Says that the pause is reached while it still rolls."""

    def _pause(self, paused):
        super()._pause(paused)
        return Done()


class TakesOlderUpdates(TruckAgent):
    """Does not look at orderUpdateId."""

    def _update_fault(self, order):
        fault = super()._update_fault(order)
        return None if order.order_update_id < self.update_id and "older" in fault.why else fault


class OverwritesAnUpdate(TruckAgent):
    """Takes another order under the number of the last one."""

    def _update_fault(self, order):
        fault = super()._update_fault(order)
        if fault is not None and fault.kind == "sameUpdateError":
            del order.nodes[: len(order.nodes) - 2], order.edges[: len(order.edges) - 1]
            return None
        return fault


class DropsAnotherOfThatNumber(TruckAgent):
    """Takes whatever has the number of the last update for a repetition."""

    def _is_repeated(self, order):
        return (order.order_id, order.order_update_id) == (self.order_id, self.update_id)


class LeavesItsHorizon(TruckAgent):
    """Takes another order as soon as its base is driven."""

    @property
    def has_order(self):
        return any(n.released for n in self.nodes) or not self.doing.has_ended


class StartsAnywhere(TruckAgent):
    """Looks at the name of the first node only."""

    def _stands_on(self, node):
        return self.last_node in ("", node.node_id)

    def _line_fault(self, order, is_new):
        self._straighten(order)


class ComesFromAnywhere(TruckAgent):
    """Takes any order when it stands, whatever its first node is."""

    def _stands_on(self, node):
        return True

    def _line_fault(self, order, is_new):
        self._straighten(order)


class GoesByNames(TruckAgent):
    """Knows the node under its wheels by its last name only."""

    def _stands_on(self, node):
        return super()._stands_on(node) and self.last_node in ("", node.node_id)


class ZeroIsNoLimit(TruckAgent):
    """Takes a speed limit of 0 for none."""

    def _order_fault(self, order):
        for edge in order.edges:
            edge.max_speed = edge.max_speed or None
        return super()._order_fault(order)


class AnyMap(TruckAgent):
    """Does not look at the map."""

    def _order_fault(self, order):
        for node in order.nodes:
            node.node_position.map_id = "terminal"
        return super()._order_fault(order)


class SwallowsActions(TruckAgent):
    """Takes orders with actions, and forgets the actions."""

    def _order_fault(self, order):
        for part in (*order.nodes, *order.edges):
            part.actions = []
        return super()._order_fault(order)


class SwallowsKnownActions(TruckAgent):
    """Refuses actions that it does not know, and forgets those that it does."""

    def _take(self, order, content):
        for part in (*order.nodes, *order.edges):
            part.actions = []
        super()._take(order, content)


class HasDoneItBefore(TruckAgent):
    """An action of a node is FINISHED as soon as the truck drives there."""

    def step(self, dt_s, now_s):
        if self.is_driving and not self.doing.has_ended:
            self.doing.has_news = True
            for action in self.doing._all:
                action.status = "FINISHED"
        return super().step(dt_s, now_s)


class ActsUnderWay(TruckAgent):
    """Takes every blocking type for NONE."""

    def _take(self, order, content):
        for part in (*order.nodes, *order.edges):
            for action in part.actions:
                action.blocking_type = "NONE"
        super()._take(order, content)


class DrivesThePolygon(TruckAgent):
    """Drives from control point to control point."""

    def _order_fault(self, order):
        for edge in order.edges:
            t, n = edge.trajectory, len(edge.trajectory.control_points)
            if len(t.knot_vector) == n + (t.degree or 1) + 1:
                t.degree, t.knot_vector = 1, [0.0, *(i / (n - 1) for i in range(n)), 1.0]
        return super()._order_fault(order)


class CountsNoKnots(TruckAgent):
    """Does not look at the knots."""

    def _order_fault(self, order):
        for edge in order.edges:
            n = len(edge.trajectory.control_points)
            if (edge.trajectory.degree or 1) == 1:
                edge.trajectory.knot_vector = [0.0, *(i / (n - 1) for i in range(n)), 1.0]
        return super()._order_fault(order)


class NamesNothing(TruckAgent):
    """Its errors refer to nothing."""

    def _error(self, kind, why, references=()):
        return super()._error(kind, why)


class SwallowsMalformed(TruckAgent):
    """Drops a malformed order without a word."""

    def _reject(self, refusal, references, now_s):
        return [] if refusal.kind == "validationError" else super()._reject(refusal, references, now_s)


class BrokenState(TruckAgent):
    """A field of the state has the wrong type."""

    def state(self, now_s):
        return edited(super().state(now_s), distanceSinceLastNode="far" if self.order_id else 0.0)


WITH_CONSEQUENCES = (
    CancelsWhatIsThere, DrivesTheHorizon, IgnoresCancel, PausesInWordsOnly, TakesOlderUpdates, OverwritesAnUpdate,
    LeavesItsHorizon, StartsAnywhere, ComesFromAnywhere, AnyMap, SwallowsActions, CountsNoKnots, UpdatesWhatIsCancelled,
    DrivesItAgain, LeapsOverGaps,
)  # fmt: skip
SEEN_AT_A_STAND = (
    KeepsNoConnection, SaysItIsOffline, CountsNothing, LocalTime, DatesNoConnection, SaysItIsAnother,
    SaysItIsAnotherOnce, AnotherVersion, StatesWhenDue, SpeaksWhenSpokenTo, SaysNoPosition, NoFactsheet,
    MeasuresInMillimetres, NeverEndsARequest, KnowsEveryAction, ForgetsIds, HidesItsPause, CancelsNothing,
    FailsWithoutAWord,
)  # fmt: skip
PROVEN_ELSEWHERE = {
    "connection.last_will": "it is the broker's word: test_a_truck_without_a_last_will_is_found_at_a_broker",
}


BROKEN = [
    (KeepsNoConnection, "2.1", {"connection.retained"}),
    (SaysItIsOffline, "2.1", {"connection.online"}),
    (CountsNothing, "2.1", {"header.count"}),
    (LocalTime, "2.1", {"header.timestamp"}),
    (DatesNoConnection, "2.1", {"header.timestamp"}),
    (SaysItIsAnother, "2.1", {"header.sender"}),
    (SaysItIsAnotherOnce, "2.1", {"header.sender"}),
    (AnotherVersion, "2.1", {"header.version"}),
    (StatesWhenDue, "2.1", {"state.request"}),
    (SpeaksWhenSpokenTo, "2.1", {"state.regular"}),
    (SaysNoPosition, "2.1", {"state.position"}),
    (NoFactsheet, "2.1", {"factsheet.request"}),
    (MeasuresInMillimetres, "2.1", {"factsheet.plausible"}),
    (NeverEndsARequest, "2.1", {"action.finished"}),
    (KnowsEveryAction, "2.1", {"action.unknown"}),
    (ForgetsIds, "2.1", {"action.repeated"}),
    (HidesItsPause, "2.1", {"action.pause"}),
    (CancelsNothing, "2.1", {"cancel.idle"}),
    (FailsWithoutAWord, "2.1", {"cancel.idle"}),
    (TakesNoOrder, "2.1", {"order.accepted"}),
    (KeepsItsEdge, "2.1", {"order.states"}),
    (NamesTheNodeAhead, "2.1", {"order.sequence"}),
    (TellsOnlyTheEnd, "2.1", {"order.sequence", "order.states"}),
    (GrumblesAtRepetition, "2.1", {"order.repeated"}),
    (TakesNoUpdate, "2.1", {"update.stitched"}),
    (CountsNoUpdates, "2.1", {"update.stitched"}),
    (SwallowsKnownActions, "2.1", {"action.reported", "action.blocking"}),
    (HasDoneItBefore, "2.1", {"action.reported"}),
    (CancelsForGood, "2.1", {"cancel.new_order"}),
    (CancelsTooSoon, "2.1", {"cancel.driving"}),
    (CancelsWhatIsThere, "3.0", {"cancel.other"}),
    (UpdatesWhatIsCancelled, "2.1", {"cancel.update"}),
    (PausesTooSoon, "2.1", {"pause.finished"}),
    (SwallowsMalformed, "2.1", {"order.malformed", "trajectory.knots"}),
    (DropsAnotherOfThatNumber, "3.0", {"order.same_id"}),
    (GoesByNames, "2.1", {"order.other_name"}),
    (ZeroIsNoLimit, "2.1", {"order.zero_speed"}),
    (AnyMap, "3.0", {"order.map"}),
    (SwallowsActions, "2.1", {"order.unknown_action"}),
    (ActsUnderWay, "2.1", {"action.blocking"}),
    (DrivesThePolygon, "2.1", {"trajectory.curve"}),
    (CountsNoKnots, "3.0", {"trajectory.knots"}),
    (NamesNothing, "2.1", {"error.action", "error.order"}),
    (BrokenState, "2.1", {"message.schema", "order.accepted"}),
    # what comes after these goes wrong with them
    (DrivesTheHorizon, "2.1", {"order.states", "order.base_end"}),
    (DrivesItAgain, "2.1", {"order.repeated"}),
    (LeapsOverGaps, "2.1", {"update.gap"}),
    (IgnoresCancel, "2.1", {"cancel.driving"}),
    (PausesInWordsOnly, "2.1", {"pause.driving"}),
    (TakesOlderUpdates, "2.1", {"update.older"}),
    (OverwritesAnUpdate, "2.1", {"order.same_id"}),
    (LeavesItsHorizon, "2.1", {"order.active"}),
    (LeavesItsHorizon, "3.0", {"order.active"}),
    (StartsAnywhere, "3.0", {"order.elsewhere"}),
    (ComesFromAnywhere, "2.1", {"order.far_away"}),
]


@pytest.mark.parametrize(("kind", "version", "failed"), BROKEN)
def test_an_agent_that_breaks_a_rule_fails_that_rule(sessions, kind, version, failed):
    found = sessions[kind, version]
    said = {name for name, (result, _) in found.items() if result == Result.FAILED}
    assert failed <= said
    if kind not in WITH_CONSEQUENCES:
        assert said == failed, {name: found[name] for name in said}


def test_every_requirement_is_failed_by_somebody():
    failed = {name for *_, names in BROKEN for name in names}
    assert failed | set(PROVEN_ELSEWHERE) == set(TABLE)
    assert not failed & set(PROVEN_ELSEWHERE)
    assert all(why.rpartition(" ")[2] in globals() for why in PROVEN_ELSEWHERE.values())


def test_every_requirement_is_in_the_reference():
    said = (Path(__file__).parents[2] / "docs" / "reference" / "conform.md").read_text(encoding="utf-8")
    assert [name for name in TABLE if f"`{name}`" not in said] == []
    assert f"{len(TABLE)} requirements" in said


def broken_link(yard, kept: bool, comes_back: bool = True, speaks: bool = True) -> tuple[Result, str]:
    """The verdict on the last will of a truck whose broker keeps it, or not."""
    _, truck, pose = yard
    agent = TruckAgent("steel", "S1", VERSIONS["2.1"], pose, truck)
    talk = Talk("uagv", "S1")
    at_broker = agent.connection("ONLINE", 1.8e9)
    talk.received(at_broker.topic, at_broker.payload, True)
    talk.received(at_broker.topic, agent.state(1.8e9).payload)
    talk.received(at_broker.topic.replace("connection", "state"), agent.state(1.8e9).payload)
    will = agent.connection("CONNECTIONBROKEN", 1.8e9)
    talk.look = lambda: talk.received(at_broker.topic, (will if kept else at_broker).payload, True)

    async def cut() -> None:
        if speaks:
            talk.received(will.topic, will.payload)
        if comes_back:
            again = agent.connection("ONLINE", 1.8e9 + 1)
            asyncio.get_running_loop().call_later(0.7, lambda: talk.received(again.topic, again.payload))

    verdict = asyncio.run(last_will.last_will(talk, cut))
    return verdict.result, verdict.seen


def test_a_last_will_that_is_missing_or_not_kept_is_missed(yard):
    assert broken_link(yard, kept=True) == (Result.PASSED, "")
    assert "not kept" in broken_link(yard, kept=False)[1]
    assert "within" in broken_link(yard, kept=True, speaks=False)[1]
    assert "come back" in broken_link(yard, kept=True, comes_back=False)[1]


def test_a_truck_without_a_last_will_is_found_at_a_broker(yard, broker):
    _, truck, pose = yard
    at = broker_of(broker)

    async def verdict_on(serial: str, will_is_kept: bool | None) -> str:
        agent = TruckAgent("steel", serial, VERSIONS["2.1"], pose, truck)
        will = agent.connection("CONNECTIONBROKEN", time.time())
        will = None if will_is_kept is None else will._replace(retain=will_is_kept)
        talk, listening = Talk("uagv", serial), asyncio.Event()
        ear = MqttLink(at, f"conform-{serial}", talk.subscriptions(),
                       lambda topic, payload: talk.received(topic, payload, ear.is_kept),
                       lambda up: up and listening.set())  # fmt: skip
        link = MqttLink(at, f"truck-{serial}", [], lambda *_: None,
                        lambda up: up and link.publish([agent.connection("ONLINE", time.time())]), will)  # fmt: skip
        talk.look = ear.subscribe
        ear.start()
        await listening.wait()
        link.start()
        await talk.begin(5.0)
        try:
            return (await last_will.last_will(talk, partial(take_over, at, f"truck-{serial}"))).seen
        finally:
            await link.stop()
            await ear.stop()

    async def all_of_them() -> list[str]:
        return await asyncio.gather(verdict_on("S1", True), verdict_on("S2", False), verdict_on("S3", None))

    good, not_kept, none = asyncio.run(all_of_them())
    assert (good, "not kept" in not_kept, "no CONNECTIONBROKEN" in none) == ("", True, True)


def test_nobody_there_is_said_with_those_who_are():
    talk = Talk("uagv", "S1")
    talk.received("uagv/v2/steel/S9/state", b"{}")
    with pytest.raises(NoTruckError, match="S9"):
        asyncio.run(talk.begin(0.2))


def test_leftovers_of_another_version_confuse_nobody():
    talk = Talk("uagv", "S1")
    talk.received("uagv/v2/steel/S1/connection", b'{"version": "2.0.0"}', True)
    talk.received("uagv/v3/steel/S1/state", b'{"version": "3.0.0"}')
    assert talk.version is VERSIONS["3.0"]
    assert talk.kept_of("connection") == []


@pytest.fixture
def broker():
    """The address of a Mosquitto: the embedded broker does not keep messages."""
    if MOSQUITTO is None:
        assert "CI" not in os.environ, "Mosquitto is needed"
        pytest.skip("Mosquitto is not installed (apt-get install mosquitto)")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    process = subprocess.Popen([MOSQUITTO, "-p", str(port)], stderr=subprocess.DEVNULL)
    yield f"mqtt://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def test_the_command_judges_an_agent_over_a_broker(broker):
    portway = [sys.executable, "-m", "portway"]
    truck = subprocess.Popen([*portway, "truck", "huashan", "--broker", broker, "--serial", "T001", "--state-s", "0.2"])
    try:
        command = [*portway, "conform", "huashan", "--truck", "T001", "--broker", broker, "--json"]
        command += ["--client-id", "truck-T001"]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    finally:
        truck.terminate()
        truck.wait(20)
    verdicts = json.loads(said.stdout)
    wrong = [v for v in verdicts["verdicts"] if v["result"] != "passed"]
    assert [v["id"] for v in wrong] == ["cancel.other"], wrong  # T001 speaks 2.1
    assert said.returncode == 0
    assert len(verdicts["verdicts"]) == len(TABLE)
