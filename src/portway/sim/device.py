"""What pretends: a device takes the commands that are for it and puts what comes of them on the agenda of its world."""

import heapq
from typing import Generic, TypeVar

from portway.core.commands import Command
from portway.core.events import Event

C = TypeVar("C", bound=Command)


class Agenda:
    """Future events of the world, by instant and order of their making."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Event]] = []
        self._made = 0

    def add(self, event: Event) -> None:
        """Something will happen at `event.at_ms`."""
        self._made += 1
        heapq.heappush(self._heap, (event.at_ms, self._made, event))

    def next_ms(self) -> int:
        """Instant of the next event."""
        return self._heap[0][0] if self._heap else 1 << 60

    def take(self, now_ms: int) -> list[Event]:
        """Remove and return what is due."""
        due = []
        while self._heap and self._heap[0][0] <= now_ms:
            due.append(heapq.heappop(self._heap)[2])
        return due


class Device(Generic[C]):
    """A simulated machine, or all of a kind. `C` is the union of the commands that it takes; its `apply` ends with
    `assert_never`. What it draws at random comes from streams of its own (`sim.randomness`)."""

    takes: tuple[type[Command], ...] = ()  # the commands in `C`

    def apply(self, command: C, now_ms: int) -> None:
        """Carry out a command that was given at `now_ms`."""
        raise NotImplementedError(f"{type(self).__name__} takes {type(command).__name__} and does nothing with it")
