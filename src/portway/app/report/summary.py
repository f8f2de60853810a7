"""The figures of a finished run as a table in the terminal."""

from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table

NONE = "-"


def _number(value: float | None, digits: int = 0, unit: str = "") -> str:
    return NONE if value is None else f"{value:,.{digits}f}{unit}"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _key_rows(r: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, figure, remark) of the table's rows."""
    km = r["distance_m"]["total"] / 1000
    return [
        ("moves completed", _number(r["moves_completed"]), f"{_number(r['job_orders_open'])} job orders open"),
        ("moves per hour and quay crane", _number(r["moves_per_hour_per_qc"], 1),
         f"{_number(r['moves_per_qc_hour_at_work'], 1)} while at work"),
        ("quay cranes waiting for trucks", _percent(r["qc_wait_share"]), "of their time at work"),
        ("empty travel", _percent(r["empty_travel_ratio"]), f"of {_number(km, 1)} km"),
        ("trucks held by traffic", _percent(r["truck_states"]["held_by_traffic"]), "of all truck time"),
        ("conflicts, deadlocks", f"{r['conflicts']}, {r['deadlocks']}", f"{_number(r['plans_count'])} plans"),
        ("planning time", _number(r["plan_us_p50"], 0, " µs"), f"median; p99 {_number(r['plan_us_p99'], 0, ' µs')}"),
        ("computed in", _number(r["wall_s"], 1, " s"), f"{_number(r['real_time_factor'])} times real time"),
    ]  # fmt: skip


def _key_table(r: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    for what, figure, remark in _key_rows(r):
        alarm = what.startswith("conflicts") and (r["conflicts"] or r["deadlocks"])
        table.add_row(what, f"[red]{figure}[/red]" if alarm else figure, remark)
    return table


def _crane_table(r: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    table.add_column("quay crane")
    for name in ("moves", "per hour at work", "hours at work", "waiting for trucks"):
        table.add_column(name, justify="right")
    for c in r["quay_cranes"]:
        table.add_row(
            c["id"], _number(c["moves"]), _number(c["moves_per_hour_at_work"], 1), _number(c["hours_at_work"], 2),
            _percent(c["wait_share"]),
        )  # fmt: skip
    return table


def print_summary(report: dict[str, Any], console: Console | None = None) -> None:
    """Print the key figures and the quay cranes of a run."""
    r = report
    title = f"{r['scenario']}: {r['trucks']} trucks, {r['hours']:.1f} h, {r['strategy']}, seed {r['seed']}"
    parts: list[Any] = [] if r["finished"] else ["[yellow]interrupted: figures until then[/yellow]", ""]
    parts += [_key_table(r), "", _crane_table(r)] if r["quay_cranes"] else [_key_table(r)]
    (console or Console()).print(Panel(Group(*parts), title=title, title_align="left", expand=False, padding=(1, 2)))
