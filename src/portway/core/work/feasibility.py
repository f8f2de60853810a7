"""Work that can never be done: job orders that wait for each other across `after`, crane sequences and twins."""

from collections.abc import Iterable, Sequence

from portway.core.model.work import WorkList
from portway.core.work.board import Board
from portway.core.work.units import Unit, UnitState


def stuck_units(orders: Sequence[Sequence[Unit]], loose: Iterable[Unit], done: set[str]) -> list[tuple[Unit, Unit]]:
    """Units that no order of doing the work ever reaches, each with the one before it in its crane's queue (itself
    without one). Adds what can be done to `done`.

    Cranes take their units in their sequence, and a unit may be begun when all that its job orders name in `after` have
    been delivered. What is left when nothing more can be delivered waits in a ring, or behind one.
    """
    heads, loose, before = [0] * len(orders), list(loose), -1
    while len(done) > before:
        before = len(done)
        for i, units in enumerate(orders):
            while heads[i] < len(units) and done.issuperset(units[heads[i]].after):
                done.update(job.id for job in units[heads[i]].jobs)
                heads[i] += 1
        done.update(job.id for unit in loose if done.issuperset(unit.after) for job in unit.jobs)
        loose = [unit for unit in loose if unit.jobs[0].id not in done]
    waits = [
        (unit, units[place - 1])
        for i, units in enumerate(orders)
        for place, unit in enumerate(units[heads[i] :], heads[i])
    ]
    return [*waits, *((unit, unit) for unit in loose)]


def never_begun(work: WorkList) -> list[tuple[str, str]]:
    """(job order, a job order that it waits for in vain) for each one that no order of doing the work ever reaches."""
    board, done = Board(work), set[str]()
    orders = [queue.units for queue in board.in_order()]
    stuck = stuck_units(orders, [unit for unit in board.units.values() if unit.crane is None], done)
    return sorted(
        (job.id, next((a for a in unit.after if a not in done), ahead.jobs[0].id))
        for unit, ahead in stuck
        for job in unit.jobs
    )


def stuck_jobs(board: Board, orders: Sequence[Sequence[Unit]], loose: Iterable[Unit]) -> set[str]:
    """Job orders that could never be begun if the cranes went on with `orders` and the rest were `loose`. What is on a
    truck will be delivered, but a load only in its turn: it does not count before its crane comes to it."""
    to_come = {unit.id for units in orders for unit in units}
    under_way = (u for u in board.units.values() if u.state == UnitState.COLLECTED and u.id not in to_come)
    done = board.delivered | {job.id for unit in under_way for job in unit.jobs}
    return {job.id for unit, _ in stuck_units(orders, loose, done) for job in unit.jobs}
