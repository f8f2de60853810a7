"""`portway bench`: measures this machine against what the product must reach.

The measurements live in the checkout's `benchmarks/` folder, which is not part of an installed package; a benchmark
yields rows, each with a floor (`at_least`) and an aim. `ok` says that the floor holds.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks"


class Row(NamedTuple):
    """One measured figure; `ok` says that the floor holds. A row that could not be measured is not ok."""

    id: str
    value: float | None
    unit: str
    at_least: float
    aim: float
    ok: bool
    remark: str = ""


class Measurement(NamedTuple):
    """A row to come: `measure(quick)` gives (value, remark); `more_is_better` turns the comparison. One that cannot be
    made short is left out of quick runs."""

    id: str
    unit: str
    at_least: float
    aim: float
    more_is_better: bool
    measure: Callable[[bool], tuple[float | None, str]]
    in_quick: bool = True


def _load(file: str, *folders: str) -> list[Measurement]:
    path = FOLDER / file
    if not path.exists():
        raise FileNotFoundError(f"{path}: benchmarks need a checkout of the project; run `python3 run.py bench` in one")
    sys.path[:0] = [str(FOLDER / folder) for folder in folders]
    spec = importlib.util.spec_from_file_location(f"portway_benchmarks_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.MEASUREMENTS)


BENCHMARKS: dict[str, Callable[[], list[Measurement]]] = {
    "core": lambda: _load("core.py", ".", "terminals", "peers"),
    "live": lambda: _load("live/live.py", "live", "../tests"),
    "twin": lambda: _load("twin/twin.py", "twin", "live", "../tests", "../tests/e2e"),
}


def _measured(m: Measurement, quick: bool) -> Row:
    value, remark = m.measure(quick)
    holds = value is not None and (value >= m.at_least if m.more_is_better else value <= m.at_least)
    return Row(m.id, value, m.unit, m.at_least, m.aim, holds, remark)


def _rows(measurements: list[Measurement], quick: bool, show: bool) -> Iterator[Row]:
    for m in measurements:
        if show:
            print(f"measuring {m.id} ...", file=sys.stderr, flush=True)
        yield _measured(m, quick)


def run_rows(load: Callable[[], list[Measurement]], quick: bool, only: str | None, show: bool) -> list[Row]:
    """All rows of a benchmark, or those whose id contains `only`."""
    chosen = [m for m in load() if (only is None or only in m.id) and (m.in_quick or not quick)]
    return list(_rows(chosen, quick, show))


def print_rows(rows: list[Row]) -> None:
    """The rows as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    for name in ("what", "measured", "unit", "at least", "aim", "", "remark"):
        table.add_column(name, justify="right" if name in ("measured", "at least", "aim") else "left")
    for r in rows:
        value = "-" if r.value is None else f"{r.value:,.3g}" if abs(r.value) < 10 else f"{r.value:,.0f}"
        table.add_row(r.id, value, r.unit, f"{r.at_least:g}", f"{r.aim:g}", "ok" if r.ok else "MISSED", r.remark)
    Console().print(table)
