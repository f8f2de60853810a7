"""Programs that show the page, each from top to bottom: a simulated run, and the past of one."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

from portway.adapters.tos.api.keys import KeyRing
from portway.app.web.journal_run import JournalRun
from portway.app.web.paced_run import PacedRun
from portway.app.web.page import make_page
from portway.app.web.serving import free_port, run_page
from portway.app.web.sim_desk import SimDesk
from portway.app.web.stage import Stage
from portway.core.model.scenario import Scenario
from portway.twin.recording_reader import Recording


class PageOptions(NamedTuple):
    """Where the page is, and who may do what on it."""

    host: str = "127.0.0.1"
    port: int = 8090
    browser: bool = True
    keys: KeyRing | None = None
    on_signals: Callable[[Callable[[], None]], None] = lambda _stop: None
    hosts: tuple[str, ...] = ()  # names by which the page may be asked for besides its address


async def _serve(stage: Stage, options: PageOptions, *work: Coroutine[Any, Any, None]) -> None:
    """The page, until a signal comes; work beside it ends with it."""
    port = free_port(options.host, options.port)
    tasks = [asyncio.create_task(w) for w in work]
    for task in tasks:
        task.add_done_callback(_say_failure)
    try:
        page = make_page(stage, options.keys)
        await run_page(page, options.host, port, options.browser, options.on_signals, options.hosts)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


def _say_failure(task: "asyncio.Task[None]") -> None:
    """The page goes on with what it has; whoever started it is told at once."""
    if not task.cancelled() and (error := task.exception()) is not None:
        print(f"the run behind the page has failed: {error}", file=sys.stderr, flush=True)


async def watch_run(
    scenario: Scenario, seed: int, hours: float, folder: Path, speed: float, options: PageOptions
) -> None:
    """Simulate at a pace and show it; journal and recording are in `folder`."""
    run = PacedRun(scenario, seed, hours, folder, speed)
    try:
        run.start()
        stage = Stage(run.hub.document, Recording(folder / "recording"), run.hub, SimDesk(run), run.sampler.flush)
        await _serve(stage, options, run.run())
    finally:
        run.close()


async def watch_past(folder: Path, options: PageOptions) -> None:
    """Show a past run: its recording, else its journal, which is recorded first while the page is open.

    Raises RecordingError or JournalError for files that cannot be shown, OSError when there are none.
    """
    if (folder / "recording").exists():
        recording = Recording(folder / "recording")
        doc = recording.header.document | {
            "mode": "replay",
            "whole": recording.whole and recording.header.document.get("whole", True),
        }
        await _serve(Stage(doc, recording), options)
        return
    run = JournalRun(folder)
    run.begin()
    await _serve(Stage(run.document, Recording(run.path)), options, run.run())
