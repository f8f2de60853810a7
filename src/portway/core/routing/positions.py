"""Where trucks are now; on a live terminal, from their reports."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from portway.core.kernels.pose import pose_within, poses_reported
from portway.core.routing.traffic import Traffic

AHEAD_S_MAX = 2.0  # a truck that has not reported for longer is shown where it was last


class Positions(Protocol):
    """Poses of all rows of the table of traffic."""

    def at(self, at_ms: int) -> np.ndarray:
        """x, y (m), heading (rad), speed (m/s) of every row (N, 4)."""
        ...

    def quality(self, at_ms: int) -> np.ndarray:
        """0 good, 1 uncertain, 2 bad of every row (N,)."""
        ...


class ReportedPositions:
    """By the last report, carried on at the speed between the last two for a short while."""

    def __init__(
        self, traffic: Traffic, silent_ms: Callable[[], np.ndarray], stale_ms: int = 3_000, lost_ms: int = 30_000
    ) -> None:
        """`silent_ms` gives how old the last state of each row is (N,): a truck that stands tells the core nothing
        new."""
        self._traffic, self._silent_ms, self._stale_ms, self._lost_ms = traffic, silent_ms, stale_ms, lost_ms
        count = len(traffic.trucks)
        self._out = np.zeros((count, 4))
        self._speed = np.zeros(count)
        self._last = np.zeros((count, 3))  # metres since the start of the step, step, instant of the last report

    def at(self, at_ms: int) -> np.ndarray:
        """See `Positions`."""
        t, paths = self._traffic, self._traffic.map.paths
        poses_reported(
            t.trucks, t.plan_mv, paths.ptr, paths.x, paths.y, paths.heading, paths.step_m, t.map.length_m,
            t.map.stop_pose, t.along_m, t.seen_ms, t.stands, at_ms, 1000.0 * AHEAD_S_MAX, self._last, self._speed,
            self._out,
        )  # fmt: skip
        return self._out

    def quality(self, at_ms: int) -> np.ndarray:
        """By the age of the last state."""
        silent_ms = self._silent_ms()
        return (silent_ms > self._stale_ms).astype(float) + (silent_ms > self._lost_ms)


__all__ = ["Positions", "ReportedPositions", "pose_within"]
