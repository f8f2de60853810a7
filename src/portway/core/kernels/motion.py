"""The one physics of the road: when a movement is decided, rolled through and ended, by its profile (`profile`)."""

import numpy as np
from numba import njit

from portway.core.kernels.columns import (
    T_DECIDED,
    T_END,
    T_GRANTED,
    T_LEVEL_IN,
    T_LOAD,
    T_PROFILE,
    T_START_MS,
    T_STEP,
    T_STOP,
)


@njit(cache=True, inline="always")
def first_profile(load, level_in):
    """The profile that begins at a level and ends standing."""
    return (load * 3 + level_in) * 3


@njit(cache=True, inline="always")
def decision_ms(roads, base, m):
    """Offset of the decision in a movement: the earliest one of its rolling profiles, its end when it has none."""
    dec = roads.dur_ms[base, m]
    for level in range(1, 3):
        if roads.dur_ms[base + level, m] >= 0:
            dec = min(dec, roads.dec_ms[base + level, m])
    return dec


@njit(cache=True, inline="always")
def since_ms(roads, row, m, now):
    """Since when the truck of a row is on movement m, as far as its profile tells: its report of entering, put off for
    one that has let the instant pass at which it was due to ask, or to come to the end."""
    profile = row[T_PROFILE]
    due = roads.dur_ms[profile, m] if row[T_DECIDED] == 1 else decision_ms(roads, profile, m)
    return row[T_START_MS] + max(0, now - row[T_START_MS] - due)


@njit(cache=True, inline="always")
def last_stop(table, roads, n):
    """Where what is allocated to truck n ends."""
    step = table.trucks[n, T_GRANTED]
    if step <= table.trucks[n, T_STEP]:
        return table.trucks[n, T_STOP]
    return np.int64(roads.mv_to[table.plan_mv[n, step % table.plan_mv.shape[1]]])


@njit(cache=True)
def level_between(table, roads, n, step, level_in):
    """Level at which truck n may pass from a step, entered at `level_in`, into the next one; 0 when it has to stop."""
    ring, load = table.plan_mv.shape[1], table.trucks[n, T_LOAD]
    if step + 1 >= table.trucks[n, T_END]:
        return 0
    m, after = table.plan_mv[n, step % ring], table.plan_mv[n, (step + 1) % ring]
    base = first_profile(load, level_in)
    level = table.plan_level[n, step % ring]
    while level > 0:
        if roads.dur_ms[base + level, m] >= 0 and roads.dur_ms[first_profile(load, level), after] >= 0:
            return level
        level -= 1
    return 0


@njit(cache=True)
def roll_level(table, roads, n):
    """Level at which truck n may pass from its step into the next one; 0 when it has to stop between them."""
    return level_between(table, roads, n, table.trucks[n, T_STEP], table.trucks[n, T_LEVEL_IN])
