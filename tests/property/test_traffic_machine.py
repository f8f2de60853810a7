"""Traffic control under any sequence of calls: a state machine that sends, holds, delays and improves at random.

It stands where the controller stands: it sends a truck only to a place that is free and that nobody else's place shuts
(`PlaceClaims`), and holds only standing trucks. After every step each resource has one holder and the order of passage
has no ring. When it stops holding, every truck arrives.
"""

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.map_cache import cached_map
from portway.core.kernels import columns as c
from portway.core.routing.claims import PlaceClaims
from portway.core.routing.traffic import Traffic
from portway.sim.trucks import Lateness, SimTrucks

HUASHAN = load_scenario("huashan")
MAP = cached_map(HUASHAN.terminal, truck_type(HUASHAN))
GATES = ("gate_in", "gate_out")  # of road trucks, which this machine does not have
HOMES = sorted(p.id for p in HUASHAN.terminal.places if p.kind in ("parking", "charging"))
GOALS = sorted(p.id for p in HUASHAN.terminal.places if p.kind not in GATES)
TRUCKS_MAX = 10
HOUR_MS = 3_600_000
PLAN = [c.T_STOP, c.T_STEP, c.T_GRANTED, c.T_END, c.T_GOAL, c.T_DONE]  # what a truck does and will do


def holders(traffic: Traffic, resource: int) -> set[int]:
    """Trucks that hold a resource: it was granted to them and is not given back yet."""
    uses = traffic.uses[resource, : traffic.count[resource]]
    granted = uses[:, c.STEP_NO] <= traffic.trucks[uses[:, c.WHO], c.T_GRANTED]
    return set(uses[granted, c.WHO].tolist())


