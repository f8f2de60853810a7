"""Each rule about boxes fires on a planted defect and stays silent on a clean run."""

import pytest

from checker import check_run, report
from checker.tiny_run import make_fleet, make_job, make_terminal, make_work, move, moves_table
from portway.core.model import JobOrder, MoveKind, YardSlot

SLOT1 = YardSlot("B1", 1, 1, 1)
D1 = make_job("D1", MoveKind.DISCHARGE, "BOX1", sequence=1)
D2 = make_job("D2", MoveKind.DISCHARGE, "BOX2", sequence=2, slot=YardSlot("B1", 3, 1, 2))
L3 = make_job("L3", MoveKind.LOAD, "BOX3", sequence=3, slot=SLOT1)
M1 = move("BOX1", "discharge", ("QA4", "YA3"), "T1", 1_000, 50_000)
M2 = move("BOX2", "discharge", ("QA4", "YA3"), "T2", 2_000, 60_000)
M3 = move("BOX3", "load", ("YB1", "QB4"), "T1", 70_000, 90_000)


def rules(jobs: list[JobOrder], rows: list[dict], start_ms: int = 0, **how) -> set[str]:
    """Names of the rules that moves break."""
    work = make_work(*jobs, start_ms=start_ms)
    found = check_run(
        None, moves_table(*rows), make_terminal(), make_fleet("T1", "T2"), work, **{"finished": True} | how
    )
    return {v.rule for v in found}


def changed(row: dict, **changes) -> dict:
    """A row with other values."""
    return row | changes


def test_clean_moves_pass():
    assert rules([D1, D2, L3], [M1, M2, M3]) == set()


def test_an_open_job_order_is_found_in_a_finished_run_only():
    assert rules([D1, D2, L3], [M1, M2]) == {"not_done"}
    assert rules([D1, D2, L3], [M1, M2], finished=False) == set()


def test_a_box_that_arrives_twice_is_found():
    again = changed(M1, truck_id="T2", collected_ms=70_000, delivered_ms=80_000)
    assert "twice" in rules([D1, D2, L3], [M1, M2, M3, again])


def test_a_move_that_nobody_asked_for_is_found():
    assert rules([D1], [M1, M2]) == {"unasked"}


def test_a_box_on_two_trucks_at_once_is_found():
    yard = make_job("Y1", MoveKind.YARD, "BOX1", slot=D1.slot, slot_to=SLOT1)
    row = move("BOX1", "yard", ("YA3", "YB1"), "T2", 40_000, 80_000)
    assert rules([D1, yard], [M1, row]) == {"two_trucks"}
    assert rules([D1, yard], [M1, changed(row, collected_ms=55_000)]) == set()


@pytest.mark.parametrize("instants", [(60_000, 50_000), (50_000, 50_000)])
def test_delivered_before_collected_is_found(instants):
    assert "instants" in rules([D1], [changed(M1, collected_ms=instants[0], delivered_ms=instants[1])])


def test_begun_before_the_release_is_found():
    late = make_job("D1", MoveKind.DISCHARGE, "BOX1", sequence=1, release_ms=5_000)
    assert rules([late], [M1]) == {"release"}


def test_begun_before_its_predecessor_ended_is_found():
    follower = make_job("L3", MoveKind.LOAD, "BOX3", sequence=3, slot=SLOT1, after=("D2",))
    assert rules([D1, D2, follower], [M1, M2, M3]) == set()
    assert rules([D1, D2, follower], [M1, M2, changed(M3, collected_ms=55_000)]) == {"after"}


def test_served_out_of_sequence_is_found():
    assert rules([D1, D2], [changed(M1, collected_ms=3_000), M2]) == {"sequence"}


def test_equal_numbers_may_be_served_in_any_order():
    same = make_job("D2", MoveKind.DISCHARGE, "BOX2", sequence=1, slot=D2.slot)
    assert rules([D1, same], [changed(M1, collected_ms=3_000), M2]) == set()


