"""Allocation by single reports: a truck says how far it is, and what its rear has left by then is given back.

A truck of steel has been allocated the steps up to `T_GRANTED` and has reported the end of `T_PASSED`; in between it is
under way, and since when, follows from how far it is on its step.
"""

import numpy as np
from numba import njit

from portway.core.kernels.allocation import ask, decided, stands, wake
from portway.core.kernels.columns import (
    C_DIRTY,
    C_NOW,
    FOREVER,
    STEP_NO,
    T_BLOCKED,
    T_DONE,
    T_END,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LEVEL_IN,
    T_LOAD,
    T_MOVING,
    T_PASSED,
    T_PROFILE,
    T_START_MS,
    T_STEP,
    T_STOP,
    WHO,
)
from portway.core.kernels.motion import first_profile, last_stop, roll_level
from portway.core.kernels.uses import find, insert, remove_at


@njit(cache=True)
def give_back(table, roads, rel_m, n, step, along_m, now):
    """Free what the rear of truck n has left when it is `along_m` on a step; the end of the step is kept."""
    m = table.plan_mv[n, step % table.plan_mv.shape[1]]
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k == roads.mv_to[m] or rel_m[r] > along_m:
            continue
        i = find(table.uses, table.used, k, n, step - 1 if k == roads.mv_from[m] else step)
        if i >= 0:
            table.clock[C_DIRTY] = 1
            remove_at(table.uses, table.used, k, i)
            wake(table, roads, k, now)


@njit(cache=True)
def report(table, roads, rel_m, length_m, n, step, along_m, standing, now):
    """Truck n has reached the end of `step` and is `along_m` on the next one."""
    trucks = table.trucks
    table.clock[C_NOW] = now
    for s in range(trucks[n, T_PASSED] + 1, step + 1):
        give_back(table, roads, rel_m, n, s, np.inf, now)
    if step < trucks[n, T_GRANTED]:
        give_back(table, roads, rel_m, n, step + 1, along_m, now)
        is_on(table, roads, length_m, n, step + 1, along_m, now)
    elif standing:
        trucks[n, T_STEP], trucks[n, T_STOP] = step, last_stop(table, roads, n)
        stands(table, roads, n, now)
    else:
        trucks[n, T_PASSED] = step
    ask(table, roads, n, now)
    if trucks[n, T_MOVING] == 1:
        decided(trucks, n, roll_level(table, roads, n) if trucks[n, T_GRANTED] > trucks[n, T_STEP] else 0)


@njit(cache=True)
def is_on(table, roads, length_m, n, step, along_m, now):
    """Truck n is `along_m` on a step: since when, if it drives by the profile with which it came."""
    trucks, ring = table.trucks, table.plan_mv.shape[1]
    m = table.plan_mv[n, step % ring]
    if trucks[n, T_MOVING] == 0 or trucks[n, T_STEP] != step:
        level = 0 if trucks[n, T_MOVING] == 0 else table.plan_level[n, (step - 1) % ring]
        while level > 0 and roads.dur_ms[first_profile(trucks[n, T_LOAD], level), m] < 0:
            level -= 1
        trucks[n, T_MOVING], trucks[n, T_STEP], trucks[n, T_LEVEL_IN] = 1, step, level
        trucks[n, T_PROFILE] = first_profile(trucks[n, T_LOAD], level)
        trucks[n, T_STOP] = roads.mv_to[m]
    trucks[n, T_PASSED] = step - 1
    share = min(1.0, along_m / length_m[m])
    trucks[n, T_START_MS] = now - np.int64(share * roads.dur_ms[trucks[n, T_PROFILE], m])


@njit(cache=True)
def leave(table, roads, n, now):
    """Truck n is no longer led: everything it holds and claims is given back, and whoever waits for that is woken."""
    uses, used, trucks = table.uses, table.used, table.trucks
    trucks[n, T_STOP] = last_stop(table, roads, n)
    trucks[n, T_END] = trucks[n, T_GRANTED] + 1
    trucks[n, T_STEP] = trucks[n, T_PASSED] = trucks[n, T_GRANTED]
    trucks[n, T_MOVING] = 0
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_HELD_UNTIL_MS] = 0
    trucks[n, T_DONE] = 1
    table.clock[C_DIRTY] = 1
    freed = np.zeros(len(used), np.bool_)
    for k in range(len(used)):
        i = 0
        while i < used[k]:
            if uses[k, i, WHO] == n:
                remove_at(uses, used, k, i)
                freed[k] = True
            else:
                i += 1
    for k in range(len(used)):
        if freed[k]:
            wake(table, roads, k, now)


@njit(cache=True)
def held_by_others(table, k, n):
    """Whether another truck than n has been allocated resource k."""
    for i in range(table.used[k]):
        who = table.uses[k, i, WHO]
        if who != n and table.uses[k, i, STEP_NO] <= table.trucks[who, T_GRANTED]:
            return True
    return False


@njit(cache=True)
def enter(table, roads, rel_m, length_m, n, stop, m, along_m, now):
    """Truck n comes under way on movement m, `along_m` from its beginning, or stands at `stop` (m = -1).

    Nobody else may have a use of what it takes: the caller has taken out the plans of those that had.
    """
    uses, used, trucks, ring = table.uses, table.used, table.trucks, table.plan_mv.shape[1]
    step = trucks[n, T_GRANTED]
    trucks[n, T_MOVING] = 0
    if m < 0:
        insert(uses, used, stop, now, FOREVER, n, step)
        trucks[n, T_PASSED] = trucks[n, T_STEP] = step
        trucks[n, T_STOP] = stop
    else:
        step += 1
        table.plan_mv[n, step % ring], table.plan_level[n, step % ring] = m, 0
        trucks[n, T_GRANTED] = step
        for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
            k = roads.res_id[r]
            if k == roads.mv_to[m] or rel_m[r] > along_m:
                insert(uses, used, k, now, FOREVER, n, step - 1 if k == roads.mv_from[m] else step)
        is_on(table, roads, length_m, n, step, along_m, now)
        decided(trucks, n, 0)
    trucks[n, T_END] = trucks[n, T_GRANTED] + 1
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_DONE] = 1
