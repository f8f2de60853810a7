"""Storms: every invariant after every event, over seeds that together take every rare path; and proof that each check
fires when the defect it looks for is planted."""

from collections import Counter

import pytest

from portway.app import storm
from portway.app.storm_changes import FLEET, HOLDS, WORK
from portway.core.controller import State
from portway.core.kernels import columns as c

SEEDS = (1, 2, 3, 9, 21, 29)  # 2 once left yard moves undone, the last three once differed when watched
# 24: a road truck that was sent to the gate again, in vain, stayed there for ever. 43, 44: trucks that only waited
# stood in the way of others. 287, 457: work was taken that waits for a load behind it in the same queue.
CHANGED_SEEDS = (3, 4, 15, 24, 36, 43, 44, 46, 54, 78, 91, 287, 457)
# 21: a truck freed on its way to a place that was kept for another stood there for ever. 54: a paused truck under a
# crane lost its unit in an exchange, with its way on planned.
PAUSED_SEEDS = (21, 54)


@pytest.fixture(scope="module")
def results():
    return [storm.run_storm(seed, ()) for seed in SEEDS]


@pytest.fixture(scope="module")
def changed():
    return [storm.run_storm(seed) for seed in CHANGED_SEEDS]


def test_no_storm_breaks_an_invariant(results):
    assert [str(r) for r in results if r.breaches] == []


def test_no_change_of_work_and_no_intervention_breaks_an_invariant(changed):
    assert [str(r) for r in changed if r.breaches] == []


def test_every_kind_of_change_is_made_and_refused(changed):
    marks = sum((Counter(r.marks) for r in changed), Counter())
    assert [name for name in storm.CHANGE_MARKS if not marks[name]] == []


@pytest.mark.parametrize("seed", PAUSED_SEEDS)
def test_no_pause_breaks_an_invariant(seed):
    assert storm.run_storm(seed, (*WORK, *HOLDS, *FLEET)).breaches == []


def test_the_rare_paths_are_taken(results):
    marks = sum((Counter(r.marks) for r in results), Counter())
    assert [name for name in storm.MARKS if not marks[name]] == []


@pytest.fixture
def running():
    scenario = storm.draw_scenario(1)
    controller = storm.make_controller(scenario, storm.visitors_of(scenario))
    controller.start()
    return controller


def test_two_holders_of_a_resource_are_found(running):
    traffic = running.state.traffic
    stop = traffic.stop_of(0)
    traffic.uses[stop, 1] = (0, c.FOREVER, 1, traffic.trucks[1, c.T_GRANTED])
    traffic.count[stop] = 2
    assert any("as holders" in text for text in storm.check_state(running))


def test_a_truck_without_a_claim_is_found(running):
    standing = next(m for m in running.state.missions.values() if m.at_place is not None)
    running.state.claims.free(standing.truck)
    assert any("has claimed" in text for text in storm.check_state(running))


def test_a_box_on_two_trucks_is_found(running):
    first, second = sorted(running.state.homes)[:2]
    unit = next(u for u in running.state.board.units.values() if u.truck is None)
    unit.truck = first
    running.state.missions[first].unit = running.state.missions[second].unit = unit
    found = storm.check_state(running)
    assert any("is on 2 trucks" in text for text in found)
    assert any("which belongs to" in text for text in found)


def test_a_truck_that_waits_for_one_without_work_is_found(running):
    state = running.state
    waits, idle = (state.missions[truck] for truck in sorted(state.homes)[:2])
    place, unit = next(
        (state.book.for_leg(u.legs[0])[0], u)
        for u in state.board.units.values()
        if u.truck is None
        and u.legs[0].block is not None
        and state.claims.grantable(idle.truck, state.book.for_leg(u.legs[0])[0])
    )
    idle.unit = None
    state.timers = {timer for timer in state.timers if timer[1] != "retry"}
    state.claims.claim(idle.truck, place)
    idle.at_place = place
    assert storm.check_state(running) == []
    waits.unit, unit.truck, waits.wanting_since = unit, waits.truck, 0
    assert any("who wait for nobody there" in text for text in storm.check_state(running))


def test_a_controller_that_tells_nobody_who_can_make_way_is_found(monkeypatch):
    monkeypatch.setattr(State, "stands", lambda self, mission: None)
    assert any("who wait for nobody" in text for seed in SEEDS for text in storm.run_storm(seed, ()).breaches)


def test_a_ring_in_the_order_of_passage_is_found():
    scenario = storm.draw_scenario(1)
    controller = storm.make_controller(scenario, 0)
    controller.start()
    traffic, world = controller.state.traffic, storm.make_world(scenario, 1, controller)
    for _ in range(400):
        controller.advance(traffic.now_ms + 1_000, world.drive)
        shared = [
            k for k in range(len(traffic.count))
            if traffic.count[k] >= 2 and len(set(traffic.uses[k, : traffic.count[k], c.WHO].tolist())) >= 2
        ]  # fmt: skip
        if shared:
            break
    k = shared[0]
    rows = traffic.uses[k, : traffic.count[k]].copy()
    traffic.uses[k, : traffic.count[k]] = rows[::-1]
    assert any("wait for each other" in text for text in storm.check_state(controller))
