"""The answer to a wish that cannot be granted."""

from collections.abc import Sequence

from portway.core.commands import Alert, JobOrderStopped
from portway.core.dispatch.board import Board
from portway.core.dispatch.problems import WorkProblem
from portway.core.events import Event, JobOrderReceived


def refused(event: Event, problems: Sequence[WorkProblem], board: Board) -> Alert | JobOrderStopped:
    """A new job order is stopped; anything else stays as it is, so a person is told."""
    first = problems[0]
    if isinstance(event, JobOrderReceived) and event.job.id not in board.unit_of_job:
        return JobOrderStopped(event.job.id, first.code)
    return Alert(first.code, first.job_order or str(first.value), "; ".join(str(p) for p in problems[:4]))
