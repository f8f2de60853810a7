"""Nearest idle truck: job orders in the order of their due times, each to the nearest truck that is free now."""

import numpy as np

from portway.core.dispatch.strategy import DispatchView


class Nearest:
    """The naive rule of many fleet managers; no look-ahead, no exchange."""

    def assign(self, view: DispatchView) -> list[tuple[int, int]]:
        """Pairs (truck row, job row)."""
        free = view.free_ms <= view.now_ms
        pairs = []
        for job in np.lexsort((np.arange(len(view.job_ids)), view.rank, view.due_ms - view.lead_ms)):
            if not free.any():
                break
            truck = int(np.argmin(np.where(free, view.travel_ms[:, job], np.iinfo(np.int64).max)))
            free[truck] = False
            pairs.append((truck, int(job)))
        return pairs
