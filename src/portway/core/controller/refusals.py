"""The answer to a wish that cannot be granted."""

from collections.abc import Sequence

from portway.core.commands import Alert, Command, JobOrderStopped
from portway.core.events import Event, Fact, JobOrderReceived, JobOrdersReceived
from portway.core.safety.fitness import FAULTS
from portway.core.work.board import Board
from portway.core.work.problems import WorkProblem

# Alerts that come with a wish that is granted: what it brings about, not a refusal of it.
NOTICES = frozenset({
    "load_differs", "no_way", "no_way_back", "paused_by_other", "road_truck_turned_away", "standstill", "truck_waits",
    "work_waits", *FAULTS,
})  # fmt: skip
STOPS = ("cancelled", "after_cancelled")  # of job orders that were taken back, as was wished
WITH_OTHERS = "batch_refused"  # nothing is wrong with this job order, but with another of its batch


def refused(event: Event, problems: Sequence[WorkProblem], board: Board) -> list[Command]:
    """New job orders are stopped; anything else stays as it is, so a person is told."""
    codes = {p.job_order: p.code for p in reversed(problems)}
    if isinstance(event, JobOrderReceived | JobOrdersReceived):
        jobs = (event.job,) if isinstance(event, JobOrderReceived) else event.jobs
        new = dict.fromkeys(job.id for job in jobs if job.id not in board.unit_of_job)
        if new:
            return [JobOrderStopped(name, codes.get(name, WITH_OTHERS)) for name in new]
    first = problems[0]
    return [Alert(first.code, first.job_order or str(first.value), "; ".join(str(p) for p in problems[:4]))]


def was_refused(event: Event, answer: Sequence[Command]) -> bool:
    """Whether an event is a wish, and its answer says that it was not granted: a refusal comes before anything else."""
    if isinstance(event, Fact) or not answer:
        return False
    first = answer[0]
    if isinstance(first, JobOrderStopped):
        return first.code not in STOPS
    return isinstance(first, Alert) and first.code not in NOTICES
