"""The board: work queues in their sequence, what may be dispatched, and what has ended."""

import pytest

from portway.core.model.work import Container, JobOrder, MoveKind, WorkList, WorkQueue, YardSlot
from portway.core.work.board import Board
from portway.core.work.units import UnitState

SLOT = YardSlot("A", 3, 1, 1)


def job(name: str, kind: MoveKind = MoveKind.DISCHARGE, crane: str | None = "QC01", **more) -> JobOrder:
    """A quay move of QC01 unless told otherwise."""
    given = {"quay_bay": 4, "slot": SLOT, **more}
    return JobOrder(name, kind, Container(f"B-{name}"), quay_crane=crane, **given)


def twins(one: str, two: str, **more) -> list[JobOrder]:
    """A twin discharge."""
    return [job(one, twin=two, **more), job(two, twin=one, **more)]


def yard(name: str, **more) -> JobOrder:
    """A move from block to block."""
    return job(name, MoveKind.YARD, None, slot_to=YardSlot("B", 1, 1, 1), **more)


def board(*jobs: JobOrder, queues: tuple[WorkQueue, ...] = ()) -> Board:
    """A board of some job orders."""
    return Board(WorkList(tuple(jobs), queues))


def ids(units) -> list[str]:
    """Names of units."""
    return [u.id for u in units]


def open_ids(b: Board, window: int = 9, horizon_ms: int = 10**9) -> list[tuple[str, int]]:
    """(unit, rank) of the quay units that may be dispatched."""
    return [(unit.id, rank) for unit, _, rank in b.open_quay_units(window, horizon_ms)]


def test_without_queues_a_crane_works_by_sequence_then_by_id():
    b = board(job("D", sequence=2), job("C", sequence=1), job("B", sequence=2), job("A", crane="QC02", sequence=9))
    assert ids(b.queues["QC01"].units) == ["C", "B", "D"]
    assert [q.crane for q in b.in_order()] == ["QC01", "QC02"]


def test_queues_of_a_crane_follow_each_other_by_their_start_and_the_rest_comes_last():
    late, early = WorkQueue("a", "QC01", ("B", "A"), 9_000), WorkQueue("b", "QC01", ("D", "C"), 1_000)
    b = board(*(job(name) for name in "ABCDE"), queues=(late, early))
    assert ids(b.queues["QC01"].units) == ["D", "C", "B", "A", "E"]
    assert b.queues["QC01"].start_ms == [1_000, 1_000, 9_000, 9_000, 0]


def test_a_unit_starts_no_sooner_than_its_release():
    b = board(job("A", release_ms=5_000), queues=(WorkQueue("a", "QC01", ("A",), 2_000),))
    assert b.queues["QC01"].start_ms == [5_000]


def test_twins_are_one_unit_at_the_place_of_the_first_and_count_as_two_job_orders():
    queue = WorkQueue("a", "QC01", ("T1", "X", "T2"))
    b = board(*twins("T1", "T2"), job("X"), queues=(queue,))
    assert ids(b.queues["QC01"].units) == ["T1", "X"]
    assert b.unit_of_job["T2"] is b.unit_of_job["T1"]
    assert b.jobs_total == 3


def test_the_head_moves_on_when_it_has_been_served_and_the_crane_has_to_get_ready_again():
    b = board(job("A", sequence=1), job("B", sequence=2))
    queue = b.queues["QC01"]
    queue.prepared = queue.ready = queue.serving = True
    queue.advance()
    assert queue.next_unit().id == "B"
    assert (queue.prepared, queue.ready, queue.serving) == (False, False, False)
    queue.advance()
    assert queue.next_unit() is None
    assert queue.window(3) == []


@pytest.mark.parametrize(
    ("kind", "dual", "expected"),
    [(MoveKind.LOAD, True, True), (MoveKind.LOAD, False, False), (MoveKind.DISCHARGE, True, False)],
)
def test_only_a_load_in_a_dual_queue_lets_the_next_cycle_begin_on_the_way_back(kind, dual, expected):
    queue = board(job("A", kind), queues=(WorkQueue("a", "QC01", ("A",), dual=dual),)).queues["QC01"]
    queue.advance()
    assert queue.last_was_load is expected


