"""How trucks spent their time and road: states with the time held by traffic split off, metres, waiting by cause.

A truck in a driving state that is on no movement is *held by traffic*: another truck comes first.
"""

from typing import NamedTuple

import numpy as np

from portway.core.model.work import MoveKind
from portway.core.units import s_from_ms
from portway.sim.record import RunRecord, Spans, TruckState

DRIVING = (TruckState.TO_REST, TruckState.TO_COLLECT, TruckState.TO_DELIVER, TruckState.LEAVING)
LOADED_PROFILE = 9  # profiles from here on belong to loaded trucks


class Holds(NamedTuple):
    """Times at which trucks stood on the road because of others, with the movement before (-1: none yet)."""

    row: np.ndarray
    movement: np.ndarray
    from_ms: np.ndarray
    to_ms: np.ndarray


def _gaps(record: RunRecord) -> Holds:
    """Times of our trucks without movement, between the drives and after the last one."""
    d, ours = record.drives, len(record.truck_ids)
    mine = np.flatnonzero(d.row < ours)
    order = mine[np.lexsort((d.start_ms[mine], d.row[mine]))]
    row = np.concatenate((np.arange(ours), d.row[order]))
    movement = np.concatenate((np.full(ours, -1), d.movement[order]))
    begin = np.concatenate((np.full(ours, record.start_ms), d.end_ms[order]))
    sort = np.lexsort((np.arange(len(row)), row))
    row, movement, begin = row[sort], movement[sort], begin[sort]
    start = np.concatenate((np.full(ours, -1), d.start_ms[order]))[sort]
    end = np.concatenate((start[1:], [-1])) if len(start) else start
    end = np.where(end < 0, record.end_ms, end)
    keep = end > begin
    return Holds(row[keep], movement[keep], begin[keep], np.minimum(end, record.end_ms)[keep])


