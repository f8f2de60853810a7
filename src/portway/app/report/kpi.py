"""`report.json`: the figures of a run. Keys are documented in `docs/reference/run-output.md` and stay stable.

A ratio whose denominator is zero (an empty run) is null, never a number made up.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from portway.app.report.truck_time import metres, seconds_by_state, split_held, waits_by_cause
from portway.core.model.work import MoveKind
from portway.core.units import h_from_ms, s_from_ms
from portway.sim.cranes import CraneState
from portway.sim.record import MoveRow, RunRecord, Spans

SCHEMA = "portway.report/1"
AT_WORK = (CraneState.WORKING, CraneState.WAITING_TRUCK, CraneState.GANTRY)


def ratio(part: float, whole: float, digits: int = 4) -> float | None:
    """`part / whole` rounded, None when there is nothing to divide by."""
    return round(part / whole, digits) if whole > 0 else None


def percentile(values: Sequence[float] | np.ndarray, percent: float, digits: int = 2) -> float | None:
    """Percentile of a sample, None of an empty one."""
    return round(float(np.percentile(np.asarray(values, float), percent)), digits) if len(values) else None


def crane_seconds(spans: Spans, cranes: int, end_ms: int) -> np.ndarray:
    """Seconds (cranes, states) by crane and state; what is not logged is idle."""
    states = len(CraneState)
    cell = spans.subject.astype(np.int64) * states + spans.state
    ms = np.bincount(cell, weights=spans.to_ms - spans.from_ms, minlength=cranes * states).reshape(cranes, states)
    ms[:, CraneState.IDLE] += np.maximum(end_ms - ms.sum(axis=1), 0)
    return ms / 1000.0


def moves_by_hour(moves: Sequence[MoveRow], cranes: Sequence[str], hours: float) -> np.ndarray:
    """Quay moves (cranes, hours) by the hour in which the crane finished with the truck."""
    index = {c: i for i, c in enumerate(cranes)}
    table = np.zeros((len(cranes), max(1, int(np.ceil(hours - 1e-9)))), np.int64)
    for m in moves:
        if m.quay_crane in index:
            at = m.collected_ms if m.kind == MoveKind.DISCHARGE else m.delivered_ms
            table[index[m.quay_crane], min(int(h_from_ms(at)), table.shape[1] - 1)] += 1
    return table


def _quay_cranes(record: RunRecord, hours: float) -> list[dict[str, Any]]:
    seconds = crane_seconds(record.quay_crane_states, len(record.quay_crane_ids), record.end_ms - record.start_ms)
    by_hour = moves_by_hour(record.moves, record.quay_crane_ids, hours)
    rows = []
    for i, crane in enumerate(record.quay_crane_ids):
        moves, at_work_s = int(by_hour[i].sum()), float(seconds[i, list(AT_WORK)].sum())
        rows.append({
            "id": crane,
            "moves": moves,
            "moves_per_hour": ratio(moves, hours, 2),
            "moves_per_hour_at_work": ratio(moves, at_work_s / 3600, 2),
            "hours_at_work": round(at_work_s / 3600, 3),
            "wait_share": ratio(float(seconds[i, CraneState.WAITING_TRUCK]), at_work_s),
            "seconds": {state.name.lower(): round(float(seconds[i, state]), 1) for state in CraneState},
            "moves_by_hour": by_hour[i].tolist(),
        })  # fmt: skip
    return rows


def _yard_cranes(record: RunRecord) -> list[dict[str, Any]]:
    span_s = s_from_ms(record.end_ms - record.start_ms)
    seconds = crane_seconds(record.yard_crane_states, len(record.yard_crane_ids), record.end_ms - record.start_ms)
    working, gantry = seconds[:, CraneState.WORKING].tolist(), seconds[:, CraneState.GANTRY].tolist()
    return [
        {"id": c, "busy_share": ratio(w + g, span_s), "working_s": round(w, 1)}
        for c, w, g in zip(record.yard_crane_ids, working, gantry, strict=True)
    ]


def _quay(record: RunRecord, hours: float) -> dict[str, Any]:
    cranes = _quay_cranes(record, hours)
    busy = [c for c in cranes if c["moves"] or c["hours_at_work"]]
    moves, at_work_s = (
        sum(c["moves"] for c in cranes),
        sum(c["seconds"][s.name.lower()] for c in cranes for s in AT_WORK),
    )
    waiting_s = sum(c["seconds"]["waiting_truck"] for c in cranes)
    return {
        "quay_moves": moves,
        "moves_per_hour_per_qc": ratio(moves, hours * len(busy), 2),
        "moves_per_qc_hour_at_work": ratio(moves, at_work_s / 3600, 2),
        "qc_wait_share": ratio(waiting_s, at_work_s),
        "quay_cranes": cranes,
    }


def _durations(record: RunRecord) -> dict[str, Any]:
    ours = set(record.truck_ids)
    spans = {
        "assigned_to_delivered_s": [m.delivered_ms - m.assigned_ms for m in record.moves if m.truck_id in ours],
        "collected_to_delivered_s": [m.delivered_ms - m.collected_ms for m in record.moves if m.truck_id in ours],
        "road_truck_visit_s": [v.to_ms - v.from_ms for v in record.visits if v.to_ms <= record.end_ms],
    }
    return {
        name: {"count": len(ms), "p50": percentile(np.array(ms) / 1000, 50), "p95": percentile(np.array(ms) / 1000, 95)}
        for name, ms in spans.items()
    }


def _trucks(record: RunRecord) -> dict[str, Any]:
    states, _ = split_held(record)
    empty_m, loaded_m = metres(record)
    seconds = seconds_by_state(states)
    total_s = sum(seconds.values())
    ours = set(record.truck_ids)
    moved = sum(m.truck_id in ours for m in record.moves)
    return {
        "empty_travel_ratio": ratio(empty_m, empty_m + loaded_m),
        "distance_m": {"empty": round(empty_m, 1), "loaded": round(loaded_m, 1), "total": round(empty_m + loaded_m, 1)},
        "distance_m_per_move": ratio(empty_m + loaded_m, moved, 1),
        "truck_states": {name: ratio(s, total_s) for name, s in seconds.items()},
        "truck_states_s": {name: round(s, 1) for name, s in seconds.items()},
        "waits_s": {name: round(s, 1) for name, s in waits_by_cause(record, states).items()},
    }


def key_figures(record: RunRecord) -> dict[str, Any]:
    """All figures of a run, ready for JSON."""
    span_ms = record.end_ms - record.start_ms
    hours, kinds = h_from_ms(span_ms), Counter(str(m.kind) for m in record.moves)
    return {
        "schema": SCHEMA,
        "portway_version": record.portway_version,
        "scenario": record.scenario_id,
        "seed": record.seed,
        "strategy": record.strategy,
        "policies": record.policies,
        "finished": record.finished,
        "hours": round(hours, 4),
        "hours_asked": record.hours_asked,
        "trucks": len(record.truck_ids),
        "job_orders": record.job_orders,
        "job_orders_open": record.job_orders_open,
        "moves_completed": len(record.moves),
        "moves_by_kind": {str(kind): kinds.get(str(kind), 0) for kind in MoveKind},
        "moves_per_hour": ratio(len(record.moves), hours, 2),
        **_quay(record, hours),
        "yard_cranes": _yard_cranes(record),
        **_trucks(record),
        "durations": _durations(record),
        "road_trucks": len(record.visits),
        "drives": len(record.drives.row),
        "plans_count": record.plans_count,
        "plan_us_p50": percentile(record.plan_us, 50),
        "plan_us_p99": percentile(record.plan_us, 99),
        "conflicts": record.conflicts,
        "deadlocks": record.deadlocks,
        "wall_s": round(record.wall_s, 4),
        "real_time_factor": ratio(s_from_ms(span_ms), record.wall_s, 1),
        "journal_digest": record.journal_digest,
    }
