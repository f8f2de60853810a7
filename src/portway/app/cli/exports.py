"""`portway export FORMAT`: write the layout of a scenario for other programs. Nothing is left half-written."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from portway.app.cli.options import Scenario, Set, overrides_of

app = typer.Typer(help="Write a layout for other programs.", no_args_is_help=True)
Target = Annotated[Path, typer.Option("--out", help="File to write.")]


def _write(document: dict[str, Any], out: Path) -> None:
    from portway.app.report.whole_files import whole_file

    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as temporary:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    print(out.resolve())


@app.command("lif")
def to_lif(scenario: Scenario, out: Target = Path("layout.lif"), settings: Set = None) -> None:
    """Write roads and places as a VDA layout interchange file (LIF 1.0)."""
    from portway.adapters.layout.lif import terminal_to_lif
    from portway.app.config import load_scenario

    _write(terminal_to_lif(load_scenario(scenario, overrides_of(settings)).terminal), out)


@app.command("geojson")
def to_geojson(
    scenario: Scenario,
    out: Target = Path("layout.geojson"),
    lat: Annotated[float, typer.Option(help="Latitude of the layout's origin, degrees.")] = 30.68,
    lon: Annotated[float, typer.Option(help="Longitude of the layout's origin, degrees.")] = 114.55,
    bearing: Annotated[float, typer.Option(help="Direction of the x axis, degrees clockwise from north.")] = 90.0,
    settings: Set = None,
) -> None:
    """Write the whole terminal as GeoJSON, to be opened and changed in a map program."""
    from portway.adapters.layout.geojson import Projection, terminal_to_geojson
    from portway.app.config import load_scenario

    try:
        projection = Projection(lat, lon, bearing)
    except ValueError as error:
        raise typer.BadParameter(f"--lat, --lon, --bearing: {error}") from error
    _write(terminal_to_geojson(load_scenario(scenario, overrides_of(settings)).terminal, projection), out)
