"""Where boxes are, as far as job orders and stock-takes tell.

Without a stock-take the core knows a box in the yard because a job order brought it there, or because one that takes it
away says so: the first to name a box that no other job order brings is believed. From then on each handover is noted,
so a job order for a box that is elsewhere, or has left the terminal, is found out. Once the whole stock has been handed
over (`is_whole`), nobody is believed any more: what is not known is not there.
"""

from collections.abc import Iterable
from copy import copy

from portway.core.model.work import Container, JobOrder, MoveKind, YardBox, YardSlot

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
        self.container: dict[str, Container] = {}  # what is known of each box that is in the yard or named
        self.is_whole = False  # all boxes of the yard are known
        for job in (known := list(jobs)):
            self._expect(job)
        for job in known:
            self._believe(job)

    def copy(self) -> "Boxes":
        """The same, to try a change on."""
        other = copy(self)
        other.at, other.by_slot, other.word_of = dict(self.at), dict(self.by_slot), dict(self.word_of)
        other.left, other.container = set(self.left), dict(self.container)
        other.open, other.bringing = dict(self.open), dict(self.bringing)  # their lists are exchanged, never changed
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
        if job.container.id not in self.at and job.container.id not in self.open:
            self.container.pop(job.container.id, None)

    def stock_taken(self, boxes: Iterable[YardBox], whole: bool) -> None:
        """Where boxes stand, whatever was known before; if they are all, no other box does."""
        boxes = list(boxes)
        gone = set(self.at) if whole else set[str]()
        for name in sorted(gone.union(b.container.id for b in boxes) & self.at.keys()):
            self._off(name)
        self.left |= gone
        for box in boxes:
            self.container[box.container.id] = box.container
            self._stands(box.container.id, box.slot)
        for name in sorted(gone - self.at.keys() - self.open.keys()):
            self.container.pop(name, None)
        self.is_whole = self.is_whole or whole

    def length_ft(self, box: str) -> int:
        """Nominal length of a box, 40 when nothing is known of it."""
        known = self.container.get(box)
        return 40 if known is None else known.length_ft

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
            if job.container.id not in self.open:
                self.container.pop(job.container.id, None)
        else:
            self._stands(job.container.id, slot)

    def _expect(self, job: JobOrder) -> None:
        self.container[job.container.id] = job.container
        self.open[job.container.id] = [*self.open.get(job.container.id, ()), job]
        slot = goes_to(job)
        if slot is not None:
            self.bringing[slot] = [*self.bringing.get(slot, ()), job]

    def _believe(self, job: JobOrder) -> None:
        box = job.container.id
        brought = any(goes_to(other) is not None for other in self.open[box] if other is not job)
        unheard = box not in self.at and not self.is_whole
        if job.kind in TAKES and job.slot is not None and unheard and not brought:
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
