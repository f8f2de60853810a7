"""Units of dispatch: one job order, or the two of a twin lift, with the legs a truck drives for them.

A leg is one handover: collect or deliver, at a quay crane or at a yard bay. A twin discharge is collected in one leg
and delivered in two; a twin load the other way round.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from portway.core.model.work import JobOrder, MoveKind

YARD_MOVE_MS = 1_800_000  # a yard move without a due time is wanted so long after its release


class Leg(NamedTuple):
    """One handover of a unit's boxes."""

    collect: bool
    jobs: tuple[str, ...]
    crane: str | None  # quay crane, None at a yard block
    block: str | None
    bay: int


class UnitState(IntEnum):
    """Life of a unit; legal transitions are in `TRANSITIONS`."""

    OPEN = 0
    ASSIGNED = 1
    COLLECTED = 2
    DONE = 3
    CANCELLED = 4  # taken back by the TOS, or replaced by what the TOS sent instead


TRANSITIONS = {
    UnitState.OPEN: {UnitState.ASSIGNED, UnitState.CANCELLED},
    UnitState.ASSIGNED: {UnitState.OPEN, UnitState.COLLECTED},
    UnitState.COLLECTED: {UnitState.DONE},
    UnitState.DONE: set(),
    UnitState.CANCELLED: set(),
}


class Unit:
    """One or two job orders that travel together. Mutable: `state` and `truck` belong to the board."""

    __slots__ = (
        "after",
        "alone_ms",
        "assigned_ms",
        "bay",
        "begun",
        "collected",
        "crane",
        "due_ms",
        "id",
        "jobs",
        "kind",
        "legs",
        "quay_leg",
        "release_ms",
        "sequence",
        "state",
        "truck",
        "wanted_ms",
        "way_ms",
    )

    def __init__(self, jobs: tuple[JobOrder, ...]) -> None:
        first = jobs[0]
        self.id = first.id
        self.jobs = jobs
        self.kind = first.kind
        self.crane = first.quay_crane
        self.bay = first.quay_bay or 0
        self.release_ms = max(j.release_ms for j in jobs)
        self.due_ms = min((j.due_ms for j in jobs if j.due_ms is not None), default=self.release_ms + YARD_MOVE_MS)
        self.after = tuple(a for j in jobs for a in j.after)
        self.legs = _legs(jobs)
        self.quay_leg = next((leg for leg in self.legs if leg.crane is not None), None)
        self.sequence = min((j.sequence, j.id) for j in jobs)
        self.state = UnitState.OPEN
        self.begun = False  # a crane has a box of it in hand, or a truck has: from here it can only be ended
        self.truck: str | None = None
        self.assigned_ms = 0
        self.wanted_ms = self.due_ms  # when its crane can serve it, as last estimated
        self.way_ms = -1  # of a load, from the yard to its crane on an empty road, once it was asked for
        self.alone_ms = 0  # empty drive to the pick-up when it was assigned, on an empty road
        self.collected: dict[str, tuple[int, str]] = {}  # by job order: when and at which place

    def move_to(self, state: UnitState) -> None:
        """Change the state; an illegal change raises and changes nothing."""
        assert state in TRANSITIONS[self.state], (self.id, self.state, state)
        self.state = state


def _legs(jobs: tuple[JobOrder, ...]) -> tuple[Leg, ...]:
    first, ids = jobs[0], tuple(j.id for j in jobs)
    quay = first.quay_crane, None, first.quay_bay or 0

    def yard(collect: bool, job: JobOrder) -> Leg:
        slot = job.slot_to if job.kind == MoveKind.YARD and not collect else job.slot
        assert slot is not None, f"job order {job.id} has no yard slot"
        return Leg(collect, (job.id,), None, slot.block, slot.bay)

    if first.kind == MoveKind.DISCHARGE:
        return (Leg(True, ids, *quay), *(yard(False, j) for j in jobs))
    if first.kind == MoveKind.LOAD:
        return (*(yard(True, j) for j in jobs), Leg(False, ids, *quay))
    if first.kind == MoveKind.YARD:
        return (*(yard(True, j) for j in jobs), *(yard(False, j) for j in jobs))
    return (yard(first.kind == MoveKind.DELIVER, first),)


def make_units(jobs: Iterable[JobOrder]) -> list[Unit]:
    """Units in the order of their first job order; twins that name each other become one."""
    by_id: Mapping[str, JobOrder] = {j.id: j for j in jobs}
    units: list[Unit] = []
    used: set[str] = set()
    for job in by_id.values():
        if job.id in used:
            continue
        twin = by_id.get(job.twin or "")
        pair = (job, twin) if twin is not None and twin.twin == job.id and twin.kind == job.kind else (job,)
        used.update(j.id for j in pair)
        units.append(Unit(pair))
    return units
