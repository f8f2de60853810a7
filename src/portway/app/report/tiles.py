"""Key figures of a run on the page: large numbers at the top, the table of quay cranes at the bottom."""

from typing import Any

from portway.app.report.markup import said, tag
from portway.app.report.words import Text, word

NONE = "–"
HEADS = ("h_crane", "h_moves", "h_rate", "h_at_work", "h_working", "h_gantry", "h_waiting", "h_share")


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart, a dash for none."""
    return NONE if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """A share in percent, a dash for none."""
    return NONE if value is None else f"{100 * value:.1f}"


def _tile(name: str, value: str, unit: Text | str, alarm: bool = False, **fields: str) -> str:
    big = tag("b", value, said("small", unit) if unit else "")
    told = said("div", word(name), class_="name") + big + said("div", word(name + "_more", **fields), class_="more")
    return tag("div", told, class_="tile alarm" if alarm else "tile", data_tile=name)


def tiles(r: dict[str, Any]) -> str:
    """The large numbers of a report."""
    bad, at_work = r["conflicts"] + r["deadlocks"], number(r["moves_per_qc_hour_at_work"], 1)
    return "".join([
        _tile("moves", number(r["moves_completed"]), "", open=number(r["job_orders_open"])),
        _tile("rate", number(r["moves_per_hour_per_qc"], 1), word("rate_unit"), at_work=at_work),
        _tile("crane_wait", percent(r["qc_wait_share"]), "%"),
        _tile("empty", percent(r["empty_travel_ratio"]), "%", km=number(r["distance_m"]["total"] / 1000)),
        _tile("held", percent(r["truck_states"]["held_by_traffic"]), "%"),
        _tile("bad", number(bad), "", bad > 0, plans=number(r["plans_count"])),
        _tile("planning", number(r["plan_us_p99"]), word("planning_unit"), p50=number(r["plan_us_p50"])),
        _tile("speed", number(r["real_time_factor"]), "×", wall=number(r["wall_s"], 1)),
    ])  # fmt: skip


def crane_rows(r: dict[str, Any]) -> list[list[str]]:
    """A row of the table for each quay crane, under `HEADS`."""
    rows = []
    for c in r["quay_cranes"]:
        hours = [number(c["seconds"][s] / 3600, 2) for s in ("working", "gantry", "waiting_truck")]
        rate, at_work = number(c["moves_per_hour_at_work"], 1), number(c["hours_at_work"], 2)
        rows.append([c["id"], number(c["moves"]), rate, at_work, *hours, percent(c["wait_share"])])
    return rows


def crane_table(r: dict[str, Any]) -> str:
    """The quay cranes in figures."""
    head = tag("tr", *(tag("th", said("span", word(h))) for h in HEADS))
    body = [tag("tr", *(said("td", cell) for cell in row)) for row in crane_rows(r)]
    return tag("table", tag("thead", head), tag("tbody", *body))
