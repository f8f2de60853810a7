"""One typer application; heavy imports happen inside the commands that need them."""

import sys
from typing import NoReturn

import typer

from portway.app.cli import certs, conform, doctor, exports, imports, inspect, live, measure, run
from portway.app.interrupt import answer_signals, exit_code

app = typer.Typer(
    name="portway",
    help="Driverless container trucks of a port terminal: simulate, check, draw, import, export, replay, measure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run.simulate)
app.command()(run.demo)
app.command()(run.watch)
app.command()(run.replay)
app.command()(inspect.check)
app.command()(inspect.draw)
app.command()(inspect.edit)
app.command()(live.serve)
app.command()(live.truck)
app.command()(live.key)
app.command()(conform.conform)
app.command()(doctor.doctor)
app.command()(certs.certs)
app.command()(measure.storm)
app.command()(measure.bench)
app.add_typer(imports.app, name="import")
app.add_typer(exports.app, name="export")


def main() -> NoReturn:
    """Run the command line; problems of the input are printed, one a line, without a traceback."""
    answer_signals()
    try:
        _run()
    except SystemExit as ended:
        sys.exit(exit_code(ended.code))


def _run() -> NoReturn:
    from portway.adapters.layout.layout_error import LayoutError
    from portway.adapters.layout.wsc_terminal import WscError
    from portway.adapters.storage.journal import JournalError
    from portway.adapters.tos.rows import WorkError
    from portway.app.config import ScenarioError

    try:
        app(standalone_mode=True)
    except (ScenarioError, WorkError, JournalError, LayoutError, WscError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        print(_said(error), file=sys.stderr)
        sys.exit(3)
    sys.exit(0)


def _said(error: OSError) -> str:
    """Which file cannot be written or read, and why."""
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}; give another path, or free space if the disk is full"