def test_a_crane_waits_only_while_it_is_ready_and_nobody_is_there():
    queue = board(job("A")).queues["QC01"]
    assert queue.waited_ms(9_000) == 0
    queue.ready, queue.ready_ms = True, 4_000
    assert queue.waited_ms(9_000) == 5_000
    queue.serving = True
    assert queue.waited_ms(9_000) == 0


def test_the_window_begins_at_the_head_and_ranks_count_assigned_units():
    b = board(*(job(name, sequence=i) for i, name in enumerate("ABCDE")))
    assert open_ids(b, window=3) == [("A", 0), ("B", 1), ("C", 2)]
    b.units["B"].move_to(UnitState.ASSIGNED)
    assert open_ids(b, window=3) == [("A", 0), ("C", 2)]
    b.queues["QC01"].advance()
    assert open_ids(b, window=3) == [("C", 1), ("D", 2)]


def test_work_that_starts_behind_the_horizon_is_not_shown_and_hides_what_follows():
    queue = WorkQueue("a", "QC01", ("A", "B", "C"))
    b = board(job("A"), job("B", release_ms=60_000), job("C"), queues=(queue,))
    assert open_ids(b, horizon_ms=59_999) == [("A", 0)]
    assert open_ids(b, horizon_ms=60_000) == [("A", 0), ("B", 1), ("C", 2)]


def test_a_unit_whose_predecessor_is_not_delivered_stops_its_crane_but_no_other():
    b = board(job("A", sequence=1, after=("Z",)), job("B", sequence=2), job("Z", crane="QC02"))
    assert open_ids(b) == [("Z", 0)]
    b.deliver("Z")
    assert open_ids(b) == [("A", 0), ("B", 1), ("Z", 0)]


def test_twins_wait_for_the_predecessors_of_both():
    one, two = twins("T1", "T2")
    b = board(
        job("Z", crane="QC02"), one, JobOrder(**{f: getattr(two, f) for f in two.__struct_fields__} | {"after": ("Z",)})
    )
    assert not b.collectable(b.units["T1"])
    b.deliver("Z")
    assert b.collectable(b.units["T1"])


def test_yard_moves_come_by_release_then_id_and_no_more_than_asked_for():
    b = board(yard("C"), yard("A", release_ms=5_000), yard("B"), yard("D", release_ms=9_000))
    assert ids(b.open_yard_moves(5_000, 9)) == ["B", "C", "A"]
    assert ids(b.open_yard_moves(5_000, 2)) == ["B", "C"]
    assert ids(b.open_yard_moves(4_999, 9)) == ["B", "C"]


def test_a_yard_move_that_must_wait_hides_none_behind_it():
    b = board(yard("A", after=("B",)), yard("B"))
    assert ids(b.open_yard_moves(0, 9)) == ["B"]
    b.units["B"].move_to(UnitState.ASSIGNED)
    assert b.open_yard_moves(0, 9) == []
    b.units["B"].move_to(UnitState.COLLECTED)
    b.units["B"].move_to(UnitState.DONE)
    b.deliver("B")
    assert ids(b.open_yard_moves(0, 9)) == ["A"]
    assert ids(b.yard_moves) == ["A"]


def test_a_yard_move_given_back_is_open_again():
    b = board(yard("A"))
    b.units["A"].move_to(UnitState.ASSIGNED)
    assert b.open_yard_moves(0, 9) == []
    b.units["A"].move_to(UnitState.OPEN)
    assert ids(b.open_yard_moves(0, 9)) == ["A"]


def test_a_job_order_is_delivered_once():
    b = board(job("A"), job("B"))
    b.deliver("A")
    with pytest.raises(AssertionError, match="A delivered twice"):
        b.deliver("A")
    assert b.jobs_done == 1
