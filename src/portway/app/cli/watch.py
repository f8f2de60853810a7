"""How commands show the page: its options, and when there is nobody to show it to."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portway.app.interrupt import on_signals

if TYPE_CHECKING:
    from portway.app.web.watching import PageOptions
    from portway.core.model.scenario import Scenario

Headless = Annotated[
    bool | None,
    typer.Option("--headless/--page", help="Without or with the page; by default with it at a terminal."),
]
Speed = Annotated[float, typer.Option(min=0.1, max=1000.0, help="Times real time.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="HTTP port of the page; the next free one if it is taken.")]
Browser = Annotated[bool, typer.Option(help="Open the page in the browser.")]
Keys = Annotated[
    Path | None, typer.Option(help="API keys (TOML) that the page asks for; without it everybody operates.")
]


def is_headless(wished: bool | None) -> bool:
    """What was wished; else whether this is not a terminal with a person before it."""
    if wished is not None:
        return wished
    return bool(os.environ.get("CI")) or not sys.stdout.isatty()


def page_options(port: int, browser: bool, keys: Path | None, hosts: list[str] | None = None) -> "PageOptions":
    """Options of the page from those of the command line; exit code 2 for a key file that cannot be used."""
    from portway.adapters.tos.api.keys import KeyFileError, load_keys
    from portway.app.web.watching import PageOptions

    try:
        ring = None if keys is None else load_keys(keys)
    except KeyFileError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
    shown = browser and (bool(os.environ.get("DISPLAY")) or sys.platform in ("darwin", "win32"))
    return PageOptions(port=port, browser=shown, keys=ring, on_signals=on_signals, hosts=tuple(hosts or ()))


def show_run(scenario: "Scenario", seed: int, hours: float, folder: Path, speed: float, options: "PageOptions") -> None:
    """Simulate at a pace and show it until Ctrl-C."""
    from portway.app.web.watching import watch_run

    _run(watch_run(scenario, seed, hours, folder, speed, options))


def show_past(folder: Path, options: "PageOptions") -> None:
    """Show a past run until Ctrl-C."""
    from portway.app.web.watching import watch_past

    _run(watch_past(folder, options))


def _run(program: Coroutine[Any, Any, None]) -> None:
    from portway.twin.recording import RecordingError

    try:
        asyncio.run(program)
    except RecordingError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
