"""The board of all work: units by state, and the work queue of each quay crane in its sequence.

A crane works its units strictly in the order (start of the queue, sequence, id). Places are given in the order of
service only, so trucks and crane never wait for each other in a ring (`docs/decisions/0003-cranes-and-places.md`).
Work comes and goes while it runs: `added` and `removed` keep all that is known of it together.
"""

from bisect import insort
from collections.abc import Iterable
from copy import copy

from portway.core.model.work import JobOrder, MoveKind, WorkList
from portway.core.work.boxes import Boxes
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.units import Unit, UnitState, make_units


class Board:
    """All units, and what may be worked on next."""

    def __init__(self, work: WorkList) -> None:
        units = make_units(work.job_orders)
        self.units: dict[str, Unit] = {u.id: u for u in units}
        self.unit_of_job: dict[str, Unit] = {}
        self._followers: dict[str, tuple[str, ...]] = {}  # job orders that name one in `after`
        for unit in units:
            self._know(unit)
        self.jobs_done = 0
        self.jobs_total = len(work.job_orders)
        self.delivered: set[str] = set()
        self.placed: set[str] = set()  # units whose truck has a claim under their crane
        self.boxes = Boxes(work.job_orders)
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

    def copy(self) -> "Board":
        """Another board with the same contents, to try a change on. Units are shared: what is tried puts new ones in
        their place and changes none."""
        other = copy(self)
        other.units, other.unit_of_job = dict(self.units), dict(self.unit_of_job)
        other._followers = dict(self._followers)
        other.delivered, other.placed = set(self.delivered), set(self.placed)
        other.boxes = self.boxes.copy()
        other.queues = {crane: queue.copy() for crane, queue in self.queues.items()}
        other.yard_moves = self.yard_moves[:]
        return other

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
        self.boxes.delivered(self.job(job))
        self.jobs_done += 1

    # -- work that changes while it runs ------------------------------------------------------------------------

    def job(self, name: str) -> JobOrder:
        """A known job order."""
        return next(j for j in self.unit_of_job[name].jobs if j.id == name)

    def queue(self, crane: str) -> CraneQueue:
        """The queue of a quay crane, empty when it has had no work yet."""
        return self.queues.setdefault(crane, CraneQueue(crane))

    def added(self, unit: Unit) -> None:
        """A unit that has come; the caller puts it into its crane's queue."""
        assert self.units.keys().isdisjoint([unit.id]), f"unit {unit.id} is known"
        self.units[unit.id] = unit
        self._know(unit)
        for job in unit.jobs:
            self.boxes.expected(job)
        self.jobs_total += len(unit.jobs)
        if unit.kind == MoveKind.YARD:
            insort(self.yard_moves, unit, key=lambda u: (u.release_ms, u.id))

    def removed(self, unit: Unit) -> None:
        """An open unit that will not be done; the caller takes it out of its crane's queue."""
        unit.move_to(UnitState.CANCELLED)
        self.forget(unit)

    def _know(self, unit: Unit) -> None:
        for job in unit.jobs:
            self.unit_of_job[job.id] = unit
            for name in dict.fromkeys(job.after):
                self._followers[name] = (*self._followers.get(name, ()), job.id)

    def forget(self, unit: Unit) -> None:
        """As `removed`, without a word to the unit."""
        del self.units[unit.id]
        for job in unit.jobs:
            del self.unit_of_job[job.id]
            self.boxes.forgotten(job)
            for name in job.after:
                self._followers[name] = tuple(other for other in self._followers[name] if other != job.id)
        self.jobs_total -= len(unit.jobs)
        self.yard_moves = [u for u in self.yard_moves if u is not unit]

    def dependents(self, job: str) -> list[str]:
        """Job orders that wait for the end of another, directly or through others, sorted."""
        found, todo = set[str](), [job]
        while todo:
            name = todo.pop()
            new = set(self._followers.get(name, ())) - found
            found |= new
            todo += sorted(new)
        return sorted(found)
