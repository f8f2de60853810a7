"""The reservation table: for each resource the uses by trucks in their order of passage.

The order is the promise: a truck enters when its use stands first (its own earlier uses aside), never by the clock.
Times say when that is expected; they place new uses and are renewed by a rehearsal when trucks are late.
"""

from numba import njit

from portway.core.kernels.columns import FOREVER, STEP_NO, T_END, T_GRANTED, T_LOAD, T_STAY_MS, TIN, TOUT, WHO
from portway.core.kernels.motion import first_profile, last_stop


@njit(cache=True, inline="always")
def insert(uses, count, k, tin, tout, who, step):
    """Put a use into its place by time."""
    i = count[k]
    row = uses[k]
    while i > 0 and row[i - 1, TIN] > tin:
        for c in range(4):
            row[i, c] = row[i - 1, c]
        i -= 1
    row[i, TIN] = tin
    row[i, TOUT] = tout
    row[i, WHO] = who
    row[i, STEP_NO] = step
    count[k] += 1


@njit(cache=True, inline="always")
def find(uses, count, k, who, step):
    """Index of a truck's use by its step; -1 if there is none."""
    for i in range(count[k]):
        if uses[k, i, WHO] == who and uses[k, i, STEP_NO] == step:
            return i
    return -1


@njit(cache=True, inline="always")
def remove_at(uses, count, k, i):
    """Take a use out; the others keep their order."""
    assert 0 <= i < count[k], "a use that is not in the table"
    row = uses[k]
    count[k] -= 1
    for j in range(i, count[k]):
        for c in range(4):
            row[j, c] = row[j + 1, c]


@njit(cache=True, inline="always")
def standing_first(uses, count, head, k, who, step):
    """Index of the use (who, step) if no other truck's use stands before it, else -1."""
    for i in range(head, count[k]):
        if uses[k, i, WHO] != who:
            return -1
        if uses[k, i, STEP_NO] == step:
            return i
    return -1


@njit(cache=True)
def commit(table, roads, n, length, way, eta):
    """Enter a plan of `length` steps behind the granted steps of truck n.

    `way` (length, 5): movement, level in, level out, start, take time (before the start when the truck rolls).
    """
    uses, count, trucks, ring = table.uses, table.used, table.trucks, table.plan_mv.shape[1]
    base_step = trucks[n, T_GRANTED] + 1
    load = trucks[n, T_LOAD]
    for j in range(length):
        m = way[j, 0]
        profile = first_profile(load, way[j, 1]) + way[j, 2]
        start = way[j, 3]
        table.plan_mv[n, (base_step + j) % ring] = m
        table.plan_level[n, (base_step + j) % ring] = way[j, 2]
        origin, goal = roads.mv_from[m], roads.mv_to[m]
        for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
            k = roads.res_id[r]
            if k == origin:
                i = find(uses, count, k, n, base_step + j - 1)
                uses[k, i, TOUT] = start + roads.rel_ms[profile, r]
            elif k == goal:
                insert(uses, count, k, way[j, 4], FOREVER, n, base_step + j)
            else:
                insert(uses, count, k, way[j, 4], start + roads.rel_ms[profile, r], n, base_step + j)
    trucks[n, T_END] = base_step + length
    if trucks[n, T_STAY_MS] > 0:
        k = roads.mv_to[way[length - 1, 0]] if length > 0 else last_stop(table, roads, n)
        uses[k, find(uses, count, k, n, base_step + length - 1), TOUT] = eta + trucks[n, T_STAY_MS]


@njit(cache=True)
def withdraw(table, roads, n, touched):
    """Take out every use of truck n that is not granted; fills `touched` with the resources, returns their number."""
    uses, count, trucks, ring = table.uses, table.used, table.trucks, table.plan_mv.shape[1]
    size = 0
    for step in range(trucks[n, T_GRANTED] + 1, trucks[n, T_END]):
        m = table.plan_mv[n, step % ring]
        for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
            k = roads.res_id[r]
            if k == roads.mv_from[m]:
                if step == trucks[n, T_GRANTED] + 1:
                    uses[k, find(uses, count, k, n, step - 1), TOUT] = FOREVER
                continue
            remove_at(uses, count, k, find(uses, count, k, n, step))
            if size < len(touched):
                touched[size] = k
                size += 1
    trucks[n, T_END] = trucks[n, T_GRANTED] + 1
    return size
