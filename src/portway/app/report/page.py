"""`report.html`: one page that opens without a network, in English and Chinese."""

import json
from importlib.resources import files
from typing import Any

from portway.app.report import figures, road_figures
from portway.app.report.occupancy import heat_of, space_time
from portway.app.report.truck_time import split_held
from portway.app.report.words import Text, word
from portway.core.model.layout import Terminal
from portway.core.units import MS_PER_MIN
from portway.sim.record import RunRecord

NONE = "–"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart, a dash for none."""
    return NONE if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """A share in percent, a dash for none."""
    return NONE if value is None else f"{100 * value:.1f}"


def _tile(name: str, value: str, unit: Text | str, alarm: bool = False, **fields: str) -> dict[str, Any]:
    return {"name": word(name), "value": value, "unit": unit, "more": word(name + "_more", **fields), "alarm": alarm}


def _tiles(r: dict[str, Any]) -> list[dict[str, Any]]:
    bad, at_work = r["conflicts"] + r["deadlocks"], number(r["moves_per_qc_hour_at_work"], 1)
    return [
        _tile("moves", number(r["moves_completed"]), "", open=number(r["job_orders_open"])),
        _tile("rate", number(r["moves_per_hour_per_qc"], 1), word("rate_unit"), at_work=at_work),
        _tile("crane_wait", percent(r["qc_wait_share"]), "%"),
        _tile("empty", percent(r["empty_travel_ratio"]), "%", km=number(r["distance_m"]["total"] / 1000)),
        _tile("held", percent(r["truck_states"]["held_by_traffic"]), "%"),
        _tile("bad", number(bad), "", bad > 0, plans=number(r["plans_count"])),
        _tile("planning", number(r["plan_us_p99"]), word("planning_unit"), p50=number(r["plan_us_p50"])),
        _tile("speed", number(r["real_time_factor"]), "×", wall=number(r["wall_s"], 1)),
    ]


def _crane_table(r: dict[str, Any]) -> dict[str, Any]:
    heads = ("h_crane", "h_moves", "h_rate", "h_at_work", "h_working", "h_gantry", "h_waiting", "h_share")
    rows = []
    for c in r["quay_cranes"]:
        hours = [number(c["seconds"][s] / 3600, 2) for s in ("working", "gantry", "waiting_truck")]
        rate, at_work = number(c["moves_per_hour_at_work"], 1), number(c["hours_at_work"], 2)
        rows.append([c["id"], number(c["moves"]), rate, at_work, *hours, percent(c["wait_share"])])
    return {"head": [word(h) for h in heads], "rows": rows}


def _card(name: str, figure: dict[str, Any], note: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"title": word(name), "note": word(name + "_note", **(note or {})), "figure": figure, "wide": True, **more}


def _cards(record: RunRecord, terminal: Terminal, r: dict[str, Any]) -> list[dict[str, Any]]:
    states, held = split_held(record)
    tracks = space_time(record, terminal)
    shown = {
        "offset": tracks.offset_m,
        "low": round(tracks.from_ms / MS_PER_MIN),
        "high": round(tracks.to_ms / MS_PER_MIN),
    }
    of_trucks = [
        _card("truck_time", figures.truck_time(record, states, r)),
        _card("waits", figures.waits(r)),
        _card("heat", road_figures.road_heat(heat_of(record, held), terminal), zoom=True),
        _card("space_time", road_figures.lane_tracks(tracks), shown),
    ]
    if not r["quay_cranes"]:
        return of_trucks
    return [
        _card("by_hour", figures.moves_by_hour(r), wide=False),
        _card("crane_time", figures.crane_time(r), wide=False),
        _card("crane_waits", figures.crane_waits(record)),
        *of_trucks,
        {"title": word("cranes"), "note": "", "wide": True, "table": _crane_table(r)},
    ]


def _notices(r: dict[str, Any]) -> list[Text]:
    interrupted = [] if r["finished"] else [word("interrupted", hours=r["hours"])]
    return interrupted + ([] if r["moves_completed"] else [word("nothing_moved")])


def page_data(record: RunRecord, terminal: Terminal, report: dict[str, Any]) -> dict[str, Any]:
    """Texts, tiles and figures of the page in both languages."""
    r = report
    facts = {"cranes": len(r["quay_cranes"]), **{k: r[k] for k in ("trucks", "hours", "strategy", "seed")}}
    return {
        "title": word("title", name=terminal.title or r["scenario"]),
        "facts": word("facts", **facts),
        "notices": _notices(r),
        "tiles": _tiles(r),
        "cards": _cards(record, terminal, r),
        "footer": word("footer", version=r["portway_version"], digest=r["journal_digest"] or NONE),
    }


def page(record: RunRecord, terminal: Terminal, report: dict[str, Any]) -> str:
    """The whole page, Plotly included."""
    data = json.dumps(page_data(record, terminal, report), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    template = files("portway.app.report").joinpath("page.html").read_text(encoding="utf-8")
    plotly = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    head, _, rest = template.partition("/*PLOTLY*/")
    middle, _, tail = rest.partition("/*DATA*/")
    return "".join((head, plotly, middle, data.replace("<", "\\u003c"), tail))
