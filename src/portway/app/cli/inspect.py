"""Commands that look at a scenario without running it: check, draw."""

import json
from pathlib import Path
from typing import Annotated

import typer

from portway.app.cli.options import Hosts, Json, Scenario, Set, overrides_of
from portway.app.cli.watch import Browser, Port, page_options


def check(scenario: Scenario, settings: Set = None, as_json: Json = False) -> None:
    """Report what is wrong with a scenario: files, ground plan, places that block traffic. Exit code 1 on errors."""
    import msgspec

    from portway.app.check import check_terminal
    from portway.app.compose import truck_type
    from portway.app.config import load_scenario
    from portway.app.map_cache import cached_map
    from portway.app.map_check import check_map

    loaded = load_scenario(scenario, overrides_of(settings))
    findings = check_terminal(loaded.terminal, loaded.fleet)
    if not any(f.severity == "error" for f in findings):
        findings += check_map(cached_map(loaded.terminal, truck_type(loaded)), loaded)
    errors = sum(f.severity == "error" for f in findings)
    if as_json:
        print(json.dumps({"scenario": loaded.id, "errors": errors, "findings": msgspec.to_builtins(findings)}))
    else:
        for finding in findings:
            print(finding)
        t = loaded.terminal
        print(
            f"{loaded.id}: {len(t.lanes)} lanes, {len(t.places)} places, {len(t.blocks)} blocks,"
            f" {len(t.quay_cranes)} quay cranes, {len(loaded.fleet.trucks)} trucks,"
            f" {len(loaded.work.job_orders)} job orders: {errors} errors, {len(findings) - errors} warnings"
        )
    raise typer.Exit(1 if errors else 0)


def edit(scenario: Scenario, port: Port = 8090, browser: Browser = True, hosts: Hosts = None) -> None:
    """Open the layout editor on a scenario: move and add roads, blocks and places, see what `check` finds, save."""
    import asyncio

    from portway.app.web.draft import Draft
    from portway.app.web.editor import edit as edit_draft

    asyncio.run(edit_draft(Draft(scenario), page_options(port, browser, None, hosts)))


def draw(
    scenario: Scenario,
    out: Annotated[Path, typer.Option(help="Picture to write; .svg or .png.")] = Path("layout.svg"),
    stops: Annotated[bool, typer.Option(help="Mark where trucks may stop.")] = False,
    settings: Set = None,
) -> None:
    """Draw the layout as SVG or PNG."""
    from portway.app.compose import truck_type
    from portway.app.config import load_scenario
    from portway.app.draw import draw_png, draw_svg
    from portway.app.map_cache import cached_map

    if out.suffix not in (".svg", ".png"):
        raise typer.BadParameter(f"--out {out}: end the name with .svg or .png")
    loaded = load_scenario(scenario, overrides_of(settings))
    marks = cached_map(loaded.terminal, truck_type(loaded)).stop_pose if stops else None
    svg = draw_svg(loaded.terminal, marks)
    if out.suffix == ".svg":
        out.write_text(svg, encoding="utf-8")
    elif not draw_png(svg, out):
        typer.echo("this machine has no font: the labels are missing from the picture", err=True)
    print(out.resolve())
