"""Renews all times of the table: what will happen when every truck drives its plan without further delay.

Theory of operation. The order of uses says who waits for whom, so nothing has to be simulated in the order of time: a
step can be timed as soon as all uses before its own have been. Trucks are taken one after the other and driven as far
as the table allows; who needs a resource that is not timed yet waits for it and is taken up again when its turn has
come. What a standing truck takes is free at the latest of the releases before it; a rolling truck goes on if that is
not later than its decision time, else it stops (`passage.decide`).

One thing does depend on time. A truck whose decision is open holds resources that it frees after it, sooner or later
as it rolls on or stops, and others may wait for these before it gets its next step. When nobody can be taken up,
everything that is still open happens after the earliest open decision; so that truck will not have its next step in
time, and stops. When no decision is open either, those who wait would wait for ever: the order has a cycle, which must
not happen.

That is a longest path through the action dependency graph of Hoenig et al. 2019, with speeds. It gives the times of an
event simulation without its agenda.
"""

import numpy as np
from numba import njit

from portway.core.kernels.columns import (
    C_DIRTY,
    C_EVENTS,
    C_MODE,
    C_NOW,
    FOREVER,
    FREE,
    LIVE,
    T_DECIDED,
    T_DUE_MS,
    T_END,
    T_ETA_MS,
    T_EXTRA_MS,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LEVEL_IN,
    T_LOAD,
    T_MOVING,
    T_PROFILE,
    T_SINK_MS,
    T_START_MS,
    T_STEP,
    T_STOP,
    TIN,
    TOUT,
    WHO,
)
from portway.core.kernels.passage import decision_ms, roll_level, stretched
from portway.core.kernels.uses import standing_first

S_READY_MS, S_WAITS_FOR, S_COLUMNS = (
    0,
    1,
    2,
)  # of a truck that stands: from when on it can go; resource waited for, or -1


@njit(cache=True)
def finish(uses, count, heads, free_ms, state, stack, size, k, at):
    """The first use of resource k that is not timed ends at `at`; returns the size of the stack of trucks to drive."""
    uses[k, heads[k], TOUT] = at
    heads[k] += 1
    free_ms[k] = max(free_ms[k], at)
    if heads[k] < count[k]:
        n = uses[k, heads[k], WHO]
        if state[n, S_WAITS_FOR] == k:
            state[n, S_WAITS_FOR] = -1
            stack[size] = n
            size += 1
    return size


@njit(cache=True)
def release(uses, count, heads, free_ms, arrays, shadow, state, stack, size, n, m, profile, after_ms, until_ms):
    """Time the releases of the step under way of truck n whose offsets lie in (after_ms, until_ms]."""
    extra, dur, start = shadow[n, T_EXTRA_MS], arrays.dur_ms[profile - profile % 3, m], shadow[n, T_START_MS]
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        offset = arrays.rel_ms[profile, r]
        if after_ms < offset <= until_ms and arrays.res_id[r] != arrays.mv_to[m]:
            at = start + stretched(offset, extra, dur)
            size = finish(uses, count, heads, free_ms, state, stack, size, arrays.res_id[r], at)
    return size


@njit(cache=True)
def available_ms(uses, count, heads, free_ms, arrays, plan_mv, state, n, step):
    """When the resources of a step of truck n have been freed by all before it; FOREVER when that is not known yet, and
    the truck then waits for one of them."""
    m, latest = plan_mv[n, step % plan_mv.shape[1]], np.int64(0)
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        k = arrays.res_id[r]
        if k == arrays.mv_from[m]:
            continue
        if standing_first(uses, count, heads[k], k, n, step) < 0:
            state[n, S_WAITS_FOR] = k
            return FOREVER
        latest = max(latest, free_ms[k])
    return latest


@njit(cache=True)
def take(uses, count, heads, arrays, plan_mv, n, step, at):
    """Truck n takes the resources of a step at `at`."""
    m = plan_mv[n, step % plan_mv.shape[1]]
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        k = arrays.res_id[r]
        if k != arrays.mv_from[m]:
            uses[k, standing_first(uses, count, heads[k], k, n, step), TIN] = at


