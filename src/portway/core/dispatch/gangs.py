"""Gangs: trucks bound to a quay crane, as in a manned terminal; only yard moves are open to everybody."""

import numpy as np

from portway.core.dispatch.strategy import DispatchView

NEVER = np.iinfo(np.int64).max


class Gangs:
    """Each crane is served by its own trucks only, in the order of its queue."""

    def assign(self, view: DispatchView) -> list[tuple[int, int]]:
        """Pairs (truck row, job row)."""
        free = view.free_ms <= view.now_ms
        pairs = []
        for job in np.lexsort((np.arange(len(view.job_ids)), view.rank)):
            own = free & ((view.truck_crane == view.crane[job]) | (view.crane[job] < 0))
            if own.any():
                truck = int(np.argmin(np.where(own, view.travel_ms[:, job], NEVER)))
                free[truck] = False
                pairs.append((truck, int(job)))
        return pairs
