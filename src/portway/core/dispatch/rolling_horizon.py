"""Rolling horizon: one assignment over all cranes and trucks at every decision.

Cost of a pair = lateness at the quay crane, weighted, plus the empty drive, plus the wait of a truck that comes early;
trucks about to be free take part with the time at which they will be, so a better pair can be left open for them.
The linear assignment problem is solved exactly (`kernels/assignment.py`); the horizon rolls because only pairs of
trucks free now are committed.

Earlier moves of a crane come first: a job order's cost falls with its urgency, so that when trucks are scarce the ones
left without a truck are those furthest from the head of a queue.
"""

from typing import NamedTuple

import numpy as np

from portway.core.dispatch.strategy import DispatchView
from portway.core.kernels.assignment import assign

URGENT_MS_MAX = 3_600_000  # what must be begun later than this is all the same


class RollingHorizonParameters(NamedTuple):
    """Weights of the cost, in milliseconds per millisecond."""

    lateness: float = 4.0
    empty_drive: float = 1.0
    earliness: float = 0.15
    urgency: float = 1.0  # of a millisecond by which a job order must be begun sooner
    waited_ms_max: int = 120_000  # a crane's wait counts up to this: where all wait, the nearest one is served
    early_ms_max: int = 480_000  # a job order is left open when its truck would come earlier than this


class RollingHorizon:
    """Pools all trucks over all cranes."""

    def __init__(self, parameters: RollingHorizonParameters | None = None) -> None:
        self._p = parameters or RollingHorizonParameters()

    def assign(self, view: DispatchView) -> list[tuple[int, int]]:
        """Pairs (truck row, job row), trucks not free yet included."""
        if not view.job_ids or not view.truck_ids:
            return []
        p = self._p
        waited = np.minimum(view.waited_ms, p.waited_ms_max)
        there = view.free_ms[:, None] + view.travel_ms + view.lead_ms[None, :]
        late = np.maximum(there - (view.due_ms - waited)[None, :], 0)
        late -= late.min(axis=0, keepdims=True)  # what no truck can spare the crane says nothing about this one
        early = np.maximum(view.due_ms[None, :] - there, 0)
        cost = p.lateness * late + p.empty_drive * (view.travel_ms + view.free_ms[:, None] - view.now_ms)
        start_by = view.due_ms - view.lead_ms - view.travel_ms.min(axis=0) - view.now_ms - waited
        cost += p.earliness * early + p.urgency * np.minimum(start_by, URGENT_MS_MAX)[None, :]
        rows, cols = _pairs(cost)
        ahead = early[rows, cols] <= p.early_ms_max
        return [(int(r), int(c)) for r, c, ok in zip(rows, cols, ahead, strict=True) if ok]


def _pairs(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the cheapest pairs, by row: as many as the smaller side has."""
    if cost.shape[0] <= cost.shape[1]:
        return np.arange(len(cost)), assign(np.ascontiguousarray(cost, np.float64))
    rows = assign(np.ascontiguousarray(cost.T, np.float64))
    by_row = np.argsort(rows)
    return rows[by_row], by_row
