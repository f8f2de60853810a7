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
    FOREVER,
    T_DECIDED,
    T_DUE_MS,
    T_EXTRA_MS,
    T_GRANTED,
    T_HELD_UNTIL_MS,
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
from portway.core.kernels.passage import decision_ms, stretched

FAR = 1 << 30
L_STOP, L_GAP, L_LEVEL, L_TIME, L_TAKE, L_PARENT, L_MV, L_START, L_LEVEL_IN, L_GAP_END = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
L_COLUMNS = 10


@njit(cache=True)
def shortest_from(out_ptr, out_mv, mv_to, dur_ms, private, closed, load, goal, cost, in_ptr, in_mv, mv_from):
    """Least driving time from every stop to `goal` without other trucks, ms, into `cost` (S,) int32; FAR if none.

    Reverse Dijkstra over the fastest profile of each movement: a lower bound for the search. Other places are not
    passed through.
    """
    n_stops = len(cost)
    heap = np.empty((len(mv_to) + n_stops + 1, 2), np.int64)
    cost[:] = FAR
    cost[goal] = 0
    size = push(heap, 0, 0, goal)
    while size > 0:
        t, s = heap[0, 0], heap[0, 1]
        size = pop(heap, size)
        if t > cost[s] or (private[s] and s != goal):
            continue
        for e in range(in_ptr[s], in_ptr[s + 1]):
            m = in_mv[e]
            if closed[m]:
                continue
            best = FAR
            for p in range(load * 9, load * 9 + 9):
                if dur_ms[p, m] >= 0:
                    best = min(best, dur_ms[p, m])
            if best < FAR and t + best < cost[mv_from[m]]:
                cost[mv_from[m]] = t + best
                size = push(heap, size, t + best, mv_from[m])


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
def window(uses, count, arrays, n, m, profile, take, start, gap_end):
    """Whether movement m can start at `start` with its resources taken at `take`: -1 if so, the time before which it
    cannot, or FOREVER if it never can from this label. The stop at its end is left to the caller."""
    origin, goal = arrays.mv_from[m], arrays.mv_to[m]
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        k = arrays.res_id[r]
        if k == goal:
            continue
        if count[k] >= uses.shape[1] - 12:
            return FOREVER
        leave = start + arrays.rel_ms[profile, r]
        if k == origin:
            if leave > gap_end:
                return FOREVER
            continue
        end = blocked_until(uses, count, k, n, take, leave)
        if end >= 0:
            return end
    return -1