def _overlaps(spans: Spans, gaps: Holds, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (span, gap) of the same truck that overlap in time; both are disjoint and sorted within a truck."""
    span_key = spans.subject.astype(np.int64) * width
    low = np.searchsorted(gaps.row * width + gaps.to_ms, span_key + spans.from_ms, side="right")
    high = np.searchsorted(gaps.row * width + gaps.from_ms, span_key + spans.to_ms, side="left")
    count = np.maximum(high - low, 0)
    i = np.repeat(np.arange(len(count)), count)
    j = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    return i, j


def split_held(record: RunRecord) -> tuple[Spans, Holds]:
    """Truck states with `HELD_BY_TRAFFIC` cut out of the driving states, and those times with their movement."""
    spans = _sorted(record.truck_states)
    driving = np.flatnonzero(np.isin(spans.state, DRIVING))
    gaps, width = _gaps(record), record.end_ms + 2
    i, j = _overlaps(Spans(*(a[driving] for a in spans)), gaps, width)
    i = driving[i]
    begin, end = np.maximum(spans.from_ms[i], gaps.from_ms[j]), np.minimum(spans.to_ms[i], gaps.to_ms[j])
    held = Holds(gaps.row[j], gaps.movement[j], begin, end)
    return _cut(spans, i, begin, end, width), held


def _sorted(spans: Spans) -> Spans:
    order = np.lexsort((spans.from_ms, spans.subject))
    return Spans(*(a[order] for a in spans))


def _cut(spans: Spans, i: np.ndarray, begin: np.ndarray, end: np.ndarray, width: int) -> Spans:
    """Spans with the pieces (of span i, begin .. end) turned into held time; pieces of a span are in their order."""
    n, state = len(spans.state), np.full(len(i), int(TruckState.HELD_BY_TRAFFIC), np.int8)
    which = np.concatenate((np.arange(n), i))  # after each piece, and at its own start, a span goes on as it was
    at = np.concatenate((spans.from_ms, end))
    order = np.lexsort((at, which))
    which, at = which[order], at[order]
    until = spans.to_ms[which]
    next_piece = np.searchsorted(i * width + begin, which * width + at, side="left")
    if len(i):
        safe = np.minimum(next_piece, len(i) - 1)
        until = np.where((next_piece < len(i)) & (i[safe] == which), begin[safe], until)
    keep = until > at
    rest = Spans(spans.subject[which][keep], spans.state[which][keep], at[keep], until[keep])
    pieces = Spans(spans.subject[i], state, begin, end)
    return _sorted(Spans(*(np.concatenate(pair) for pair in zip(rest, pieces, strict=True))))


def seconds_by_state(spans: Spans) -> dict[str, float]:
    """Seconds in every truck state, all trucks together."""
    total = np.bincount(spans.state, weights=spans.to_ms - spans.from_ms, minlength=len(TruckState))
    return {state.name.lower(): s_from_ms(int(total[state])) for state in TruckState}


def metres(record: RunRecord) -> tuple[float, float]:
    """Metres that our trucks drove (empty, loaded); a movement cut off by the end counts in part."""
    d, p = record.drives, record.paths
    step = np.hypot(np.diff(p.x), np.diff(p.y)) if len(p.x) else np.zeros(0)
    along = np.concatenate(([0.0], np.cumsum(step)))
    mine = np.flatnonzero(d.row < len(record.truck_ids))
    m = d.movement[mine]
    length = along[p.ptr[m + 1] - 1] - along[p.ptr[m]] if len(mine) else np.zeros(0)
    span = np.maximum(d.end_ms[mine] - d.start_ms[mine], 1)
    driven = length * np.clip((record.end_ms - d.start_ms[mine]) / span, 0.0, 1.0)
    loaded = d.profile[mine] >= LOADED_PROFILE
    return float(driven[~loaded].sum()), float(driven[loaded].sum())


def waits_by_cause(record: RunRecord, spans: Spans) -> dict[str, float]:
    """Seconds that our trucks waited, by cause; waits at a place are split by what stood there."""
    waits = {
        "held_by_traffic": _total_s(spans, TruckState.HELD_BY_TRAFFIC),
        "no_free_place": _total_s(spans, TruckState.WAIT_PLACE),
        "quay_crane": 0.0,
        "yard_crane": 0.0,
    }
    for state, at, quay_kind in (
        (TruckState.WAIT_COLLECT, "collected_ms", MoveKind.DISCHARGE),
        (TruckState.WAIT_DELIVER, "delivered_ms", MoveKind.LOAD),
    ):
        chosen = np.flatnonzero(spans.state == state)
        quay = _served_by_quay(record, spans, chosen, at, quay_kind)
        long_ms = spans.to_ms[chosen] - spans.from_ms[chosen]
        waits["quay_crane"] += s_from_ms(int(long_ms[quay].sum()))
        waits["yard_crane"] += s_from_ms(int(long_ms[~quay].sum()))
    d = record.drives
    waits["disturbed"] = s_from_ms(int(d.extra_ms[d.row < len(record.truck_ids)].sum()))
    return waits


def _total_s(spans: Spans, state: TruckState) -> float:
    chosen = spans.state == state
    return s_from_ms(int((spans.to_ms - spans.from_ms)[chosen].sum()))


def _served_by_quay(record: RunRecord, spans: Spans, chosen: np.ndarray, at: str, quay_kind: MoveKind) -> np.ndarray:
    """Whether the handover that ended each wait was at a quay crane: the truck's next move at or after its end."""
    index = {t: i for i, t in enumerate(record.truck_ids)}
    width = 2 * record.end_ms + 2
    ends = sorted(
        (index[m.truck_id] * width + getattr(m, at), m.kind == quay_kind) for m in record.moves if m.truck_id in index
    )
    if not ends:
        return np.zeros(len(chosen), np.bool_)
    keys, quay = np.array([k for k, _ in ends]), np.array([q for _, q in ends])
    wanted = spans.subject[chosen].astype(np.int64) * width
    k = np.searchsorted(keys, wanted + spans.to_ms[chosen], side="left")
    known = (k < len(keys)) & (keys[np.minimum(k, len(keys) - 1)] < wanted + width)
    return known & quay[np.minimum(k, len(keys) - 1)]
