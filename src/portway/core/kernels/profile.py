"""Speed over a way: bounded acceleration and braking under a speed limit at every sample.

Levels: a truck passes a stop standing (0), slowly (1) or at the stop's own rolling speed (2). A profile is a pair of
levels, in and out, for an empty or a loaded truck: index `(load * 3 + level_in) * 3 + level_out`.
"""

import numpy as np
from numba import njit

LEVELS = 3
PROFILES = 2 * LEVELS * LEVELS
SLOW_MPS = 2.5
INVALID = -1


@njit(cache=True)
def reach_mps(limit, low, high, step_m, v0_mps, accel):
    """Speed at the last of the samples `low` .. `high` when starting with `v0_mps` and accelerating all the way."""
    v2 = min(v0_mps, limit[low]) ** 2
    for i in range(low + 1, high):
        v2 = min(v2 + 2.0 * accel * step_m, limit[i] ** 2)
    return np.sqrt(v2)


@njit(cache=True)
def start_mps(limit, low, high, step_m, v1_mps, brake):
    """Highest speed at sample `low` from which `v1_mps` at the last sample can be kept by braking."""
    v2 = min(v1_mps, limit[high - 1]) ** 2
    for i in range(high - 2, low - 1, -1):
        v2 = min(v2 + 2.0 * brake * step_m, limit[i] ** 2)
    return np.sqrt(v2)


@njit(cache=True)
def rolling_mps(n_stops, mv_from, mv_to, through, ptr, step_m, limit, accel, brake):
    """Rolling speed of each stop (n_stops,): what every through movement into it can reach from standing and every
    through movement out of it can brake from; 0 where no through movement passes."""
    v = np.full(n_stops, 1e9)
    seen_in = np.zeros(n_stops, np.bool_)
    seen_out = np.zeros(n_stops, np.bool_)
    for m in range(len(mv_from)):
        if not through[m]:
            continue
        low, high = ptr[m], ptr[m + 1]
        s, t = mv_from[m], mv_to[m]
        v[t] = min(v[t], reach_mps(limit, low, high, step_m[m], 0.0, accel))
        v[s] = min(v[s], start_mps(limit, low, high, step_m[m], 0.0, brake))
        seen_in[t] = True
        seen_out[s] = True
    for s in range(n_stops):
        if not (seen_in[s] and seen_out[s]):
            v[s] = 0.0
    return v


@njit(cache=True)
def speeds_mps(limit, low, high, step_m, v0_mps, v1_mps, accel, brake, out):
    """Fastest admissible speed at each sample into `out`; False when start and end speeds cannot both be met."""
    n = high - low
    out[0] = v0_mps
    for i in range(1, n):
        out[i] = min(np.sqrt(out[i - 1] ** 2 + 2.0 * accel * step_m), limit[low + i])
    if v0_mps > limit[low] + 1e-6 or out[n - 1] < v1_mps - 1e-6:
        return False
    out[n - 1] = v1_mps
    for i in range(n - 2, -1, -1):
        v = np.sqrt(out[i + 1] ** 2 + 2.0 * brake * step_m)
        if i == 0 and v < v0_mps - 1e-6:
            return False
        out[i] = min(out[i], v)
    return True


@njit(cache=True)
def all_profiles(mv_from, mv_to, ptr, step_m, limit, v_level, accel, brake, times_ms, dur_ms, dec_ms):
    """Times (PROFILES, samples) in ms at every sample, durations and decision times (PROFILES, M); INVALID where a
    profile does not exist.

    `v_level` (2, 3, stops) are the level speeds by load; `accel` (2,). The decision time of a profile is the last
    moment at which the truck can still follow the profile with the same start that ends standing.
    """
    for m in range(len(mv_from)):
        low, high = ptr[m], ptr[m + 1]
        n = high - low
        stop_v = np.empty(n)
        v = np.empty(n)
        for load in range(2):
            for level_in in range(LEVELS):
                v0 = v_level[load, level_in, mv_from[m]]
                base = (load * LEVELS + level_in) * LEVELS
                usable = level_in == 0 or v0 > 0.0
                usable = usable and speeds_mps(limit, low, high, step_m[m], v0, 0.0, accel[load], brake, stop_v)
                for level_out in range(LEVELS):
                    p = base + level_out
                    dur_ms[p, m] = INVALID
                    v1 = v_level[load, level_out, mv_to[m]]
                    if not usable or (level_out > 0 and v1 <= 0.0):
                        continue
                    if not speeds_mps(limit, low, high, step_m[m], v0, v1, accel[load], brake, v):
                        continue
                    t = 0.0
                    times_ms[p, low] = 0
                    same = True
                    dec_ms[p, m] = 0
                    for i in range(1, n):
                        t += 2.0 * step_m[m] / (v[i - 1] + v[i])
                        times_ms[p, low + i] = round(t * 1000.0)
                        same = same and abs(v[i] - stop_v[i]) < 1e-9
                        if same:
                            dec_ms[p, m] = times_ms[p, low + i]
                    dur_ms[p, m] = times_ms[p, high - 1]
                    if level_out == 0:
                        dec_ms[p, m] = dur_ms[p, m]
