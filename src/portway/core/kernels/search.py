"""Safe-interval path planning for one truck against the table of all others.

Phillips and Likhachev 2011 (SIPP), weighted; states are (stop, free interval of the stop, level): standing and rolling
labels are kept apart because a rolling truck cannot wait, and every rolling label comes with the standing one of the
same movement, so the search stays complete. A standing label waits inside its interval. Free intervals are the gaps
between the uses of *other* trucks; the truck's own granted uses do not count.

A rolling truck takes the next step's resources at its decision time, so a rolling successor needs them from there on.
"""

import numpy as np
from numba import njit

from portway.core.kernels.agenda import pop, push
from portway.core.kernels.columns import (
    C_NOW,
    FOREVER,
    T_DECIDED,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LOAD,
    T_MOVING,
    T_PROFILE,
    T_STAY_MS,
    T_STEP,
    T_STOP,
    TIN,
    TOUT,
    WHO,
)
from portway.core.kernels.grouped import grouped
from portway.core.kernels.motion import decision_ms, first_profile, level_between, since_ms

FAR = 1 << 30
L_STOP, L_GAP, L_LEVEL, L_TIME, L_TAKE, L_PARENT, L_MV, L_START, L_LEVEL_IN, L_GAP_END = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
L_COLUMNS = 10
SPARE = 12  # uses of a resource that are left to those who have no other choice


@grouped
class Ask:
    """What a search looks for."""

    goal: int
    stay_ms: np.int64  # how long the goal has to be free from the arrival on
    cost: np.ndarray  # (S,) least driving times to the goal
    weight: int  # of `cost`, per cent
    mark: int  # tells the labels of this search from those of others


@njit(cache=True)
def shortest_from(roads, into, load, goal, cost):
    """Least driving time from every stop to `goal` without other trucks, ms, into `cost` (S,) int32; FAR if none.

    `into` are the movements by their ends, as (S + 1,) pointers into (M,) numbers. Reverse Dijkstra over the fastest
    profile of each movement: a lower bound for the search. Other places are not passed through.
    """
    in_ptr, in_mv = into
    heap = np.empty((len(roads.mv_to) + len(cost) + 1, 2), np.int64)
    cost[:] = FAR
    cost[goal] = 0
    size = push(heap, 0, 0, goal)
    while size > 0:
        t, s = heap[0, 0], heap[0, 1]
        size = pop(heap, size)
        if t > cost[s] or (roads.private[s] and s != goal):
            continue
        for e in range(in_ptr[s], in_ptr[s + 1]):
            m = in_mv[e]
            if roads.closed[m]:
                continue
            best = roads.least_ms[load, m]
            if best < FAR and t + best < cost[roads.mv_from[m]]:
                cost[roads.mv_from[m]] = t + best
                size = push(heap, size, t + best, roads.mv_from[m])


@njit(cache=True, inline="always")
def blocked_until(uses, count, k, n, low, high):
    """End of the last use of another truck that meets [low, high); -1 if the resource is free all that time."""
    end = -1
    for i in range(count[k]):
        if uses[k, i, TIN] >= high:
            break
        if uses[k, i, WHO] != n and uses[k, i, TOUT] > low:
            end = uses[k, i, TOUT]
    return end


@njit(cache=True, inline="always")
def window(uses, count, roads, n, m, profile, take, start, gap_end):
    """Whether movement m can start at `start` with its resources taken at `take`: -1 if so, the time before which it
    cannot, or FOREVER if it never can from this label. The stop at its end is left to the caller."""
    origin, goal = roads.mv_from[m], roads.mv_to[m]
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        k = roads.res_id[r]
        if k == goal:
            continue
        if count[k] >= uses.shape[1] - SPARE:
            return FOREVER
        leave = start + roads.rel_ms[profile, r]
        if k == origin:
            if leave > gap_end:
                return FOREVER
            continue
        end = blocked_until(uses, count, k, n, take, leave)
        if end >= 0:
            return end
    return -1


