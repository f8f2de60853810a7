"""What a dispatch strategy sees and what it answers.

A strategy is one method. It gets arrays, not objects, so that a researcher's ten-line class and the optimiser behind
it read the same view, and so that a benchmark in someone else's simulator can build the view too.
"""

from typing import NamedTuple, Protocol

import numpy as np


class DispatchView(NamedTuple):
    """The state at one decision. T trucks that may get work, J open job orders; all times in milliseconds.

    Trucks are those idle now or about to be free (`free_ms` > `now_ms`: look-ahead); job orders are those that may be
    assigned now. Ties are broken by position, so rows are sorted by id. All arrays are read-only.
    """

    now_ms: int
    truck_ids: list[str]  # T
    free_ms: np.ndarray  # (T,) int64: when the truck can start for a new job
    truck_crane: np.ndarray  # (T,) int32: crane the truck is bound to in gang operation, -1 none
    job_ids: list[str]  # J
    due_ms: np.ndarray  # (J,) int64: when the point of work wants the truck at the pick-up (or the box at the crane)
    lead_ms: np.ndarray  # (J,) int64: pick-up to the moment `due_ms` refers to (loads: handover + drive to the crane)
    crane: np.ndarray  # (J,) int32: quay crane, -1 none
    rank: np.ndarray  # (J,) int32: position in the crane's queue counted from the next move, 0 first
    travel_ms: np.ndarray  # (T, J) int64: empty drive of each truck, once free, to each pick-up
    waited_ms: np.ndarray | int = 0  # (J,) int64: how long the job order's crane has been waiting for a truck


class DispatchStrategy(Protocol):
    """Chooses job orders for trucks."""

    def assign(self, view: DispatchView) -> list[tuple[int, int]]:
        """Pairs (truck row, job row); each row at most once. A truck not free yet keeps its choice open: the
        controller commits only pairs whose truck is free now."""
        ...
