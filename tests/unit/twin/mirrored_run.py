"""A small simulated run with its mirror, sampled once a second."""

from pathlib import Path
from typing import NamedTuple

from portway.adapters.storage.journal import JournalHeader, JournalWriter
from portway.app.compose import make_controller, make_world
from portway.app.config import load_scenario
from portway.app.web.document import document
from portway.app.web.paced_run import Noting
from portway.app.web.sampling import Sampler
from portway.core.controller import Controller
from portway.core.snapshot import Snapshot
from portway.runtime import Runtime
from portway.twin.mirror import Mirror
from portway.twin.recording import RecordingWriter


class MirroredRun(NamedTuple):
    """What a test looks at."""

    controller: Controller
    runtime: Runtime
    mirror: Mirror
    sampler: Sampler

    def go_to(self, at_ms: int, every_ms: int = 1_000) -> None:
        """Run on, with a sample every `every_ms`."""
        while self.mirror.at_ms < at_ms:
            next_ms = min(at_ms, max(self.mirror.at_ms, 0) + every_ms)
            while self.runtime.now_ms < next_ms:
                self.runtime.step(next_ms)
            self.sampler.take(next_ms)


def mirrored_run(recording: Path | None = None, scenario: str = "huashan") -> MirroredRun:
    """A run that has just begun."""
    loaded = load_scenario(scenario, [])
    controller = make_controller(loaded, 0)
    world = make_world(loaded, 0, controller)
    mirror = Mirror(Snapshot(controller), world.trucks)
    journal = JournalWriter(None, JournalHeader(1, loaded, 0, 0, 0))
    runtime = Runtime(controller, world, Noting(journal, mirror.note))
    doc = document(loaded, controller.state.traffic.map, mirror, "simulation")
    writer = None if recording is None else RecordingWriter(recording, doc, mirror.points.count, 1_000)
    mirror.begin(runtime.start())
    run = MirroredRun(controller, runtime, mirror, Sampler(mirror, writer, None))
    run.sampler.take(0)
    return run
