"""Why a job order cannot be done: every reason, with what was written, why it cannot be and what cures it."""

import msgspec
import pytest

from portway.core.model import (
    Block,
    Container,
    Gate,
    JobOrder,
    MoveKind,
    Place,
    PlaceKind,
    Quay,
    QuayCrane,
    Terminal,
    WorkList,
    YardSlot,
)
from portway.core.work.board import Board
from portway.core.work.problems import problems_with
from portway.core.work.units import UnitState

D, L, Y, IN, OUT = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD, MoveKind.RECEIVE, MoveKind.DELIVER
TERMINAL = Terminal(
    "t",
    (),
    (),
    (Place("q", PlaceKind.QUAY_TRANSFER, "lane", 1.0, bay=3),),
    blocks=(Block("A", (0.0, 0.0), 0.0, 10, 4, 5),),
    quay=Quay((0.0, 0.0), 0.0, 20),
    quay_cranes=(QuayCrane("QC01", 1, 8), QuayCrane("QC02", 9, 16)),
    gates=(Gate("G1", "in", "out"),),
)


def job(name: str, kind: MoveKind = D, bay: int = 1, box: str = "", length: int = 40, **more) -> JobOrder:
    """A job order with a box of its own; its yard slot is `A/bay/1/1`, or goes on to `A/bay/2/1`."""
    given = {"quay_crane": "QC01", "quay_bay": 4} if kind in (D, L) else {}
    given |= {"slot": YardSlot("A", bay, 1, 1)} | ({"slot_to": YardSlot("A", bay, 2, 1)} if kind == Y else {})
    return JobOrder(name, kind, Container(box or "B-" + name, length), **{**given, **more})


def board(*jobs: JobOrder) -> Board:
    return Board(WorkList(jobs))


def codes(new: JobOrder, known: Board | None = None, **more) -> list[tuple[str, str]]:
    """(key, code) of each problem."""
    return [(p.key, p.code) for p in problems_with(new, TERMINAL, known or board(), **more)]


def delivered(known: Board, *names: str) -> Board:
    """A board on which some job orders have ended."""
    for name in names:
        unit = known.unit_of_job[name]
        for state in (UnitState.ASSIGNED, UnitState.COLLECTED, UnitState.DONE):
            unit.move_to(state)
        known.boxes.collected(known.job(name))
        known.deliver(name)
    return known


@pytest.mark.parametrize("kind", list(MoveKind))
def test_a_job_order_that_can_be_done_has_no_problem(kind):
    assert codes(job("1", kind)) == []


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (job(""), [("id", "no_id")]),
        (job("1", quay_crane="QC99"), [("quay_crane", "unknown_crane")]),
        (job("1", quay_crane=None), [("quay_crane", "unknown_crane")]),
        (job("1", Y, quay_crane="QC01"), [("quay_crane", "crane_not_used")]),
        (job("1", quay_bay=9), [("quay_bay", "bay_outside")]),
        (job("1", quay_bay=None), [("quay_bay", "bay_outside")]),
        (job("1", slot=None), [("slot", "no_slot")]),
        (job("1", Y, slot_to=None), [("slot_to", "no_slot")]),
        (job("1", slot=YardSlot("Z", 1, 1, 1)), [("slot.block", "unknown_block")]),
        (job("1", slot=YardSlot("A", 11, 1, 1)), [("slot.bay", "slot_outside")]),
        (job("1", slot=YardSlot("A", 0, 5, 6)), [(f"slot.{k}", "slot_outside") for k in ("bay", "row", "tier")]),
        (job("1", Y, slot_to=YardSlot("A", 1, 0, 1)), [("slot_to.row", "slot_outside")]),
        (job("1", IN, gate="G9"), [("gate", "unknown_gate")]),
        (job("1", twin="1", length=20), [("twin", "twin_differs")]),
        (job("1", twin="2", length=40), [("twin", "twin_differs")]),
        (job("1", IN, twin="2", length=20), [("twin", "twin_differs")]),
        (job("1", after=("9",)), [("after", "unknown_after")]),
        (job("1", after=("1",)), [("after", "ring")]),
        (job("1", twin="2", length=20, after=("2",)), [("after", "ring")]),
    ],
)
def test_a_job_order_that_cannot_be_done_is_named_with_the_key(new, found):
    assert codes(new) == found


def test_a_problem_says_what_was_written_and_what_cures_it():
    (problem,) = problems_with(job("1", quay_crane="QC01x"), TERMINAL, board())
    assert (problem.job_order, problem.value, problem.cure) == ("1", "QC01x", "did you mean QC01 or QC02?")
    assert str(problem) == "1: quay_crane = 'QC01x': no such quay crane; did you mean QC01 or QC02?"


def test_a_terminal_without_gates_does_no_gate_work():
    bare = msgspec.structs.replace(TERMINAL, gates=())
    assert [p.code for p in problems_with(job("1", OUT), bare, board())] == ["unknown_gate"]


