"""The clockwork of a run: its beginning, and timers, each for the service that has set it."""

from collections.abc import Callable
from typing import Any, assert_never, get_args

from portway.core.commands import Alert
from portway.core.controller.state import State
from portway.core.events import RunEvent, RunStarted, TimerFired, TroubleReported
from portway.core.service import Service, UnknownEvent


class Clockwork(Service[RunEvent]):
    """Wakes whoever asked to be woken."""

    takes = get_args(RunEvent)

    def __init__(self, state: State, begin: Callable[[], None]) -> None:
        self._state, self._begin = state, begin
        self.owners: dict[str, Service[Any]] = {}  # of timers, by what stands before the colon

    def on(self, event: RunEvent) -> None:
        """A run begins, a timer has run out, or a link has trouble, which a person is told of."""
        if isinstance(event, RunStarted):
            self._begin()
        elif isinstance(event, TimerFired):
            self._fired(event)
        elif isinstance(event, TroubleReported):
            self._state.outbox.append(Alert(event.code, event.subject, event.detail))
        else:
            assert_never(event)

    def _fired(self, event: TimerFired) -> None:
        self._state.timers.discard((event.at_ms, event.name))
        kind, _, name = event.name.partition(":")
        if kind not in self.owners:
            raise UnknownEvent(f"nobody has a timer with the name {event.name}")
        self.owners[kind].fired(kind, name)
