"""What a world must offer the runtime. The simulator and the live adapters both stand behind these."""

from collections.abc import Sequence
from typing import Protocol

from portway.core.commands import Command
from portway.core.events import Event


class World(Protocol):
    """Everything outside the core: cranes, gates, the clock."""

    def next_ms(self) -> int:
        """Instant of the next thing that will happen out there; a very large number when nothing will."""
        ...

    def drive(self, until_ms: int) -> None:
        """Let trucks that drive on the clock of this world drive and report, until `until_ms` or until some come to the
        end of their plans. Trucks of steel drive by themselves: nothing."""
        ...

    def take(self, now_ms: int) -> Sequence[Event]:
        """Events that are due at `now_ms`, in their order."""
        ...

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Carry out commands."""
        ...


class Journal(Protocol):
    """Where events and commands are kept, in the order in which they were handled."""

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Keep one event and the commands that answered it."""
        ...
