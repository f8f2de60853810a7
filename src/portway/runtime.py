"""The one loop: take what happened, handle it, note it with its answer, send the answer.

Simulation, live control, a restart, a standby, a replay and the page's look at a journal all run it. They differ in
what they give it: a world that pretends or one of steel, a journal that writes or one that compares, and a caller who
jumps to the next instant (`step`), waits for it (`turn`) or follows what was (`Repeat`).

Arrivals are facts that follow from other facts: the core derives them, before whatever comes next is handled.
"""

from collections.abc import Sequence

from portway.core.commands import Alert, Command
from portway.core.controller import Controller
from portway.core.events import Event, TimerFired, TruckArrived
from portway.ports import Journal, World

CORE_BROKE = "core_broke"  # alarm and answer of an event that our own defect could not handle


class Runtime:
    """One controller between one world and one journal."""

    def __init__(
        self, controller: Controller, world: World, journal: Journal, due: Sequence[TruckArrived] = ()
    ) -> None:
        """`due` are arrivals that were derived before and not handled: a server ended in between."""
        self._controller, self._world, self._journal, self._due = controller, world, journal, due
        self.now_ms = 0

    def start(self) -> list[Command]:
        """Send the first commands, which are returned; nothing that happened has caused them."""
        commands = self._controller.start()
        self._world.apply(commands, 0)
        return commands

    def step(self, end_ms: int) -> bool:
        """Go to the next instant with events, at most `end_ms`, and handle them; False when `end_ms` is reached."""
        until = min(end_ms, self._world.next_ms())
        if arrivals := self._advance(until):
            self._answer_all(arrivals)
        else:
            self.now_ms = until
            for event in self._world.take(until):
                self.handle(event)
        return self.now_ms < end_ms

    def turn(self, now_ms: int) -> None:
        """Handle what is due in the world, and the arrivals until now."""
        for event in self._world.take(now_ms):
            self.handle(event)
        self.arrivals(now_ms)

    def handle(self, event: Event) -> list[Command]:
        """Handle one event, behind the arrivals until then; its answer."""
        self.arrivals(event.at_ms)
        return self.answer(event)

    def arrivals(self, until_ms: int) -> None:
        """Handle all arrivals until an instant, and those that their answers cause."""
        while arrivals := self._advance(until_ms):
            self._answer_all(arrivals)

    def _advance(self, until_ms: int) -> Sequence[TruckArrived]:
        if self._due:
            due, self._due = self._due, ()
            return due
        try:
            return self._controller.advance(until_ms, self._world.drive)
        except Exception as error:
            self._broken(TimerFired(until_ms, "advance"), error)
            raise

    def _answer_all(self, arrivals: Sequence[TruckArrived]) -> None:
        for arrival in arrivals:
            self.answer(arrival)

    def answer(self, event: Event) -> list[Command]:
        """The core's answer, noted and sent; an event that breaks the core is noted, too, with that for an answer."""
        self.now_ms = event.at_ms
        try:
            commands = self._controller.handle(event)
        except Exception as error:
            self._broken(event, error)
            raise
        self._journal.note(event, commands)
        self._world.apply(commands, self.now_ms)
        return commands

    def _broken(self, event: Event, error: Exception) -> None:
        self._journal.note(event, [Alert(CORE_BROKE, type(event).__name__, repr(error)[:300])])


def broke(commands: Sequence[Command]) -> Alert | None:
    """The alarm of a record whose event broke the core."""
    first = commands[0] if len(commands) == 1 else None
    return first if isinstance(first, Alert) and first.code == CORE_BROKE else None


class Repeat:
    """The loop over the events of a journal: each is answered again, and the answer compared with the one noted."""

    def __init__(self, controller: Controller, world: World | None = None, journal: Journal | None = None) -> None:
        """`world` and `journal` are told what is decided now. What happens comes from the journal alone; but trucks
        that drive on the clock of that world drive again."""
        nowhere = Nowhere()
        self._controller, self._world = controller, world or nowhere
        self._runtime = Runtime(controller, self._world, journal or nowhere)
        self.due: list[TruckArrived] = []  # derived, and not met in the journal yet

    def start(self) -> list[Command]:
        """The first commands again, of a run that does not begin with an event."""
        return self._runtime.start()

    def answers_alike(self, event: Event, commands: Sequence[Command]) -> bool:
        """Whether the next record of the journal follows from those before."""
        return self.skip(event) and self._runtime.answer(event) == commands

    def skip(self, event: Event) -> bool:
        """Leave the next record out, but let trucks drive until then; whether it is what had to come."""
        self.drive(event.at_ms)
        if isinstance(event, TruckArrived):
            return bool(self.due) and self.due.pop(0) == event
        return not self.due

    def drive(self, until_ms: int) -> None:
        """Let trucks drive until an instant, or until arrivals that the next records have to tell of."""
        if not self.due:
            self.due = list(self._controller.advance(until_ms, self._world.drive))


class Nowhere:
    """A world where nothing happens, and a journal that keeps nothing."""

    def next_ms(self) -> int:
        """Never."""
        return 1 << 60

    def drive(self, until_ms: int) -> None:
        """Nobody drives."""

    def take(self, now_ms: int) -> Sequence[Event]:
        """Nothing."""
        return ()

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Nobody is told."""

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Nothing is kept."""
