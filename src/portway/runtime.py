"""The loop body both worlds run: take what happened, handle it, note it, send the commands.

In simulation `step` jumps to the next instant at which anything happens; live, the caller decides when to step.
"""

from portway.core.commands import Command
from portway.core.controller import Controller
from portway.core.events import TruckArrived
from portway.ports import Journal, World


class Runtime:
    """One controller between one world and one journal."""

    def __init__(self, controller: Controller, world: World, journal: Journal) -> None:
        self._controller, self._world, self._journal = controller, world, journal
        self.now_ms = 0

    def start(self) -> list[Command]:
        """Send the first commands, which are returned; nothing that happened has caused them."""
        commands = self._controller.start()
        self._world.apply(commands, 0)
        return commands

    def step(self, end_ms: int) -> bool:
        """Go to the next instant with events, at most `end_ms`, and handle them; False when `end_ms` is reached."""
        until = min(end_ms, self._world.next_ms())
        arrivals = self._controller.advance(until)
        self.now_ms = arrivals[0].at_ms if arrivals else until
        for arrival in arrivals:
            self._handle(arrival)
        if not arrivals:
            for event in self._world.take(self.now_ms):
                self._arrivals_now()
                self._handle(event)
        return self.now_ms < end_ms

    def _arrivals_now(self) -> None:
        """Arrivals that the last event caused: a truck sent to where it stands. A replay asks before each event too."""
        while arrivals := self._controller.advance(self.now_ms):
            for arrival in arrivals:
                self._handle(arrival)

    def _handle(self, event) -> None:
        try:
            commands = self._controller.handle(event)
        except Exception:
            self._journal.note(event, [])  # a replay of the journal breaks at the same event
            raise
        # arrivals follow from the decisions, so a replay derives them and the journal keeps only their answers
        self._journal.note(event, commands)
        self._world.apply(commands, self.now_ms)


__all__ = ["Runtime", "TruckArrived"]
