"""Commands that run a terminal: simulate, demo, replay."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portway.app.cli.film import FilmSpan, Frames, Video, make_film
from portway.app.cli.options import Hosts, Json, Out, Scenario, Seed, Set, overrides_of
from portway.app.cli.watch import Browser, Headless, Keys, Port, Speed, is_headless, page_options, show_past, show_run

if TYPE_CHECKING:
    from portway.app.compose import Run

DEMO_HOURS = 8.0


def _poses_hz(text: str) -> float | None:
    if text == "off":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise typer.BadParameter(f"--poses {text}: give 'off' or a rate in Hz, at most 1000")
    return rate


@contextmanager
def _progress(hours: float, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar over the simulated time, on the error stream; None when nothing shall be shown."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("simulating"), BarColumn(), TextColumn("{task.fields[at]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("run", total=hours, at="")
        yield lambda now_ms, done: bar.update(
            task, completed=now_ms / 3.6e6, at=f"{now_ms / 3.6e6:.1f} h, {done} boxes"
        )


def _finish(run: "Run", out: Path | None, poses_hz: float | None, as_json: bool) -> dict[str, Any]:
    """Write or only compute the report, and show it."""
    from portway.app.report import key_figures, print_summary, write_report
    from portway.app.run_record import run_record

    record = run_record(run)
    report = write_report(record, run.scenario.terminal, out, poses_hz) if out else key_figures(record)
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        print_summary(report)
        if out:
            print(f"report: {(out / 'report.html').resolve()}")
    return report


def _simulate(scenario: Any, seed: int, hours: float, out: Path | None, poses: str, as_json: bool) -> None:
    from portway.app.compose import simulate as run_scenario
    from portway.app.interrupt import stopping_between_steps
    from portway.app.report.whole_files import RunWriteError, write_failure

    poses_hz, journal = _poses_hz(poses), out / "journal" if out else None
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    try:
        with _progress(hours, as_json) as progress, stopping_between_steps(progress) as look:
            run = run_scenario(scenario, seed, hours, journal, look)
    except OSError as error:
        if journal is None or error.filename != str(journal):
            raise
        raise RunWriteError(error.errno, write_failure(journal, error)) from error
    _finish(run, out, poses_hz, as_json)
    if not run.finished:
        raise typer.Exit(130)


def simulate(
    scenario: Scenario,
    hours: Annotated[float, typer.Option(min=0.0, help="Simulated hours; ends earlier when all work is done.")] = 8.0,
    trucks: Annotated[int | None, typer.Option(min=1, help="Number of trucks instead of the scenario's.")] = None,
    seed: Seed = 0,
    out: Out = None,
    poses: Annotated[str, typer.Option(help="Rate of poses.parquet in Hz, or 'off'.")] = "5",
    strategy: Annotated[str | None, typer.Option(help="nearest, gangs or rolling_horizon.")] = None,
    record: Annotated[
        bool, typer.Option(help="Record the run in --out, so that `replay` shows any of it at once.")
    ] = False,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Run a scenario in the simulator."""
    from portway.app.config import load_scenario

    if record and out is None:
        raise typer.BadParameter("--record: the recording lies beside the journal; give --out DIR")
    loaded = load_scenario(scenario, overrides_of(settings, trucks, strategy))
    _simulate(loaded, seed, hours, out, poses, as_json)
    if record and out is not None:
        from portway.app.web.journal_run import JournalRun

        JournalRun(out).record()


def demo(
    out: Out = None,
    headless: Headless = None,
    speed: Speed = 10.0,
    port: Port = 8090,
    browser: Browser = True,
    keys: Keys = None,
    hosts: Hosts = None,
    settings: Set = None,
) -> None:
    """Show the Yangluo terminal with 60 simulated trucks in the browser; --headless: 8 hours and a report."""
    from portway.app.config import load_scenario

    folder = out or Path("runs/demo")
    print("Yangluo terminal, 60 driverless trucks, 8 hours of a conflowgen work list", file=sys.stderr)
    scenario = load_scenario("yangluo", overrides_of(settings))
    if is_headless(headless):
        _simulate(scenario, 0, DEMO_HOURS, folder, "off", False)
    else:
        show_run(scenario, 0, DEMO_HOURS, folder, speed, page_options(port, browser, keys, hosts))


def watch(
    scenario: Scenario,
    hours: Annotated[float, typer.Option(min=0.0, help="Simulated hours.")] = 24.0,
    trucks: Annotated[int | None, typer.Option(min=1, help="Number of trucks instead of the scenario's.")] = None,
    seed: Seed = 0,
    out: Out = None,
    speed: Speed = 10.0,
    port: Port = 8090,
    browser: Browser = True,
    keys: Keys = None,
    hosts: Hosts = None,
    strategy: Annotated[str | None, typer.Option(help="nearest, gangs or rolling_horizon.")] = None,
    settings: Set = None,
) -> None:
    """Simulate a scenario at a pace and show it in the browser; the run is recorded."""
    from portway.app.config import load_scenario

    loaded = load_scenario(scenario, overrides_of(settings, trucks, strategy))
    folder = out or Path("runs") / Path(scenario).name
    show_run(loaded, seed, hours, folder, speed, page_options(port, browser, keys, hosts))


def replay(
    folder: Annotated[Path, typer.Argument(help="Folder of a run; it holds `journal`, `recording` or both.")],
    out: Out = None,
    poses: Annotated[str, typer.Option(help="Rate of poses.parquet in Hz, or 'off'.")] = "5",
    headless: Headless = None,
    port: Port = 8090,
    browser: Browser = True,
    hosts: Hosts = None,
    video: Video = None,
    frames: Frames = None,
    film: FilmSpan = "",
    as_json: Json = False,
) -> None:
    """Show a past run in the browser; --headless: run the core again on its journal and compare every answer."""
    if video is not None or frames is not None:
        make_film(folder, video, frames, film)
        return
    if is_headless(True if as_json else headless):
        _compare(folder, out, _poses_hz(poses), as_json)
    else:
        show_past(folder, page_options(port, browser, None, hosts))


def _compare(folder: Path, out: Path | None, poses_hz: float | None, as_json: bool) -> None:
    from portway.app.replay import replay as run_again

    outcome = run_again(folder / "journal")
    if not outcome.whole:
        print(f"{folder}: the journal is cut off; replayed {outcome.entries} whole records", file=sys.stderr)
    _finish(outcome.run, out, poses_hz, as_json)
    if outcome.differs_at is not None:
        print(f"{folder}: the answer to record {outcome.differs_at} differs from the journal", file=sys.stderr)
        raise typer.Exit(1)
    if not as_json:
        print(f"replay: {outcome.entries} records, every answer as in the journal")
