"""Several job orders at once: all are taken or none, and they may count on each other."""

import msgspec
import pytest
from running_core import Core, codes, job

from portway.adapters.storage.entry_format import reader_of
from portway.core.commands import Alert, JobOrderStopped, PrepareMove
from portway.core.controller.refusals import was_refused
from portway.core.events import (
    JobOrderCancelled,
    JobOrderReceived,
    JobOrdersReceived,
    RoadBlocked,
    TroubleReported,
)
from portway.core.model import Container, MoveKind, YardSlot

D, L, Y = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD


def asked(core: Core, *jobs) -> list[tuple[str, str]]:
    """(job order, code) of every problem with a batch."""
    return [(p.job_order, p.code) for p in core.controller.refusals(JobOrdersReceived(0, jobs))]


def test_of_a_batch_with_one_wrong_job_order_nothing_is_taken():
    core = Core(job("L1"))
    right = [job(f"D{i}", D, i) for i in range(2, 30)]
    answer = core.tell(JobOrdersReceived, (*right, job("D30", D, quay_crane="QC77")))
    assert codes(answer) == [*((j.id, "batch_refused") for j in right), ("D30", "unknown_crane")]
    assert (core.board.jobs_total, core.queue()) == (1, ["L1"])
    assert core.to_the_end() == ["L1"]


def test_a_batch_is_taken_whole_and_done():
    core = Core(job("L1"))
    assert codes(core.tell(JobOrdersReceived, tuple(job(f"D{i}", D, i) for i in range(2, 12)))) == []
    assert len(core.to_the_end()) == 11


def test_no_crane_gets_ready_before_the_whole_batch_is_on_the_board():
    core = Core(job("L1", quay_crane="QC02", quay_bay=12))
    one, two = job("D2", D, twin="D3"), job("D3", D, twin="D2")
    answer = core.tell(JobOrdersReceived, (one, two))
    assert [j.id for j in core.unit("D2").jobs] == ["D2", "D3"]
    assert [c.unit for c in answer if isinstance(c, PrepareMove)] == ["D2"]


def test_job_orders_of_a_batch_may_stand_before_those_they_wait_for():
    core = Core(job("L1"))
    last = job("L4", L, 9, after=("Y3",), slot=YardSlot("B1", 4, 1, 1), container=Container("BY3"))
    assert codes(core.tell(JobOrdersReceived, (last, job("Y3", Y)))) == []
    assert core.to_the_end().index("Y3") < core.to_the_end().index("L4")


def test_a_ring_within_a_batch_is_named():
    core = Core(job("L1"))
    two, three = job("Y2", Y, after=("Y3",)), job("Y3", Y, after=("Y2",))
    assert asked(core, two, three) == [("Y2", "ring"), ("Y3", "ring")]


def test_a_ring_over_the_sequence_of_a_crane_is_named():
    core = Core(*(job(f"L{i}", L, i) for i in range(4)))
    first, last = job("L10", L, 10, after=("L11",)), job("L11", L, 11)
    assert asked(core, first, last) == [("L10", "ring"), ("L11", "ring")]


def test_a_job_order_is_in_a_batch_once():
    assert asked(Core(job("L1")), job("Y2", Y), job("Y2", Y)) == [("Y2", "twice")]


def test_known_job_orders_become_twins_in_one_batch():
    small = {"container": Container("BD22", 20)}
    core = Core(*(job(f"L{i}", L, i) for i in range(8)), job("D22", D, 90, **small), job("D23", D, 91, twin="D99"))
    one = msgspec.structs.replace(core.board.job("D22"), twin="D23")
    two = msgspec.structs.replace(core.board.job("D23"), twin="D22")
    assert asked(core, one, two) == []
    core.tell(JobOrdersReceived, (one, two))
    assert [j.id for j in core.unit("D23").jobs] == ["D22", "D23"]


def test_a_twin_in_a_batch_that_names_another_is_refused():
    one = job("D2", D, twin="D3")
    assert asked(Core(job("L1")), one, job("D3", D, twin="D4")) == [("D2", "twin_differs")]


def test_two_boxes_may_change_slots_in_one_batch():
    core = Core(*(job(f"L{i}", L, i) for i in range(8)), job("D20", D, 90), job("D21", D, 91))
    one, two = core.board.job("D20"), core.board.job("D21")
    changed = msgspec.structs.replace(one, slot=two.slot), msgspec.structs.replace(two, slot=one.slot)
    assert codes(core.tell(JobOrdersReceived, changed)) == []
    assert core.board.job("D20").slot == two.slot
    assert len(core.to_the_end()) == 10