def test_an_id_is_used_once():
    known = delivered(board(job("1", L), job("2", L, 2)), "1")
    known.units["2"].begun = True
    assert codes(job("1", L, 3, "other"), known) == [("id", "duplicate")]
    assert codes(job("2", L, 2, quay_bay=5), known) == [("id", "too_late")]
    assert codes(job("2", L, 2), known) == []  # the same again


def test_twins_must_be_alike():
    known = board(job("1", twin="2", length=20), job("3", bay=3, length=20), job("4", bay=4, twin="5", length=20))
    assert codes(job("2", bay=2, twin="1", length=20), known) == []
    assert codes(job("2", bay=2, twin="1", length=20, quay_bay=5), known) == [("twin", "twin_differs")]
    assert codes(job("2", L, 2, twin="1", length=20), known) == [("twin", "twin_differs")]
    assert codes(job("2", bay=2, twin="3", length=20), known) == [("twin", "twin_differs")]
    assert codes(job("2", bay=2, twin="4", length=20), known) == [("twin", "twin_differs")]


# -- boxes ------------------------------------------------------------------------------------------------------


def test_the_first_word_on_a_box_is_believed_and_the_next_must_agree():
    known = board(job("1", Y, 1, "B"))
    assert codes(job("2", L, 5, "B", after=("1",)), known) == [("slot", "box_elsewhere")]
    assert codes(job("2", L, 1, "B", after=("1",), slot=YardSlot("A", 1, 2, 1)), known) == []


def test_with_a_container_register_a_box_that_nobody_knows_is_nowhere():
    register = {"B": YardSlot("A", 1, 1, 1)}
    assert codes(job("1", L, 1, "B"), in_yard=register) == []
    assert codes(job("1", L, 2, "B"), in_yard=register) == [("slot", "box_elsewhere")]
    assert codes(job("1", L, 1, "C"), in_yard=register) == [("container", "box_nowhere")]


def test_a_box_that_is_still_to_come_must_be_waited_for():
    known = board(job("1", D, 1, "B"))
    assert codes(job("2", L, 1, "B"), known) == [("container", "box_taken")]
    assert codes(job("2", L, 1, "B", after=("1",)), known) == []
    assert codes(job("2", L, 2, "B", after=("1",)), known) == [("slot", "box_elsewhere")]


def test_a_box_that_has_come_can_be_taken_where_it_stands():
    known = delivered(board(job("1", D, 1, "B")), "1")
    assert codes(job("2", OUT, 1, "B"), known) == []
    assert codes(job("2", OUT, 3, "B"), known) == [("slot", "box_elsewhere")]


def test_a_box_that_has_left_is_nowhere_until_it_comes_back():
    known = delivered(board(job("1", L, 1, "B")), "1")
    assert codes(job("2", L, 1, "B"), known) == [("container", "box_nowhere")]
    assert codes(job("2", IN, 1, "B"), known) == []


def test_a_box_is_taken_by_one_job_order_at_a_time():
    known = board(job("1", L, 1, "B"))
    assert codes(job("2", OUT, 1, "B"), known) == [("container", "box_taken")]


def test_a_box_that_is_here_does_not_come_by_ship():
    known = delivered(board(job("1", D, 1, "B")), "1")
    assert codes(job("2", D, 2, "B"), known) == [("container", "box_here")]


def test_a_slot_takes_one_box():
    known = delivered(board(job("1", D, 1), job("2", D, 2), job("3", L, 3)), "1")
    assert codes(job("9", D, 1), known) == [("slot", "slot_taken")]  # one stands there
    assert codes(job("9", D, 2), known) == [("slot", "slot_taken")]  # one will
    assert codes(job("9", D, 3), known) == [("slot", "slot_taken")]
    assert codes(job("9", D, 3, after=("3",)), known) == []  # one leaves before
    assert codes(job("9", L, 1), known) == [("slot", "slot_taken")]  # another box is there


# -- rings ------------------------------------------------------------------------------------------------------


def test_a_job_order_must_not_wait_for_one_behind_it_in_the_queue():
    known = board(job("1", D, 1, sequence=1), job("2", D, 2, sequence=2))
    assert codes(job("9", D, 9, sequence=0, after=("2",)), known) == [("after", "ring")]
    assert codes(job("9", D, 9, sequence=3, after=("2",)), known) == []


def test_a_ring_over_another_crane_is_found():
    there = {"quay_crane": "QC02", "quay_bay": 12}
    known = board(job("1", D, 1, sequence=5), job("2", D, 2, sequence=1, after=("1",), **there))
    assert codes(job("9", D, 9, sequence=2, after=("2",)), known) == [("after", "ring")]
    assert codes(job("9", D, 9, sequence=7, after=("2",)), known) == []


def test_a_change_must_not_close_a_ring():
    known = board(job("1", Y, 1), job("2", Y, 2, after=("1",)))
    assert codes(job("1", Y, 1, after=("2",)), known) == [("after", "ring")]


def test_a_change_must_not_send_the_box_elsewhere_when_others_count_on_it():
    known = board(job("1", D, 1, "B"), job("2", L, 1, "B", after=("1",)))
    assert codes(job("1", D, 5, "B"), known) == [("after", "has_successors")]
    assert codes(job("1", D, 1, "B", quay_bay=7), known) == []
