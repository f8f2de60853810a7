"""What is wrong with a job order, and the check that collects it."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

import msgspec

from portway.core.model.layout import Terminal
from portway.core.model.work import JobOrder, YardSlot
from portway.core.work.board import Board
from portway.core.work.boxes import goes_to


class WorkProblem(msgspec.Struct, frozen=True):
    """One thing wrong with a job order: what was written under which key, why it cannot be, and what cures it."""

    job_order: str
    code: str
    key: str
    value: object
    message: str
    cure: str

    def __str__(self) -> str:
        return f"{self.job_order}: {self.key} = {self.value!r}: {self.message}; {self.cure}"


class Coming:
    """Job orders that are still to be put on the board, by id and by the slot that they go to."""

    def __init__(self, jobs: Iterable[JobOrder] = ()) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._to: dict[YardSlot, list[JobOrder]] = {}
        for job in self._jobs.values():
            if (slot := goes_to(job)) is not None:
                self._to.setdefault(slot, []).append(job)

    def __contains__(self, name: str) -> bool:
        return name in self._jobs

    def get(self, name: str | None) -> JobOrder | None:
        """One of them."""
        return self._jobs.get(name or "")

    def to(self, slot: YardSlot) -> list[JobOrder]:
        """Those that bring a box to a slot."""
        return [job for job in self._to.get(slot, ()) if job.id in self._jobs]

    def has_come(self, name: str) -> None:
        """One is being put on the board."""
        del self._jobs[name]


class Check:
    """One job order against what is known; collects its problems.

    `in_yard` are boxes that somebody else knows to stand in the yard; None: the word of a job order is believed.

    `coming` are the job orders of its batch that are still to be put on the board: what the board knows of them is out
    of date, and they are checked against this one in their turn.
    """

    def __init__(
        self, job: JobOrder, terminal: Terminal, board: Board, in_yard: Mapping[str, YardSlot] | None,
        coming: Coming | None = None,
    ) -> None:  # fmt: skip
        self.job, self.terminal, self.board = job, terminal, board
        self.in_yard = {} if in_yard is None and board.boxes.is_whole else in_yard
        self.coming = Coming() if coming is None else coming
        self.found: list[WorkProblem] = []
        self.before = _before(board, job.after)
        self.later = set(board.dependents(job.id)) if job.id in board.unit_of_job else set[str]()

    def refuse(self, code: str, key: str, value: object, message: str, cure: str) -> None:
        self.found.append(WorkProblem(self.job.id, code, key, value, message, cure))

    def known(self, code: str, key: str, value: str | None, ids: Collection[str], what: str) -> bool:
        """Note a problem unless `value` is one of `ids`."""
        if value in ids:
            return True
        close = get_close_matches(str(value), sorted(ids), n=3, cutoff=0.5)
        cure = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(sorted(ids)[:8]) or 'none'}"
        self.refuse(code, key, value, f"no such {what}", cure)
        return False

    def others(self, jobs: Iterable[JobOrder]) -> list[JobOrder]:
        """Those of some job orders that are neither this one nor wait for it, nor come anew behind it."""
        return [j for j in jobs if j.id != self.job.id and j.id not in self.later and j.id not in self.coming]


def _before(board: Board, after: Iterable[str]) -> set[str]:
    """Known job orders that end before one that names `after`."""
    found, todo = set[str](), list(after)
    while todo:
        name = todo.pop()
        if name not in found and name in board.unit_of_job:
            found.add(name)
            todo += board.unit_of_job[name].after
    return found