def test_two_boxes_of_a_batch_do_not_get_one_slot():
    one, two = job("D2", D), job("D3", D)
    assert asked(Core(job("L1")), one, msgspec.structs.replace(two, slot=one.slot)) == [("D3", "slot_taken")]


def test_a_batch_may_change_what_a_truck_is_on_its_way_for():
    core = Core(*(job(f"L{i}", L, i) for i in range(6)))
    core.until(lambda: core.assigned("L2"))
    changed = [msgspec.structs.replace(core.board.job(f"L{i}"), due_ms=9_000_000) for i in (2, 3)]
    assert codes(core.tell(JobOrdersReceived, tuple(changed))) == []
    assert len(core.to_the_end()) == 6


def test_what_is_known_already_changes_nothing_and_is_no_problem():
    core = Core(*(job(f"L{i}", L, i) for i in range(6)))
    core.until(lambda: core.collected("L0"))
    units = dict(core.board.units)
    assert codes(core.tell(JobOrdersReceived, tuple(core.board.job(f"L{i}") for i in range(6)))) == []
    assert core.board.units == units


@pytest.mark.parametrize("seen", ["L0", "L3"])
def test_a_batch_with_one_that_has_begun_changes_none(seen):
    core = Core(*(job(f"L{i}", L, i) for i in range(8)))
    core.until(lambda: core.collected(seen))
    before = core.queue()
    changed = [msgspec.structs.replace(core.board.job(n), due_ms=9_000_000) for n in ("L7", seen)]
    assert codes(core.tell(JobOrdersReceived, tuple(changed))) == [(seen, "too_late")]
    assert (core.queue(), core.board.job("L7").due_ms) == (before, None)


def test_asking_changes_nothing():
    core = Core(*(job(f"L{i}", L, i) for i in range(6)))
    core.until(lambda: core.assigned("L2"))
    units, queue = dict(core.board.units), core.queue()
    assert asked(core, job("D9", D), msgspec.structs.replace(core.board.job("L2"), due_ms=1)) == []
    assert (core.board.units, core.queue(), core.assigned("L2")) == (units, queue, True)


def test_the_same_batch_after_a_restart_gives_the_same_answers():
    batch = tuple(job(f"D{i}", D, i) for i in range(2, 9))
    first, second = Core(job("L1")), Core(job("L1"))
    event = JobOrdersReceived(1_000, batch)
    assert first.controller.handle(event) == second.controller.handle(event)


def test_an_event_of_one_job_order_in_an_old_journal_is_still_read():
    old = msgspec.msgpack.encode([["JobOrderReceived", 5, msgspec.to_builtins(job("D2", D))], []])
    assert reader_of(1)(old) == (JobOrderReceived(5, job("D2", D)), [])


def test_those_that_wait_for_what_is_cancelled_go_before_a_crane_hears_of_them():
    core = Core(job("L1"), job("D2", D, 1, after=("L1",)), job("D3", D, 2))
    answer = core.tell(JobOrderCancelled, "L1", "tos", "no more")
    assert [c.job_order for c in answer if isinstance(c, JobOrderStopped)] == ["L1", "D2"]
    assert [c.unit for c in answer if isinstance(c, PrepareMove)] == ["D3"]


def test_a_refusal_is_told_from_what_else_an_answer_says():
    core = Core(job("L1"), job("D2", D))
    for event, refused in (
        (JobOrdersReceived(0, (job("D9", D, quay_crane="QC77"), job("D8", D))), True),
        (JobOrderReceived(0, msgspec.structs.replace(core.board.job("D2"), quay_crane="QC77")), True),
        (JobOrderCancelled(0, "nobody", "tos", "no more"), True),
        (JobOrderCancelled(0, "L1", "tos", "no more"), False),
        (TroubleReported(0, "jumped", "T001", "far"), False),
    ):
        assert was_refused(event, core.controller.handle(event)) is refused
    blocked = RoadBlocked(0, "oil", ("somewhere",), True, "x", "y")
    assert was_refused(blocked, [Alert("no_way", "T001", "oil"), Alert("beyond_base", "T001", "")]) is False
    assert was_refused(blocked, [Alert("unknown_lane", "somewhere", "no such lane")]) is True
