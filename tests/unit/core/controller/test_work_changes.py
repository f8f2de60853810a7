"""Work changes while it runs: what is not begun can be changed, what is begun is ended, and nobody waits in vain."""

import msgspec
import pytest
from running_core import WHO, Core, codes, job

from portway.core.events import (
    JobOrderCancelled,
    JobOrderReceived,
    RoadTruckCame,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.model import MoveKind, YardSlot

D, L, Y = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD


def loads(count: int) -> list:
    return [job(f"L{i}", L, i) for i in range(count)]


# -- job orders that come ---------------------------------------------------------------------------------------


def test_a_job_order_that_comes_while_nothing_is_to_be_done_is_done():
    core = Core(job("L1"))
    core.to_the_end()
    assert codes(core.tell(JobOrderReceived, job("D2", D))) == []
    core.tell(JobOrderReceived, job("Y3", Y))
    assert sorted(core.to_the_end()) == ["D2", "L1", "Y3"]


def test_a_crane_that_had_no_work_gets_a_queue():
    core = Core(job("L1"))
    core.tell(JobOrderReceived, job("D2", D, quay_crane="QC02", quay_bay=12))
    assert core.queue("QC02") == ["D2"]
    assert sorted(core.to_the_end()) == ["D2", "L1"]


def test_a_job_order_comes_in_by_its_sequence():
    core = Core(*(job(f"L{i}", L, i) for i in range(0, 40, 2)))
    core.tell(JobOrderReceived, job("L31", L, 31))
    assert core.queue().index("L31") == core.queue().index("L30") + 1
    assert core.to_the_end() == sorted(core.to_the_end(), key=lambda name: int(name[1:]))


def test_a_job_order_comes_in_behind_what_must_not_wait_for_it():
    core = Core(*loads(12))
    core.until(lambda: core.collected("L1"))
    core.tell(JobOrderReceived, job("L99", L, -1))
    assert core.queue().index("L99") > core.queue().index("L1")
    assert "L99" in core.to_the_end()


def test_nobody_waits_behind_a_new_job_order_who_could_fetch_it():
    core = Core(*loads(8), trucks=2)
    core.until(lambda: core.assigned("L0") and core.assigned("L1"))
    core.board.queues["QC01"].prepared = False  # as if the crane had not been told yet
    core.tell(JobOrderReceived, job("L99", L, -1))
    assert core.queue()[0] == "L99"
    assert core.to_the_end()[0] == "L99"


def test_a_job_order_that_cannot_be_done_is_stopped_and_changes_nothing():
    core = Core(*loads(3))
    before = core.queue()
    assert codes(core.tell(JobOrderReceived, job("L9", quay_crane="QC77"))) == [("L9", "unknown_crane")]
    assert (core.queue(), core.board.jobs_total, "L9" in core.board.unit_of_job) == (before, 3, False)


def test_a_job_order_that_comes_again_unchanged_changes_nothing():
    core = Core(*loads(4))
    core.until(lambda: core.collected("L0"))
    assert codes(core.tell(JobOrderReceived, job("L0", L, 0))) == []
    assert codes(core.tell(JobOrderReceived, job("L3", L, 3))) == []
    assert core.to_the_end() == ["L0", "L1", "L2", "L3"]


def test_an_open_job_order_can_be_changed_also_when_a_truck_is_on_its_way():
    core = Core(*loads(4))
    core.until(lambda: core.assigned("L1"))
    moved = msgspec.structs.replace(job("L1", L, 1), slot=YardSlot("B1", 3, 1, 1))
    assert codes(core.tell(JobOrderReceived, moved)) == []
    assert core.unit("L1").legs[0].block == "B1"
    assert core.to_the_end() == ["L0", "L1", "L2", "L3"]


def test_a_changed_sequence_number_moves_a_job_order():
    core = Core(*loads(20))
    core.tell(JobOrderReceived, job("L19", L, 15))
    assert core.queue()[15:17] == ["L15", "L19"]
    assert len(core.to_the_end()) == 20


def test_a_job_order_can_go_to_another_crane():
    core = Core(*loads(5))
    core.tell(JobOrderReceived, job("L4", L, 4, quay_crane="QC02", quay_bay=12))
    assert (core.queue(), core.queue("QC02")) == (["L0", "L1", "L2", "L3"], ["L4"])
    assert len(core.to_the_end()) == 5


def test_a_job_order_that_has_begun_cannot_be_changed():
    core = Core(*loads(3))
    core.until(lambda: core.collected("L0"))
    assert codes(core.tell(JobOrderReceived, job("L0", L, 7))) == [("L0", "too_late")]
    assert core.to_the_end() == ["L0", "L1", "L2"]


def test_twins_that_come_together_travel_together():
    core = Core()
    core.tell(JobOrderReceived, job("D1", D, twin="D2"))
    core.tell(JobOrderReceived, job("D2", D, twin="D1"))
    assert core.unit("D1") is core.unit("D2")
    assert sorted(core.to_the_end()) == ["D1", "D2"]


def test_a_twin_joins_one_for_which_a_truck_is_on_its_way():
    core = Core(job("L1", twin="L2"), *loads(1))
    core.until(lambda: core.assigned("L1"))
    core.tell(JobOrderReceived, job("L2", twin="L1"))
    assert [j.id for j in core.unit("L2").jobs] == ["L1", "L2"]
    assert sorted(core.to_the_end()) == ["L0", "L1", "L2"]


def test_a_twin_that_comes_too_late_goes_alone():
    core = Core(job("L1", twin="L2"), job("L3", L, 1))
    core.until(lambda: core.collected("L1"))
    core.tell(JobOrderReceived, job("L2", twin="L1"))
    assert core.unit("L1") is not core.unit("L2")
    assert sorted(core.to_the_end()) == ["L1", "L2", "L3"]


def test_a_job_order_waits_for_those_it_names_in_after():
    core = Core(job("Y1", Y))
    core.tell(JobOrderReceived, job("L2", after=("Y1",)))
    assert core.to_the_end() == ["Y1", "L2"]


def test_gate_work_that_comes_is_done_when_its_road_truck_comes():
    core = Core(job("L1"))
    core.tell(JobOrderReceived, job("R2", MoveKind.RECEIVE))
    core.tell(JobOrderReceived, job("O3", MoveKind.DELIVER))
    for name in ("R2", "O3"):
        assert codes(core.tell(RoadTruckCame, "road-" + name, "", name)) == []
    assert sorted(core.to_the_end()) == ["L1", "O3", "R2"]


# -- job orders that go -----------------------------------------------------------------------------------------


def test_an_open_job_order_is_gone_when_cancelled():
    core = Core(*loads(20))
    assert codes(core.tell(JobOrderCancelled, "L17", *WHO)) == [("L17", "cancelled")]
    assert "L17" not in core.queue()
    assert len(core.to_the_end()) == 19


def test_a_cancelled_job_order_frees_its_truck_for_other_work():
    core = Core(*loads(6))
    core.until(lambda: core.assigned("L2"))
    truck = core.unit("L2").truck
    core.tell(JobOrderCancelled, "L2", *WHO)
    core.until(lambda: core.state.missions[truck].unit is not None)
    assert core.to_the_end() == ["L0", "L1", "L3", "L4", "L5"]


def test_a_box_on_a_truck_is_too_late_to_be_cancelled():
    core = Core(*loads(3))
    core.until(lambda: core.collected("L1"))
    assert codes(core.tell(JobOrderCancelled, "L1", *WHO)) == [("L1", "too_late")]
    assert core.to_the_end() == ["L0", "L1", "L2"]


def test_a_discharge_that_its_crane_prepares_is_too_late_to_be_cancelled():
    core = Core(*(job(f"D{i}", D, i) for i in range(3)))
    assert codes(core.tell(JobOrderCancelled, "D0", *WHO)) == [("D0", "too_late")]
    assert sorted(core.to_the_end()) == ["D0", "D1", "D2"]


def test_a_crane_whose_load_is_cancelled_prepares_the_next_one():
    core = Core(*loads(3))
    core.minutes(0.5)
    assert core.prepared() == ["L0"]
    core.tell(JobOrderCancelled, "L0", *WHO)
    assert core.prepared() == ["L0", "L1"]
    assert core.to_the_end() == ["L1", "L2"]


def test_job_orders_that_wait_for_a_cancelled_one_are_stopped_with_it():
    core = Core(*loads(4), job("Y9", Y), job("L10", L, 10, after=("Y9",)), job("Y11", Y, after=("L10",)))
    answers = codes(core.tell(JobOrderCancelled, "Y9", *WHO))
    assert answers == [("Y9", "cancelled"), ("L10", "after_cancelled"), ("Y11", "after_cancelled")]
    assert core.to_the_end() == ["L0", "L1", "L2", "L3"]


def test_the_twin_of_a_cancelled_job_order_goes_alone_in_its_place():
    core = Core(job("L1", L, 1, twin="L2"), job("L2", L, 2, twin="L1"), job("L3", L, 3))
    core.until(lambda: core.assigned("L1"))
    core.tell(JobOrderCancelled, "L1", *WHO)
    assert core.queue() == ["L2", "L3"]
    assert core.to_the_end() == ["L2", "L3"]


def test_what_is_not_known_cannot_be_cancelled():
    assert codes(Core(job("L1")).tell(JobOrderCancelled, "L2", *WHO)) == [("L2", "unknown_job_order")]


def test_the_road_truck_of_a_cancelled_job_order_is_turned_away():
    core = Core(job("L1"), job("O3", MoveKind.DELIVER, after=("L1",)))
    core.tell(RoadTruckCame, "road", "", "O3")
    assert codes(core.tell(JobOrderCancelled, "O3", *WHO)) == [("O3", "cancelled"), ("road", "road_truck_turned_away")]
    assert codes(core.tell(RoadTruckCame, "late", "", "O3")) == [("late", "road_truck_turned_away")]
    assert core.to_the_end() == ["L1"]


def test_a_cancelled_job_order_can_be_sent_again():
    core = Core(*loads(3))
    core.tell(JobOrderCancelled, "L2", *WHO)
    core.tell(JobOrderReceived, job("L2", L, 2))
    assert core.to_the_end() == ["L0", "L1", "L2"]


# -- another sequence -------------------------------------------------------------------------------------------


def test_open_units_come_in_the_new_sequence():
    core = Core(*loads(5))
    assert codes(core.tell(WorkQueueResequenced, "QC01", ("L4", "L3", "L2", "L1"), *WHO)) == []
    assert core.queue() == ["L0", "L4", "L3", "L2", "L1"]
    assert core.to_the_end() == ["L0", "L4", "L3", "L2", "L1"]


def test_what_is_begun_keeps_its_position_and_may_be_named_or_not():
    core = Core(*loads(6))
    core.until(lambda: core.collected("L1"))
    kept = core.queue().index("L1")
    rest = [name for name in core.queue() if core.unit(name) in core.board.queues["QC01"].movable(core.board.placed)]
    core.tell(WorkQueueResequenced, "QC01", ("L1", *reversed(rest)), *WHO)
    assert core.queue().index("L1") == kept
    assert [name for name in core.queue() if name in rest] == rest[::-1]
    assert core.to_the_end() != ["L0", "L1", "L2", "L3", "L4", "L5"]


@pytest.mark.parametrize(
    ("named", "code"),
    [
        (("L1", "L2"), "missing"),
        (("L1", "L2", "L3", "L3"), "repeated"),
        (("L1", "L2", "L3", "L77"), "not_in_queue"),
        (("L1", "L3", "L2", "Y9"), "not_in_queue"),
        (("L3", "L1", "L2"), "ring"),
    ],
)
def test_a_sequence_that_cannot_be_is_refused_as_a_whole(named, code):
    core = Core(*loads(3), job("L3", L, 3, after=("L2",)), job("Y9", Y))
    core.minutes(0.2)
    assert [c for _, c in codes(core.tell(WorkQueueResequenced, "QC01", named, *WHO))] == [code]
    assert core.queue() == ["L0", "L1", "L2", "L3"]


def test_a_unit_that_comes_later_finds_its_place_in_the_new_sequence():
    core = Core(*(job(f"L{i}", L, 10 * i) for i in range(6)))
    core.tell(WorkQueueResequenced, "QC01", ("L5", "L4", "L3", "L2", "L1"), *WHO)
    core.tell(JobOrderReceived, job("L45", L, 45))
    assert core.queue() == ["L0", "L5", "L4", "L3", "L2", "L45", "L1"]


def test_trucks_that_would_wait_behind_an_open_unit_come_free():
    core = Core(*loads(10), trucks=2)
    core.until(lambda: core.assigned("L0") and core.assigned("L1"))
    core.tell(WorkQueueResequenced, "QC01", tuple(f"L{i}" for i in range(9, 0, -1)), *WHO)
    assert core.queue()[:2] == ["L0", "L9"]
    assert core.to_the_end() == ["L0", *(f"L{i}" for i in range(9, 0, -1))]


# -- halted queues ----------------------------------------------------------------------------------------------


def test_a_halted_queue_ends_what_is_begun_and_nothing_else():
    core = Core(*loads(12))
    core.until(lambda: core.collected("L2"))
    core.tell(WorkQueueActivated, "QC01", False, *WHO)
    core.minutes(120)
    assert core.board.delivered >= {"L0", "L1", "L2"}
    left = [name for name in core.queue() if name not in core.board.delivered]
    assert "L11" in left
    assert all(not core.unit(name).begun and core.unit(name).truck is None for name in left)
    assert all(m.unit is None for m in core.state.missions.values())
    core.tell(WorkQueueActivated, "QC01", True, *WHO)
    assert core.to_the_end() == [f"L{i}" for i in range(12)]


def test_a_halted_queue_stops_no_other_crane():
    other = [job(f"D{i}", D, i, quay_crane="QC02", quay_bay=12) for i in range(20, 26)]
    core = Core(*loads(8), *other)
    core.until(lambda: core.assigned("L1"))
    core.tell(WorkQueueActivated, "QC01", False, *WHO)
    core.until(lambda: core.board.delivered >= {j.id for j in other})


def test_work_that_comes_for_a_halted_queue_waits():
    core = Core(*loads(2))
    core.tell(WorkQueueActivated, "QC02", False, *WHO)
    core.tell(JobOrderReceived, job("D9", D, quay_crane="QC02", quay_bay=12))
    core.minutes(60)
    assert "D9" not in core.board.delivered
    core.tell(WorkQueueActivated, "QC02", True, *WHO)
    assert core.to_the_end() == ["L0", "L1", "D9"]


def test_a_queue_that_nobody_has_cannot_be_halted():
    answer = codes(Core(job("L1")).tell(WorkQueueActivated, "QC99", False, *WHO))
    assert answer == [("QC99", "unknown_crane")]
