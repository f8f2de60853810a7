"""How trucks pass: grants, movements and releases, advanced event by event over many trucks.

Theory of operation. A truck under way on a step has one open question: go on rolling, or stop at the end? It is asked
at the *decision time*, the last moment at which it can still stop there (`DECIDE`). If the next step's resources are
all free of others before it (its uses stand first), they are granted and the truck rolls on (`ENTER`), else it brakes
and arrives standing (`ARRIVE`). A standing truck asks again whenever the resource that it waits for is freed. So
authority always covers the braking distance, a resource is freed only when the rear has left (`FREE`), and time alone
never moves a truck.

The order of uses comes from plans that could all be driven at their times, so "waits for" has no cycle; the order
never changes but by re-planning against the same table. Hence some truck can always move (Hoenig et al. 2019, action
dependency graphs).

The same code runs in two modes: by plan, and first come, first served (the baseline: routes only, resources taken when
free, which can lock).
"""

import numpy as np
from numba import njit

from portway.core.kernels.agenda import pop, push
from portway.core.kernels.columns import (
    AHEAD_STEPS,
    ARRIVE,
    C_ARRIVED,
    C_DELAY_MS,
    C_DELAY_PPM,
    C_DIRTY,
    C_EVENTS,
    C_LOGGED,
    C_MODE,
    C_NOW,
    C_SEED,
    C_STEPS,
    DECIDE,
    ENTER,
    FIRST_COME,
    FOREVER,
    FREE,
    LIVE,
    T_BLOCKED,
    T_DECIDED,
    T_DONE,
    T_DRAWS,
    T_DUE_MS,
    T_END,
    T_ETA_MS,
    T_EXTRA_MS,
    T_GRANTED,
    T_HELD_MS,
    T_HELD_UNTIL_MS,
    T_LEVEL_IN,
    T_LOAD,
    T_MOVING,
    T_PASSED,
    T_PAUSED,
    T_PROFILE,
    T_SINCE_MS,
    T_SINK_MS,
    T_SLOW_PCT,
    T_START_MS,
    T_STEP,
    T_STOP,
    TIN,
    TOUT,
    WHO,
)
from portway.core.kernels.uses import insert, remove_at, standing_first


@njit(cache=True)
def mix(x):
    """SplitMix64 finaliser (Steele, Lea, Flood 2014): one 64-bit hash, the random source of delays."""
    z = np.uint64(x) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, inline="always")
def schedule(agenda, clock, time_ms, kind, n, k):
    """Put an event on the agenda."""
    clock[C_EVENTS] = push(agenda, clock[C_EVENTS], time_ms, (kind << 40) | (n << 20) | k)


@njit(cache=True, inline="always")
def stretched(offset_ms, extra_ms, dur_ms):
    """An offset within a movement that takes `extra_ms` longer than its profile."""
    return offset_ms + (offset_ms * extra_ms) // dur_ms if extra_ms > 0 else offset_ms


@njit(cache=True)
def grant(uses, count, arrays, trucks, plan_mv, clock, n, now):
    """Allocate the resources of the next step of truck n, all or none; returns -1 or the resource it lacks."""
    step = trucks[n, T_GRANTED] + 1
    m = plan_mv[n, step % plan_mv.shape[1]]
    origin = arrays.mv_from[m]
    first_come = clock[C_MODE] == FIRST_COME
    if arrays.closed[m]:
        return np.int64(arrays.mv_to[m])
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        k = arrays.res_id[r]
        if k == origin:
            continue
        if first_come:
            for i in range(count[k]):
                if uses[k, i, WHO] != n:
                    return k
        elif standing_first(uses, count, 0, k, n, step) < 0:
            return k
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        k = arrays.res_id[r]
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
def releases(arrays, trucks, agenda, clock, n, m, profile, after_ms, until_ms):
    """Schedule the releases of a movement whose offsets lie in (after_ms, until_ms]."""
    extra, dur, start = trucks[n, T_EXTRA_MS], arrays.dur_ms[profile - profile % 3, m], trucks[n, T_START_MS]
    for r in range(arrays.res_ptr[m], arrays.res_ptr[m + 1]):
        offset = arrays.rel_ms[profile, r]
        if after_ms < offset <= until_ms and arrays.res_id[r] != arrays.mv_to[m]:
            schedule(agenda, clock, start + stretched(offset, extra, dur), FREE, n, arrays.res_id[r])


