"""Work that can never be done is named before a truck moves."""

import pytest

from portway.core.model import Container, JobOrder, MoveKind, WorkList, YardSlot
from portway.core.work.feasibility import never_begun


def job(name: str, kind: MoveKind, sequence: int = 0, crane: str | None = "QC01", **more: object) -> JobOrder:
    slots = {"slot": YardSlot("A1", 1, 1, 1)}
    if kind == MoveKind.YARD:
        slots["slot_to"] = YardSlot("A1", 2, 1, 1)
    quay = {"quay_crane": crane, "quay_bay": 1} if kind != MoveKind.YARD else {}
    return JobOrder(name, kind, Container("B" + name, 20), sequence=sequence, **slots, **quay, **more)


D, L, Y = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD


def test_work_in_any_order_that_can_be_done_is_fine():
    jobs = [
        job("1", D, 1),
        job("2", L, 2, after=("1",)),
        job("3", Y, after=("2",)),
        job("4", L, 1, "QC02", after=("3",)),
    ]
    assert never_begun(WorkList(tuple(jobs))) == []


@pytest.mark.parametrize(
    ("jobs", "found"),
    [
        ([job("1", Y, after=("2",)), job("2", Y, after=("1",))], [("1", "2"), ("2", "1")]),
        # against the crane's own sequence
        ([job("1", D, 1, after=("2",)), job("2", D, 2)], [("1", "2"), ("2", "1")]),
        # two cranes, each waiting for what the other does later
        (
            [
                job("1", D, 1, after=("4",)),
                job("2", D, 2),
                job("3", D, 1, "QC02", after=("2",)),
                job("4", D, 2, "QC02"),
            ],
            [("1", "4"), ("2", "1"), ("3", "2"), ("4", "3")],
        ),
        # a twin that waits for its own twin
        ([job("1", D, 1, twin="2"), job("2", D, 2, twin="1", after=("1",))], [("1", "1"), ("2", "1")]),
        # what stands behind a ring waits too, what stands before it does not
        (
            [job("0", D, 0), job("1", D, 1, after=("2",)), job("2", Y, after=("1",)), job("3", D, 3)],
            [("1", "2"), ("2", "1"), ("3", "1")],
        ),
    ],
)
def test_job_orders_that_wait_in_vain_are_named(jobs, found):
    assert never_begun(WorkList(tuple(jobs))) == found
