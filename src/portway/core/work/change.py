"""What a job order that comes at run time makes of the units: new ones, some in the place of old ones.

A job order may come with its twin, before or after it, or instead of an earlier version of itself. The units it makes
are worked out first and put on the board later, so that they can be tried on a copy of the queues.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

from portway.core.model.work import JobOrder, MoveKind
from portway.core.work.board import Board
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.units import Unit, UnitState

ROAD_KINDS = (MoveKind.RECEIVE, MoveKind.DELIVER)


class Change(NamedTuple):
    """Units that go, and units that come, each with the one whose position it takes, if any."""

    gone: list[Unit]
    come: list[tuple[Unit, Unit | None]]


def may_change(unit: Unit) -> bool:
    """Whether nothing of a unit has begun; a road truck inside counts as begun."""
    return not unit.begun and unit.state in ((UnitState.OPEN,) if unit.kind in ROAD_KINDS else
                                             (UnitState.OPEN, UnitState.ASSIGNED))  # fmt: skip


def mate_of(board: Board, job: JobOrder) -> JobOrder | None:
    """The known twin with which a job order makes one unit; None while there is none, or when it is too late."""
    unit = board.unit_of_job.get(job.twin or "")
    if unit is None or job.twin is None or not may_change(unit):
        return None
    mate = board.job(job.twin)
    return mate if mate.twin == job.id and mate.kind == job.kind else None


def change_for(board: Board, job: JobOrder) -> Change:
    """What becomes of the board's units when a job order comes, or comes again with other contents."""
    old, mate = board.unit_of_job.get(job.id), mate_of(board, job)
    jobs = (job,) if mate is None else tuple(sorted((job, mate), key=lambda j: j.id))
    gone = list({id(u): u for j in jobs if (u := board.unit_of_job.get(j.id)) is not None}.values())
    kept = [] if old is None else [j for j in old.jobs if j.id != job.id and j is not mate]
    unit = Unit(jobs)
    unit.sequence = min(_number(board, j, old, job) for j in jobs)
    place = next((u for u in gone if u.sequence == unit.sequence and u.crane == unit.crane and not kept), None)
    change = Change(gone, [(unit, place)])
    for rest in kept:
        assert old is not None
        change.come.append((_alone(rest, old), old))
    return change


def without(board: Board, job: str) -> Change:
    """What becomes of the board's units when a job order goes: its twin goes alone."""
    old = board.unit_of_job[job]
    return Change([old], [(_alone(rest, old), old) for rest in old.jobs if rest.id != job])


def _alone(job: JobOrder, old: Unit) -> Unit:
    unit = Unit((job,))
    unit.sequence = old.sequence
    return unit


def _number(board: Board, of: JobOrder, old: Unit | None, job: JobOrder) -> tuple[int, str]:
    """A job order's sequence number; what a resequencing has made of it stays, unless `job` comes with another."""
    unit = board.unit_of_job.get(of.id)
    changed = old is not None and (board.job(job.id).sequence, old.crane) != (job.sequence, job.quay_crane)
    if unit is None or (unit is old and changed):
        return of.sequence, of.id
    return unit.sequence


def requeue(change: Change, queue_of: Callable[[str], CraneQueue], placed: Collection[str]) -> list[Unit]:
    """Carry a change out in the work queues; returns the new units that stand where none stood before."""
    replaced = [place for _, place in change.come if place is not None]
    for unit in change.gone:
        if unit.crane is not None and not any(unit is place for place in replaced):
            queue_of(unit.crane).remove(unit)
    inserted = []
    for unit, place in change.come:
        if unit.crane is not None and place is not None:
            queue_of(unit.crane).replace(place, unit)
        elif unit.crane is not None:
            queue = queue_of(unit.crane)
            queue.insert(queue.place_for(unit, placed), unit)
            inserted.append(unit)
    return inserted
