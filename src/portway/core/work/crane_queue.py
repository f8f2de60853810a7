"""The work queue of one quay crane: its units in the order of service, and how that order may be changed.

What is begun cannot be changed any more. *Settled* is the queue up to the last unit that has a place under the crane or
for which the crane gets ready: who stands there was let in because everybody before him gets a place, too. Behind it
units with their box on a truck keep their position, and no unit without a truck is put before one of those that
waits for nobody yet: its truck might be the last one that could fetch the new unit.
"""

from collections.abc import Collection
from copy import copy

from portway.core.model.work import MoveKind
from portway.core.work.units import Unit, UnitState


class CraneQueue:
    """Units of one quay crane; `head` is the next to be served."""

    __slots__ = (
        "asked",
        "crane",
        "dual",
        "head",
        "last_was_load",
        "prepared",
        "reach",
        "ready",
        "ready_ms",
        "serving",
        "start_ms",
        "stop_at",
        "units",
        "version",
    )

    def __init__(self, crane: str) -> None:
        self.crane = crane
        self.units: list[Unit] = []
        self.start_ms: list[int] = []
        self.dual: list[bool] = []
        self.head = 0
        self.prepared = False  # the crane was told to prepare the head
        self.asked: dict[str, int] = {}  # how often it was told to prepare a unit and has not answered
        self.ready = False  # and has done so
        self.ready_ms = 0  # since when
        self.serving = False  # a handover is under way
        self.last_was_load = False
        self.stop_at: int | None = None  # suspended: position behind the last unit that is begun
        self.version = 0  # counts changes of the work, not what is served of it
        self.reach = 0  # position behind the last unit that had a truck when the work was changed

    # -- what comes next ----------------------------------------------------------------------------------------

    def end(self) -> int:
        """Position behind the last unit that may be served."""
        return len(self.units) if self.stop_at is None else self.stop_at

    def next_unit(self) -> Unit | None:
        """The unit to be served next, None at the end of the work or where it is suspended."""
        return self.units[self.head] if self.head < self.end() else None

    def window(self, length: int) -> list[Unit]:
        """The next `length` units from the head on."""
        return self.units[self.head : min(self.head + length, self.end())]

    def waited_ms(self, now_ms: int) -> int:
        """How long the crane has been ready for a truck that is not there."""
        return now_ms - self.ready_ms if self.ready and not self.serving else 0

    def advance(self) -> None:
        """The head has been served."""
        unit = self.units[self.head]
        self.last_was_load = unit.kind == MoveKind.LOAD and self.dual[self.head]
        self.head += 1
        self.prepared = self.ready = self.serving = False

    # -- what may be changed ------------------------------------------------------------------------------------

    def settled(self, placed: Collection[str]) -> int:
        """Position from which on units may be moved; `placed` are units whose truck has a place under a crane."""
        held = (i + 1 for i in range(len(self.units) - 1, self.head - 1, -1) if self.units[i].id in placed)
        return max(self.head + (self.prepared or self.serving), next(held, 0))

    def place_for(self, unit: Unit, placed: Collection[str]) -> int:
        """Where a new unit comes in: by its sequence, behind what is settled, suspended or must not wait for it."""
        first, units = max(self.settled(placed), self.stop_at or 0), self.units
        for i in range(self.head, len(units)):
            if units[i].begun:
                first = max(first, i + 1)
            if units[i].state == UnitState.OPEN:
                break
        later = (i for i in range(first, len(units)) if units[i].sequence > unit.sequence)
        return next(later, len(units))

    def copy(self) -> "CraneQueue":
        """Another queue with the same contents, to try a change on."""
        other = copy(self)
        other.units, other.start_ms, other.dual = self.units[:], self.start_ms[:], self.dual[:]
        return other

    def insert(self, at: int, unit: Unit) -> None:
        """Put a unit at a position."""
        self._note_reach()
        self.units.insert(at, unit)
        self.start_ms.insert(at, unit.release_ms)
        self.dual.insert(at, self.dual[at - 1] if at else False)
        if self.stop_at is not None and at < self.stop_at:
            self.stop_at += 1

    def remove(self, unit: Unit) -> int:
        """Take a unit out; where it was."""
        at = self.units.index(unit, self.head)
        self._note_reach()
        for column in (self.units, self.start_ms, self.dual):
            del column[at]
        if self.stop_at is not None and at < self.stop_at:
            self.stop_at -= 1
        if at == self.head:
            self.prepared = self.ready = False
        return at

    def replace(self, old: Unit, new: Unit) -> None:
        """Put a unit in the place of another."""
        self._note_reach()
        at = self.units.index(old, self.head)
        self.units[at], self.start_ms[at] = new, max(self.start_ms[at], new.release_ms)
        if at == self.head:
            self.prepared = self.ready = False

    def rearranged(self, order: list[Unit], placed: Collection[str]) -> list[Unit]:
        """The units from the head on when the movable ones among them come in another order; the rest stay."""
        coming, settled = iter(order), self.settled(placed)
        return [
            unit if i < settled or unit.begun else next(coming)
            for i, unit in enumerate(self.units[self.head :], self.head)
        ]

    def movable(self, placed: Collection[str]) -> list[Unit]:
        """Units that may get another position."""
        return [unit for unit in self.units[self.settled(placed) :] if not unit.begun]

    def rearrange(self, units: list[Unit]) -> None:
        """Take a new order of the units from the head on. Sequence numbers stay with the positions, so that a unit
        that comes later finds its place among them; starts go with the units."""
        old, head = self.units[self.head :], self.head
        numbers = [unit.sequence for unit in old]
        row = {unit.id: i for i, unit in enumerate(old, head)}
        starts, duals = [self.start_ms[row[u.id]] for u in units], [self.dual[row[u.id]] for u in units]
        self.units[head:], self.start_ms[head:], self.dual[head:] = units, starts, duals
        for unit, number in zip(units, numbers, strict=True):
            unit.sequence = number
        self._note_reach()

    def suspend(self, placed: Collection[str]) -> None:
        """Serve what is begun, in its sequence, and nothing behind it."""
        begun = [i for i in range(self.head, len(self.units)) if self.units[i].begun]
        self.stop_at = max([self.settled(placed), *(i + 1 for i in begun)])
        self.version += 1

    def activate(self) -> None:
        """Go on behind what was begun."""
        self.stop_at = None
        self.version += 1

    def _note_reach(self) -> None:
        """Units may move away from the head: remember how far those with a truck can reach."""
        self.version += 1
        busy = (i + 2 for i in range(len(self.units) - 1, self.head - 1, -1) if self.units[i].truck is not None)
        self.reach = max(self.reach, next(busy, 0))
