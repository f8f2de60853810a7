"""The loop around the core in real time: facts in, journal, commands out.

A tick takes the facts that have come, as many as it has time for, stamps each with the clock, lets the controller
handle them and keeps events and answers in the journal in one transaction. Only then commands leave, so whatever
anybody outside has been told is in the journal (`docs/decisions/0005-live.md`). While a transaction is being written
the next facts are gathered.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

from portway.app.live.clock import RunClock
from portway.app.live.snapshot import core_version, freeze
from portway.core.commands import Command
from portway.core.controller import Controller
from portway.core.events import Event, TruckArrived
from portway.ports import World
from portway.runtime import Runtime

MakeEvent = Callable[[int], Event]  # from its instant, ms
IDLE_S = 0.5  # a tick comes at least so often
BUDGET_S = 0.004  # a tick takes no more facts after so long: what the first have led to does not wait for the last
SNAPSHOT_MS = 60_000


class Entries(Protocol):
    """Where ticks are kept for good."""

    def submit(self, entries: Sequence[tuple[Event, Sequence[Command]]]) -> Future[int]:
        """Keep the entries of one tick, all or none; gives the number of the first when they are safe."""
        ...

    def snapshot(self, number: int, at_ms: int, body: bytes, version: str) -> None:
        """Keep the core's state behind record `number`."""
        ...


class Fact(NamedTuple):
    """Something that has come from outside, and who waits until it is safe and answered."""

    make: MakeEvent
    came_s: float
    done: asyncio.Future | None


class Tick:
    """World and journal of one turn of the loop: what is noted is kept, and told outside, once the turn is over."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.entries: list[tuple[Event, Sequence[Command]]] = []

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """To be kept."""
        self.entries.append((event, commands))

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Nobody is told before it is kept."""

    def next_ms(self) -> int:
        """As the world says."""
        return self._world.next_ms()

    def drive(self, until_ms: int) -> None:
        """As the world says."""
        self._world.drive(until_ms)

    def take(self, now_ms: int) -> Sequence[Event]:
        """As the world says."""
        return self._world.take(now_ms)

    def taken(self) -> list[tuple[Event, Sequence[Command]]]:
        """All entries since the last call."""
        entries, self.entries = self.entries, []
        return entries


class CoreLoop:
    """One controller between links and a journal. All methods are called from the event loop's thread."""

    def __init__(
        self, controller: Controller, journal: Entries, clock: RunClock, world: World,
        send: Callable[[Sequence[Command], int], None], observe: Callable[[str, float], None] = lambda _name, _s: None,
        kept: Callable[[Sequence[tuple[Event, Sequence[Command]]]], None] = lambda _entries: None,
        due: Sequence[TruckArrived] = (),
    ) -> None:  # fmt: skip
        self.controller, self._journal, self._clock, self._world = controller, journal, clock, world
        self._send, self._observe, self._kept = send, observe, [kept]
        self._tick = Tick(world)
        self._runtime = Runtime(controller, self._tick, self._tick, due)
        self._facts: deque[Fact] = deque()
        self._sleep: asyncio.Future[None] | None = None
        self._stopping = False
        self._keeper = ThreadPoolExecutor(1, "snapshots")
        self.records = 0
        self.ticks = 0
        self._snapshot_ms = clock.now_ms()
        self._version = core_version()
        self.failed: BaseException | None = None

    def listen(self, kept: Callable[[Sequence[tuple[Event, Sequence[Command]]]], None]) -> None:
        """Tell somebody else, too, what has been kept."""
        self._kept.append(kept)

    # -- facts in -----------------------------------------------------------------------------------------------

    def post(self, make: MakeEvent, came_s: float | None = None) -> None:
        """Something has happened, and was heard of at `came_s` (`time.perf_counter`, now if None); nobody waits for the
        answer."""
        self._facts.append(Fact(make, time.perf_counter() if came_s is None else came_s, None))
        self._wake()

    async def ask(self, make: MakeEvent) -> list[Command]:
        """Something has been asked for: the core's answer, once it is safe."""
        done = asyncio.get_running_loop().create_future()
        self._facts.append(Fact(make, time.perf_counter(), done))
        self._wake()
        return await done

    @property
    def queue_depth(self) -> int:
        """Facts not handled yet."""
        return len(self._facts)

    def now_ms(self) -> int:
        """The run's clock."""
        return self._clock.now_ms()

    # -- the loop -----------------------------------------------------------------------------------------------

    async def run(self, first: Sequence[Command] = ()) -> None:
        """Tick until `stop`; `first` are commands to be carried out before anything else."""
        self._world.apply(first, self._clock.now_ms())
        self._send(first, self._clock.now_ms())
        try:
            while not self._stopping:
                await self._wait()
                await self.tick()
        except BaseException as error:
            self.failed = error
            raise
        finally:
            for fact in self._facts:
                if fact.done is not None and not fact.done.done():
                    fact.done.cancel()
            self._keeper.shutdown()

    def stop(self) -> None:
        """End after the tick under way."""
        self._stopping = True
        self._wake()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping

    def _wake(self) -> None:
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)

    async def _wait(self) -> None:
        """Until something has come or is due. All others get a turn, however much has come."""
        if self._facts or self._stopping:
            await asyncio.sleep(0)
            return
        until_s = min(IDLE_S, max(0.0, (self._world.next_ms() - self._clock.now_ms()) / 1000)) / self._clock.speed
        loop = asyncio.get_running_loop()
        self._sleep = loop.create_future()  # one way round the loop shorter than an event with a time-out
        alarm = loop.call_later(until_s, self._wake)
        try:
            await self._sleep
        finally:
            alarm.cancel()

    async def tick(self) -> None:
        """Handle what has come, keep it, then tell the world."""
        woke = time.perf_counter()
        now = self._clock.now_ms()
        taken: list[Fact] = []
        answers: list[list[Command]] = []
        try:
            while self._facts and (self._stopping or time.perf_counter() - woke < BUDGET_S):
                taken.append(self._facts.popleft())
                answers.append(self._runtime.handle(taken[-1].make(now)))
            self._runtime.turn(now)
        except Exception:
            self._facts.extendleft(reversed(taken))  # whoever waits for an answer is told that none comes
            await self._keep(self._tick.taken())  # the event that broke the core is the last of them
            raise
        entries = self._tick.taken()
        if not entries:
            return
        self.ticks += 1
        self._observe("handle", time.perf_counter() - woke)
        began = time.perf_counter()
        await self._keep(entries)
        self._observe("commit", time.perf_counter() - began)
        commands = [command for _, answer in entries for command in answer]
        self._world.apply(commands, now)
        self._send(commands, now)
        for kept_by in self._kept:
            kept_by(entries)
        told = time.perf_counter()
        for fact, answer in zip(taken, answers, strict=True):
            self._observe("loop", told - fact.came_s)
            if fact.done is not None and not fact.done.done():
                fact.done.set_result(answer)
        if now - self._snapshot_ms >= SNAPSHOT_MS:
            self._snapshot(now)

    async def _keep(self, entries: Sequence[tuple[Event, Sequence[Command]]]) -> None:
        """Entries are safe behind this."""
        kept = self._journal.submit(entries)
        first = kept.result() if kept.done() else await asyncio.wrap_future(kept)
        self.records = first + len(entries) - 1

    def _snapshot(self, now_ms: int) -> None:
        """The state is that behind the last record here, since every tick ends with its commit."""
        self._snapshot_ms = now_ms
        self._keeper.submit(self._journal.snapshot, self.records, now_ms, freeze(self.controller), self._version)