@njit(cache=True)
def begin(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, size, n, level_in, at):
    """Truck n begins its next step; what it frees before its decision is known at once."""
    shadow[n, T_STEP] += 1
    m = plan_mv[n, shadow[n, T_STEP] % plan_mv.shape[1]]
    base = (shadow[n, T_LOAD] * 3 + level_in) * 3
    shadow[n, T_MOVING] = 1
    shadow[n, T_STOP] = arrays.mv_to[m]
    shadow[n, T_START_MS] = at
    shadow[n, T_PROFILE] = base
    shadow[n, T_LEVEL_IN] = level_in
    shadow[n, T_EXTRA_MS] = 0
    dec = decision_ms(arrays, base, m)
    return release(uses, count, heads, free_ms, arrays, shadow, state, stack, size, n, m, base, -1, dec)


@njit(cache=True)
def decide(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, size, n, level):
    """Truck n ends the step under way at a level: it rolls on into the next one, or stands."""
    m, base = plan_mv[n, shadow[n, T_STEP] % plan_mv.shape[1]], shadow[n, T_PROFILE]
    extra, full, start = shadow[n, T_EXTRA_MS], arrays.dur_ms[base, m], shadow[n, T_START_MS]
    dec = decision_ms(arrays, base, m)
    size = release(
        uses, count, heads, free_ms, arrays, shadow, state, stack, size, n, m, base + level, dec, FOREVER
    )  # fmt: skip
    end = start + stretched(arrays.dur_ms[base + level, m], extra, full)
    if level == 0:
        shadow[n, T_MOVING] = 0
        state[n, S_READY_MS] = end
        return size
    take(uses, count, heads, arrays, plan_mv, n, shadow[n, T_STEP] + 1, start + stretched(dec, extra, full))
    return begin(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, size, n, level, end)


@njit(cache=True)
def end_plan(uses, count, heads, free_ms, shadow, state, stack, size, n):
    """Truck n stands at the end of its plan; a road truck is gone some time later."""
    shadow[n, T_ETA_MS] = state[n, S_READY_MS]
    if shadow[n, T_SINK_MS] > 0:
        at = state[n, S_READY_MS] + shadow[n, T_SINK_MS]
        size = finish(uses, count, heads, free_ms, state, stack, size, shadow[n, T_STOP], at)
    return size


@njit(cache=True)
def drive(uses, count, heads, free_ms, arrays, shadow, plan_mv, plan_level, state, stack, size, n):
    """Drive truck n as far as the table is timed; returns the size of the stack."""
    while True:
        after = shadow[n, T_STEP] + 1
        if shadow[n, T_MOVING] == 1:
            level = roll_level(arrays, shadow, plan_mv, plan_level, n)
            if level > 0:
                at = available_ms(uses, count, heads, free_ms, arrays, plan_mv, state, n, after)
                if at == FOREVER:
                    return size
                if at > open_until_ms(arrays, shadow, plan_mv, n):
                    level = 0
            size = decide(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, size, n, level)
            continue
        if after >= shadow[n, T_END]:
            return end_plan(uses, count, heads, free_ms, shadow, state, stack, size, n)
        at = available_ms(uses, count, heads, free_ms, arrays, plan_mv, state, n, after)
        if at == FOREVER:
            return size
        at = max(at, state[n, S_READY_MS])
        take(uses, count, heads, arrays, plan_mv, n, after, at)
        size = begin(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, size, n, 0, at)


@njit(cache=True)
def open_until_ms(arrays, shadow, plan_mv, n):
    """The decision time of a moving truck."""
    m, base = plan_mv[n, shadow[n, T_STEP] % plan_mv.shape[1]], shadow[n, T_PROFILE]
    dec = decision_ms(arrays, base, m)
    return shadow[n, T_START_MS] + stretched(dec, shadow[n, T_EXTRA_MS], arrays.dur_ms[base, m])


