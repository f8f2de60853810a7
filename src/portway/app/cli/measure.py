"""Commands that measure: storm, bench."""

import json
from typing import Annotated, Any

import typer

from portway.app.cli.options import Json


def storm(
    seed: Annotated[int, typer.Option(help="First seed.")] = 1,
    count: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 1,
    live: Annotated[bool, typer.Option("--live", help="A live terminal among trucks that lie, over VDA 5050.")] = False,
    restarts: Annotated[bool, typer.Option("--restarts", help="A live server and a truck that restart.")] = False,
    as_json: Json = False,
) -> None:
    """Draw terminals, fleets, work and faults from seeds, run them, check every invariant. Exit code 1 on a breach."""
    from portway.app.storm import run_storm
    from portway.app.storm_live import run_live_storm, run_restart

    results: list[Any] = []
    for number in range(seed, seed + count):
        result = run_restart(number) if restarts else run_live_storm(number) if live else run_storm(number)
        results.append(result)
        if not as_json:
            print(result)
    failed = sum(bool(r.breaches) for r in results)
    if as_json:
        print(json.dumps({"storms": [r._asdict() for r in results], "failed": failed}))
    elif failed:
        print(f"{failed} of {count} storms broke an invariant")
    raise typer.Exit(1 if failed else 0)


def bench(
    name: Annotated[str, typer.Argument(help="Which benchmark: core, live, twin.")] = "core",
    quick: Annotated[bool, typer.Option(help="Shorter runs, under a minute together.")] = False,
    only: Annotated[str | None, typer.Option(help="Rows whose id contains this.")] = None,
    as_json: Json = False,
) -> None:
    """Measure this machine against the figures that the product must reach. Exit code 1 when a floor is missed."""
    from portway.app.bench import BENCHMARKS, print_rows, run_rows

    if name not in BENCHMARKS:
        raise typer.BadParameter(f"no benchmark {name!r}; known: {', '.join(BENCHMARKS)}")
    rows = run_rows(BENCHMARKS[name], quick, only, not as_json)
    if as_json:
        print(json.dumps({"rows": [r._asdict() for r in rows]}))
    else:
        print_rows(rows)
    raise typer.Exit(0 if all(r.ok for r in rows) else 1)
