"""Another sequence for a quay crane's work queue: whether it can be had, and what it makes of the queue.

The sequence names every job order of the crane that can still be moved, each once. Those that are begun may be named,
too (the TOS may not know yet) and keep their position.
"""

from collections import Counter

from portway.core.events import WorkQueueResequenced
from portway.core.work.board import Board
from portway.core.work.feasibility import stuck_jobs
from portway.core.work.problems import WorkProblem
from portway.core.work.stack_problems import hanging_in
from portway.core.work.units import Unit, UnitState


def sequence_problems(board: Board, event: WorkQueueResequenced) -> list[WorkProblem]:
    """What keeps a sequence from being taken over; empty when it can be."""

    def problem(code: str, jobs: list[str], message: str, cure: str) -> WorkProblem:
        return WorkProblem("", code, "job_orders", jobs, f"{event.quay_crane}: {message}", cure)

    queue, named = board.queue(event.quay_crane), Counter(event.job_orders)
    ours = {j for j in named if j in board.unit_of_job and board.unit_of_job[j].crane == event.quay_crane}
    wanted = {job.id for unit in queue.movable(board.placed) for job in unit.jobs}
    wrong = [
        ("repeated", sorted(j for j, times in named.items() if times > 1), "named twice", "name each once"),
        ("not_in_queue", sorted(named.keys() - ours), "not in this work queue", "leave them out"),
        ("missing", sorted(wanted - named.keys()), "in the queue, but not named", "name them, too"),
    ]
    found = [problem(*what) for what in wrong if what[1]]
    if found:
        return found
    hanging = set(hanging_in(board, new_order(board, event))) - set(hanging_in(board, queue.units[queue.head :]))
    if hanging:
        return [
            problem("hanging", sorted(hanging), "they would stand on nothing", "let those come first that bear them")
        ]
    stuck = sorted(_stuck(board, event))
    return [problem("ring", stuck, "they would wait for each other", "keep to `after`")] if stuck else []


def new_order(board: Board, event: WorkQueueResequenced) -> list[Unit]:
    """The units of the crane from the head on in the new order; twins come where the first of them is named."""
    queue = board.queue(event.quay_crane)
    movable = {unit.id for unit in queue.movable(board.placed)}
    units = {board.unit_of_job[job].id: board.unit_of_job[job] for job in event.job_orders}
    return queue.rearranged([unit for unit in units.values() if unit.id in movable], board.placed)


def _stuck(board: Board, event: WorkQueueResequenced) -> set[str]:
    orders = [
        new_order(board, event) if queue.crane == event.quay_crane else queue.units[queue.head :]
        for queue in board.in_order()
    ]
    loose = [u for u in board.units.values() if u.crane is None and u.state < UnitState.COLLECTED]
    return stuck_jobs(board, orders, loose)
