"""Re-planning by best response: one truck at a time gets a better plan against all others, or keeps its own.

A truck's own plan stays in the table while the search ignores its uses, so the old plan remains a feasible answer and
the sum of planned arrivals never grows (Monotone in `docs/decisions/0002-traffic.md`).
"""

import numpy as np
from numba import njit

from portway.core.kernels.columns import (
    T_BLOCKED,
    T_DUE_MS,
    T_END,
    T_ETA_MS,
    T_GOAL,
    T_GRANTED,
    T_HELD_UNTIL_MS,
    T_LOAD,
    T_MOVING,
    T_PATIENCE_MS,
    T_RETRY_MS,
    T_SINCE_MS,
    T_STEP,
    T_STOP,
)
from portway.core.kernels.passage import kick, wake
from portway.core.kernels.search import search
from portway.core.kernels.uses import commit, withdraw

PATIENCE_MS_MIN = 4_000  # after a search that found nothing better; doubles up to the maximum
PATIENCE_MS_MAX = 32_000


@njit(cache=True)
def adopt(uses, count, arrays, trucks, plan_mv, plan_level, agenda, clock, n, goal, steps, eta, way, touched, now):
    """Replace what is not granted of truck n's plan by `way`, wake whom that frees, and let the truck ask."""
    freed = withdraw(uses, count, arrays, trucks, plan_mv, n, touched)
    commit(uses, count, arrays, trucks, plan_mv, plan_level, n, steps, way, eta)
    trucks[n, T_ETA_MS] = eta
    trucks[n, T_GOAL] = goal
    trucks[n, T_RETRY_MS] = now
    trucks[n, T_PATIENCE_MS] = PATIENCE_MS_MIN
    for i in range(freed):
        wake(uses, count, arrays, trucks, plan_mv, agenda, clock, touched[i], now)
    kick(uses, count, arrays, trucks, plan_mv, agenda, clock, n, now)


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
            - max(now, trucks[n, T_HELD_UNTIL_MS], trucks[n, T_DUE_MS])
            - costs[trucks[n, T_LOAD], row, trucks[n, T_STOP]]
        )
        if trucks[n, T_MOVING] == 0 and trucks[n, T_BLOCKED] >= 0:
            delay[n] = (1 << 40) + now - trucks[n, T_SINCE_MS]
        elif late > slack_ms:
            delay[n] = late
    by_delay = np.argsort(-delay, kind="mergesort")
    return by_delay[: np.count_nonzero(delay)]


@njit(cache=True)
def best_responses(
    uses,
    count,
    arrays,
    trucks,
    plan_mv,
    plan_level,
    agenda,
    clock,
    costs,
    goal_row,
    weight,
    labels,
    best,
    stamp,
    mark,
    heap,
    way,
    touched,
    now,
    slack_ms,
    gain_ms,
    at_most,
):
    """Offer up to `at_most` trucks a new plan; returns (searches, plans adopted, ms gained)."""
    adopted, gained, searches = 0, 0, 0
    chosen = candidates(trucks, costs, goal_row, now, slack_ms)
    for n in chosen[:at_most]:
        if trucks[n, T_GRANTED] + 1 >= trucks[n, T_END]:
            continue
        goal = trucks[n, T_GOAL]
        cost = costs[trucks[n, T_LOAD], goal_row[goal]]
        searches += 1
        steps, eta = search(
            uses,
            count,
            arrays,
            trucks,
            plan_mv,
            n,
            goal,
            now,
            cost,
            weight,
            labels,
            best,
            stamp,
            mark + searches,
            heap,
            way,
        )
        if steps <= 0 or eta > trucks[n, T_ETA_MS] - gain_ms:
            trucks[n, T_RETRY_MS] = now + trucks[n, T_PATIENCE_MS]
            trucks[n, T_PATIENCE_MS] = min(2 * trucks[n, T_PATIENCE_MS], PATIENCE_MS_MAX)
            continue
        gained += trucks[n, T_ETA_MS] - eta
        adopted += 1
        adopt(
            uses,
            count,
            arrays,
            trucks,
            plan_mv,
            plan_level,
            agenda,
            clock,
            n,
            goal,
            steps,
            eta,
            way,
            touched,
            now,
        )
    return searches, adopted, gained


@njit(cache=True)
def shortest_route(arrays, trucks, plan_mv, plan_level, n, goal, cost):
    """First come, first served: follow the cost table, no times; writes the route into the plan. Returns its length."""
    ring = plan_mv.shape[1]
    stop, step, length = trucks[n, T_STOP], trucks[n, T_GRANTED] + 1, 0
    if trucks[n, T_GRANTED] > trucks[n, T_STEP]:  # it rolls: its next step is decided
        stop = arrays.mv_to[plan_mv[n, trucks[n, T_GRANTED] % ring]]
    while stop != goal and length < ring - 4:
        chosen, low = -1, np.int64(1) << 40
        for e in range(arrays.out_ptr[stop], arrays.out_ptr[stop + 1]):
            m = arrays.out_mv[e]
            into = arrays.mv_to[m]
            if arrays.closed[m] or (arrays.private[into] and into != goal):
                continue
            dur = np.int64(1) << 30
            for p in range(trucks[n, T_LOAD] * 9, trucks[n, T_LOAD] * 9 + 9):
                if arrays.dur_ms[p, m] >= 0:
                    dur = min(dur, np.int64(arrays.dur_ms[p, m]))
            if dur + cost[into] < low:
                chosen, low = m, dur + cost[into]
        if chosen < 0:
            return 0
        plan_mv[n, step % ring] = chosen
        plan_level[n, step % ring] = 2
        stop = arrays.mv_to[chosen]
        step += 1
        length += 1
    trucks[n, T_END] = step
    trucks[n, T_GOAL] = goal
    return length
