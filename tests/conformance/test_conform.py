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
from pathlib import Path

import pytest

from portway.adapters.vda5050.agent import AgentOptions, TruckAgent
from portway.adapters.vda5050.agent_instant import Done
from portway.adapters.vda5050.conformance import drive, ending, last_will, session, standing, taking, updating
from portway.adapters.vda5050.conformance.requirement import TABLE, Result
from portway.adapters.vda5050.conformance.talk import NoTruckError, Talk
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.versions import VERSIONS
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.live.conform import way_from
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
            (standing, ("ANSWER_S",)),
            (session, ("SETTLE_S",)),
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
            play_beside_others(yard, version, kind, drives=kind not in SEEN_AT_A_STAND) for kind, version in cases
        ))  # fmt: skip

    return dict(zip(cases, asyncio.run(all_of_them()), strict=True))


def play(
    yard, version: str, kind: type[TruckAgent] = TruckAgent, kept: bool = True, drives: bool = True
) -> dict[str, tuple[Result, str]]:
    """Verdicts on an agent by requirement; one that does not drive is told that there is no way."""
    return asyncio.run(play_beside_others(yard, version, kind, kept, drives))


async def play_beside_others(
    yard, version: str, kind: type[TruckAgent] = TruckAgent, kept: bool = True, drives: bool = True
) -> dict[str, tuple[Result, str]]:
    """As `play`, in a running event loop."""
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
    talk.received(online.topic, online.payload, kept)
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


class CountsNothing(TruckAgent):
    """Every header has the same number."""

    def _header(self, message, now_s):
        return super()._header(message, now_s) | {"header_id": 7}


class LocalTime(TruckAgent):
    """Writes no time zone."""

    def _header(self, message, now_s):
        return super()._header(message, now_s) | {"timestamp": "2026-11-24 13:00:00"}


class SaysItIsAnother(TruckAgent):
    """Another serial number in the header than in the topic."""

    def _header(self, message, now_s):
        return super()._header(message, now_s) | {"serial_number": "S2"}


class NoFactsheet(TruckAgent):
    """Takes a factsheetRequest and says nothing."""

    def factsheet(self, now_s):
        return Outgoing("uagv/v2/steel/elsewhere/factsheet", b"{}")


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
        made = super().state(now_s)
        body = json.loads(made.payload)
        body["distanceSinceLastNode"] = "far" if self.order_id else 0.0
        return made._replace(payload=json.dumps(body).encode())


WITH_CONSEQUENCES = (
    CancelsWhatIsThere, DrivesTheHorizon, IgnoresCancel, PausesInWordsOnly, TakesOlderUpdates, OverwritesAnUpdate,
    LeavesItsHorizon, StartsAnywhere, ComesFromAnywhere, AnyMap, SwallowsActions, CountsNoKnots, UpdatesWhatIsCancelled,
)  # fmt: skip
SEEN_AT_A_STAND = (CountsNothing, LocalTime, SaysItIsAnother, NoFactsheet, KnowsEveryAction, ForgetsIds)


BROKEN = [
    (CountsNothing, "2.1", {"header.count"}),
    (LocalTime, "2.1", {"header.timestamp"}),
    (SaysItIsAnother, "2.1", {"header.sender"}),
    (NoFactsheet, "2.1", {"factsheet.request"}),
    (KnowsEveryAction, "2.1", {"action.unknown"}),
    (ForgetsIds, "2.1", {"action.repeated"}),
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


def test_a_connection_message_that_nobody_kept_is_missed(yard):
    found = play(yard, "2.1", kept=False, drives=False)
    assert {name for name, (result, _) in found.items() if result == Result.FAILED} == {"connection.retained"}


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
