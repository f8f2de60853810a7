"""Traffic control that keeps how long its plans take: the core has no clock, so the clock stands around it."""

import time
from typing import Any

from portway.core.routing.traffic import Traffic

PLANS_MAX = 200_000  # timings kept


class TimedTraffic(Traffic):
    """Decides exactly as `Traffic` does; a look at the clock changes no plan."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan_us: list[float] = []  # microseconds of single plans

    def send(self, truck: int, goal: int) -> int:
        """As `Traffic.send`, timed."""
        began = time.perf_counter_ns()
        eta_ms = super().send(truck, goal)
        if len(self.plan_us) < PLANS_MAX:
            self.plan_us.append((time.perf_counter_ns() - began) / 1000)
        return eta_ms
