"""Units: which job orders travel together, the legs a truck drives for them, and the states they go through."""

import msgspec
import pytest

from portway.core.model.work import Container, JobOrder, MoveKind, YardSlot
from portway.core.work.units import TRANSITIONS, YARD_MOVE_MS, Leg, Unit, UnitState, make_units

BOX = Container("B", 20)
HERE, THERE = YardSlot("A", 3, 1, 1), YardSlot("C", 7, 2, 1)


def job(name: str, kind: MoveKind, **more) -> JobOrder:
    """A job order of crane QC01 where it is a quay move."""
    quay = kind in (MoveKind.DISCHARGE, MoveKind.LOAD)
    given = {"quay_crane": "QC01" if quay else None, "quay_bay": 5 if quay else None, "slot": HERE, **more}
    return JobOrder(name, kind, BOX, **given)


def pair(kind: MoveKind, **more) -> list[JobOrder]:
    """Twins at two slots."""
    return [job("J1", kind, twin="J2", **more), job("J2", kind, twin="J1", slot=THERE)]


AT_QUAY, AT_HERE, AT_THERE = ("QC01", None, 5), (None, "A", 3), (None, "C", 7)


@pytest.mark.parametrize(
    ("jobs", "legs"),
    [
        ([job("J1", MoveKind.DISCHARGE)], [(True, ("J1",), *AT_QUAY), (False, ("J1",), *AT_HERE)]),
        ([job("J1", MoveKind.LOAD)], [(True, ("J1",), *AT_HERE), (False, ("J1",), *AT_QUAY)]),
        ([job("J1", MoveKind.YARD, slot_to=THERE)], [(True, ("J1",), *AT_HERE), (False, ("J1",), *AT_THERE)]),
        ([job("J1", MoveKind.RECEIVE)], [(False, ("J1",), *AT_HERE)]),
        ([job("J1", MoveKind.DELIVER)], [(True, ("J1",), *AT_HERE)]),
        (
            pair(MoveKind.DISCHARGE),
            [(True, ("J1", "J2"), *AT_QUAY), (False, ("J1",), *AT_HERE), (False, ("J2",), *AT_THERE)],
        ),
        (
            pair(MoveKind.LOAD),
            [(True, ("J1",), *AT_HERE), (True, ("J2",), *AT_THERE), (False, ("J1", "J2"), *AT_QUAY)],
        ),
    ],
    ids=["discharge", "load", "yard", "receive", "deliver", "twin discharge", "twin load"],
)
def test_legs_are_the_handovers_in_the_order_of_driving(jobs, legs):
    (unit,) = make_units(jobs)
    assert unit.legs == tuple(Leg(*leg) for leg in legs)


def test_every_box_is_collected_and_delivered_once_by_our_trucks():
    for jobs in (pair(MoveKind.DISCHARGE), pair(MoveKind.LOAD), [job("J1", MoveKind.YARD, slot_to=THERE)]):
        (unit,) = make_units(jobs)
        for collect in (True, False):
            names = [name for leg in unit.legs if leg.collect is collect for name in leg.jobs]
            assert sorted(names) == [j.id for j in jobs]


def test_only_twins_that_name_each_other_and_are_of_one_kind_travel_together():
    one, two = pair(MoveKind.DISCHARGE)
    assert [u.id for u in make_units([one, two])] == ["J1"]
    assert [u.id for u in make_units([one, msgspec.structs.replace(two, twin=None)])] == ["J1", "J2"]
    assert [u.id for u in make_units([one, msgspec.structs.replace(two, twin="J3")])] == ["J1", "J2"]
    assert [u.id for u in make_units([one, msgspec.structs.replace(two, kind=MoveKind.LOAD)])] == ["J1", "J2"]
    assert [u.id for u in make_units([one])] == ["J1"]


def test_units_come_in_the_order_of_their_first_job_order():
    one, two = pair(MoveKind.DISCHARGE)
    between = job("J0", MoveKind.LOAD)
    assert [u.id for u in make_units([two, between, one])] == ["J2", "J0"]


def test_a_pair_may_begin_when_both_may_and_is_wanted_when_the_first_is():
    one, two = pair(MoveKind.DISCHARGE, release_ms=3_000, due_ms=9_000, after=("A",))
    two = msgspec.structs.replace(two, release_ms=5_000, due_ms=8_000, after=("B",))
    (unit,) = make_units([one, two])
    assert (unit.release_ms, unit.due_ms, unit.after) == (5_000, 8_000, ("A", "B"))


def test_work_without_a_due_time_is_wanted_some_time_after_its_release():
    (unit,) = make_units([job("J1", MoveKind.YARD, slot_to=THERE, release_ms=7_000)])
    assert unit.due_ms == unit.wanted_ms == 7_000 + YARD_MOVE_MS


@pytest.mark.parametrize("before", list(UnitState))
@pytest.mark.parametrize("after", list(UnitState))
def test_a_legal_change_happens_and_an_illegal_one_raises_and_changes_nothing(before, after):
    unit = Unit((job("J1", MoveKind.DISCHARGE),))
    unit.state = before
    if after in TRANSITIONS[before]:
        unit.move_to(after)
        assert unit.state == after
    else:
        with pytest.raises(AssertionError):
            unit.move_to(after)
        assert unit.state == before


def test_a_box_that_was_collected_is_never_open_again():
    """What the table must say: from COLLECTED there is one way, to the end."""
    reachable, front = set(), {UnitState.COLLECTED}
    while front:
        reachable |= front
        front = {s for f in front for s in TRANSITIONS[f]} - reachable
    assert reachable == {UnitState.COLLECTED, UnitState.DONE}
