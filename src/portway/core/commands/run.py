"""To the run itself: timers, and alarms for people."""

from portway.core.commands.base import Command


class SetTimer(Command, frozen=True):
    """Wake the core at an instant."""

    at_ms: int
    name: str


class Alert(Command, frozen=True):
    """The control room is told of something that a person has to look at."""

    code: str
    subject: str
    detail: str


RunCommand = SetTimer | Alert
