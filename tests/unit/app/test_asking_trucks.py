"""Trucks that are there again are asked how they are, one after the other: not all answers shall come at once."""

from live_site import LiveSite, yard

from portway.adapters.broker.lease import Phase
from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent import AgentOptions, TruckAgent
from portway.adapters.vda5050.versions import version_of
from portway.app.compose import truck_type
from portway.app.live.inbox import Letter
from portway.app.live.server import ASK_S


class StandingClock:
    """Notes what is to be done later."""

    def __init__(self):
        self.later = []

    def time(self):
        return 100.0

    def call_later(self, delay_s, publish, messages):
        self.later.append((delay_s, messages))


def test_a_fleet_that_comes_back_at_once_is_asked_one_by_one(tmp_path):
    site = LiveSite(tmp_path, yard())
    server, clock = site.server, StandingClock()
    server._asyncio, server._listens, server.lease.phase = clock, True, Phase.HELD
    for truck, vehicle in server.enrolment.vehicles.items():
        agent = TruckAgent(vehicle[0], vehicle[1], version_of(vehicle[2]), (0.0, 0.0, 0.0),
                           truck_type(site.run.scenario), AgentOptions())  # fmt: skip
        online = agent.connection("ONLINE", server.run.clock.wall_s())
        server._received(Letter(online.topic, online.payload, True, 0.0))
        assert server.master.trucks[truck].link == "online"
    site.durable.close()
    delays = [round(delay_s / ASK_S) for delay_s, _ in clock.later]
    assert delays == [0, 1, 2, 3]
    asked = [wire.decode(version_of("2.1"), "instantActions", m.payload) for _, said in clock.later for m in said]
    assert [(a.serial_number, a.actions[0].action_type) for a in asked] == [
        (vehicle[1], kind)
        for vehicle in server.enrolment.vehicles.values()
        for kind in ("stateRequest", "factsheetRequest")
    ]
