"""Who may drive what: steps are allocated in the order of passage, on what trucks report.

Theory of operation. A truck under way on a step has one open question: go on rolling, or stop at the end? It asks at
the *decision time*, the last moment at which it can still stop there (`asked`). If the next step's resources are all
free of others before it (its uses stand first), they are granted and the truck may roll on, else it has to brake. It
says when it has entered the next step (`entered`), when its rear has left a resource (`left`), and when it stands
(`stands`). A standing truck is told to set out (`table.told`) as soon as the resource that it waits for is free. So
authority always covers the braking distance, a resource is free only when the rear has left, and time alone never
moves a truck.

The order of uses comes from plans that could all be driven at their times, so "waits for" has no cycle; the order
never changes but by re-planning against the same table. Hence some truck can always move (Hoenig et al. 2019, action
dependency graphs).

A truck of steel cannot be answered in time when it brakes already, so it is told of several steps ahead (`C_AHEAD`),
and says where it is instead of asking (`live`). The order of passage and all that follows is the same code.

The baseline, first come, first served, has routes only and takes resources when they are free; it can lock.
"""

import numpy as np
from numba import njit

from portway.core.kernels.columns import (
    C_AHEAD,
    C_DIRTY,
    C_ENDED,
    C_MODE,
    C_NOW,
    C_TOLD,
    FIRST_COME,
    FOREVER,
    T_BLOCKED,
    T_DECIDED,
    T_DONE,
    T_END,
    T_ETA_MS,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LEVEL_IN,
    T_LOAD,
    T_MOVING,
    T_PASSED,
    T_PAUSED,
    T_PROFILE,
    T_SINCE_MS,
    T_START_MS,
    T_STAY_MS,
    T_STEP,
    T_STOP,
    TIN,
    TOUT,
    WHO,
)
from portway.core.kernels.motion import first_profile, roll_level
from portway.core.kernels.uses import insert, remove_at, standing_first


@njit(cache=True)
def grant(table, roads, n, now):
    """Allocate the resources of the next step of truck n, all or none; returns -1 or the resource it lacks."""
    uses, count, trucks, clock = table.uses, table.used, table.trucks, table.clock
    step = trucks[n, T_GRANTED] + 1
    m = table.plan_mv[n, step % table.plan_mv.shape[1]]
    origin = roads.mv_from[m]
    first_come = clock[C_MODE] == FIRST_COME
    if roads.closed[m]:
        return np.int64(roads.mv_to[m])
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k == origin:
            continue
        if first_come:
            for i in range(count[k]):
                if uses[k, i, WHO] != n:
                    return k
        elif standing_first(uses, count, 0, k, n, step) < 0:
            return k
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k == origin:
            continue
        if first_come:
            insert(uses, count, k, now, FOREVER, n, step)
            continue
        i = standing_first(uses, count, 0, k, n, step)
        if uses[k, i, TIN] != now:
            clock[C_DIRTY] = 1
            uses[k, i, TIN] = now
    trucks[n, T_GRANTED] = step
    return -1


@njit(cache=True)
def extend(table, roads, n, upto, now):
    """Allocate the next steps of truck n as far as they can be had, up to step `upto` at most."""
    trucks = table.trucks
    while trucks[n, T_GRANTED] < min(upto, trucks[n, T_END] - 1):
        lacks = grant(table, roads, n, now)
        if lacks >= 0:
            if trucks[n, T_BLOCKED] < 0:
                trucks[n, T_SINCE_MS] = now
            trucks[n, T_BLOCKED] = lacks
            return
        trucks[n, T_BLOCKED] = -1


@njit(cache=True)
def entered(table, roads, n, level_in, now):
    """Truck n is on its next step since `now`: it says so, or was told to set out."""
    trucks = table.trucks
    step = trucks[n, T_STEP] + 1
    trucks[n, T_MOVING] = 1
    trucks[n, T_STOP] = roads.mv_to[table.plan_mv[n, step % table.plan_mv.shape[1]]]
    trucks[n, T_STEP], trucks[n, T_PASSED] = step, step - 1
    trucks[n, T_START_MS] = now
    trucks[n, T_PROFILE] = first_profile(trucks[n, T_LOAD], level_in)
    trucks[n, T_DECIDED] = 0
    trucks[n, T_LEVEL_IN] = level_in


@njit(cache=True)
def told_to_drive(table, n):
    """What truck n is told: its movement, and the profile it begins with."""
    step = table.trucks[n, T_STEP]
    return table.plan_mv[n, step % table.plan_mv.shape[1]], table.trucks[n, T_PROFILE]