@njit(cache=True)
def begin(arrays, trucks, plan_mv, agenda, clock, n, level_in, now):
    """Start the granted next step of truck n."""
    step = trucks[n, T_STEP] + 1
    m = plan_mv[n, step % plan_mv.shape[1]]
    base = (trucks[n, T_LOAD] * 3 + level_in) * 3
    trucks[n, T_MOVING] = 1
    trucks[n, T_STOP] = arrays.mv_to[m]
    trucks[n, T_STEP] = step
    trucks[n, T_START_MS] = now
    trucks[n, T_PROFILE] = base
    trucks[n, T_DECIDED] = 0
    trucks[n, T_LEVEL_IN] = level_in
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_EXTRA_MS] = 0
    clock[C_STEPS] += 1
    if clock[C_DELAY_PPM] > 0:
        draw = mix(mix(clock[C_SEED] * 1000003 + n) + np.uint64(trucks[n, T_DRAWS]))
        trucks[n, T_DRAWS] += 1
        if np.int64(draw % np.uint64(1000000)) < clock[C_DELAY_PPM]:
            trucks[n, T_EXTRA_MS] = clock[C_DELAY_MS]
            clock[C_DIRTY] = 1
    if trucks[n, T_SLOW_PCT] > 0:
        draw = mix(mix(clock[C_SEED] * 1000033 + n) + np.uint64(trucks[n, T_DRAWS]))
        trucks[n, T_DRAWS] += 1
        slower = np.int64(draw % np.uint64(trucks[n, T_SLOW_PCT] + 1))
        trucks[n, T_EXTRA_MS] += arrays.dur_ms[base, m] * slower // 100
        clock[C_DIRTY] = 1
    dec = decision_ms(arrays, base, m)
    releases(arrays, trucks, agenda, clock, n, m, base, -1, dec)
    when = now + stretched(dec, trucks[n, T_EXTRA_MS], arrays.dur_ms[base, m])
    schedule(agenda, clock, when, DECIDE, n, 0)


@njit(cache=True, inline="always")
def decision_ms(arrays, base, m):
    """Offset of the decision in a movement: the earliest one of its rolling profiles, its end when it has none."""
    dec = arrays.dur_ms[base, m]
    for level in range(1, 3):
        if arrays.dur_ms[base + level, m] >= 0:
            dec = min(dec, arrays.dec_ms[base + level, m])
    return dec


@njit(cache=True)
def roll_level(arrays, trucks, plan_mv, plan_level, n):
    """Level at which truck n may pass from its step into the next one; 0 when it has to stop between them."""
    step, ring = trucks[n, T_STEP], plan_mv.shape[1]
    if step + 1 >= trucks[n, T_END]:
        return 0
    m, after = plan_mv[n, step % ring], plan_mv[n, (step + 1) % ring]
    base = (trucks[n, T_LOAD] * 3 + trucks[n, T_LEVEL_IN]) * 3
    level = plan_level[n, step % ring]
    while level > 0:
        entry = (trucks[n, T_LOAD] * 3 + level) * 3
        if arrays.dur_ms[base + level, m] >= 0 and arrays.dur_ms[entry, after] >= 0:
            return level
        level -= 1
    return 0


@njit(cache=True)
def decide(uses, count, arrays, trucks, plan_mv, plan_level, agenda, clock, n, now):
    """The truck goes on rolling if its next step is granted now, else it will stop at the end of this one."""
    m = plan_mv[n, trucks[n, T_STEP] % plan_mv.shape[1]]
    base = trucks[n, T_PROFILE]
    level = roll_level(arrays, trucks, plan_mv, plan_level, n)
    if level > 0 and (trucks[n, T_PAUSED] > 0 or grant(uses, count, arrays, trucks, plan_mv, clock, n, now) >= 0):
        level = 0
        clock[C_DIRTY] = 1
    dec = decision_ms(arrays, base, m)
    trucks[n, T_PROFILE] = base + level
    trucks[n, T_DECIDED] = 1
    releases(arrays, trucks, agenda, clock, n, m, base + level, dec, FOREVER)
    dur = stretched(arrays.dur_ms[base + level, m], trucks[n, T_EXTRA_MS], arrays.dur_ms[base, m])
    schedule(agenda, clock, trucks[n, T_START_MS] + dur, ENTER if level > 0 else ARRIVE, n, 0)


