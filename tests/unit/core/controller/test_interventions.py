"""People in the control room: paused and withdrawn trucks, moved job orders, closed roads."""

import pytest
from running_core import WHO, Core, codes, job

from portway.core.commands import Alert, DriveTo, PauseTruck, StartHandover
from portway.core.controller import Phase
from portway.core.events import JobOrderMoved, RoadBlocked, TruckPaused, TruckWithdrawn
from portway.core.model import MoveKind

D, L, Y = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD


def loads(count: int) -> list:
    return [job(f"L{i}", L, i) for i in range(count)]


def test_a_paused_truck_is_told_so_and_its_unit_goes_to_another():
    core = Core(*loads(4))
    core.until(lambda: core.assigned("L0"))
    truck = core.unit("L0").truck
    assert PauseTruck(truck, True) in core.tell(TruckPaused, truck, True, *WHO)
    assert core.unit("L0").truck != truck
    core.until(lambda: core.collected("L0"))
    assert core.state.missions[truck].unit is None


def test_a_paused_truck_keeps_its_box_and_is_neither_sent_nor_served():
    core = Core(*loads(4))
    core.until(lambda: core.collected("L1"))
    truck, before = core.unit("L1").truck, len(core.said)
    core.tell(TruckPaused, truck, True, *WHO)
    core.minutes(60)
    begun = [c for c in core.said[before:] if isinstance(c, StartHandover | DriveTo) and c.truck == truck]
    assert begun == []
    assert core.collected("L1")
    assert PauseTruck(truck, False) in core.tell(TruckPaused, truck, False, *WHO)
    assert core.to_the_end() == ["L0", "L1", "L2", "L3"]


@pytest.mark.parametrize("phase", [Phase.WAIT_COLLECT, Phase.WAIT_DELIVER, Phase.WAIT_PLACE, Phase.HANDOVER])
def test_a_truck_goes_on_when_resumed_whatever_it_was_doing(phase):
    core = Core(*(job(f"D{i}", D, i) for i in range(3)), *(job(f"L{i}", L, i) for i in range(20, 26)))
    core.until(lambda: any(m.phase == phase for m in core.state.missions.values()))
    truck = next(m.truck for m in core.state.missions.values() if m.phase == phase)
    core.tell(TruckPaused, truck, True, *WHO)
    core.minutes(20)
    core.tell(TruckPaused, truck, False, *WHO)
    assert len(core.to_the_end()) == 9


def test_trucks_that_would_wait_behind_a_paused_trucks_unit_come_free():
    core = Core(*loads(6), trucks=2)
    core.until(lambda: core.assigned("L0") and core.assigned("L1"))
    first = core.unit("L0").truck
    core.tell(TruckPaused, first, True, *WHO)
    core.until(lambda: core.board.jobs_done >= 4)
    assert core.state.missions[first].unit is None


def test_a_pause_said_twice_is_told_twice():
    core = Core(*loads(2))
    for _ in range(2):
        assert PauseTruck("T001", True) in core.tell(TruckPaused, "T001", True, *WHO)


def test_a_withdrawn_truck_ends_its_unit_goes_home_and_gets_no_other():
    core = Core(*loads(8))
    core.until(lambda: core.collected("L1"))
    truck = core.unit("L1").truck
    core.tell(TruckWithdrawn, truck, True, *WHO)
    core.to_the_end()
    assert [c.truck for c in core.said if getattr(c, "job_order", "") == "L1"] == [truck]
    core.until(lambda: core.state.missions[truck].at_place == core.state.homes[truck])
    assert core.state.missions[truck].unit is None


def test_a_withdrawn_truck_works_again_when_called_back():
    core = Core(*loads(5), trucks=1)
    core.tell(TruckWithdrawn, "T001", True, *WHO)
    core.minutes(60)
    assert core.board.jobs_done <= 1
    core.tell(TruckWithdrawn, "T001", False, *WHO)
    assert len(core.to_the_end()) == 5


def test_a_job_order_moves_to_a_free_truck():
    core = Core(job("Y1", Y), trucks=3)
    core.until(lambda: core.assigned("Y1"))
    former = core.unit("Y1").truck
    other = next(t for t in sorted(core.state.homes) if t != former)
    assert codes(core.tell(JobOrderMoved, "Y1", other, *WHO)) == []
    assert (core.unit("Y1").truck, core.state.missions[former].unit) == (other, None)
    assert core.to_the_end() == ["Y1"]


def test_a_job_order_moves_to_a_truck_only_if_that_can_do_it_now():
    core = Core(*loads(8), trucks=4)
    core.until(lambda: core.collected("L0"))
    busy = next(
        m.truck for m in core.state.missions.values() if m.unit is not None and m.truck != core.unit("L0").truck
    )
    free = core.unit("L0").truck
    for name, truck, code in [
        ("L0", busy, "not_possible"),
        ("L7", busy, "not_possible"),
        ("L99", free, "unknown_job_order"),
    ]:
        assert codes(core.tell(JobOrderMoved, name, truck, *WHO)) == [(name, code)]
    assert codes(core.tell(JobOrderMoved, "L7", "T999", *WHO)) == [("T999", "unknown_truck")]
    assert core.to_the_end() == [f"L{i}" for i in range(8)]


def test_a_truck_that_nobody_has_cannot_be_paused():
    assert codes(Core(job("L1")).tell(TruckPaused, "T999", True, *WHO)) == [("T999", "unknown_truck")]


def test_a_lane_that_nobody_has_closes_nothing():
    core = Core(*loads(1))
    answer = codes(core.tell(RoadBlocked, "oil", ("aisle-04", "nowhere"), True, *WHO))
    assert answer == [("nowhere", "unknown_lane")]
    assert core.to_the_end() == ["L0"]


def test_a_truck_whose_way_is_closed_gets_another_or_waits_until_it_is_open():
    core = Core(*loads(3), trucks=1)
    core.until(lambda: core.collected("L0") and core.mission("L0").at_place is None)
    lanes = tuple(lane.id for lane in core.state.scenario.terminal.lanes)
    said = core.tell(RoadBlocked, "storm", lanes, True, *WHO)
    assert [c.subject for c in said if isinstance(c, Alert) and c.code == "no_way"] in ([], ["T001"])
    core.minutes(30)
    core.tell(RoadBlocked, "storm", lanes, False, *WHO)
    assert core.to_the_end() == ["L0", "L1", "L2"]
