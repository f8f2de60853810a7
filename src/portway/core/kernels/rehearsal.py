"""Renews all times of the table: what will happen when every truck drives its plan without further delay.

Theory of operation. The order of uses says who waits for whom, so nothing has to be simulated in the order of time: a
step can be timed as soon as all uses before its own have been. Trucks are taken one after the other and driven as far
as the table allows; who needs a resource that is not timed yet waits for it and is taken up again when its turn has
come. What a standing truck takes is free at the latest of the releases before it; a rolling truck goes on if that is
not later than its decision time, else it stops (`allocation.asked`).

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
    C_NOW,
    FOREVER,
    T_DECIDED,
    T_DONE,
    T_END,
    T_ETA_MS,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LEVEL_IN,
    T_LOAD,
    T_MOVING,
    T_PROFILE,
    T_START_MS,
    T_STAY_MS,
    T_STEP,
    T_STOP,
    TIN,
    TOUT,
    WHO,
    Table,
)
from portway.core.kernels.grouped import grouped
from portway.core.kernels.motion import decision_ms, first_profile, roll_level, since_ms
from portway.core.kernels.uses import find, standing_first


@grouped
class Book:
    """How far a rehearsal has come; R resources, N trucks."""

    heads: np.ndarray  # (R,) first use that is not timed
    free_ms: np.ndarray  # (R,) latest end of those before
    ready_ms: np.ndarray  # (N,) from when on a standing truck can go
    waits_for: np.ndarray  # (N,) resource whose turn has not come, or -1
    stack: np.ndarray  # (N + 1,) trucks to drive


@njit(cache=True)
def finish(shadow, book, size, k, at):
    """The first use of resource k that is not timed ends at `at`; returns the size of the stack of trucks to drive."""
    shadow.uses[k, book.heads[k], TOUT] = at
    book.heads[k] += 1
    book.free_ms[k] = max(book.free_ms[k], at)
    if book.heads[k] < shadow.used[k]:
        n = shadow.uses[k, book.heads[k], WHO]
        if book.waits_for[n] == k:
            book.waits_for[n] = -1
            book.stack[size] = n
            size += 1
    return size


@njit(cache=True)
def release(shadow, roads, book, size, n, m, profile, after_ms, until_ms):
    """Time the releases of the step under way of truck n whose offsets lie in (after_ms, until_ms]."""
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        offset = roads.rel_ms[profile, r]
        if after_ms < offset <= until_ms and roads.res_id[r] != roads.mv_to[m]:
            size = finish(shadow, book, size, roads.res_id[r], shadow.trucks[n, T_START_MS] + offset)
    return size


@njit(cache=True)
def available_ms(shadow, roads, book, n, step):
    """When the resources of a step of truck n have been freed by all before it; FOREVER when that is not known yet, and
    the truck then waits for one of them."""
    m, latest = movement(shadow, n, step), np.int64(0)
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k == roads.mv_from[m]:
            continue
        if standing_first(shadow.uses, shadow.used, book.heads[k], k, n, step) < 0:
            book.waits_for[n] = k
            return FOREVER
        latest = max(latest, book.free_ms[k])
    return latest


@njit(cache=True, inline="always")
def movement(shadow, n, step):
    """Movement of a step of truck n."""
    return shadow.plan_mv[n, step % shadow.plan_mv.shape[1]]


@njit(cache=True)
def take(shadow, roads, book, n, step, at):
    """Truck n takes the resources of a step at `at`."""
    m = movement(shadow, n, step)
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k != roads.mv_from[m]:
            shadow.uses[k, standing_first(shadow.uses, shadow.used, book.heads[k], k, n, step), TIN] = at


@njit(cache=True)
def begin(shadow, roads, book, size, n, level_in, at):
    """Truck n begins its next step; what it frees before its decision is known at once."""
    trucks = shadow.trucks
    trucks[n, T_STEP] += 1
    m = movement(shadow, n, trucks[n, T_STEP])
    base = first_profile(trucks[n, T_LOAD], level_in)
    trucks[n, T_MOVING] = 1
    trucks[n, T_STOP] = roads.mv_to[m]
    trucks[n, T_START_MS] = at
    trucks[n, T_PROFILE] = base
    trucks[n, T_LEVEL_IN] = level_in
    return release(shadow, roads, book, size, n, m, base, -1, decision_ms(roads, base, m))


@njit(cache=True)
def decide(shadow, roads, book, size, n, level):
    """Truck n ends the step under way at a level: it rolls on into the next one, or stands."""
    trucks = shadow.trucks
    m, base = movement(shadow, n, trucks[n, T_STEP]), trucks[n, T_PROFILE]
    start, dec = trucks[n, T_START_MS], decision_ms(roads, base, m)
    size = release(shadow, roads, book, size, n, m, base + level, dec, FOREVER)
    end = start + roads.dur_ms[base + level, m]
    if level == 0:
        trucks[n, T_MOVING] = 0
        book.ready_ms[n] = end
        return size
    if trucks[n, T_STEP] + 1 > trucks[n, T_GRANTED]:
        take(shadow, roads, book, n, trucks[n, T_STEP] + 1, start + dec)
    return begin(shadow, roads, book, size, n, level, end)


@njit(cache=True)
def end_plan(shadow, book, size, n):
    """Truck n stands at the end of its plan; a road truck is gone some time later."""
    shadow.trucks[n, T_ETA_MS] = book.ready_ms[n]
    if shadow.trucks[n, T_STAY_MS] > 0:
        at = book.ready_ms[n] + shadow.trucks[n, T_STAY_MS]
        size = finish(shadow, book, size, shadow.trucks[n, T_STOP], at)
    return size


@njit(cache=True)
def drive(shadow, roads, book, size, n):
    """Drive truck n as far as the table is timed; returns the size of the stack."""
    trucks = shadow.trucks
    while True:
        after = trucks[n, T_STEP] + 1
        if trucks[n, T_MOVING] == 1:
            level = roll_level(shadow, roads, n)
            if level > 0 and after > trucks[n, T_GRANTED]:
                at = available_ms(shadow, roads, book, n, after)
                if at == FOREVER:
                    return size
                if at > open_until_ms(shadow, roads, n):
                    level = 0
            size = decide(shadow, roads, book, size, n, level)
            continue
        if after >= trucks[n, T_END]:
            return end_plan(shadow, book, size, n)
        at = book.ready_ms[n]
        if after > trucks[n, T_GRANTED]:
            at = available_ms(shadow, roads, book, n, after)
            if at == FOREVER:
                return size
            at = max(at, book.ready_ms[n])
            take(shadow, roads, book, n, after, at)
        size = begin(shadow, roads, book, size, n, 0, at)


@njit(cache=True)
def open_until_ms(shadow, roads, n):
    """The decision time of a moving truck."""
    m, base = movement(shadow, n, shadow.trucks[n, T_STEP]), shadow.trucks[n, T_PROFILE]
    return shadow.trucks[n, T_START_MS] + decision_ms(roads, base, m)


@njit(cache=True)
def earliest_open(shadow, roads, book):
    """The truck whose open decision comes first, -1 if none is open."""
    chosen, low = -1, np.int64(FOREVER)
    for n in range(len(shadow.trucks)):
        if shadow.trucks[n, T_MOVING] == 1 and book.waits_for[n] >= 0:
            at = open_until_ms(shadow, roads, n)
            if at < low:
                chosen, low = n, at
    return chosen


@njit(cache=True)
def frees_by_profiles(table, roads, frees):
    """What trucks under way will free in any case, as their profiles say: rows (instant, resource) into `frees`;
    returns their number."""
    trucks, now, found = table.trucks, table.clock[C_NOW], 0
    for n in range(len(trucks)):
        step = trucks[n, T_STEP]
        if trucks[n, T_MOVING] == 1:
            m, profile = movement(table, n, step), trucks[n, T_PROFILE]
            start = since_ms(roads, trucks[n], m, now)
            known_ms = FOREVER if trucks[n, T_DECIDED] == 1 else decision_ms(roads, profile, m)
            for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
                k, offset = roads.res_id[r], roads.rel_ms[profile, r]
                if k == roads.mv_to[m] or offset > known_ms:
                    continue
                if find(table.uses, table.used, k, n, step - 1 if k == roads.mv_from[m] else step) >= 0:
                    frees[found, 0], frees[found, 1] = max(now, start + offset), k
                    found += 1
        elif trucks[n, T_STAY_MS] > 0 and trucks[n, T_DONE] == 1:
            k = trucks[n, T_STOP]
            if find(table.uses, table.used, k, n, step) >= 0:
                frees[found, 0], frees[found, 1] = max(now, trucks[n, T_ETA_MS] + trucks[n, T_STAY_MS]), k
                found += 1
    return found


@njit(cache=True)
def set_out(shadow, roads, book, n, now):
    """Put truck n where it is now, with what it has decided."""
    trucks = shadow.trucks
    book.ready_ms[n] = max(now, trucks[n, T_HELD_UNTIL_MS])
    if trucks[n, T_MOVING] == 0:
        return
    m, profile = movement(shadow, n, trucks[n, T_STEP]), trucks[n, T_PROFILE]
    trucks[n, T_START_MS] = since_ms(roads, trucks[n], m, now)
    if trucks[n, T_DECIDED] == 0:
        return
    end = trucks[n, T_START_MS] + roads.dur_ms[profile, m]
    if trucks[n, T_GRANTED] == trucks[n, T_STEP]:
        trucks[n, T_MOVING] = 0
        book.ready_ms[n] = end
        return
    begin(shadow, roads, book, 0, n, profile % 3, end)


@njit(cache=True)
def rehearse(table, roads, frees):
    """Renew all times of the table. `frees` (F, 2) are instants and resources that trucks under way will free in any
    case. Returns the number of trucks that never end their plan (0, or the order of passage has a cycle, which must not
    happen)."""
    trucks, count = table.trucks, table.used
    shadow = Table(
        table.uses, count, trucks.copy(), table.plan_mv, table.plan_level, table.clock, table.told, table.ended
    )  # fmt: skip
    book = Book(
        np.zeros(len(count), np.int64), np.zeros(len(count), np.int64), np.zeros(len(trucks), np.int64),
        np.full(len(trucks), np.int64(-1)), np.empty(len(trucks) + 1, np.int64),
    )  # fmt: skip
    for i in np.argsort(frees[:, 0], kind="mergesort"):
        finish(shadow, book, 0, frees[i, 1], frees[i, 0])
    for n in range(len(trucks)):
        set_out(shadow, roads, book, n, table.clock[C_NOW])
    size = 0
    for n in range(len(trucks) - 1, -1, -1):
        if trucks[n, T_MOVING] == 1 or trucks[n, T_STEP] + 1 < trucks[n, T_END]:
            book.stack[size] = n
            size += 1
    while size > 0:
        while size > 0:
            size = drive(shadow, roads, book, size - 1, book.stack[size - 1])
        n = earliest_open(shadow, roads, book)
        if n >= 0:
            book.waits_for[n] = -1
            size = decide(shadow, roads, book, 0, n, 0)
            book.stack[size] = n
            size += 1
    table.clock[C_DIRTY] = 0
    stuck = 0
    for n in range(len(trucks)):
        trucks[n, T_ETA_MS] = shadow.trucks[n, T_ETA_MS]
        if shadow.trucks[n, T_STEP] + 1 < shadow.trucks[n, T_END]:
            stuck += 1
    return stuck
