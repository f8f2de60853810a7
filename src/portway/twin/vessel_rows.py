"""Vessels at the quay: the table `vessels`.

The work list tells them by its work queues, `crane/vessel` by their ids; a queue without a vessel's name counts as one
of its own. Shown is, of every crane, the first vessel that it has not finished.
"""

from portway.core.model.work import JobOrder, WorkQueue
from portway.core.snapshot import Snapshot
from portway.twin.tables import Tables


class _Call:
    """One vessel's work."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cranes: set[str] = set()
        self.bays: set[int] = set()
        self.jobs = self.done = 0

    def add(self, queue: WorkQueue, jobs: list[JobOrder]) -> None:
        """A queue of one of its cranes."""
        self.cranes.add(queue.quay_crane)
        self.bays |= {j.quay_bay for j in jobs if j.quay_bay}
        self.jobs += len(jobs)


class VesselRows:
    """Rows of the vessels that are worked on."""

    def __init__(self, core: Snapshot, tables: Tables) -> None:
        self._tables = tables
        self._calls: dict[str, _Call] = {}  # in the order of their start
        self._call_of: dict[str, _Call] = {}  # by job order
        jobs = {j.id: j for j in core.scenario.work.job_orders}
        for queue in sorted(core.scenario.work.queues, key=lambda q: (q.start_ms, q.id)):
            name = queue.id.partition("/")[2] or queue.id
            call = self._calls.setdefault(name, _Call(name))
            call.add(queue, [jobs[j] for j in queue.job_orders])
            self._call_of |= dict.fromkeys(queue.job_orders, call)

    def done(self, job: str) -> None:
        """A box has come to its end."""
        call = self._call_of.get(job)
        if call is not None:
            call.done += 1

    def refresh(self) -> None:
        """Bring the rows up to date."""
        busy: set[str] = set()
        rows = {}
        for call in self._calls.values():
            if call.done < call.jobs and call.bays:
                if not call.cranes & busy:
                    rows[call.name] = {
                        "bay_start": min(call.bays), "bay_end": max(call.bays), "todo": call.jobs - call.done,
                        "done": call.done,
                    }  # fmt: skip
                busy |= call.cranes
        self._tables.replace("vessels", rows)
