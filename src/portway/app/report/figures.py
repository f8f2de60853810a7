"""Figures of cranes and trucks."""

from itertools import zip_longest
from typing import Any

import numpy as np

from portway.app.report import style
from portway.app.report.kinds import Areas, Axis, Columns, Matrix, Part, Row, Rows, Series
from portway.app.report.words import lines, same, word
from portway.core.units import MS_PER_H, MS_PER_MIN
from portway.sim.cranes import CraneState
from portway.sim.record import CRANE_STATE_LABELS, TRUCK_STATE_LABELS, RunRecord, Spans

BINS_MAX = 96
CAUSES = ("quay_crane", "yard_crane", "no_free_place", "held_by_traffic", "disturbed")


def _crane_height_px(report: dict[str, Any]) -> int:
    """Of the two figures of cranes that stand side by side."""
    return max(320, 60 + 26 * len(report["quay_cranes"]))


def moves_by_hour(report: dict[str, Any]) -> Columns:
    """Quay moves of every hour, stacked by crane."""
    cranes, hours = report["quay_cranes"], report["hours"]
    colours = style.shades(len(cranes))
    stacks = [sum(hour) for hour in zip_longest(*(c["moves_by_hour"] for c in cranes), fillvalue=0)]
    return Columns(
        x=Axis(word("hour"), 0, max(1, int(np.ceil(hours))), max(1, round(hours / 12))),
        y=Axis(word("h_moves"), 0, max([*stacks, 5])),
        series=[Series(same(c["id"]), s, c["moves_by_hour"]) for c, s in zip(cranes, colours, strict=True)],
        tips=[word("hover_moves", crane=c["id"]) for c in cranes],
        height_px=_crane_height_px(report),
    )


def _crane_row(crane: dict[str, Any]) -> Row:
    total = max(sum(crane["seconds"].values()), 1e-9)
    parts = []
    for state, colour in style.CRANE_COLOURS.items():
        share = round(100 * crane["seconds"][state.name.lower()] / total, 2)
        name = CRANE_STATE_LABELS[state]._asdict()
        parts.append(Part(share, colour, word("hover_share", name=crane["id"], state=name, share=share)))
    return Row(same(crane["id"]), parts, same(f"{crane['moves_per_hour_at_work'] or 0:.1f}/h"))


def crane_time(report: dict[str, Any]) -> Rows:
    """How each quay crane spent its time, in percent; moves per hour at work beside it."""
    rows = [_crane_row(c) for c in report["quay_cranes"]]
    legend = [(CRANE_STATE_LABELS[s]._asdict(), colour) for s, colour in style.CRANE_COLOURS.items()]
    return Rows(Axis(word("share"), 0, 100), rows, legend, _crane_height_px(report))


def _bins(record: RunRecord) -> np.ndarray:
    """Edges of at most `BINS_MAX` equal bins of whole minutes."""
    span = max(record.end_ms - record.start_ms, 1)
    width = max(MS_PER_MIN, int(np.ceil(span / BINS_MAX / MS_PER_MIN)) * MS_PER_MIN)
    return np.append(np.arange(record.start_ms, record.end_ms, width), record.end_ms)


def _hours(edges: np.ndarray) -> tuple[list[float], Axis]:
    """The edges in hours of the run, and their axis."""
    hours = (edges / MS_PER_H).round(4).tolist()
    return hours, Axis(word("hour"), hours[0], hours[-1])


def _covered_ms(spans: Spans, chosen: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Milliseconds that the chosen spans cover in each bin."""
    until = np.zeros(len(edges))
    for at, sign in ((np.sort(spans.from_ms[chosen]), 1), (np.sort(spans.to_ms[chosen]), -1)):
        k = np.searchsorted(at, edges)
        until += sign * (k * edges - np.concatenate(([0], np.cumsum(at)))[k])
    return np.diff(until)


def truck_time(record: RunRecord, states: Spans, report: dict[str, Any]) -> Areas:
    """Trucks in every state over the run, stacked; shares of all truck time in the legend."""
    edges = _bins(record)
    hours, x = _hours(edges)
    shown = [s for s in style.TRUCK_COLOURS if (states.state == s).any()]
    counts = [_covered_ms(states, states.state == s, edges) / np.maximum(np.diff(edges), 1) for s in shown]
    names = [TRUCK_STATE_LABELS[s]._asdict() for s in shown]
    shares = [report["truck_states"][s.name.lower()] or 0.0 for s in shown]
    series = [
        Series({lang: f"{n} {share:.1%}" for lang, n in name.items()}, style.TRUCK_COLOURS[s], c.round(3).tolist())
        for s, name, share, c in zip(shown, names, shares, counts, strict=True)
    ]
    tip = lines(word("hover_hour"), *(word("hover_trucks", state=n, field=i) for i, n in enumerate(names, 1)))
    top = float(max([*np.sum(counts, axis=0), 1.0])) if counts else 1.0
    return Areas(x, Axis(word("trucks"), 0, top), hours, series, tip)


def waits(report: dict[str, Any]) -> Rows:
    """Hours that trucks waited, by cause, and what that is per move; the longest first."""
    colours = {"held_by_traffic": style.ALARM, "disturbed": style.ROUGH}
    rows = []
    for cause in sorted(CAUSES, key=lambda c: report["waits_s"][c])[::-1]:
        seconds = report["waits_s"][cause]
        hours = round(seconds / 3600, 3)
        part = Part(hours, colours.get(cause, style.AMBER), word("hover_waits", cause=word(cause), hours=hours))
        rows.append(Row(word(cause), [part], word("a_move", s=seconds / max(report["moves_completed"], 1))))
    top = max([*report["waits_s"].values(), 36.0]) / 3600
    return Rows(Axis(word("truck_hours"), 0, top), rows, [], 200, at_end=True)


def crane_waits(record: RunRecord) -> Matrix:
    """When which quay crane waited for trucks: share of every bin, in percent."""
    edges, spans, names = _bins(record), record.quay_crane_states, record.quay_crane_ids
    hours, x = _hours(edges)
    waiting = spans.state == CraneState.WAITING_TRUCK
    width = np.maximum(np.diff(edges), 1)
    rows = [100 * _covered_ms(spans, waiting & (spans.subject == i), edges) / width for i in range(len(names))]
    return Matrix(
        x, names, hours, [r.round(1).tolist() for r in rows], [word("hover_crane", crane=n) for n in names],
        style.WAIT_RAMP, same("%"),
    )  # fmt: skip