@njit(cache=True)
def add_label(
    labels,
    size,
    best,
    stamp,
    mark,
    heap,
    heap_size,
    cost,
    weight,
    stop,
    gap,
    level,
    t,
    take,
    parent,
    mv,
    start,
    level_in,
    gap_end,
):
    """Keep a label if it is the earliest of its state; returns the new sizes."""
    if cost[stop] >= FAR or size >= len(labels):
        return size, heap_size
    if stamp[stop, gap, level] == mark and best[stop, gap, level] <= t:
        return size, heap_size
    stamp[stop, gap, level] = mark
    best[stop, gap, level] = t
    row = labels[size]
    row[L_STOP], row[L_GAP], row[L_LEVEL], row[L_TIME], row[L_TAKE] = stop, gap, level, t, take
    row[L_PARENT], row[L_MV], row[L_START], row[L_LEVEL_IN], row[L_GAP_END] = parent, mv, start, level_in, gap_end
    heap_size = push(heap, heap_size, t + (weight * cost[stop]) // 100, size)
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
def first_labels(uses, count, arrays, trucks, plan_mv, n, now, labels, best, stamp, mark, heap, cost, weight):
    """Labels from which truck n can still choose: the end of what is granted to it. Returns sizes and standing time."""
    row = trucks[n]
    ring = plan_mv.shape[1]
    size, heap_size = 0, 0
    if row[T_MOVING] == 0:
        gap, gap_end = own_gap(uses, count, row[T_STOP], n)
        leave = max(now, row[T_HELD_UNTIL_MS], row[T_DUE_MS])
        return add_label(
            labels,
            size,
            best,
            stamp,
            mark,
            heap,
            heap_size,
            cost,
            weight,
            row[T_STOP],
            gap,
            0,
            leave,
            leave,
            -1,
            -1,
            0,
            0,
            gap_end,
        )
    step, start, base, extra = row[T_STEP], row[T_START_MS], row[T_PROFILE], row[T_EXTRA_MS]
    m = plan_mv[n, step % ring]
    if row[T_DECIDED] == 1 and row[T_GRANTED] > step:
        level = row[T_PROFILE] % 3
        start += stretched(arrays.dur_ms[base, m], extra, arrays.dur_ms[base - level, m])
        base, extra = (row[T_LOAD] * 3 + level) * 3, 0
        m = plan_mv[n, (step + 1) % ring]
        open_choice = True
    else:
        open_choice = row[T_DECIDED] == 0
        base -= base % 3
    stop, full = arrays.mv_to[m], arrays.dur_ms[base, m]
    gap, gap_end = own_gap(uses, count, stop, n)
    if open_choice:
        decision = start + stretched(decision_ms(arrays, base, m), extra, full)
        if decision >= now:
            for level in range(1, 3):
                if arrays.dur_ms[base + level, m] >= 0:
                    t = start + stretched(arrays.dur_ms[base + level, m], extra, full)
                    size, heap_size = add_label(
                        labels,
                        size,
                        best,
                        stamp,
                        mark,
                        heap,
                        heap_size,
                        cost,
                        weight,
                        stop,
                        gap,
                        level,
                        t,
                        decision,
                        -1,
                        -1,
                        0,
                        0,
                        gap_end,
                    )
    t = start + stretched(full, extra, full)
    return add_label(
        labels, size, best, stamp, mark, heap, heap_size, cost, weight, stop, gap, 0, t, t, -1, -1, 0, 0, gap_end
    )


@njit(cache=True)
def expand(
    uses, count, arrays, load, n, label, goal, stay, labels, size, best, stamp, mark, heap, heap_size, cost, weight
):
    """All successors of a label; returns the new sizes."""
    stop, level_in, t = labels[label, L_STOP], labels[label, L_LEVEL], labels[label, L_TIME]
    take_first, gap_end = labels[label, L_TAKE], labels[label, L_GAP_END]
    base = (load * 3 + level_in) * 3
    cap = uses.shape[1] - 12
    for e in range(arrays.out_ptr[stop], arrays.out_ptr[stop + 1]):
        m = arrays.out_mv[e]
        into = arrays.mv_to[m]
        if cost[into] >= FAR or arrays.closed[m] or arrays.dur_ms[base, m] < 0:
            continue
        if arrays.private[into] and into != goal:
            continue
        if count[into] >= cap:
            continue
        gap_low = np.int64(-1)
        for gap in range(count[into] + 1):
            if gap < count[into]:
                if uses[into, gap, WHO] == n:
                    continue
                gap_high = uses[into, gap, TIN]
                after = uses[into, gap, TOUT]
            else:
                gap_high = FOREVER
                after = FOREVER
            start = max(t, gap_low) if level_in == 0 else t
            while start + arrays.dur_ms[base, m] < gap_high and start < gap_end:
                take = start if level_in == 0 else take_first
                if take < gap_low:
                    break
                until = window(uses, count, arrays, n, m, base, take, start, gap_end)
                if until < 0:
                    for level in range(3):
                        p = base + level
                        if arrays.dur_ms[p, m] < 0 or (level > 0 and into == goal):
                            continue
                        arrival = start + arrays.dur_ms[p, m]
                        if into == goal and gap_high < min(FOREVER, arrival + stay):
                            continue
                        decided = start + arrays.dec_ms[p, m] if level > 0 else arrival
                        size, heap_size = add_label(
                            labels,
                            size,
                            best,
                            stamp,
                            mark,
                            heap,
                            heap_size,
                            cost,
                            weight,
                            into,
                            gap,
                            level,
                            arrival,
                            decided,
                            label,
                            m,
                            start,
                            level_in,
                            gap_high,
                        )
                    break
                if level_in > 0 or until >= FOREVER:
                    break
                start = until
            gap_low = after
            if gap_low >= gap_end or gap_low >= FOREVER:
                break
    return size, heap_size


@njit(cache=True)
def search(uses, count, arrays, trucks, plan_mv, n, goal, now, cost, weight, labels, best, stamp, mark, heap, way):
    """Plan truck n to stop `goal`: rows (movement, level in, level out, start, take) into `way`.

    Returns (steps, arrival ms); steps is -1 when there is no plan within the label limit.
    """
    load = trucks[n, T_LOAD]
    stay = trucks[n, T_SINK_MS] if trucks[n, T_SINK_MS] > 0 else FOREVER
    size, heap_size = first_labels(
        uses, count, arrays, trucks, plan_mv, n, now, labels, best, stamp, mark, heap, cost, weight
    )
    while heap_size > 0:
        label = heap[0, 1]
        heap_size = pop(heap, heap_size)
        stop, gap, level = labels[label, L_STOP], labels[label, L_GAP], labels[label, L_LEVEL]
        if labels[label, L_TIME] > best[stop, gap, level]:
            continue
        if stop == goal and level == 0 and labels[label, L_GAP_END] >= min(FOREVER, labels[label, L_TIME] + stay):
            return unwind(labels, label, way), labels[label, L_TIME]
        size, heap_size = expand(
            uses,
            count,
            arrays,
            load,
            n,
            label,
            goal,
            stay,
            labels,
            size,
            best,
            stamp,
            mark,
            heap,
            heap_size,
            cost,
            weight,
        )
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
