"""Re-planning by best response: one truck at a time gets a better plan against all others, or keeps its own.

A truck's own plan stays in the table while the search ignores its uses, so the old plan remains a feasible answer and
the sum of planned arrivals never grows (Monotone in `docs/decisions/0002-traffic.md`).
"""

import numpy as np
from numba import njit

from portway.core.kernels.allocation import ask_again, wake
from portway.core.kernels.columns import (
    C_NOW,
    T_BLOCKED,
    T_END,
    T_ETA_MS,
    T_GOAL,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LOAD,
    T_PATIENCE_MS,
    T_RETRY_MS,
    T_SINCE_MS,
    T_STOP,
)
from portway.core.kernels.motion import last_stop
from portway.core.kernels.search import search
from portway.core.kernels.uses import commit, withdraw

PATIENCE_MS_MIN = 4_000  # after a search that found nothing better; doubles up to the maximum
PATIENCE_MS_MAX = 32_000


@njit(cache=True)
def adopt(table, roads, scratch, n, goal, steps, eta):
    """Replace what is not granted of truck n's plan by `scratch.way`, wake whom that frees, and let the truck ask."""
    now = table.clock[C_NOW]
    freed = withdraw(table, roads, n, scratch.touched)
    commit(table, roads, n, steps, scratch.way, eta)
    table.trucks[n, T_ETA_MS] = eta
    table.trucks[n, T_GOAL] = goal
    table.trucks[n, T_RETRY_MS] = now
    table.trucks[n, T_PATIENCE_MS] = PATIENCE_MS_MIN
    if steps == 0:
        table.trucks[n, T_BLOCKED] = -1
    for i in range(freed):
        wake(table, roads, scratch.touched[i], now)
    ask_again(table, roads, n, now)


@njit(cache=True)
def candidates(trucks, costs, goal_row, now, slack_ms):
    """Trucks whose plan takes more than `slack_ms` longer than an empty road: waiting ones first, longest first."""
    delay = np.zeros(len(trucks), np.int64)
    for n in range(len(trucks)):
        if trucks[n, T_GRANTED] + 1 >= trucks[n, T_END] or trucks[n, T_RETRY_MS] > now:
            continue
        row = goal_row[trucks[n, T_GOAL]]
        late = (
            trucks[n, T_ETA_MS]
            - max(now, trucks[n, T_HELD_UNTIL_MS])
            - costs[trucks[n, T_LOAD], row, trucks[n, T_STOP]]
        )
        if trucks[n, T_BLOCKED] >= 0:
            delay[n] = (1 << 40) + now - trucks[n, T_SINCE_MS]
        elif late > slack_ms:
            delay[n] = late
    by_delay = np.argsort(-delay, kind="mergesort")
    return by_delay[: np.count_nonzero(delay)]


@njit(cache=True)
def best_responses(table, roads, scratch, costs, goal_row, weight, mark, slack_ms, gain_ms, at_most):
    """Offer up to `at_most` trucks a new plan; returns (searches, plans adopted, ms gained). `costs` (2, goals, S) by
    load and `goal_row` (S,)."""
    trucks, now = table.trucks, table.clock[C_NOW]
    adopted, gained, searches = 0, 0, 0
    chosen = candidates(trucks, costs, goal_row, now, slack_ms)
    for n in chosen[:at_most]:
        if trucks[n, T_GRANTED] + 1 >= trucks[n, T_END]:
            continue
        goal = trucks[n, T_GOAL]
        searches += 1
        cost = costs[trucks[n, T_LOAD], goal_row[goal]]
        steps, eta = search(table, roads, scratch, n, goal, cost, weight, mark + searches)
        if steps <= 0 or eta > trucks[n, T_ETA_MS] - gain_ms:
            trucks[n, T_RETRY_MS] = now + trucks[n, T_PATIENCE_MS]
            trucks[n, T_PATIENCE_MS] = min(2 * trucks[n, T_PATIENCE_MS], PATIENCE_MS_MAX)
            continue
        gained += trucks[n, T_ETA_MS] - eta
        adopted += 1
        adopt(table, roads, scratch, n, goal, steps, eta)
    return searches, adopted, gained


@njit(cache=True)
def shortest_route(table, roads, n, goal, cost):
    """First come, first served: follow the cost table, no times; writes the route into the plan. Returns its length."""
    trucks, plan_mv, ring = table.trucks, table.plan_mv, table.plan_mv.shape[1]
    stop, step, length = last_stop(table, roads, n), trucks[n, T_GRANTED] + 1, 0
    while stop != goal and length < ring - 4:
        chosen, low = -1, np.int64(1) << 40
        for e in range(roads.out_ptr[stop], roads.out_ptr[stop + 1]):
            m = roads.out_mv[e]
            into = roads.mv_to[m]
            if roads.closed[m] or (roads.private[into] and into != goal):
                continue
            dur = np.int64(roads.least_ms[trucks[n, T_LOAD], m])
            if dur + cost[into] < low:
                chosen, low = m, dur + cost[into]
        if chosen < 0:
            return 0
        plan_mv[n, step % ring] = chosen
        table.plan_level[n, step % ring] = 2
        stop = roads.mv_to[chosen]
        step += 1
        length += 1
    trucks[n, T_END] = step
    trucks[n, T_GOAL] = goal
    return length
