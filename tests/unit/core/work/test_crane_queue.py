"""A quay crane's work queue when its order changes: what is begun stays, and nobody waits for who comes later."""

import pytest

from portway.core.model.work import Container, JobOrder, MoveKind, YardSlot
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.units import Unit, UnitState


def unit(name: str, sequence: int, state: str = ".") -> Unit:
    """A load; `.` open, `a` with a truck, `c` with its box on a truck."""
    u = Unit((JobOrder(name, MoveKind.LOAD, Container(name), quay_crane="Q", quay_bay=1, sequence=sequence,
                       slot=YardSlot("A", 1, 1, 1)),))  # fmt: skip
    if state in "ac":
        u.move_to(UnitState.ASSIGNED)
        u.truck = "T" + name
    if state == "c":
        u.move_to(UnitState.COLLECTED)
        u.begun = True
    return u


def queue(states: str) -> CraneQueue:
    """Units A, B, C .. with sequence 0, 10, 20 .."""
    q = CraneQueue("Q")
    for i, state in enumerate(states):
        q.insert(i, unit("ABCDEFGH"[i], 10 * i, state))
    return q


def names(units) -> str:
    return "".join(u.id for u in units)


@pytest.mark.parametrize(
    ("states", "placed", "sequence", "found"),
    [
        ("....", "", 15, 2),
        ("....", "", -1, 0),
        ("....", "", 99, 4),
        ("aa..", "", -1, 0),  # their trucks can fetch it
        ("cc..", "", -1, 2),  # theirs cannot
        ("ac..", "", -1, 2),
        (".c..", "", -1, 0),  # the second waits for the first anyhow
        (".c.c", "", 15, 2),
        ("ca.c", "", 5, 1),
        ("aaa.", "B", -1, 2),  # who stands under the crane was let in before
    ],
)
def test_a_new_unit_comes_in_by_its_sequence_but_not_before_who_must_not_wait_for_it(states, placed, sequence, found):
    assert queue(states).place_for(unit("X", sequence), set(placed)) == found


def test_a_new_unit_comes_behind_what_the_crane_prepares_and_behind_a_suspension():
    q = queue("....")
    q.prepared = True
    assert q.place_for(unit("X", -1), set()) == 1
    q.units[2].begun = True
    q.suspend(set())
    assert q.place_for(unit("X", -1), set()) == 3


def test_what_is_begun_keeps_its_position_when_the_rest_is_rearranged():
    q = queue(".c..a.")
    assert names(q.movable(set())) == "ACDEF"
    q.rearrange(q.rearranged([q.units[i] for i in (5, 4, 3, 2, 0)], set()))
    assert names(q.units) == "FBEDCA"
    assert [u.sequence[0] for u in q.units] == [0, 10, 20, 30, 40, 50]


def test_nothing_moves_up_to_the_last_unit_with_a_place():
    q = queue("aaaa")
    assert names(q.movable({"B"})) == "CD"


def test_a_suspended_queue_ends_behind_what_is_begun():
    q = queue("..c..")
    q.suspend(set())
    assert (names(q.window(9)), q.end()) == ("ABC", 3)
    q.remove(q.units[0])
    assert names(q.window(9)) == "BC"
    q.insert(2, unit("X", 0))
    assert names(q.window(9)) == "BC"
    for _ in range(2):
        q.advance()
    assert q.next_unit() is None
    q.activate()
    assert names(q.window(9)) == "XDE"


def test_a_crane_prepares_anew_when_its_next_unit_goes_or_changes():
    q = queue("...")
    q.prepared = q.ready = True
    q.remove(q.units[1])
    assert q.prepared
    q.replace(q.units[0], unit("X", 0))
    assert (names(q.units), q.prepared, q.ready) == ("XC", False, False)


def test_a_copy_changes_by_itself():
    q = queue("...")
    q.copy().remove(q.units[0])
    assert names(q.units) == "ABC"


def test_starts_go_with_their_units():
    q = queue("...")
    q.start_ms[:] = [1, 2, 3]
    q.rearrange([q.units[2], q.units[0], q.units[1]])
    assert q.start_ms == [3, 1, 2]


def test_how_far_trucks_reach_is_known_when_units_come_before_them():
    q = queue("a.....")
    for i in range(20):
        q.insert(0, unit(f"X{i}", 0))
    assert q.reach > 20
