"""What the TOS and the control room are told of a truck that is not fit."""

import asyncio
import json
import time

import pytest
from live_site import at_work, yard

from portway.adapters.vda5050.agent import TruckAgent
from portway.adapters.vda5050.versions import VERSIONS
from portway.app.compose import truck_type


class Steel:
    """An on-board unit of T001 at its home, which speaks to a site without a broker."""

    def __init__(self, site) -> None:
        self._site, core = site, site.core.state
        x, y, heading = map(float, core.traffic.map.stop_pose[core.book.stop(core.homes["T001"])])
        self._agent = TruckAgent("portway", "T001", VERSIONS["2.1"], (x, y, heading), truck_type(core.scenario))
        self._headers = 0
        self._hear(self._agent.connection("ONLINE", time.time()).payload, "connection")

    def says(self, **changes) -> None:
        body = json.loads(self._agent.state(time.time()).payload)
        self._headers += 1
        self._hear(json.dumps({**body, "headerId": self._headers, **changes}).encode(), "state")

    def _hear(self, payload: bytes, message: str) -> None:
        facts, _ = self._site.server.master.received(self._agent.topic(message), payload, time.time())
        for fact in facts:
            self._site.server._take(fact)


async def view(site) -> dict:
    await asyncio.sleep(0.1)
    return (await site.call("GET", "/trucks/T001")).json()


def test_a_truck_in_manual_is_unfit_says_why_and_is_led_again_when_it_is_fit(tmp_path):
    async def act(site):
        assert (await view(site))["state"] == "offline"
        steel = Steel(site)
        steel.says()
        fit = await view(site)
        assert (fit["state"] in ("idle", "working"), fit["faults"], fit["is_led"]) == (True, [], True)
        steel.says(operatingMode="MANUAL")
        manual = await view(site)
        assert (manual["state"], manual["faults"]) == ("unfit", ["manual"])
        steel.says()
        assert (await view(site))["faults"] == []

    at_work(tmp_path, yard(), act)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"operatingMode": "SERVICE"}, "service"),
        ({"operatingMode": "TEACHIN"}, "teach_in"),
        ({"safetyState": {"eStop": "MANUAL", "fieldViolation": False}}, "emergency_stop"),
        ({"safetyState": {"eStop": "NONE", "fieldViolation": True}}, "field_violation"),
        ({"errors": [{"errorType": "motor", "errorLevel": "FATAL"}]}, "fatal_error"),
    ],
)
def test_each_of_them_is_unfit_with_its_name_and_gets_no_order(tmp_path, changes, fault):
    async def act(site):
        steel = Steel(site)
        steel.says(**changes)
        found = await view(site)
        assert (found["state"], found["faults"]) == ("unfit", [fault])
        assert site.core.state.missions["T001"].unit is None
        assert site.server.master.trucks["T001"].held

    at_work(tmp_path, yard(), act)
