"""The run itself: its beginning, the timers that the core has set, troubles of links."""

from portway.core.events.base import Fact


class RunStarted(Fact, frozen=True):
    """Live: a run begins; answered by the first commands."""


class TimerFired(Fact, frozen=True):
    """A timer set by the core has run out."""

    name: str


class TroubleReported(Fact, frozen=True):
    """A link to the outside has noticed something that a person has to look at; answered by an `Alert`."""

    code: str
    subject: str
    detail: str


RunEvent = RunStarted | TimerFired | TroubleReported
