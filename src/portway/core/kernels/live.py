"""Allocation by reports: a truck's resources are given back when it says that its rear has left them.

A truck has been allocated the steps up to `T_GRANTED` and has reported the end of `T_PASSED`; in between it is under
way. In the table it stands at the end of its base (`allocation.extend_base`), so planner and rehearsal need not know
that it is live.
"""

import numpy as np
from numba import njit

from portway.core.kernels.allocation import wake
from portway.core.kernels.columns import (
    C_DIRTY,
    C_NOW,
    FOREVER,
    STEP_NO,
    T_BLOCKED,
    T_DONE,
    T_DUE_MS,
    T_END,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LOAD,
    T_PASSED,
    T_STEP,
    T_STOP,
    WHO,
)
from portway.core.kernels.motion import fastest_ms
from portway.core.kernels.uses import find, insert, remove_at


@njit(cache=True)
def give_back(table, roads, rel_m, n, step, along_m, now):
    """Free what the rear of truck n has left when it is `along_m` on a step; the end of the step is kept."""
    uses, count, plan_mv = table.uses, table.used, table.plan_mv
    m = plan_mv[n, step % plan_mv.shape[1]]
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k == roads.mv_to[m] or rel_m[r] > along_m:
            continue
        i = find(uses, count, k, n, step - 1 if k == roads.mv_from[m] else step)
        if i >= 0:
            table.clock[C_DIRTY] = 1
            remove_at(uses, count, k, i)
            wake(table, roads, k, now)


@njit(cache=True)
def report(table, roads, rel_m, length_m, n, step, along_m, now):
    """Truck n has reached the end of `step` and is `along_m` on the next one."""
    trucks, plan_mv = table.trucks, table.plan_mv
    table.clock[C_NOW] = now
    for s in range(trucks[n, T_PASSED] + 1, step + 1):
        give_back(table, roads, rel_m, n, s, np.inf, now)
    trucks[n, T_PASSED] = step
    if step < trucks[n, T_GRANTED]:
        give_back(table, roads, rel_m, n, step + 1, along_m, now)
    due, left_m = now, along_m
    for s in range(step + 1, trucks[n, T_GRANTED] + 1):
        m = plan_mv[n, s % plan_mv.shape[1]]
        share = max(0.0, 1.0 - left_m / length_m[m])
        due += np.int64(share * fastest_ms(roads, trucks[n, T_LOAD], m))
        left_m = 0.0
    trucks[n, T_DUE_MS] = due


@njit(cache=True)
def frees_by_reports(table, roads, rel_m, length_m, along_m, seen_ms, frees):
    """When trucks under way are expected to free what they hold, for a rehearsal: rows (instant, resource) into
    `frees`; returns their number."""
    trucks, plan_mv, now, found = table.trucks, table.plan_mv, table.clock[C_NOW], 0
    for n in range(len(trucks)):
        at, done_m = seen_ms[n], along_m[n]
        for s in range(trucks[n, T_PASSED] + 1, trucks[n, T_GRANTED] + 1):
            m = plan_mv[n, s % plan_mv.shape[1]]
            ms_per_m = fastest_ms(roads, trucks[n, T_LOAD], m) / length_m[m]
            for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
                k = roads.res_id[r]
                if k == roads.mv_to[m]:
                    continue
                if find(table.uses, table.used, k, n, s - 1 if k == roads.mv_from[m] else s) >= 0:
                    ahead_m = min(rel_m[r], length_m[m]) - done_m
                    frees[found, 0], frees[found, 1] = max(now, at + np.int64(max(0.0, ahead_m) * ms_per_m)), k
                    found += 1
            at += np.int64(max(0.0, length_m[m] - done_m) * ms_per_m)
            done_m = 0.0
    return found


@njit(cache=True)
def leave(table, roads, n, now):
    """Truck n is no longer led: everything it holds and claims is given back, and whoever waits for that is woken."""
    uses, count, trucks = table.uses, table.used, table.trucks
    trucks[n, T_END] = trucks[n, T_GRANTED] + 1
    trucks[n, T_STEP] = trucks[n, T_PASSED] = trucks[n, T_GRANTED]
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_HELD_UNTIL_MS] = 0
    trucks[n, T_DONE] = 1
    table.clock[C_DIRTY] = 1
    freed = np.zeros(len(count), np.bool_)
    for k in range(len(count)):
        i = 0
        while i < count[k]:
            if uses[k, i, WHO] == n:
                remove_at(uses, count, k, i)
                freed[k] = True
            else:
                i += 1
    for k in range(len(count)):
        if freed[k]:
            wake(table, roads, k, now)


@njit(cache=True)
def held_by_others(table, k, n):
    """Whether another truck than n has been allocated resource k."""
    uses, count, trucks = table.uses, table.used, table.trucks
    for i in range(count[k]):
        who = uses[k, i, WHO]
        if who != n and uses[k, i, STEP_NO] <= trucks[who, T_GRANTED]:
            return True
    return False


@njit(cache=True)
def enter(table, roads, rel_m, n, stop, m, along_m, now):
    """Truck n comes under way on movement m, `along_m` from its beginning, or stands at `stop` (m = -1).

    Nobody else may have a use of what it takes: the caller has taken out the plans of those that had.
    """
    uses, count, trucks, plan_mv = table.uses, table.used, table.trucks, table.plan_mv
    if m < 0:
        trucks[n, T_PASSED] = trucks[n, T_GRANTED]
        insert(uses, count, stop, now, FOREVER, n, trucks[n, T_GRANTED])
    else:
        step = trucks[n, T_GRANTED] + 1
        plan_mv[n, step % plan_mv.shape[1]] = m
        trucks[n, T_PASSED], trucks[n, T_GRANTED] = step - 1, step
        for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
            k = roads.res_id[r]
            if k == roads.mv_to[m] or rel_m[r] > along_m:
                insert(uses, count, k, now, FOREVER, n, step - 1 if k == roads.mv_from[m] else step)
    trucks[n, T_STOP] = stop
    trucks[n, T_STEP] = trucks[n, T_GRANTED]
    trucks[n, T_END] = trucks[n, T_GRANTED] + 1
    trucks[n, T_DUE_MS] = now
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_DONE] = 1
