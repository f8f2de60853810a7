"""The board of all work: units by state, and the work queue of each quay crane in its sequence.

A crane works its units strictly in the order (start of the queue, sequence, id). `claimed` counts how many units from
the head on have been given a transfer place: places are given in the order of service only, so trucks and crane never
wait for each other in a ring (`docs/decisions/0003-cranes-and-places.md`).
"""

from collections.abc import Iterable

from portway.core.dispatch.units import Unit, UnitState, make_units
from portway.core.model.work import JobOrder, MoveKind, WorkList


class CraneQueue:
    """Units of one quay crane; `head` is the next to be served."""

    __slots__ = (
        "crane",
        "dual",
        "head",
        "last_was_load",
        "prepared",
        "ready",
        "ready_ms",
        "serving",
        "start_ms",
        "units",
    )

    def __init__(self, crane: str) -> None:
        self.crane = crane
        self.units: list[Unit] = []
        self.start_ms: list[int] = []
        self.dual: list[bool] = []
        self.head = 0
        self.prepared = False  # the crane was told to prepare the head
        self.ready = False  # and has done so
        self.ready_ms = 0  # since when
        self.serving = False  # a handover is under way
        self.last_was_load = False

    def next_unit(self) -> Unit | None:
        """The unit to be served next, None at the end of the work."""
        return self.units[self.head] if self.head < len(self.units) else None

    def window(self, length: int) -> list[Unit]:
        """The next `length` units from the head on."""
        return self.units[self.head : self.head + length]

    def waited_ms(self, now_ms: int) -> int:
        """How long the crane has been ready for a truck that is not there."""
        return now_ms - self.ready_ms if self.ready and not self.serving else 0

    def advance(self) -> None:
        """The head has been served."""
        unit = self.units[self.head]
        self.last_was_load = unit.kind == MoveKind.LOAD and self.dual[self.head]
        self.head += 1
        self.prepared = self.ready = self.serving = False


class Board:
    """All units, and what may be worked on next."""

    def __init__(self, work: WorkList) -> None:
        units = make_units(work.job_orders)
        self.units: dict[str, Unit] = {u.id: u for u in units}
        self.unit_of_job: dict[str, Unit] = {j.id: u for u in units for j in u.jobs}
        self.jobs_done = 0
        self.jobs_total = len(work.job_orders)
        self.delivered: set[str] = set()
        self.queues: dict[str, CraneQueue] = {}
        self._fill_queues(work)
        yard = [u for u in units if u.kind == MoveKind.YARD]
        self.yard_moves = sorted(yard, key=lambda u: (u.release_ms, u.id))

    def _fill_queues(self, work: WorkList) -> None:
        placed: set[str] = set()
        for queue in sorted(work.queues, key=lambda q: (q.start_ms, q.id)):
            jobs = [self.unit_of_job[j] for j in queue.job_orders]
            self._append(queue.quay_crane, jobs, queue.start_ms, queue.dual, placed)
        rest: dict[str, list[JobOrder]] = {}
        for job in work.job_orders:
            if job.quay_crane and self.unit_of_job[job.id].id not in placed:
                rest.setdefault(job.quay_crane, []).append(job)
        for crane, jobs_left in sorted(rest.items()):
            jobs_left.sort(key=lambda j: (j.sequence, j.id))
            self._append(crane, [self.unit_of_job[j.id] for j in jobs_left], 0, False, placed)

    def _append(self, crane: str, units: Iterable[Unit], start_ms: int, dual: bool, placed: set[str]) -> None:
        queue = self.queues.setdefault(crane, CraneQueue(crane))
        for unit in units:
            if unit.id not in placed:
                placed.add(unit.id)
                queue.units.append(unit)
                queue.start_ms.append(max(start_ms, unit.release_ms))
                queue.dual.append(dual)

    def in_order(self) -> list[CraneQueue]:
        """All queues, by crane."""
        return [self.queues[c] for c in sorted(self.queues)]

    def collectable(self, unit: Unit) -> bool:
        """Whether all job orders that must come before a unit have been delivered."""
        return all(a in self.delivered for a in unit.after)

    def open_quay_units(self, window: int, horizon_ms: int) -> list[tuple[Unit, CraneQueue, int]]:
        """(unit, queue, rank) of the units that may be dispatched: near the head and starting before `horizon_ms`."""
        found = []
        for queue in self.in_order():
            for rank, unit in enumerate(queue.window(window)):
                if queue.start_ms[queue.head + rank] > horizon_ms:
                    break
                if unit.state != UnitState.OPEN:
                    continue
                if not self.collectable(unit):
                    break  # later units could not be served before it
                found.append((unit, queue, rank))
        return found

    def open_yard_moves(self, now_ms: int, most: int) -> list[Unit]:
        """Released yard moves not assigned yet, oldest first; finished ones are dropped from the list."""
        self.yard_moves = [u for u in self.yard_moves if u.state != UnitState.DONE]
        found: list[Unit] = []
        for unit in self.yard_moves:
            if unit.release_ms > now_ms or len(found) == most:
                break
            if unit.state == UnitState.OPEN and self.collectable(unit):
                found.append(unit)
        return found

    def deliver(self, job: str) -> None:
        """A job order has ended."""
        assert job not in self.delivered, f"job order {job} delivered twice"
        self.delivered.add(job)
        self.jobs_done += 1
