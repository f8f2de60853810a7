"""Work that can never be done: job orders that wait for each other across `after`, crane sequences and twins."""

from portway.core.dispatch.board import Board
from portway.core.model.work import WorkList


def never_begun(work: WorkList) -> list[tuple[str, str]]:
    """(job order, a job order that it waits for in vain) for each one that no order of doing the work ever reaches.

    Cranes take their units in their sequence, and a unit may be begun when all that its job orders name in `after` have
    been delivered. What is left when nothing more can be delivered waits in a ring, or behind one.
    """
    board = Board(work)
    queues = [queue.units for queue in board.in_order()]
    heads = [0] * len(queues)
    loose = [unit for unit in board.units.values() if unit.crane is None]
    done: set[str] = set()
    before = -1
    while len(done) > before:
        before = len(done)
        for i, units in enumerate(queues):
            while heads[i] < len(units) and done.issuperset(units[heads[i]].after):
                done.update(job.id for job in units[heads[i]].jobs)
                heads[i] += 1
        done.update(job.id for unit in loose if done.issuperset(unit.after) for job in unit.jobs)
        loose = [unit for unit in loose if unit.jobs[0].id not in done]
    waits = [
        (unit, units[place - 1])
        for i, units in enumerate(queues)
        for place, unit in enumerate(units[heads[i] :], heads[i])
    ]
    return sorted(
        (job.id, next((a for a in unit.after if a not in done), ahead.jobs[0].id))
        for unit, ahead in [*waits, *((unit, unit) for unit in loose)]
        for job in unit.jobs
    )
