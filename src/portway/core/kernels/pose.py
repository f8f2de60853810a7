"""Where a truck is on a movement.

A movement's samples carry the time at which its profile reaches them; between two samples the truck accelerates evenly,
so the distance is a cubic Hermite of time whose slopes are the speeds at the samples.
"""

import numpy as np
from numba import njit

from portway.core.kernels import columns as c


@njit(cache=True, inline="always")
def _speed_at(x, y, times, low, high, i):
    """Speed in m/ms at sample i of a movement, by the parabola through its neighbours (exact for even acceleration)."""
    j = min(max(i, low + 1), high - 2)
    h1, h2 = times[j] - times[j - 1], times[j + 1] - times[j]
    s1, s2 = np.hypot(x[j] - x[j - 1], y[j] - y[j - 1]), np.hypot(x[j + 1] - x[j], y[j + 1] - y[j])
    if h1 <= 0 or h2 <= 0:
        return 0.0
    middle = (s1 / h1 * h2 + s2 / h2 * h1) / (h1 + h2)
    if i < j:
        return max(0.0, 2.0 * s1 / h1 - middle)
    if i > j:
        return max(0.0, 2.0 * s2 / h2 - middle)
    return middle


@njit(cache=True)
def pose_within(x, y, heading, times, low, high, offset_ms, out):
    """Pose and speed (m/ms) into `out` (4,) at `offset_ms` of the profile on samples low .. high-1."""
    i = low + np.searchsorted(times[low:high], offset_ms) - 1
    i = min(max(i, low), high - 2)
    h = float(times[i + 1] - times[i])
    length = np.hypot(x[i + 1] - x[i], y[i + 1] - y[i])
    u = 0.0 if h <= 0 else min(max((offset_ms - times[i]) / h, 0.0), 1.0)
    if high - low > 2 and h > 0:
        v0, v1 = _speed_at(x, y, times, low, high, i), _speed_at(x, y, times, low, high, i + 1)
        v0, v1 = min(v0, 3.0 * length / h), min(v1, 3.0 * length / h)  # keeps the cubic monotone
        a, b = v0 * h, v1 * h
        share = a * u + (3.0 * length - 2.0 * a - b) * u * u + (a + b - 2.0 * length) * u * u * u
        speed = (a + 2.0 * (3.0 * length - 2.0 * a - b) * u + 3.0 * (a + b - 2.0 * length) * u * u) / h
        w = share / length if length > 0 else u
    else:
        w, speed = u, length / h if h > 0 else 0.0
    w = min(max(w, 0.0), 1.0)
    out[0] = x[i] + w * (x[i + 1] - x[i])
    out[1] = y[i] + w * (y[i + 1] - y[i])
    out[2] = heading[i] + w * (heading[i + 1] - heading[i])
    out[3] = max(speed, 0.0)


@njit(cache=True)
def _along(ptr, x, y, heading, step_m, mv, metres, out):
    """Pose (3,) on a movement, `metres` from its start."""
    low, high = ptr[mv], ptr[mv + 1]
    at = min(max(metres / step_m[mv], 0.0), high - low - 1.0)
    i = min(low + int(at), high - 2)
    w = at - (i - low)
    out[0] = x[i] + w * (x[i + 1] - x[i])
    out[1] = y[i] + w * (y[i + 1] - y[i])
    out[2] = heading[i] + w * (heading[i + 1] - heading[i])


@njit(cache=True)
def poses_reported(
    trucks, plan_mv, ptr, x, y, heading, step_m, length_m, stop_pose, along_m, seen_ms, stands, at_ms, ahead_ms_max,
    last, speed, out,
):  # fmt: skip
    """Poses and speeds (m/s) of reporting trucks at `at_ms` into `out` (N, 4).

    `last` (N, 3) and `speed` (N,) carry the report before from call to call: the speed between two reports moves a
    truck on for at most `ahead_ms_max`, never beyond its base.
    """
    pose = np.empty(3)
    for n in range(len(trucks)):
        step, granted = trucks[n, c.T_PASSED], trucks[n, c.T_GRANTED]
        if seen_ms[n] > last[n, 2]:
            driven = along_m[n] - last[n, 0]
            for s in range(int(last[n, 1]) + 1, step + 1):
                driven += length_m[plan_mv[n, s % c.RING]]
            if last[n, 2] > 0:
                speed[n] = min(max(1000.0 * driven / (seen_ms[n] - last[n, 2]), 0.0), 15.0)
            last[n, 0], last[n, 1], last[n, 2] = along_m[n], step, seen_ms[n]
        if step >= granted or stands[n]:
            speed[n] = 0.0
        if step >= granted:
            stop = trucks[n, c.T_STOP]
            out[n, 0], out[n, 1], out[n, 2], out[n, 3] = stop_pose[stop, 0], stop_pose[stop, 1], stop_pose[stop, 2], 0.0
            continue
        metres = along_m[n] + speed[n] * min(max(at_ms - seen_ms[n], 0.0), ahead_ms_max) / 1000.0
        s = step + 1
        while s < granted and metres > length_m[plan_mv[n, s % c.RING]]:
            metres -= length_m[plan_mv[n, s % c.RING]]
            s += 1
        _along(ptr, x, y, heading, step_m, plan_mv[n, s % c.RING], metres, pose)
        out[n, 0], out[n, 1], out[n, 2], out[n, 3] = pose[0], pose[1], pose[2], speed[n]