def test_a_load_counts_when_it_is_delivered():
    first = make_job("L3", MoveKind.LOAD, "BOX3", sequence=0, slot=SLOT1)
    early = changed(M3, truck_id="T2", collected_ms=100, delivered_ms=900)
    assert rules([first, D1], [early, M1]) == set()
    assert rules([first, D1], [changed(early, delivered_ms=1_100), M1]) == {"sequence"}


def test_a_number_left_out_is_found():
    assert rules([D1, D2], [M2], finished=False) == {"sequence"}


def test_work_before_the_queue_starts_is_found():
    assert rules([D1], [M1], start_ms=1_500) == {"queue_start"}


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        (M1, ("QA14", "YA3")),  # the other crane
        (M1, ("YB1", "YA3")),  # no quay place
        (M1, ("QA4", "YB1")),  # the wrong bay
        (M1, ("QA4", "QA14")),  # not in the yard
        (M1, ("", "YA3")),  # nowhere
        (M3, ("YA3", "QB4")),
        (M3, ("YB1", "QA14")),
    ],
)
def test_wrong_ends_are_found(row, ends):
    jobs = [D1] if row is M1 else [L3]
    assert rules(jobs, [changed(row, from_place=ends[0], to_place=ends[1])]) == {"wrong_place"}


def test_a_second_box_on_a_truck_is_found():
    assert rules([D1, D2], [M1, changed(M2, truck_id="T1")]) == {"overload"}


def test_twin_20s_may_share_a_truck_and_others_may_not():
    def twin(name: str, other: str, length_ft: int) -> JobOrder:
        return make_job(name, MoveKind.DISCHARGE, f"BOX{name[-1]}", length_ft=length_ft, twin=other, slot=D1.slot)

    rows = [M1, changed(M2, truck_id="T1")]
    assert rules([twin("D1", "D2", 20), twin("D2", "D1", 20)], rows) == set()
    assert rules([twin("D1", "D2", 40), twin("D2", "D1", 40)], rows) == {"overload"}
    assert rules([twin("D1", "D2", 20), twin("D2", "D9", 20)], rows) == {"overload"}


def test_a_stranger_may_not_do_our_moves_and_our_trucks_not_the_gates():
    assert rules([D1], [changed(M1, truck_id="R-7")]) == {"carrier"}
    gate = make_job("R1", MoveKind.RECEIVE, "BOX4", slot=SLOT1)
    row = move("BOX4", "receive", ("", "YB1"), "R-R1", 1_000, 9_000)
    assert rules([gate], [row]) == set()
    assert rules([gate], [changed(row, truck_id="T1")]) == {"carrier"}


def test_a_box_put_into_a_taken_slot_is_found_when_asked_for():
    same = make_job("D2", MoveKind.DISCHARGE, "BOX2", sequence=2)
    assert rules([D1, same], [M1, M2]) == set()
    assert rules([D1, same], [M1, M2], stacks=True) == {"stack"}
    gone = make_job("L3", MoveKind.LOAD, "BOX1", sequence=3)
    away = move("BOX1", "load", ("YA3", "QB4"), "T1", 55_000, 90_000)
    assert rules([D1, same, gone], [M1, M2, away], stacks=True) == set()


def test_two_moves_of_a_kind_are_matched_in_their_precedence():
    there = make_job("Y1", MoveKind.YARD, "BOX1", slot=SLOT1, slot_to=D1.slot)
    back = make_job("Y0", MoveKind.YARD, "BOX1", slot=D1.slot, slot_to=SLOT1, after=("Y1",))
    rows = [move("BOX1", "yard", ("YB1", "YA3"), "T1", 1, 100), move("BOX1", "yard", ("YA3", "YB1"), "T1", 200, 300)]
    assert rules([there, back], rows) == set()
    assert rules([there, back], rows[::-1]) == set()


def test_the_report_counts_and_shortens():
    work = make_work(D1, D2, L3)
    found = check_run(None, moves_table(), make_terminal(), make_fleet("T1"), work, finished=True)
    text = report(found, most=2)
    assert text.startswith("3 violations: 3 not_done")
    assert text.endswith("... and 1 more")
