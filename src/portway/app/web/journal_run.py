"""The past of a run that left only its journal: the core again on its events, recorded while pages look at it."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from portway.adapters.storage.journal import JournalError, read_journal
from portway.app.compose import make_controller, make_world
from portway.app.web.document import document
from portway.app.web.sampling import Sampler
from portway.core.dispatch import STRATEGIES
from portway.core.snapshot import Snapshot
from portway.runtime import Repeat
from portway.twin.mirror import Mirror
from portway.twin.recording import RecordingWriter

SAMPLE_MS, ROWS_MS = 1_000, 5_000
SLICE_S, REST_S = 0.06, 0.02
PART = "recording.part"


class JournalRun:
    """A journal on its way to a recording."""

    def __init__(self, folder: Path) -> None:
        """Raises JournalError for a journal that cannot be read, OSError when it is not there."""
        path = folder / "journal"
        header, self._entries, self.whole = read_journal(path)
        strategy = header.scenario.policies.dispatch
        if strategy not in STRATEGIES:
            raise JournalError(f"{path}: made with the strategy {strategy}, which is not known; add it to STRATEGIES")
        if not self._entries:
            raise JournalError(f"{path}: nothing has happened in this run yet")
        self.end_ms = self._entries[-1].event.at_ms
        self.controller = make_controller(header.scenario, header.visitors)
        world = make_world(header.scenario, header.seed, self.controller)
        assert world.trucks is not None
        self.mirror = Mirror(Snapshot(self.controller), world.trucks, ROWS_MS)
        doc = document(header.scenario, self.controller.state.traffic.map, self.mirror, "replay")
        self.document = doc | {"whole": self.whole}
        self.path = folder / PART
        self._sampler = Sampler(
            self.mirror, RecordingWriter(self.path, self.document, self.mirror.points.count, SAMPLE_MS), None
        )
        self._folder = folder
        self._next = 0
        self._repeat = Repeat(self.controller, world, self.mirror)
        self.differs = False
        self.mirror.begin(self._repeat.start())

    def begin(self) -> None:
        """Record the first instant, so that there is something to look at."""
        self._sampler.take(0)
        assert self._sampler.writer is not None
        self._sampler.writer.flush()

    def record(self) -> None:
        """All of it, at once."""
        self.begin()
        for _ in self.instants():
            pass

    def instants(self) -> Iterator[int]:
        """Go on to the end; gives each instant that has been recorded."""
        at = 0
        while at < self.end_ms and not self.differs:
            at = min(at + SAMPLE_MS, self.end_ms)
            self._feed(at)
            self._sampler.take(at)
            yield at
        self._sampler.close()
        if self.differs:
            message = (
                f"{self._folder}: this version of the core answers record {self._next} differently; shown up to there"
            )
            print(message, file=sys.stderr, flush=True)
        else:
            self.path.replace(self._folder / "recording")

    def _feed(self, until_ms: int) -> None:
        """All entries up to an instant; at the first that this core answers in another way it ends."""
        while self._next < len(self._entries) and self._entries[self._next].event.at_ms <= until_ms:
            entry = self._entries[self._next]
            if not self._repeat.answers_alike(entry.event, entry.commands):
                self.differs = True
                return
            self._next += 1
        self._repeat.drive(until_ms)

    async def run(self) -> None:
        """Record all of it in slices, so that pages are served meanwhile."""
        until = time.monotonic() + SLICE_S
        for _ in self.instants():
            if time.monotonic() > until:
                await asyncio.sleep(REST_S)
                until = time.monotonic() + SLICE_S
