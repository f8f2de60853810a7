"""A simulated run at a pace: as fast as the page says, shown ten times a second, recorded as it happens."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from portway.adapters.storage.journal import JournalHeader, JournalWriter
from portway.app.compose import make_controller, make_world, visitors_of
from portway.app.web.document import document
from portway.app.web.hub import Hub
from portway.app.web.sampling import Sampler
from portway.core.commands import Command
from portway.core.events import Event
from portway.core.model.scenario import Scenario
from portway.core.snapshot import Snapshot
from portway.core.units import ms_from_h
from portway.runtime import Runtime
from portway.twin.mirror import Mirror
from portway.twin.recording import RecordingWriter

TICK_S = 0.1
BUSY_S = 0.08  # of a tick may go to the run; what does not fit makes it slower than asked
SAMPLE_MS_MIN, SAMPLE_MS_MAX = 100, 1_000


class Noting:
    """A journal that the mirror reads along."""

    def __init__(self, journal: JournalWriter, note: Callable[[Event, Sequence[Command]], None]) -> None:
        self._journal, self._note = journal, note

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Keep it, then mirror it."""
        self._journal.note(event, commands)
        self._note(event, commands)


class PacedRun:
    """One run of a scenario that people watch."""

    def __init__(self, scenario: Scenario, seed: int, hours: float, folder: Path, speed: float = 1.0) -> None:
        self.end_ms, visitors = ms_from_h(hours), visitors_of(scenario)
        self.controller = make_controller(scenario, visitors)
        self.world = make_world(scenario, seed, self.controller)
        assert self.world.trucks is not None
        self.mirror = Mirror(Snapshot(self.controller), self.world.trucks)
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = JournalWriter(folder / "journal", JournalHeader(1, scenario, seed, self.end_ms, visitors))
        self._runtime = Runtime(self.controller, self.world, Noting(self._journal, self.mirror.note))
        doc = document(scenario, self.controller.state.traffic.map, self.mirror, "simulation")
        self.hub = Hub(doc, self.mirror.tables, self.mirror.points.count)
        self.hub.clock.speed = speed
        writer = RecordingWriter(folder / "recording", doc, self.mirror.points.count, SAMPLE_MS_MIN)
        self.sampler = Sampler(self.mirror, writer, self.hub)
        self._step_to_ms: int | None = None
        self.stopping = False

    @property
    def now_ms(self) -> int:
        """Instant reached."""
        return self._runtime.now_ms

    def start(self) -> None:
        """First commands and the first sample."""
        self.mirror.begin(self._runtime.start())
        self.sampler.take(0)
        self.sampler.show()

    async def run(self) -> None:
        """Go on until `stopping`; at the end of its hours the run stands still."""
        last, owed_ms = time.monotonic(), 0.0
        while not self.stopping:
            began = time.monotonic()
            owed_ms = self._go(owed_ms + 1000.0 * (began - last) * self.hub.clock.speed, began + BUSY_S)
            last = began
            await asyncio.sleep(max(0.001, TICK_S - (time.monotonic() - began)))

    def _go(self, owed_ms: float, until_s: float) -> float:
        """Let so much time pass, as far as there is time for it; what is owed after that (less than a sample)."""
        clock, reached = self.hub.clock, self.mirror.at_ms
        if self._step_to_ms is not None:
            target, self._step_to_ms = self._step_to_ms, None
        elif clock.paused or self.now_ms >= self.end_ms:
            return 0.0
        else:
            target = reached + int(owed_ms)
        target = min(target, self.end_ms)
        period = int(min(max(SAMPLE_MS_MIN * clock.speed, SAMPLE_MS_MIN), SAMPLE_MS_MAX))
        while self.mirror.at_ms < target:
            next_ms = min(target, self.mirror.at_ms + period)
            while self.now_ms < next_ms:
                self._runtime.step(next_ms)
            self.sampler.take(next_ms)
            if time.monotonic() > until_s:
                break
        if self.mirror.at_ms > reached:
            self.sampler.show()
        return min(float(target - self.mirror.at_ms), 0.0) + (owed_ms - int(owed_ms))

    def step_ms(self, duration_ms: int) -> None:
        """Pause, and let exactly so much time pass."""
        self.hub.clock.paused = True
        self._step_to_ms = self.mirror.at_ms + duration_ms

    def close(self) -> None:
        """End journal and recording, whole."""
        self._journal.close()
        self.sampler.close()
