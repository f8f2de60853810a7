"""How simulated trucks drive, compiled: what they are told they drive by the physics of their kind, and they report.

Theory of operation. A truck knows the movement it is on and asks at its decision time whether it may roll on
(`core.kernels.allocation`); without an answer it brakes, and stands at the end. Its rear leaves resources as its
profile says, later when it is late. Everything that is going to happen stands on one agenda, in the order of its
instant; after each instant trucks that were told to set out do so.

Being late is a matter of the truck alone: it is drawn when a movement begins, from a stream of its own.
"""

import numpy as np
from numba import njit

from portway.core.routing.reports import (
    C_ENDED,
    C_NOW,
    C_TOLD,
    FOREVER,
    T_STAY_MS,
    T_STOP,
    asked,
    decision_ms,
    entered,
    grouped,
    left,
    made_by,
    pop,
    pose_within,
    push,
    stands,
    told_to_drive,
)

LEFT, DECIDES, ENTERS, STOPS = 0, 1, 2, 3  # kinds on the agenda, in their order at one instant

F_MOVING, F_MOVEMENT, F_START_MS, F_PROFILE, F_EXTRA_MS, F_DRAWS, F_SLOW_PCT = 0, 1, 2, 3, 4, 5, 6
F_COLUMNS = 7
K_EVENTS, K_LOGGED, K_SEED, K_LATE_PPM, K_LATE_MS = 0, 1, 2, 3, 4
K_COLUMNS = 5
LOG_COLUMNS = 6  # truck, movement, start_ms, end_ms, profile, extra_ms


@grouped
class Fleet:
    """Trucks as they are; N of them."""

    trucks: np.ndarray  # (N, F_COLUMNS)
    agenda: np.ndarray  # (A, 2): a heap of (instant, kind << 40 | truck << 20 | resource)
    known: np.ndarray  # (K_COLUMNS,)
    log: np.ndarray  # (L, LOG_COLUMNS) movements that have ended


@made_by(Fleet)
@njit(cache=True)
def make_fleet(*fields):
    """See `grouped`."""
    return Fleet(*fields)


@njit(cache=True)
def mix(x):
    """SplitMix64 finaliser (Steele, Lea, Flood 2014): one 64-bit hash, the random source of delays."""
    z = np.uint64(x) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, inline="always")
def draw(fleet, n, stream):
    """The next random number of truck n."""
    value = mix(mix(fleet.known[K_SEED] * stream + n) + np.uint64(fleet.trucks[n, F_DRAWS]))
    fleet.trucks[n, F_DRAWS] += 1
    return value


@njit(cache=True, inline="always")
def schedule(fleet, at_ms, kind, n, k):
    """Put on the agenda what is going to happen."""
    fleet.known[K_EVENTS] = push(fleet.agenda, fleet.known[K_EVENTS], at_ms, (kind << 40) | (n << 20) | k)


@njit(cache=True, inline="always")
def stretched(offset_ms, extra_ms, dur_ms):
    """An offset within a movement that takes `extra_ms` longer than its profile."""
    return offset_ms + (offset_ms * extra_ms) // dur_ms if extra_ms > 0 else offset_ms


@njit(cache=True)
def lateness_ms(roads, fleet, n, m, base):
    """How much longer truck n takes for a movement than its profile says."""
    extra = np.int64(0)
    if fleet.known[K_LATE_PPM] > 0 and np.int64(draw(fleet, n, 1000003) % np.uint64(1000000)) < fleet.known[K_LATE_PPM]:
        extra = fleet.known[K_LATE_MS]
    if fleet.trucks[n, F_SLOW_PCT] > 0:
        slower = np.int64(draw(fleet, n, 1000033) % np.uint64(fleet.trucks[n, F_SLOW_PCT] + 1))
        extra += roads.dur_ms[base, m] * slower // 100
    return extra


@njit(cache=True)
def begin(table, roads, fleet, n, now):
    """Truck n begins the movement that it was told to drive."""
    m, base = told_to_drive(table, n)
    truck = fleet.trucks[n]
    truck[F_MOVING], truck[F_MOVEMENT], truck[F_START_MS], truck[F_PROFILE] = 1, m, now, base
    truck[F_EXTRA_MS] = lateness_ms(roads, fleet, n, m, base)
    dec = decision_ms(roads, base, m)
    leave_behind(roads, fleet, n, -1, dec)
    schedule(fleet, now + stretched(dec, truck[F_EXTRA_MS], roads.dur_ms[base, m]), DECIDES, n, 0)


@njit(cache=True)
def leave_behind(roads, fleet, n, after_ms, until_ms):
    """Its rear will leave the resources of its movement whose offsets lie in (after_ms, until_ms]."""
    truck = fleet.trucks[n]
    m, profile = truck[F_MOVEMENT], truck[F_PROFILE]
    dur = roads.dur_ms[profile - profile % 3, m]
    for r in range(roads.res_ptr[m], roads.res_ptr[m + 1]):
        offset = roads.rel_ms[profile, r]
        if after_ms < offset <= until_ms and roads.res_id[r] != roads.mv_to[m]:
            at = truck[F_START_MS] + stretched(offset, truck[F_EXTRA_MS], dur)
            schedule(fleet, at, LEFT, n, roads.res_id[r])