@njit(cache=True)
def earliest_open(arrays, shadow, plan_mv, state):
    """The truck whose open decision comes first, -1 if none is open."""
    chosen, low = -1, np.int64(FOREVER)
    for n in range(len(shadow)):
        if shadow[n, T_MOVING] == 1 and state[n, S_WAITS_FOR] >= 0:
            at = open_until_ms(arrays, shadow, plan_mv, n)
            if at < low:
                chosen, low = n, at
    return chosen


@njit(cache=True)
def known_frees(uses, count, heads, free_ms, state, stack, agenda, clock):
    """Time the uses whose end is on the agenda: what trucks under way will free in any case."""
    times, what, found = np.empty(clock[C_EVENTS], np.int64), np.empty(clock[C_EVENTS], np.int64), 0
    for i in range(clock[C_EVENTS]):
        if agenda[i, 1] >> 40 == FREE:
            times[found], what[found] = agenda[i, 0], agenda[i, 1]
            found += 1
    for i in np.argsort(times[:found], kind="mergesort"):
        finish(uses, count, heads, free_ms, state, stack, 0, what[i] & 0xFFFFF, times[i])


@njit(cache=True)
def set_out(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, n, now, mode):
    """Put truck n where it is now, with what it has decided."""
    due = shadow[n, T_DUE_MS] if mode == LIVE else 0
    state[n, S_READY_MS] = max(now, shadow[n, T_HELD_UNTIL_MS], due)
    if shadow[n, T_MOVING] == 0 or shadow[n, T_DECIDED] == 0:
        return 0
    m, profile = plan_mv[n, shadow[n, T_STEP] % plan_mv.shape[1]], shadow[n, T_PROFILE]
    full, extra = arrays.dur_ms[profile - profile % 3, m], shadow[n, T_EXTRA_MS]
    end = shadow[n, T_START_MS] + stretched(arrays.dur_ms[profile, m], extra, full)
    if shadow[n, T_GRANTED] == shadow[n, T_STEP]:
        shadow[n, T_MOVING] = 0
        state[n, S_READY_MS] = end
        return 0
    return begin(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, 0, n, profile % 3, end)


@njit(cache=True)
def rehearse(uses, count, arrays, trucks, plan_mv, plan_level, agenda, clock):
    """Renew all times of the table. Returns the number of trucks that never end their plan (0, or the order of passage
    has a cycle, which must not happen)."""
    heads, free_ms = np.zeros(len(count), np.int64), np.zeros(len(count), np.int64)
    shadow, now = trucks.copy(), clock[C_NOW]
    state = np.zeros((len(trucks), S_COLUMNS), np.int64)
    state[:, S_WAITS_FOR] = -1
    stack = np.empty(len(trucks) + 1, np.int64)
    known_frees(uses, count, heads, free_ms, state, stack, agenda, clock)
    for n in range(len(trucks)):
        set_out(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, n, now, clock[C_MODE])
    size = 0
    for n in range(len(trucks) - 1, -1, -1):
        if trucks[n, T_MOVING] == 1 or trucks[n, T_STEP] + 1 < trucks[n, T_END]:
            stack[size] = n
            size += 1
    while size > 0:
        while size > 0:
            n = stack[size - 1]
            size = drive(
                uses, count, heads, free_ms, arrays, shadow, plan_mv, plan_level, state, stack, size - 1, n
            )  # fmt: skip
        n = earliest_open(arrays, shadow, plan_mv, state)
        if n >= 0:
            state[n, S_WAITS_FOR] = -1
            size = decide(uses, count, heads, free_ms, arrays, shadow, plan_mv, state, stack, 0, n, 0)
            stack[size] = n
            size += 1
    clock[C_DIRTY] = 0
    stuck = 0
    for n in range(len(trucks)):
        trucks[n, T_ETA_MS] = shadow[n, T_ETA_MS]
        if shadow[n, T_STEP] + 1 < shadow[n, T_END]:
            stuck += 1
    return stuck
