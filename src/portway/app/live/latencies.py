"""Durations of a whole run in buckets: percentiles over days in a few kilobytes."""

import math
from bisect import bisect_left

FIRST_S, LAST_S = 1e-5, 100.0
STEP = 1.05  # a percentile is known to a twentieth
BOUNDS_S = [FIRST_S * STEP**i for i in range(math.ceil(math.log(LAST_S / FIRST_S, STEP)) + 1)]
SHOWN_S = (0.0005, 0.001, 0.002, 0.004, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)  # bounds of the histogram that is shown


class Latencies:
    """Counts by duration, of one kind of work."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self.count, self.sum_s, self.max_s = 0, 0.0, 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self._counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.count += 1
        self.sum_s += seconds
        self.max_s = max(self.max_s, seconds)

    def percentile_s(self, percent: float) -> float:
        """The duration below which so many percent lie, seconds, at most a twentieth too long; 0 before the first."""
        wanted, seen = percent / 100 * self.count, 0
        for i, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min(self.max_s, BOUNDS_S[i]) if i < len(BOUNDS_S) else self.max_s
        return 0.0

    def cumulated(self) -> list[tuple[float, int]]:
        """(bound in seconds, how many were not longer) for `SHOWN_S`, to the resolution of the buckets."""
        found, seen, i = [], 0, 0
        for bound in SHOWN_S:
            while i < len(BOUNDS_S) and BOUNDS_S[i] <= bound:
                seen += self._counts[i]
                i += 1
            found.append((bound, seen))
        return found