@njit(cache=True)
def asked(table, roads, n, now):
    """Truck n asks whether it may roll on into its next step: the level at which it may, 0 when it has to stop."""
    trucks = table.trucks
    level = roll_level(table, roads, n)
    more = level > 0 and trucks[n, T_GRANTED] == trucks[n, T_STEP]
    if more and (trucks[n, T_PAUSED] > 0 or grant(table, roads, n, now) >= 0):
        level = 0
        table.clock[C_DIRTY] = 1
    decided(trucks, n, level)
    return level


@njit(cache=True, inline="always")
def decided(trucks, n, level):
    """It is known at which level truck n ends the step under way."""
    trucks[n, T_PROFILE] += level - trucks[n, T_PROFILE] % 3
    trucks[n, T_DECIDED] = 1


@njit(cache=True)
def ask(table, roads, n, now):
    """Allocate to truck n what it may have before it asks; one that stands is told to set out, is marked as blocked, or
    is held."""
    trucks, clock = table.trucks, table.clock
    if trucks[n, T_HELD_UNTIL_MS] > 0 or trucks[n, T_PAUSED] > 0:
        return
    extend(table, roads, n, trucks[n, T_PASSED] + clock[C_AHEAD], now)
    if trucks[n, T_MOVING] == 0 and trucks[n, T_GRANTED] > trucks[n, T_STEP]:
        entered(table, roads, n, 0, now)
        assert clock[C_TOLD] < len(table.told), "trucks were told, and nobody has looked"
        table.told[clock[C_TOLD]] = n
        clock[C_TOLD] += 1


@njit(cache=True)
def wake(table, roads, k, now):
    """Resource k has become free for somebody: let the truck that stands first (or waits longest) ask again."""
    trucks = table.trucks
    if table.clock[C_MODE] == FIRST_COME:
        for _ in range(len(trucks)):
            chosen = -1
            for n in range(len(trucks)):
                if trucks[n, T_BLOCKED] == k and (chosen < 0 or trucks[n, T_SINCE_MS] < trucks[chosen, T_SINCE_MS]):
                    chosen = n
            if chosen < 0:
                return
            ask(table, roads, chosen, now)
            if trucks[chosen, T_BLOCKED] == k:
                return
        return
    if table.used[k] > 0:
        n = table.uses[k, 0, WHO]
        if trucks[n, T_BLOCKED] == k:
            ask(table, roads, n, now)


@njit(cache=True)
def left(table, roads, n, k, now):
    """The rear of truck n has left resource k."""
    uses, count = table.uses, table.used
    i = 0
    while i < count[k] and uses[k, i, WHO] != n:
        i += 1
    assert i < count[k], "a truck frees what it does not hold"
    if uses[k, i, TOUT] != now:
        table.clock[C_DIRTY] = 1
    remove_at(uses, count, k, i)
    wake(table, roads, k, now)


@njit(cache=True)
def stands(table, roads, n, now):
    """Truck n stands at the end of its movement: it asks for the next step of its plan, or has come to its end."""
    trucks = table.trucks
    trucks[n, T_MOVING] = 0
    trucks[n, T_PASSED] = trucks[n, T_STEP]
    if trucks[n, T_STEP] + 1 < trucks[n, T_END]:
        ask(table, roads, n, now)
    elif trucks[n, T_DONE] == 0:
        trucks[n, T_DONE] = 1
        trucks[n, T_ETA_MS] = now
        table.ended[table.clock[C_ENDED]] = n
        table.clock[C_ENDED] += 1


@njit(cache=True)
def ask_again(table, roads, n, now):
    """Truck n was given a plan, or is held or paused no more: it asks for what it may have."""
    if table.trucks[n, T_STEP] + 1 < table.trucks[n, T_END]:
        table.trucks[n, T_DONE] = 0
        ask(table, roads, n, now)


@njit(cache=True)
def place(table, n, stop, load):
    """Put truck n on a stop that nobody uses: at the beginning, or a road truck that comes."""
    trucks = table.trucks
    step = trucks[n, T_STEP]
    trucks[n, T_STOP] = stop
    trucks[n, T_MOVING] = 0
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_GRANTED] = trucks[n, T_PASSED] = step
    trucks[n, T_END] = step + 1
    trucks[n, T_LOAD] = load
    trucks[n, T_STAY_MS] = 0
    trucks[n, T_DONE] = 1
    insert(table.uses, table.used, stop, table.clock[C_NOW], FOREVER, n, step)
