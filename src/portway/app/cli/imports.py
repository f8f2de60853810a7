"""`portway import SOURCE`: bring a terminal or a work list in from outside. Nothing is left half-written."""

from pathlib import Path
from typing import Annotated

import typer

from portway.core.model import Fleet, PlaceKind, Terminal, Truck, TruckType

app = typer.Typer(help="Import work or a layout from outside.", no_args_is_help=True)
Into = Annotated[Path, typer.Option("--out", help="Scenario folder to write into; made if it is not there.")]
Trucks = Annotated[int, typer.Option(min=0, help="Trucks of the new scenario.")]
Equipment = Annotated[
    str | None,
    typer.Option(
        help="Scenario to take quay, blocks, cranes, gates, zones and forbidden turns from.", metavar="SCENARIO"
    ),
]
Plan = Annotated[str, typer.Option(help="Scenario whose terminal the work is checked against.")]


def _write_work(rows: list, terminal: str, out: Path) -> None:
    """Check the rows against a terminal, then write `work.csv`."""
    from portway.adapters.tos.planner import plan_work
    from portway.adapters.tos.work_file import warnings, write_rows
    from portway.app.config import load_scenario

    work = plan_work(rows, load_scenario(terminal, {}).terminal, "import")
    for text in warnings(rows):
        typer.echo(f"warning: {text}", err=True)
    out.mkdir(parents=True, exist_ok=True)
    write_rows(rows, out / "work.csv")
    typer.echo(f"{out / 'work.csv'}: {len(work.job_orders)} job orders, {len(work.queues)} work queues")


def _fleet(terminal: Terminal, trucks: int) -> Fleet:
    """A fleet of default trucks with homes at the first rest places, parking before charging."""
    rest = [p.id for kind in (PlaceKind.PARKING, PlaceKind.CHARGING) for p in terminal.places if p.kind == kind]
    if trucks > len(rest):
        raise typer.BadParameter(f"--trucks {trucks}: the layout has {len(rest)} rest places; use at most so many")
    return Fleet((TruckType(),), tuple(Truck(f"T{i + 1:03d}", rest[i]) for i in range(trucks)))


@app.command("csv")
def from_csv(
    file: Annotated[Path, typer.Argument(help="A work list with the columns of docs/reference/work.md.")],
    out: Into = Path("scenario"),
    terminal: Plan = "yangluo",
) -> None:
    """Check a CSV work list and copy it into a scenario."""
    from portway.adapters.tos.work_file import WorkError, read_rows

    rows, problems = read_rows(file)
    if problems:
        raise WorkError(problems)
    _write_work(rows, terminal, out)


@app.command("edi")
def from_edi(
    files: Annotated[list[Path], typer.Argument(help="COPRAR, BAPLIE, COARRI or CODECO files.")],
    out: Into = Path("scenario"),
    terminal: Plan = "yangluo",
) -> None:
    """Turn EDIFACT messages into a work list; odd segments are named as warnings."""
    from portway.adapters.tos.edifact import import_edi

    rows, odd = import_edi(files)
    for text in odd:
        typer.echo(f"warning: {text}", err=True)
    _write_work(rows, terminal, out)


@app.command("conflowgen")
def from_conflowgen(
    folder: Annotated[Path, typer.Argument(help="Folder of a conflowgen CSV export.")],
    out: Into = Path("scenario"),
    terminal: Plan = "yangluo",
    from_h: Annotated[
        float, typer.Option(help="Cut out a window that begins so many hours after the first call.")
    ] = 0.0,
    hours: Annotated[float, typer.Option(help="Length of the window.")] = 168.0,
) -> None:
    """Turn a conflowgen export into a work list."""
    from portway.adapters.tos.conflowgen import import_conflowgen

    _write_work(import_conflowgen(folder, from_h, hours), terminal, out)


@app.command("wsc")
def from_wsc(
    folder: Annotated[Path, typer.Argument(help="Folder with the WSC 2025 Challenge files.")],
    out: Into = Path("wsc2025"),
    scenario: Annotated[int, typer.Option(help="Number of the challenge scenario.")] = 0,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks of work.")] = 1,
    trucks: Annotated[int, typer.Option(min=1, help="Trucks.")] = 12,
) -> None:
    """Make a scenario of the WSC 2025 Challenge: its terminal with roads between the control points, and its work."""
    from portway.adapters.layout.wsc_terminal import terminal_from_wsc
    from portway.adapters.tos.planner import plan_work
    from portway.adapters.tos.work_file import write_rows
    from portway.adapters.tos.wsc import import_wsc
    from portway.app.config import write_scenario

    terminal = terminal_from_wsc(folder)
    rows = import_wsc(folder, scenario, weeks)
    work = plan_work(rows, terminal, f"transhipment{scenario}.csv")
    write_scenario(out, terminal, _fleet(terminal, trucks))
    write_rows(rows, out / "work.csv")
    typer.echo(f"{out}: {len(terminal.lanes)} lanes, {len(work.job_orders)} job orders, {len(work.queues)} work queues")


@app.command("lif")
def from_lif(
    file: Annotated[Path, typer.Argument(help="A LIF 1.0 file.")],
    out: Into = Path("scenario"),
    layout: Annotated[str | None, typer.Option(help="Id of the layout, where the file has several.")] = None,
    equipment: Equipment = None,
    trucks: Trucks = 1,
) -> None:
    """Make a scenario of a VDA layout interchange file (LIF 1.0): its roads and places."""
    from portway.adapters.layout.lif import terminal_from_lif
    from portway.app.layout_import import loadable, read_document

    terminal = terminal_from_lif(read_document(file, "LIF 1.0"), str(file), layout)
    terminal, notes = loadable(_equipped(terminal, equipment))
    _write_layout(terminal, file, out, trucks)
    for text in notes:
        typer.echo(f"warning: {file}: {text}", err=True)


@app.command("geojson")
def from_geojson(
    file: Annotated[Path, typer.Argument(help="A GeoJSON file that `portway export geojson` wrote.")],
    out: Into = Path("scenario"),
    equipment: Equipment = None,
    trucks: Trucks = 1,
) -> None:
    """Make a scenario of a GeoJSON file: the whole terminal, as it was moved about in a map program."""
    from portway.adapters.layout.geojson import terminal_from_geojson
    from portway.app.layout_import import read_document

    terminal = terminal_from_geojson(read_document(file, "GeoJSON"), str(file))
    _write_layout(_equipped(terminal, equipment), file, out, trucks)


def _equipped(terminal: Terminal, equipment: str | None) -> Terminal:
    """A layout with the cranes of a scenario, if one is named."""
    from portway.app.config import load_scenario
    from portway.app.layout_import import with_equipment

    return terminal if equipment is None else with_equipment(terminal, load_scenario(equipment).terminal)


def _write_layout(terminal: Terminal, file: Path, out: Path, trucks: int) -> None:
    """Check a layout that came from a file, then write its scenario."""
    from portway.app.config import write_scenario
    from portway.app.layout_import import check_loadable

    check_loadable(terminal, str(file))
    write_scenario(out, terminal, _fleet(terminal, trucks))
    typer.echo(f"{out}: {len(terminal.lanes)} lanes, {len(terminal.places)} places")
