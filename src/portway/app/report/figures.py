"""Plots of cranes and trucks as plain Plotly figures; a text in both languages is resolved by the page."""

from typing import Any

import numpy as np

from portway.app.report import style
from portway.app.report.style import axis, layout
from portway.app.report.words import word
from portway.core.units import MS_PER_H, MS_PER_MIN
from portway.sim.cranes import CraneState
from portway.sim.record import CRANE_STATE_LABELS, TRUCK_STATE_LABELS, RunRecord, Spans

Figure = dict[str, Any]

BINS_MAX = 96
CAUSES = ("quay_crane", "yard_crane", "no_free_place", "held_by_traffic", "disturbed")


def moves_by_hour(report: dict[str, Any]) -> Figure:
    """Quay moves of every hour, stacked by crane."""
    cranes, hours = report["quay_cranes"], report["hours"]
    traces = [
        {
            "type": "bar",
            "name": c["id"],
            "x": [h + 0.5 for h in range(len(c["moves_by_hour"]))],
            "y": c["moves_by_hour"],
            "marker": {"color": colour, "line": {"width": 0.5, "color": style.PAPER}},
            "hovertemplate": word("hover_moves", crane=c["id"]),
        }
        for c, colour in zip(cranes, style.shades(len(cranes)), strict=True)
    ]
    x = axis("hour", range=[0, max(1, int(np.ceil(hours)))], dtick=max(1, round(hours / 12)))
    return {
        "data": traces,
        "layout": layout(
            2, barmode="stack", bargap=0.12, xaxis=x, yaxis=axis("h_moves", rangemode="tozero"), height=360
        ),
    }


def crane_time(report: dict[str, Any]) -> Figure:
    """How each quay crane spent its time, in percent; moves per hour at work beside it."""
    cranes = report["quay_cranes"][::-1]
    total = [max(sum(c["seconds"].values()), 1e-9) for c in cranes]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": CRANE_STATE_LABELS[state]._asdict(),
            "y": [c["id"] for c in cranes],
            "x": [round(100 * c["seconds"][state.name.lower()] / t, 2) for c, t in zip(cranes, total, strict=True)],
            "marker": {"color": colour},
            "hovertemplate": "%{y}: %{x:.1f} %",
        }
        for state, colour in style.CRANE_COLOURS.items()
    ]
    beside = {"x": 1.01, "xref": "paper", "xanchor": "left", "showarrow": False, "font": {"size": 11}}
    rates = [f"{c['moves_per_hour_at_work'] or 0:.1f}/h" for c in cranes]
    look = layout(
        1,
        barmode="stack",
        annotations=[{**beside, "y": c["id"], "text": rate} for c, rate in zip(cranes, rates, strict=True)],
        xaxis=axis("share", range=[0, 100]),
        yaxis=axis(type="category"),
        height=max(360, 130 + 26 * len(cranes)),
    )
    look["margin"] = {**look["margin"], "r": 64}
    return {"data": traces, "layout": look}


def _bins(record: RunRecord) -> np.ndarray:
    """Edges of at most `BINS_MAX` equal bins of whole minutes."""
    span = max(record.end_ms - record.start_ms, 1)
    width = max(MS_PER_MIN, int(np.ceil(span / BINS_MAX / MS_PER_MIN)) * MS_PER_MIN)
    return np.append(np.arange(record.start_ms, record.end_ms, width), record.end_ms)


def _covered_ms(spans: Spans, chosen: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Milliseconds that the chosen spans cover in each bin."""
    until = np.zeros(len(edges))
    for at, sign in ((np.sort(spans.from_ms[chosen]), 1), (np.sort(spans.to_ms[chosen]), -1)):
        k = np.searchsorted(at, edges)
        until += sign * (k * edges - np.concatenate(([0], np.cumsum(at)))[k])
    return np.diff(until)


def truck_time(record: RunRecord, states: Spans, report: dict[str, Any]) -> Figure:
    """Trucks in every state over the run, stacked."""
    edges = _bins(record)
    width = np.maximum(np.diff(edges), 1)
    traces = []
    for state, colour in style.TRUCK_COLOURS.items():
        chosen = states.state == state
        if not chosen.any():
            continue
        share = report["truck_states"][state.name.lower()] or 0.0
        names = TRUCK_STATE_LABELS[state]._asdict()
        hover = {lang: word("hover_trucks", state=name)[lang] for lang, name in names.items()}
        traces.append({
            "type": "scatter",
            "mode": "lines",
            "stackgroup": "trucks",
            "name": {lang: f"{name} {share:.1%}" for lang, name in names.items()},
            "x": ((edges[:-1] + edges[1:]) / 2 / MS_PER_H).round(4).tolist(),
            "y": (_covered_ms(states, chosen, edges) / width).round(3).tolist(),
            "line": {"width": 0.4, "color": colour},
            "fillcolor": colour,
            "hovertemplate": hover,
        })  # fmt: skip
    look = layout(2, xaxis=axis("hour"), yaxis=axis("trucks", rangemode="tozero"), hovermode="x unified", height=440)
    return {"data": traces, "layout": look}


def waits(report: dict[str, Any]) -> Figure:
    """Hours that trucks waited, by cause, and what that is per move."""
    causes = sorted(CAUSES, key=lambda c: report["waits_s"][c])
    seconds = [report["waits_s"][c] for c in causes]
    colours = {"held_by_traffic": style.ALARM, "disturbed": "#c98f80"}
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [word(c) for c in causes],
        "x": [round(s / 3600, 3) for s in seconds],
        "marker": {"color": [colours.get(c, style.AMBER) for c in causes]},
        "text": [word("a_move", s=s / max(report["moves_completed"], 1)) for s in seconds],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": word("hover_waits"),
    }
    x = axis("truck_hours", range=[0, max([*seconds, 36.0]) / 3600 * 1.25])
    return {"data": [trace], "layout": layout(xaxis=x, yaxis=axis(automargin=True), showlegend=False, height=240)}


def crane_waits(record: RunRecord) -> Figure:
    """When which quay crane waited for trucks: share of every bin."""
    edges, spans = _bins(record), record.quay_crane_states
    width = np.maximum(np.diff(edges), 1)
    waiting = spans.state == CraneState.WAITING_TRUCK
    cranes = range(len(record.quay_crane_ids))
    rows = [100 * _covered_ms(spans, waiting & (spans.subject == i), edges) / width for i in cranes]
    trace = {
        "type": "heatmap",
        "x": (edges / MS_PER_H).round(4).tolist(),
        "y": record.quay_crane_ids,
        "z": [r.round(1).tolist() for r in rows],
        "zmin": 0,
        "zmax": 100,
        "xgap": 1,
        "ygap": 2,
        "colorscale": style.WAIT_SCALE,
        "colorbar": {**style.BAR, "title": {"text": "%"}},
        "hovertemplate": word("hover_crane"),
    }
    y = axis(type="category", autorange="reversed", showgrid=False)
    look = layout(xaxis=axis("hour", showgrid=False), yaxis=y, height=max(200, 80 + 24 * len(rows)))
    return {"data": [trace], "layout": look}