class TrafficMachine(RuleBasedStateMachine):
    """Trucks of huashan, driven about at random."""

    @initialize(
        trucks=st.integers(2, TRUCKS_MAX),
        delay=st.sampled_from([0.0, 0.05, 0.2]),
        delay_ms=st.sampled_from([5_000, 60_000]),
        seed=st.integers(0, 99),
    )
    def begin(self, trucks: int, delay: float, delay_ms: int, seed: int) -> None:
        """Every truck stands at a home of its own."""
        self.traffic = Traffic(MAP, trucks)
        self.fleet = SimTrucks(self.traffic, Lateness(delay, delay_ms, seed))
        homes = {str(i): HOMES[i * len(HOMES) // trucks] for i in range(trucks)}
        self.claims = PlaceClaims(MAP.excludes, homes)
        self.goal: dict[int, int] = {}  # the stop that each truck was last sent to
        self.held: set[int] = set()
        for truck, home in homes.items():
            self.claims.claim(truck, home)
            self.goal[int(truck)] = MAP.stop_of_place[home]
            self.traffic.place(int(truck), self.goal[int(truck)])

    def some(self, number: int) -> int:
        """A truck."""
        return number % len(self.goal)

    def standing(self) -> list[int]:
        """Trucks that have arrived and are not held."""
        return [truck for truck in self.goal if self.traffic.done(truck) and truck not in self.held]

    def arrive(self, arrivals) -> None:
        """Who reports an arrival stands where it was sent."""
        for truck, at_ms in arrivals:
            assert self.traffic.done(truck)
            assert self.traffic.stop_of(truck) == self.goal[truck]
            assert at_ms == self.traffic.now_ms

    @rule(number=st.integers(0, 999), choice=st.integers(0, 9_999))
    def send(self, number: int, choice: int) -> None:
        """Send any truck, driving, held or standing, to a place it may claim. One that drives may be told that there is
        no other way from where it is; one that stands at its place has a way to any other."""
        truck = self.some(number)
        free = self.claims.grantable_among(str(truck), GOALS)
        place = free[choice % len(free)]
        stood, old = self.traffic.done(truck), self.traffic.trucks[truck].copy()
        eta = self.traffic.send(truck, MAP.stop_of_place[place])
        if eta < 0:
            assert not stood, f"no way for truck {truck} to {place}, and every place is well-formed"
            assert np.array_equal(old[PLAN], self.traffic.trucks[truck, PLAN])  # it keeps its plan and its place
            return
        assert eta >= self.traffic.now_ms
        self.claims.claim(str(truck), place)
        self.goal[truck] = MAP.stop_of_place[place]

    @rule(number=st.integers(0, 999), choice=st.integers(0, 9_999))
    def ask(self, number: int, choice: int) -> None:
        """What if: an answer, and nothing that a truck does is changed."""
        truck = self.some(number)
        before = self.traffic.trucks[:, PLAN].copy()
        self.traffic.what_if(truck, MAP.stop_of_place[GOALS[choice % len(GOALS)]])
        assert np.array_equal(before, self.traffic.trucks[:, PLAN])

    @precondition(lambda self: self.standing())
    @rule(number=st.integers(0, 999), for_ms=st.integers(1, 300_000), loaded=st.booleans())
    def hold(self, number: int, for_ms: int, loaded: bool) -> None:
        """A handover begins."""
        standing = self.standing()
        truck = standing[number % len(standing)]
        self.held.add(truck)
        self.traffic.hold(truck, self.traffic.now_ms + for_ms)
        self.traffic.set_load(truck, loaded)

    @precondition(lambda self: self.held)
    @rule(number=st.integers(0, 999))
    def release(self, number: int) -> None:
        """A handover ends, sooner or later than expected."""
        truck = sorted(self.held)[number % len(self.held)]
        self.held.remove(truck)
        self.traffic.release(truck)

    @rule(by_ms=st.one_of(st.integers(0, 3_000), st.integers(0, 120_000)))
    def drive(self, by_ms: int) -> None:
        """Time goes on; held trucks do not move."""
        until, stops = self.traffic.now_ms + by_ms, {truck: self.traffic.stop_of(truck) for truck in self.held}
        while self.traffic.now_ms < until:
            arrivals = self.traffic.advance(until, self.fleet.drive)
            self.arrive(arrivals)
            if not arrivals:
                break
        assert self.traffic.now_ms <= until
        assert {truck: self.traffic.stop_of(truck) for truck in self.held} == stops

    @rule()
    def improve(self) -> None:
        """A round of best responses."""
        self.traffic.improve()

    @rule()
    def renew(self) -> None:
        """The times of the table are brought up to date."""
        self.traffic.renew()

    @invariant()
    def each_resource_has_one_holder(self) -> None:
        """Granted uses of two trucks never meet."""
        if hasattr(self, "traffic"):
            for resource in np.flatnonzero(self.traffic.count > 1).tolist():
                assert len(holders(self.traffic, resource)) <= 1, resource

    @invariant()
    def the_order_of_passage_has_no_ring(self) -> None:
        """Every truck could drive its plan to the end: `renew` raises a `DeadlockError` otherwise."""
        if hasattr(self, "traffic"):
            dirty = self.traffic.clock[c.C_DIRTY]
            self.traffic.clock[c.C_DIRTY] = 1
            self.traffic.renew()
            self.traffic.clock[c.C_DIRTY] = dirty

    def teardown(self) -> None:
        """Nobody is held any more: all trucks arrive where they were sent."""
        if not hasattr(self, "traffic"):
            return
        for truck in sorted(self.held):
            self.traffic.release(truck)
        self.held.clear()
        until = self.traffic.now_ms + 10 * HOUR_MS
        while self.traffic.now_ms < until:
            self.arrive(self.traffic.advance(until, self.fleet.drive))
        late = [truck for truck in self.goal if not self.traffic.done(truck)]
        assert late == [], f"trucks {late} never arrive; stuck: {self.fleet.stuck()}"
        assert {truck: self.traffic.stop_of(truck) for truck in self.goal} == self.goal


TestTraffic = TrafficMachine.TestCase
TestTraffic.settings = settings(
    derandomize=True, deadline=None, max_examples=150, stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
