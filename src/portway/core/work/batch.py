"""Several job orders at once: all are taken, or none. They may count on each other, whatever their sequence.

Each is tried on a copy of the board on which those before it have been put already. What the board knows of those still
to come is left out: they are checked against it in their turn, so two that change places do not stand in each other's
way. Who would wait for himself is found once, at the end, over all of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from portway.core.model.layout import Terminal
from portway.core.model.work import JobOrder, YardSlot
from portway.core.work.board import Board
from portway.core.work.change import Change, change_for, requeue
from portway.core.work.feasibility import stuck_jobs
from portway.core.work.predecessors import predecessors_first
from portway.core.work.problems import checked, is_known, problems_with
from portway.core.work.units import UnitState
from portway.core.work.work_problem import Check, Coming, WorkProblem


def batch_problems(
    jobs: Sequence[JobOrder], terminal: Terminal, board: Board, in_yard: Mapping[str, YardSlot] | None = None
) -> list[WorkProblem]:
    """Everything that keeps a batch from being taken, job order by job order; empty when it can be. `in_yard` as in
    `problems_with`."""
    if len(jobs) == 1:
        return problems_with(jobs[0], terminal, board, in_yard)
    twice = sorted(name for name, times in Counter(j.id for j in jobs).items() if times > 1)
    if twice:
        return [WorkProblem(n, "twice", "id", n, "given twice in this batch", "leave one out") for n in twice]
    ordered, ring = predecessors_first(list(jobs))
    if ring:
        return [_in_ring(job) for job in ring]
    new = [job for job in ordered if not is_known(job, board)]
    place = {job.id: i for i, job in enumerate(jobs)}
    found = _tried(new, terminal, board.copy(), in_yard) if new else []
    return sorted(found, key=lambda p: place[p.job_order])


def _tried(
    jobs: list[JobOrder], terminal: Terminal, board: Board, in_yard: Mapping[str, YardSlot] | None
) -> list[WorkProblem]:
    """Try job orders one after the other on a board that may be spoilt."""
    coming, given, found = Coming(jobs), {job.id for job in jobs}, list[WorkProblem]()
    for job in jobs:
        coming.has_come(job.id)
        problems = checked(Check(job, terminal, board, in_yard, coming)).found
        found += [p for p in problems if p.code != "unknown_after" or p.value not in given]  # that one is named itself
        if not problems:
            put(board, change_for(board, job))
    if found or not any(job.after or job.twin or board.dependents(job.id) for job in jobs):
        return found
    loose = [u for u in board.units.values() if u.crane is None and u.state < UnitState.COLLECTED]
    stuck = stuck_jobs(board, [q.units[q.head :] for q in board.in_order()], loose)
    return [_in_ring(job) for job in jobs if job.id in stuck]


def put(board: Board, change: Change) -> None:
    """Carry a change out on a copy of a board; units that go are on no truck any more, and do not know it."""
    for unit in change.gone:
        board.placed.discard(unit.id)
        board.forget(unit)
    requeue(change, board.queue, board.placed)
    for unit, _ in change.come:
        board.added(unit)


def _in_ring(job: JobOrder) -> WorkProblem:
    message, cure = "it would wait for itself, over others or its crane's queue", "correct `after` or `sequence`"
    return WorkProblem(job.id, "ring", "after", list(job.after), message, cure)
