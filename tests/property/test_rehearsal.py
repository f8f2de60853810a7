"""The rehearsal foretells what happens, to the millisecond, when nothing is late any more; and it finds every ring."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.map_cache import cached_map
from portway.core.kernels import columns as c
from portway.core.routing.traffic import DeadlockError, Traffic
from portway.sim.trucks import Lateness, SimTrucks

HUASHAN = load_scenario("huashan")
MAP = cached_map(HUASHAN.terminal, truck_type(HUASHAN))
HOMES = [MAP.stop_of_place[p.id] for p in HUASHAN.terminal.places if p.kind == "parking"]
GOALS = [MAP.stop_of_place[p.id] for p in HUASHAN.terminal.places if p.kind in ("buffer", "quay_transfer")]
LATE = Lateness(0.3, 45_000, 1)
EXTRA_MS = 5  # column of movements under way


def busy(trucks: int, seed: int, run_ms: int) -> tuple[Traffic, SimTrucks]:
    """Trucks that have left their homes for places of their own, many of them late; some stand in a handover."""
    rng = np.random.default_rng(seed)
    traffic = Traffic(MAP, trucks)
    fleet = SimTrucks(traffic, LATE)
    goals = rng.permutation(GOALS)
    for truck in range(trucks):
        traffic.place(truck, HOMES[truck], loaded=bool(truck % 2))
    for truck in range(trucks):
        if truck % 3 == 2:
            traffic.hold(truck, 1 + int(rng.integers(run_ms)))
        traffic.send(truck, int(goals[truck]))
    drive(traffic, fleet, run_ms)
    return traffic, fleet


def drive(traffic: Traffic, fleet: SimTrucks, until_ms: int) -> dict[int, int]:
    """Let trucks drive; when they arrived."""
    at = {}
    while arrivals := traffic.advance(until_ms, fleet.drive):
        at.update({truck: at_ms for truck, at_ms in arrivals})
    assert traffic.now_ms == until_ms
    return at


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 8), st.integers(0, 9_999), st.integers(1, 240_000))
def test_when_nothing_is_late_any_more_trucks_arrive_as_the_rehearsal_says(trucks, seed, run_ms):
    traffic, fleet = busy(trucks, seed, run_ms)
    fleet.be_late(Lateness())
    while len(late := fleet.under_way()) and late[:, EXTRA_MS].any():  # nobody knows how late who has not reported is
        drive(traffic, fleet, traffic.now_ms + 1_000)
    for truck in range(trucks):
        traffic.release(truck)
    under_way = [truck for truck in range(trucks) if not traffic.done(truck)]
    traffic.clock[c.C_DIRTY] = 1
    traffic.renew()
    foretold = {truck: traffic.eta_ms(truck) for truck in under_way}
    uses = [sorted(row[: traffic.count[k], : c.STEP_NO].tolist()) for k, row in enumerate(traffic.uses)]
    for one, two in (pair for row in uses for pair in pairwise(row)):
        assert one[c.TOUT] <= two[c.TIN] or one[c.WHO] == two[c.WHO]
    assert drive(traffic, fleet, traffic.now_ms + 3_600_000) == foretold


def test_two_trucks_that_wait_for_each_other_are_found():
    traffic, _ = busy(6, 1, 20_000)
    shared = [k for k in range(MAP.n_resources) if traffic.count[k] > 1]
    before = traffic.uses.copy()
    found = 0
    for k in shared:  # the order is turned round at one resource of many that two trucks share: most often a ring
        traffic.uses[:] = before
        row = traffic.uses[k, : traffic.count[k]]
        if len(set(row[:, c.WHO])) < 2 or (row[:, c.STEP_NO] <= traffic.trucks[row[:, c.WHO], c.T_GRANTED]).any():
            continue
        row[:] = row[::-1].copy()
        traffic.clock[c.C_DIRTY] = 1
        try:
            traffic.renew()
        except DeadlockError:
            found += 1
    assert found > 0


def test_a_rehearsal_of_a_standing_terminal_changes_nothing():
    traffic = Traffic(MAP, 3)
    for truck in range(3):
        traffic.place(truck, HOMES[truck])
    before = traffic.uses.copy(), traffic.trucks.copy()
    traffic.clock[c.C_DIRTY] = 1
    traffic.renew()
    assert np.array_equal(before[0], traffic.uses)
    assert np.array_equal(before[1], traffic.trucks)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(2, 8), st.integers(0, 9_999), st.integers(1, 240_000))
def test_who_is_late_and_has_not_reported_is_not_expected_in_the_past(trucks, seed, run_ms):
    traffic, _ = busy(trucks, seed, run_ms)
    traffic.clock[c.C_DIRTY] = 1
    traffic.renew()
    for truck in range(trucks):
        assert traffic.done(truck) or traffic.eta_ms(truck) >= traffic.now_ms
        row = traffic.trucks[truck]
        for k in np.flatnonzero((traffic.uses[:, :, c.WHO] == truck).any(axis=1)):
            for i in range(traffic.count[k]):
                if traffic.uses[k, i, c.WHO] == truck and row[c.T_MOVING]:
                    assert traffic.uses[k, i, c.TOUT] >= traffic.now_ms
