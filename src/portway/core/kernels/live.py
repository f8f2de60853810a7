"""Allocation by reports: a truck's resources are given back when it says that its rear has left them.

A truck has been allocated the steps up to `T_GRANTED` and has reported the end of `T_PASSED`; in between it is under
way. In the table it stands at the end of its base (`passage.extend_base`), so planner and rehearsal need not know that
it is live.
"""

import numpy as np
from numba import njit

from portway.core.kernels.columns import (
    C_DIRTY,
    C_NOW,
    FREE,
    T_DUE_MS,
    T_GRANTED,
    T_LOAD,
    T_PASSED,
)
from portway.core.kernels.passage import fastest_ms, schedule, wake
from portway.core.kernels.uses import find, remove_at


@njit(cache=True)
def give_back(uses, count, arrays, rel_m, trucks, plan_mv, agenda, clock, n, step, along_m, now):
    """Free what the rear of truck n has left when it is `along_m` on a step; the end of the step is kept."""
    m = plan_mv[n, step % plan_mv.shape[1]]
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        k = arrays.res_id[r]
        if k == arrays.mv_to[m] or rel_m[r] > along_m:
            continue
        i = find(uses, count, k, n, step - 1 if k == arrays.mv_from[m] else step)
        if i >= 0:
            clock[C_DIRTY] = 1
            remove_at(uses, count, k, i)
            wake(uses, count, arrays, trucks, plan_mv, agenda, clock, k, now)


@njit(cache=True)
def report(uses, count, arrays, rel_m, length_m, trucks, plan_mv, agenda, clock, n, step, along_m, now):
    """Truck n has reached the end of `step` and is `along_m` on the next one."""
    clock[C_NOW] = now
    for s in range(trucks[n, T_PASSED] + 1, step + 1):
        give_back(uses, count, arrays, rel_m, trucks, plan_mv, agenda, clock, n, s, np.inf, now)
    trucks[n, T_PASSED] = step
    if step < trucks[n, T_GRANTED]:
        give_back(uses, count, arrays, rel_m, trucks, plan_mv, agenda, clock, n, step + 1, along_m, now)
    due, left_m = now, along_m
    for s in range(step + 1, trucks[n, T_GRANTED] + 1):
        m = plan_mv[n, s % plan_mv.shape[1]]
        share = max(0.0, 1.0 - left_m / length_m[m])
        due += np.int64(share * fastest_ms(arrays, trucks[n, T_LOAD], m))
        left_m = 0.0
    trucks[n, T_DUE_MS] = due


@njit(cache=True)
def expected_frees(uses, count, arrays, rel_m, length_m, trucks, plan_mv, along_m, seen_ms, agenda, clock):
    """Put on the agenda when trucks under way are expected to free what they hold, for a rehearsal."""
    now = clock[C_NOW]
    for n in range(len(trucks)):
        at, done_m = seen_ms[n], along_m[n]
        for s in range(trucks[n, T_PASSED] + 1, trucks[n, T_GRANTED] + 1):
            m = plan_mv[n, s % plan_mv.shape[1]]
            ms_per_m = fastest_ms(arrays, trucks[n, T_LOAD], m) / length_m[m]
            for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
                k = arrays.res_id[r]
                if k == arrays.mv_to[m]:
                    continue
                if find(uses, count, k, n, s - 1 if k == arrays.mv_from[m] else s) >= 0:
                    ahead_m = min(rel_m[r], length_m[m]) - done_m
                    schedule(agenda, clock, max(now, at + np.int64(max(0.0, ahead_m) * ms_per_m)), FREE, n, k)
            at += np.int64(max(0.0, length_m[m] - done_m) * ms_per_m)
            done_m = 0.0
