"""The run's own check: at every instant of a grid, do any two footprints overlap?

Counts pairs once per spell. It shares the geometry kernel with nothing: rectangles are tested by separating axes on
poses read back from the log of movements, as a viewer would draw them.
"""

import numpy as np
from numba import njit

from portway.core.model.truck import TruckType
from portway.sim.poses import Poses, pose_chunks
from portway.sim.record import RunRecord

CHECK_MS = 1_000


@njit(cache=True)
def overlapping_pairs(x, y, heading, ptr, half_l, half_w):
    """Number of (instant, pair) overlaps; `ptr` cuts the poses into instants."""
    found = 0
    reach2 = 4.0 * (half_l * half_l + half_w * half_w)
    for k in range(len(ptr) - 1):
        for i in range(ptr[k], ptr[k + 1]):
            for j in range(i + 1, ptr[k + 1]):
                dx, dy = x[j] - x[i], y[j] - y[i]
                if dx * dx + dy * dy >= reach2:
                    continue
                ca, sa, cb, sb = np.cos(heading[i]), np.sin(heading[i]), np.cos(heading[j]), np.sin(heading[j])
                dot, cross = abs(ca * cb + sa * sb), abs(ca * sb - sa * cb)
                reach_l = half_l + half_l * dot + half_w * cross
                reach_w = half_w + half_l * cross + half_w * dot
                if abs(dx * ca + dy * sa) >= reach_l or abs(dy * ca - dx * sa) >= reach_w:
                    continue
                if abs(dx * cb + dy * sb) < reach_l and abs(dy * cb - dx * sb) < reach_w:
                    found += 1
    return found


def _count(poses: Poses, truck: TruckType) -> int:
    starts = np.flatnonzero(np.diff(poses.at_ms, prepend=-1))
    ptr = np.append(starts, len(poses.at_ms))
    return int(overlapping_pairs(poses.x_m, poses.y_m, poses.heading_rad, ptr, truck.length_m / 2, truck.width_m / 2))


def count_overlaps(record: RunRecord, truck: TruckType, period_ms: int = CHECK_MS) -> int:
    """Overlapping pairs summed over the instants of a run, every `period_ms`."""
    return sum(_count(poses, truck) for poses in pose_chunks(record, period_ms))
