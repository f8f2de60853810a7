"""What pages look at: a hub of the present, the recording of the past, and what may be changed.

A stage without a hub's present (a run that is over) is only its recording.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from portway.app.web.hub import Hub
from portway.twin.recording_reader import Recording


class Problem(NamedTuple):
    """Why something was not done."""

    code: str
    detail: str


class Desk(Protocol):
    """Carries out what an operator asks for."""

    async def command(self, name: str, arguments: Mapping[str, Any], by: str, reason: str) -> Sequence[Problem]:
        """Do it, or say why not; nothing has changed then."""
        ...

    def pace(self, speed: float | None, paused: bool | None, step_ms: int | None) -> Sequence[Problem]:
        """Change how fast time goes, where it can be changed."""
        ...


class Stage(NamedTuple):
    """One terminal on the page."""

    document: dict[str, Any]
    recording: Recording | None
    hub: Hub | None = None
    desk: Desk | None = None
    flush: Callable[[], None] = lambda: None  # write what is recorded, so that the past reaches to now


def finite(said: Any) -> float:
    """A number that a page has sent; ValueError for what is none, or not finite."""
    number = float(said)
    if not math.isfinite(number):
        raise ValueError(f"{said} is no number")
    return number