@njit(cache=True)
def add_label(scratch, ask, sizes, stop, gap, level, t, take, parent, mv, start, level_in, gap_end):
    """Keep a label if it is the earliest of its state; returns the new sizes (labels, heap)."""
    size, heap_size = sizes
    cost, best, stamp = ask.cost, scratch.best, scratch.stamp
    if cost[stop] >= FAR or size >= len(scratch.labels):
        return size, heap_size
    if stamp[stop, gap, level] == ask.mark and best[stop, gap, level] <= t:
        return size, heap_size
    stamp[stop, gap, level] = ask.mark
    best[stop, gap, level] = t
    row = scratch.labels[size]
    row[L_STOP], row[L_GAP], row[L_LEVEL], row[L_TIME], row[L_TAKE] = stop, gap, level, t, take
    row[L_PARENT], row[L_MV], row[L_START], row[L_LEVEL_IN], row[L_GAP_END] = parent, mv, start, level_in, gap_end
    heap_size = push(scratch.heap, heap_size, t + (ask.weight * cost[stop]) // 100, size)
    return size + 1, heap_size


@njit(cache=True)
def own_gap(uses, count, k, n):
    """Gap index and end of the free interval in which truck n itself stands at stop k (its use is granted)."""
    mine = -1
    for i in range(count[k]):
        if uses[k, i, WHO] == n:
            mine = i
            break
    for i in range(mine + 1, count[k]):
        if uses[k, i, WHO] != n:
            return i, uses[k, i, TIN]
    return count[k], FOREVER


@njit(cache=True)
def first_labels(table, roads, scratch, ask, n, now):
    """Labels from which truck n can still choose: the end of what is granted to it. Returns the sizes."""
    row, ring = table.trucks[n], table.plan_mv.shape[1]
    if row[T_MOVING] == 0:
        gap, gap_end = own_gap(table.uses, table.used, row[T_STOP], n)
        leave = max(now, row[T_HELD_UNTIL_MS])
        return add_label(scratch, ask, (0, 0), row[T_STOP], gap, 0, leave, leave, -1, -1, 0, 0, gap_end)
    m, level = table.plan_mv[n, row[T_STEP] % ring], row[T_PROFILE] % 3
    start, base = since_ms(roads, row, m, now), row[T_PROFILE] - level
    open_choice = row[T_DECIDED] == 0 or row[T_GRANTED] > row[T_STEP]
    for step in range(row[T_STEP] + 1, row[T_GRANTED] + 1):
        start += roads.dur_ms[base + level, m]
        base, m = first_profile(row[T_LOAD], level), table.plan_mv[n, step % ring]
        level = level_between(table, roads, n, step, level)
    stop, sizes = roads.mv_to[m], (0, 0)
    gap, gap_end = own_gap(table.uses, table.used, stop, n)
    decision = start + decision_ms(roads, base, m)
    if open_choice and decision >= now:
        for level in range(1, 3):
            if roads.dur_ms[base + level, m] >= 0:
                t = start + roads.dur_ms[base + level, m]
                sizes = add_label(scratch, ask, sizes, stop, gap, level, t, decision, -1, -1, 0, 0, gap_end)
    t = start + roads.dur_ms[base, m]
    return add_label(scratch, ask, sizes, stop, gap, 0, t, t, -1, -1, 0, 0, gap_end)


@njit(cache=True)
def expand(table, roads, scratch, ask, sizes, n, label):
    """All successors of a label; returns the new sizes."""
    labels, uses, count, goal = scratch.labels, table.uses, table.used, ask.goal
    stop, level_in, t = labels[label, L_STOP], labels[label, L_LEVEL], labels[label, L_TIME]
    take_first, gap_end = labels[label, L_TAKE], labels[label, L_GAP_END]
    base = first_profile(table.trucks[n, T_LOAD], level_in)
    for e in range(roads.out_ptr[stop], roads.out_ptr[stop + 1]):
        m = roads.out_mv[e]
        into = roads.mv_to[m]
        if ask.cost[into] >= FAR or roads.closed[m] or roads.dur_ms[base, m] < 0:
            continue
        if (roads.private[into] and into != goal) or count[into] >= uses.shape[1] - SPARE:
            continue
        gap_low = np.int64(-1)
        for gap in range(count[into] + 1):
            gap_high, after = np.int64(FOREVER), np.int64(FOREVER)
            if gap < count[into]:
                if uses[into, gap, WHO] == n:
                    continue
                gap_high, after = uses[into, gap, TIN], uses[into, gap, TOUT]
            start = max(t, gap_low) if level_in == 0 else t
            while start + roads.dur_ms[base, m] < gap_high and start < gap_end:
                take = start if level_in == 0 else take_first
                if take < gap_low:
                    break
                until = window(uses, count, roads, n, m, base, take, start, gap_end)
                if until < 0:
                    sizes = arrivals(roads, scratch, ask, sizes, label, m, base, level_in, start, gap, gap_high)
                    break
                if level_in > 0 or until >= FOREVER:
                    break
                start = until
            gap_low = after
            if gap_low >= gap_end or gap_low >= FOREVER:
                break
    return sizes


@njit(cache=True)
def arrivals(roads, scratch, ask, sizes, label, m, base, level_in, start, gap, gap_high):
    """Labels at the end of movement m, begun at `start`: standing, and rolling where that goes on."""
    into = roads.mv_to[m]
    for level in range(3):
        p = base + level
        if roads.dur_ms[p, m] < 0 or (level > 0 and into == ask.goal):
            continue
        at = start + roads.dur_ms[p, m]
        if into == ask.goal and gap_high < min(FOREVER, at + ask.stay_ms):
            continue
        decided = start + roads.dec_ms[p, m] if level > 0 else at
        sizes = add_label(scratch, ask, sizes, into, gap, level, at, decided, label, m, start, level_in, gap_high)
    return sizes


@njit(cache=True)
def search(table, roads, scratch, n, goal, cost, weight, mark):
    """Plan truck n to stop `goal`: rows (movement, level in, level out, start, take) into `scratch.way`.

    `cost` (S,) are least driving times to the goal, `weight` per cent of them count; `mark` tells one search from all
    before. Returns (steps, arrival ms); steps is -1 when there is no plan within the label limit.
    """
    sink_ms, labels, now = table.trucks[n, T_STAY_MS], scratch.labels, table.clock[C_NOW]
    ask = Ask(goal, np.int64(sink_ms if sink_ms > 0 else FOREVER), cost, weight, mark)
    sizes = first_labels(table, roads, scratch, ask, n, now)
    while sizes[1] > 0:
        label = scratch.heap[0, 1]
        sizes = sizes[0], pop(scratch.heap, sizes[1])
        stop, gap, level, t = labels[label, L_STOP], labels[label, L_GAP], labels[label, L_LEVEL], labels[label, L_TIME]
        if t > scratch.best[stop, gap, level]:
            continue
        if stop == goal and level == 0 and labels[label, L_GAP_END] >= min(FOREVER, t + ask.stay_ms):
            return unwind(labels, label, scratch.way), t
        sizes = expand(table, roads, scratch, ask, sizes, n, label)
    return -1, FOREVER


@njit(cache=True)
def unwind(labels, label, way):
    """Write the steps that lead to a label into `way`; returns their number, -1 when `way` is too short."""
    steps = 0
    at = label
    while labels[at, L_PARENT] >= 0:
        steps += 1
        at = labels[at, L_PARENT]
    if steps > len(way):
        return -1
    at = label
    for j in range(steps - 1, -1, -1):
        way[j, 0] = labels[at, L_MV]
        way[j, 1] = labels[at, L_LEVEL_IN]
        way[j, 2] = labels[at, L_LEVEL]
        way[j, 3] = labels[at, L_START]
        parent = labels[at, L_PARENT]
        way[j, 4] = labels[parent, L_TAKE] if labels[at, L_LEVEL_IN] > 0 else labels[at, L_START]
        at = parent
    return steps
