"""Work that changes while it runs: job orders that come, change and go, work queues in another sequence or halted, and
stock-takes.

Every change is checked as a whole first (`refusals`) and then carried out as a whole: a batch of job orders is on the
board before a crane or a truck hears of any of them. What is begun is ended: a box in the hands of a crane or a truck
goes where it was to go.
"""

from collections.abc import Sequence
from typing import assert_never, get_args

from portway.core.commands import JobOrderStopped
from portway.core.controller.quay import QuayService
from portway.core.controller.state import State
from portway.core.controller.taking_back import free_behind_gap, take_back
from portway.core.controller.visitors import Visitors
from portway.core.controller.yard import YardService
from portway.core.events import (
    JobOrderCancelled,
    JobOrderReceived,
    JobOrdersReceived,
    StockReceived,
    WorkChange,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.model.work import JobOrder
from portway.core.service import Service
from portway.core.work.batch import batch_problems
from portway.core.work.change import ROAD_KINDS, Change, change_for, may_change, requeue, without
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.predecessors import predecessors_first
from portway.core.work.problems import WorkProblem, is_known
from portway.core.work.sequence import new_order, sequence_problems
from portway.core.work.stack_problems import borne_by
from portway.core.work.stock import stock_problems
from portway.core.work.units import Unit, UnitState

TWIN_WAIT_MS = 5_000  # a job order is not begun for so long when its twin is still to come


NEW_RUN = "begin a new run, in another database, with the policy road_trucks = true"


class WorkChanges(Service[WorkChange]):
    """Takes the TOS's changes to the board, the trucks and the cranes."""

    takes = get_args(WorkChange)

    def __init__(self, state: State, quay: QuayService, yard: YardService, visitors: Visitors) -> None:
        self._state, self._quay, self._yard, self._visitors = state, quay, yard, visitors
        self._cranes = {c.id for c in state.scenario.terminal.quay_cranes}

    # -- what cannot be done ------------------------------------------------------------------------------------

    def refusals(self, event: WorkChange) -> list[WorkProblem]:
        """Why a change cannot be made; empty when it can."""
        board = self._state.board
        if isinstance(event, JobOrderReceived | JobOrdersReceived):
            jobs = (event.job,) if isinstance(event, JobOrderReceived) else event.jobs
            found = batch_problems(jobs, self._state.scenario.terminal, board)
            return found or [problem for job in jobs for problem in self._no_road_trucks(job)]
        if isinstance(event, JobOrderCancelled):
            return self._not_to_be_cancelled(event.job_order)
        if isinstance(event, StockReceived):
            return stock_problems(event, self._state.scenario.terminal, board)
        if event.quay_crane not in self._cranes:
            known = f"known: {', '.join(sorted(self._cranes)[:8])}"
            return [WorkProblem("", "unknown_crane", "quay_crane", event.quay_crane, "no such quay crane", known)]
        return [] if isinstance(event, WorkQueueActivated) else sequence_problems(board, event)

    def _no_road_trucks(self, job: JobOrder) -> list[WorkProblem]:
        if job.kind not in ROAD_KINDS or self._visitors.rows:
            return []
        message, cure = "no room is kept for road trucks in this run", NEW_RUN
        return [WorkProblem(job.id, "no_road_trucks", "kind", str(job.kind), message, cure)]

    def _not_to_be_cancelled(self, job: str) -> list[WorkProblem]:
        board = self._state.board
        if job not in board.unit_of_job:
            message, cure = "no such job order", "it may have been cancelled before"
            return [WorkProblem(job, "unknown_job_order", "job_order", job, message, cure)]
        gone = [job, *board.dependents(job)]
        begun = [j for j in gone if not may_change(board.unit_of_job[j])]
        if not begun:
            return [problem for j in gone for problem in borne_by(board, board.job(j), gone)]
        message = "the job order has begun" if begun[0] == job else f"{begun[0]}, which waits for it, has begun"
        return [WorkProblem(job, "too_late", "job_order", job, message, "let it end")]

    # -- what is done -------------------------------------------------------------------------------------------

    def on(self, event: WorkChange) -> None:
        """Make a change that nothing speaks against."""
        if isinstance(event, JobOrderReceived):
            self._received((event.job,))
        elif isinstance(event, JobOrdersReceived):
            self._received(predecessors_first(list(event.jobs))[0])
        elif isinstance(event, JobOrderCancelled):
            self._cancelled(event)
        elif isinstance(event, WorkQueueResequenced):
            self._resequenced(event)
        elif isinstance(event, StockReceived):
            self._state.board.boxes.stock_taken(event.boxes, event.whole)
        elif isinstance(event, WorkQueueActivated):
            self._activated(event)
        else:
            assert_never(event)
        self._state.work_wanted = self._state.places_freed = True

    def _received(self, jobs: Sequence[JobOrder]) -> None:
        """New job orders, or open ones with other contents; those that come again unchanged change nothing."""
        board, changes = self._state.board, list[Change]()
        given = {job.id for job in jobs}
        for job in jobs:
            if is_known(job, board):
                continue
            changes.append(change_for(board, job))
            if job.twin is not None and job.twin not in board.unit_of_job and job.twin not in given:
                first = changes[-1].come[0][0]
                first.release_ms = max(first.release_ms, self._state.now_ms + TWIN_WAIT_MS)
            self._put(changes[-1])
        self._tell(changes)

    def _cancelled(self, event: JobOrderCancelled) -> None:
        """A job order goes, and with it all that wait for it: they could never be begun."""
        board = self._state.board
        waiting, changes = board.dependents(event.job_order), list[Change]()
        for job in [event.job_order, *waiting]:
            if board.unit_of_job[job].kind in ROAD_KINDS:
                self._visitors.turn_away(job)
            changes.append(without(board, job))
            self._put(changes[-1])
            code = "cancelled" if job == event.job_order else "after_cancelled"
            self._state.outbox.append(JobOrderStopped(job, code))
        self._tell(changes)

    def _resequenced(self, event: WorkQueueResequenced) -> None:
        queue = self._state.board.queue(event.quay_crane)
        before = queue.units[:]
        queue.rearrange(new_order(self._state.board, event))
        moved = [i for i, (a, b) in enumerate(zip(before, queue.units, strict=True)) if a is not b]
        self._go_on(queue, moved[0] if moved else len(before))

    def _activated(self, event: WorkQueueActivated) -> None:
        queue = self._state.board.queue(event.quay_crane)
        if event.active:
            queue.activate()
        elif queue.stop_at is None:
            queue.suspend(self._state.board.placed)
            for unit in queue.units[queue.end() :]:
                self._take_back(unit)
        self._quay.prepare(queue)

    def _put(self, change: Change) -> None:
        """Take units from the board and put others on it; no crane hears of it yet."""
        board = self._state.board
        for unit in change.gone:
            self._take_back(unit)
            board.removed(unit)
        requeue(change, board.queue, board.placed)
        for unit, _ in change.come:
            board.added(unit)

    def _tell(self, changes: Sequence[Change]) -> None:
        """No truck waits in vain behind what has come, and the cranes get ready for what is next now."""
        board = self._state.board
        for unit in (unit for change in changes for unit, _ in change.come):
            if unit.crane is not None and unit.state != UnitState.CANCELLED:  # a twin that came behind replaces it
                queue = board.queue(unit.crane)
                self._go_on(queue, queue.units.index(unit, queue.head))
        for crane in sorted({u.crane for change in changes for u in change.gone if u.crane is not None}):
            self._quay.prepare(board.queue(crane))

    def _take_back(self, unit: Unit) -> None:
        if unit.state == UnitState.ASSIGNED:
            take_back(self._state, self._yard, self._state.missions[unit.truck or ""])

    def _go_on(self, queue: CraneQueue, first: int) -> None:
        """A queue was changed from a position on: no truck waits in vain, and the crane prepares what comes next."""
        free_behind_gap(self._state, self._yard, queue, first)
        self._quay.prepare(queue)
