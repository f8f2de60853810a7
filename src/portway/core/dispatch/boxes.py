"""Where boxes are, as far as job orders tell.

Nobody hands the core an inventory. It knows a box in the yard because a job order brought it there, or because one
that takes it away says so: the first to name a box that no other job order brings is believed. From then on each
handover is noted, so a job order for a box that is elsewhere, or has left the terminal, is found out.
"""

from collections.abc import Iterable
from copy import copy

from portway.core.model.work import JobOrder, MoveKind, YardSlot

TAKES = (MoveKind.LOAD, MoveKind.YARD, MoveKind.DELIVER)  # out of the slot `slot`
BRINGS = (MoveKind.DISCHARGE, MoveKind.YARD, MoveKind.RECEIVE)  # into the slot `slot_to` of a yard move, else `slot`


def goes_to(job: JobOrder) -> YardSlot | None:
    """The slot in which a job order leaves its box; None when the box leaves the yard."""
    if job.kind not in BRINGS:
        return None
    return job.slot_to if job.kind == MoveKind.YARD else job.slot


class Boxes:
    """Boxes in the yard, boxes that have left, and the open job orders of each box."""

    def __init__(self, jobs: Iterable[JobOrder]) -> None:
        self.at: dict[str, YardSlot] = {}  # boxes in the yard, by the last handover or by word of a job order
        self.by_slot: dict[YardSlot, str] = {}
        self.word_of: dict[str, str] = {}  # whose word it is, until a handover confirms it
        self.left: set[str] = set()
        self.open: dict[str, list[JobOrder]] = {}  # not ended, by box
        self.bringing: dict[YardSlot, list[JobOrder]] = {}
        for job in (known := list(jobs)):
            self._expect(job)
        for job in known:
            self._believe(job)

    def copy(self) -> "Boxes":
        """The same, to try a change on."""
        other = copy(self)
        other.at, other.by_slot, other.word_of = dict(self.at), dict(self.by_slot), dict(self.word_of)
        other.left = set(self.left)
        other.open = {box: jobs[:] for box, jobs in self.open.items()}
        other.bringing = {slot: jobs[:] for slot, jobs in self.bringing.items()}
        return other

    def expected(self, job: JobOrder) -> None:
        """A job order has come."""
        self._expect(job)
        self._believe(job)

    def forgotten(self, job: JobOrder) -> None:
        """A job order will not be done, and its word counts no more."""
        self._ended(job)
        if self.word_of.get(job.container.id) == job.id:
            self._off(job.container.id)

    def collected(self, job: JobOrder) -> None:
        """The box is on a truck."""
        self._off(job.container.id)

    def delivered(self, job: JobOrder) -> None:
        """The box has come to its end: a slot, a ship or the road."""
        self._ended(job)
        self._off(job.container.id)
        slot = goes_to(job)
        if slot is None:
            self.left.add(job.container.id)
        else:
            self._stands(job.container.id, slot)

    def _expect(self, job: JobOrder) -> None:
        self.open.setdefault(job.container.id, []).append(job)
        slot = goes_to(job)
        if slot is not None:
            self.bringing.setdefault(slot, []).append(job)

    def _believe(self, job: JobOrder) -> None:
        box = job.container.id
        brought = any(goes_to(other) is not None for other in self.open[box] if other is not job)
        if job.kind in TAKES and job.slot is not None and box not in self.at and not brought:
            self._stands(box, job.slot)
            self.word_of[box] = job.id

    def _stands(self, box: str, slot: YardSlot) -> None:
        self.left.discard(box)
        self.at[box] = slot
        self.by_slot[slot] = box

    def _off(self, box: str) -> None:
        slot = self.at.pop(box, None)
        self.word_of.pop(box, None)
        if slot is not None and self.by_slot.get(slot) == box:
            del self.by_slot[slot]

    def _ended(self, job: JobOrder) -> None:
        box, slot = job.container.id, goes_to(job)
        self.open[box] = [j for j in self.open[box] if j.id != job.id]
        if not self.open[box]:
            del self.open[box]
        if slot is not None:
            self.bringing[slot] = [j for j in self.bringing[slot] if j.id != job.id]
            if not self.bringing[slot]:
                del self.bringing[slot]