@njit(cache=True)
def decide(table, roads, fleet, n, now):
    """Truck n rolls on if it may, else it brakes for the end of its movement."""
    truck = fleet.trucks[n]
    m, base = truck[F_MOVEMENT], truck[F_PROFILE]
    level = asked(table, roads, n, now)
    truck[F_PROFILE] = base + level
    leave_behind(roads, fleet, n, decision_ms(roads, base, m), FOREVER)
    end = truck[F_START_MS] + stretched(roads.dur_ms[base + level, m], truck[F_EXTRA_MS], roads.dur_ms[base, m])
    schedule(fleet, end, ENTERS if level > 0 else STOPS, n, 0)


@njit(cache=True)
def end_movement(fleet, n, now):
    """Truck n has driven its movement: that goes into the log."""
    row, truck = fleet.log[fleet.known[K_LOGGED]], fleet.trucks[n]
    row[0], row[1], row[2], row[3] = n, truck[F_MOVEMENT], truck[F_START_MS], now
    row[4], row[5] = truck[F_PROFILE], truck[F_EXTRA_MS]
    fleet.known[K_LOGGED] += 1


@njit(cache=True)
def happen(table, roads, fleet, kind, n, k, now):
    """One thing happens to truck n."""
    if kind == LEFT:
        left(table, roads, n, k, now)
    elif kind == DECIDES:
        decide(table, roads, fleet, n, now)
    elif kind == ENTERS:
        end_movement(fleet, n, now)
        entered(table, roads, n, fleet.trucks[n, F_PROFILE] % 3, now)
        begin(table, roads, fleet, n, now)
    else:
        end_movement(fleet, n, now)
        fleet.trucks[n, F_MOVING] = 0
        stands(table, roads, n, now)
        if table.trucks[n, T_STAY_MS] > 0 and table.clock[C_ENDED] > 0 and table.ended[table.clock[C_ENDED] - 1] == n:
            schedule(fleet, now + table.trucks[n, T_STAY_MS], LEFT, n, roads.mv_to[fleet.trucks[n, F_MOVEMENT]])


@njit(cache=True)
def set_out(table, roads, fleet, now):
    """Trucks that were told to set out do so."""
    for i in range(table.clock[C_TOLD]):
        begin(table, roads, fleet, table.told[i], now)
    table.clock[C_TOLD] = 0


@njit(cache=True)
def drive(table, roads, fleet, until_ms):
    """Let trucks drive up to `until_ms`, or to the instant at which some have come to the end of their plans, or until
    the log is full. `table.clock[C_NOW]` is the instant reached."""
    clock, known = table.clock, fleet.known
    set_out(table, roads, fleet, clock[C_NOW])
    while known[K_EVENTS] > 0 and fleet.agenda[0, 0] <= until_ms:
        now, code = fleet.agenda[0, 0], fleet.agenda[0, 1]
        if (clock[C_ENDED] > 0 and now > clock[C_NOW]) or known[K_LOGGED] >= len(fleet.log):
            return
        clock[C_NOW] = now
        known[K_EVENTS] = pop(fleet.agenda, known[K_EVENTS])
        happen(table, roads, fleet, code >> 40, (code >> 20) & 0xFFFFF, code & 0xFFFFF, now)
        set_out(table, roads, fleet, now)


@njit(cache=True)
def where(table, fleet, paths, dur_ms, stop_pose, at_ms, out):
    """Poses and speeds (m/s) of all trucks at `at_ms` into `out` (N, 4).

    `at_ms` must not lie before the start of a movement under way. A late movement is stretched evenly.
    """
    pose = np.empty(4)
    for n in range(len(fleet.trucks)):
        truck = fleet.trucks[n]
        if truck[F_MOVING]:
            m, profile = truck[F_MOVEMENT], truck[F_PROFILE]
            low, high = paths.ptr[m], paths.ptr[m + 1]
            stretch = 1.0 + truck[F_EXTRA_MS] / max(dur_ms[profile - profile % 3, m], 1)
            times = paths.times_ms[profile]
            pose_within(paths.x, paths.y, paths.heading, times, low, high, (at_ms - truck[F_START_MS]) / stretch, pose)
            out[n, 0], out[n, 1], out[n, 2], out[n, 3] = pose[0], pose[1], pose[2], 1000.0 * pose[3] / stretch
        else:
            stop = table.trucks[n, T_STOP]
            out[n, 0], out[n, 1], out[n, 2], out[n, 3] = stop_pose[stop, 0], stop_pose[stop, 1], stop_pose[stop, 2], 0.0