@njit(cache=True)
def extend_base(uses, count, arrays, trucks, plan_mv, clock, n, now):
    """Live: allocate the next steps of truck n as far as they can be had, `AHEAD_STEPS` at most. In the table the truck
    then stands at the end of its base, where it is expected at `T_DUE_MS`."""
    while trucks[n, T_STEP] + 1 < trucks[n, T_END] and trucks[n, T_STEP] < trucks[n, T_PASSED] + AHEAD_STEPS:
        lacks = grant(uses, count, arrays, trucks, plan_mv, clock, n, now)
        if lacks >= 0:
            if trucks[n, T_BLOCKED] < 0:
                trucks[n, T_SINCE_MS] = now
            trucks[n, T_BLOCKED] = lacks
            return
        trucks[n, T_STEP] = trucks[n, T_GRANTED]
        m = plan_mv[n, trucks[n, T_STEP] % plan_mv.shape[1]]
        trucks[n, T_STOP] = arrays.mv_to[m]
        trucks[n, T_DUE_MS] = max(now, trucks[n, T_DUE_MS]) + fastest_ms(arrays, trucks[n, T_LOAD], m)
        trucks[n, T_BLOCKED] = -1


@njit(cache=True, inline="always")
def fastest_ms(arrays, load, m):
    """Least duration of a movement."""
    low = np.int64(FOREVER)
    for p in range(load * 9, load * 9 + 9):
        if arrays.dur_ms[p, m] >= 0:
            low = min(low, np.int64(arrays.dur_ms[p, m]))
    return low


@njit(cache=True)
def start_if_granted(uses, count, arrays, trucks, plan_mv, agenda, clock, n, now):
    """A standing truck with a plan asks for its next step; it starts, is marked as blocked, or is held."""
    if trucks[n, T_HELD_UNTIL_MS] > 0 or trucks[n, T_PAUSED] > 0:
        return
    if clock[C_MODE] == LIVE:
        extend_base(uses, count, arrays, trucks, plan_mv, clock, n, now)
        return
    lacks = grant(uses, count, arrays, trucks, plan_mv, clock, n, now)
    if lacks >= 0:
        if trucks[n, T_BLOCKED] < 0:
            trucks[n, T_SINCE_MS] = now
        trucks[n, T_BLOCKED] = lacks
        return
    if trucks[n, T_BLOCKED] >= 0:
        trucks[n, T_HELD_MS] += now - trucks[n, T_SINCE_MS]
    begin(arrays, trucks, plan_mv, agenda, clock, n, 0, now)


@njit(cache=True)
def wake(uses, count, arrays, trucks, plan_mv, agenda, clock, k, now):
    """Resource k has become free for somebody: let the truck that stands first (or waits longest) ask again."""
    if clock[C_MODE] == FIRST_COME:
        for _ in range(len(trucks)):
            chosen = -1
            for n in range(len(trucks)):
                waits = trucks[n, T_BLOCKED] == k and trucks[n, T_MOVING] == 0
                if waits and (chosen < 0 or trucks[n, T_SINCE_MS] < trucks[chosen, T_SINCE_MS]):
                    chosen = n
            if chosen < 0:
                return
            start_if_granted(uses, count, arrays, trucks, plan_mv, agenda, clock, chosen, now)
            if trucks[chosen, T_BLOCKED] == k:
                return
        return
    if count[k] > 0:
        n = uses[k, 0, WHO]
        if trucks[n, T_BLOCKED] == k and trucks[n, T_MOVING] == 0:
            start_if_granted(uses, count, arrays, trucks, plan_mv, agenda, clock, n, now)


@njit(cache=True)
def free(uses, count, arrays, trucks, plan_mv, agenda, clock, n, k, now):
    """The rear of truck n has left resource k."""
    i = 0
    while i < count[k] and uses[k, i, WHO] != n:
        i += 1
    assert i < count[k], "a truck frees what it does not hold"
    if uses[k, i, TOUT] != now:
        clock[C_DIRTY] = 1
    remove_at(uses, count, k, i)
    wake(uses, count, arrays, trucks, plan_mv, agenda, clock, k, now)


