"""The conformance session: our agent passes it in every version; an agent that breaks a rule fails just that one.

The session is played over an in-process exchange, ten times faster than the clock; the command itself over a broker.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest

from portway.adapters.vda5050.agent import AgentOptions, TruckAgent
from portway.adapters.vda5050.conformance import driving, session, standing
from portway.adapters.vda5050.conformance.requirement import TABLE, Result
from portway.adapters.vda5050.conformance.talk import NoTruckError, Talk
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.versions import VERSIONS
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.live.conform import way_from
from portway.app.map_cache import cached_map

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
FASTER = 12
STEP_S = 0.05


@pytest.fixture(scope="module")
def yard():
    """The map of huashan, and a pose on it from which ten movements lead."""
    scenario = load_scenario("huashan")
    kind = truck_type(scenario)
    traffic_map = cached_map(scenario.terminal, kind)
    home = next(t.home for t in scenario.fleet.trucks)
    return traffic_map, kind, tuple(map(float, traffic_map.stop_pose[traffic_map.stop_of_place[home]]))


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """All waits of the session a dozen times shorter; the agent lives so much faster."""
    for module, names in (
        (driving, ("DRIVE_S", "STILL_S", "ANSWER_S")),
        (standing, ("ANSWER_S",)),
        (session, ("SETTLE_S",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name) / FASTER + 0.1)


def play(
    yard, version: str, kind: type[TruckAgent] = TruckAgent, kept: bool = True, drives: bool = True
) -> dict[str, tuple[Result, str]]:
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

    async def all_of_it() -> dict[str, tuple[Result, str]]:
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

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("version", VERSIONS)
def test_our_agent_passes_every_requirement(yard, version):
    found = play(yard, version)
    assert set(found) == set(TABLE)
    assert {name: v for name, v in found.items() if v[0] != Result.PASSED} == {}


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

    def _take(self, order):
        for part in (*order.nodes, *order.edges):
            part.released = True
        super()._take(order)


class KnowsEveryAction(TruckAgent):
    """Reports any instant action as done."""

    def _act(self, kind, now_s):
        status, more = super()._act(kind, now_s)
        return "FINISHED" if kind == "doAHandstand" else status, more


class IgnoresCancel(TruckAgent):
    """Says that it has cancelled, and drives on."""

    def _cancel(self):
        return "FINISHED" if self.nodes else super()._cancel()


class CancelsTooSoon(TruckAgent):
    """Says that the order is cancelled while it still drives to the next node."""

    def _cancel(self):
        status = super()._cancel()
        return "FINISHED" if status == "RUNNING" else status


class PausesInWordsOnly(TruckAgent):
    """Shows `paused` and drives on."""

    def step(self, dt_s, now_s):
        paused, self.paused = self.paused, False
        out = super().step(dt_s, now_s)
        self.paused = paused
        return out


class TakesOlderUpdates(TruckAgent):
    """Does not look at orderUpdateId."""

    def _order(self, order, now_s):
        if order.order_id == self.order_id and order.order_update_id < self.update_id and self._fits(order):
            self._take(order)
            return [self.state(now_s)]
        return super()._order(order, now_s)


class SwallowsMalformed(TruckAgent):
    """Drops a malformed order without a word."""

    def _reject(self, kind, why, now_s):
        return [] if kind == "validationError" else super()._reject(kind, why, now_s)


class BrokenState(TruckAgent):
    """A field of the state has the wrong type."""

    def state(self, now_s):
        made = super().state(now_s)
        body = json.loads(made.payload)
        body["distanceSinceLastNode"] = "far" if self.order_id else 0.0
        return made._replace(payload=json.dumps(body).encode())


SEEN_AT_A_STAND = (CountsNothing, LocalTime, SaysItIsAnother, NoFactsheet, KnowsEveryAction)


@pytest.mark.parametrize(
    ("kind", "failed"),
    [
        (CountsNothing, {"header.count"}),
        (LocalTime, {"header.timestamp"}),
        (SaysItIsAnother, {"header.sender"}),
        (NoFactsheet, {"factsheet.request"}),
        (DrivesTheHorizon, {"order.states", "order.base_end"}),
        (KnowsEveryAction, {"action.unknown"}),
        (IgnoresCancel, {"cancel.driving"}),
        (CancelsTooSoon, {"cancel.driving"}),
        (PausesInWordsOnly, {"pause.driving"}),
        (TakesOlderUpdates, {"update.older"}),
        (SwallowsMalformed, {"order.malformed"}),
        (BrokenState, {"message.schema", "order.accepted"}),
    ],
)
def test_an_agent_that_breaks_a_rule_fails_that_rule(yard, kind, failed):
    found = play(yard, "2.1", kind, drives=kind not in SEEN_AT_A_STAND)
    said = {name for name, (result, _) in found.items() if result == Result.FAILED}
    assert failed <= said
    if kind not in (
        DrivesTheHorizon,
        IgnoresCancel,
        PausesInWordsOnly,
        TakesOlderUpdates,
    ):  # what comes after goes wrong with it
        assert said == failed


def test_a_connection_message_that_nobody_kept_is_missed(yard):
    found = play(yard, "2.1", kept=False, drives=False)
    assert {name for name, (result, _) in found.items() if result == Result.FAILED} == {"connection.retained"}


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
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    finally:
        truck.terminate()
        truck.wait(20)
    verdicts = json.loads(said.stdout)
    wrong = [v for v in verdicts["verdicts"] if v["result"] != "passed"]
    assert (said.returncode, wrong) == (0, [])