@njit(cache=True)
def finish_step(trucks, plan_mv, clock, log, n, now):
    """Note a finished movement in the log of drives."""
    row = clock[C_LOGGED]
    log[row, 0] = n
    log[row, 1] = plan_mv[n, trucks[n, T_STEP] % plan_mv.shape[1]]
    log[row, 2] = trucks[n, T_START_MS]
    log[row, 3] = now
    log[row, 4] = trucks[n, T_PROFILE]
    log[row, 5] = trucks[n, T_EXTRA_MS]
    clock[C_LOGGED] += 1


@njit(cache=True)
def arrive(uses, count, arrays, trucks, plan_mv, agenda, clock, arrived, n, now):
    """The truck stands at the end of its movement: go on with the plan, or report that it is done."""
    trucks[n, T_MOVING] = 0
    if trucks[n, T_STEP] + 1 < trucks[n, T_END]:
        start_if_granted(uses, count, arrays, trucks, plan_mv, agenda, clock, n, now)
    else:
        trucks[n, T_DONE] = 1
        trucks[n, T_ETA_MS] = now
        if trucks[n, T_SINK_MS] > 0:
            schedule(agenda, clock, now + trucks[n, T_SINK_MS], FREE, n, trucks[n, T_STOP])
        arrived[clock[C_ARRIVED]] = n
        clock[C_ARRIVED] += 1


@njit(cache=True)
def advance(uses, count, arrays, trucks, plan_mv, plan_level, agenda, clock, log, arrived, until_ms):
    """Process events up to `until_ms`; stop after the instant at which trucks arrived at the end of their plans, or
    when the log is nearly full. Returns the number of arrivals; `clock[C_NOW]` is the time reached."""
    clock[C_ARRIVED] = 0
    while clock[C_EVENTS] > 0 and agenda[0, 0] <= until_ms:
        now, code = agenda[0, 0], agenda[0, 1]
        if clock[C_ARRIVED] > 0 and now > clock[C_NOW]:
            return clock[C_ARRIVED]
        if clock[C_LOGGED] >= len(log):
            return clock[C_ARRIVED]
        clock[C_NOW] = now
        clock[C_EVENTS] = pop(agenda, clock[C_EVENTS])
        kind, n, k = code >> 40, (code >> 20) & 0xFFFFF, code & 0xFFFFF
        if kind == FREE:
            free(uses, count, arrays, trucks, plan_mv, agenda, clock, n, k, now)
        elif kind == DECIDE:
            decide(uses, count, arrays, trucks, plan_mv, plan_level, agenda, clock, n, now)
        elif kind == ENTER:
            finish_step(trucks, plan_mv, clock, log, n, now)
            level = trucks[n, T_PROFILE] % 3
            begin(arrays, trucks, plan_mv, agenda, clock, n, level, now)
        else:
            finish_step(trucks, plan_mv, clock, log, n, now)
            arrive(uses, count, arrays, trucks, plan_mv, agenda, clock, arrived, n, now)
    if clock[C_ARRIVED] == 0:
        clock[C_NOW] = max(clock[C_NOW], until_ms) if until_ms < FOREVER else clock[C_NOW]
    return clock[C_ARRIVED]


@njit(cache=True)
def kick(uses, count, arrays, trucks, plan_mv, agenda, clock, n, now):
    """A plan was given to truck n: if it stands, it asks for its first step."""
    trucks[n, T_DONE] = 0
    if trucks[n, T_MOVING] == 0 and trucks[n, T_STEP] + 1 < trucks[n, T_END]:
        start_if_granted(uses, count, arrays, trucks, plan_mv, agenda, clock, n, now)


@njit(cache=True)
def place(uses, count, trucks, n, stop, load, now):
    """Put truck n on a stop that nobody uses: at the beginning, or a road truck that comes."""
    step = trucks[n, T_STEP]
    trucks[n, T_STOP] = stop
    trucks[n, T_MOVING] = 0
    trucks[n, T_BLOCKED] = -1
    trucks[n, T_GRANTED] = step
    trucks[n, T_END] = step + 1
    trucks[n, T_LOAD] = load
    trucks[n, T_SINK_MS] = 0
    trucks[n, T_DONE] = 1
    insert(uses, count, stop, now, FOREVER, n, step)
