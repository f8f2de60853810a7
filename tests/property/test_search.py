"""The planner against brute force on small random graphs: the earliest arrival in expanded time."""

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from portway.core.kernels import columns as c
from portway.core.kernels import search, uses
from portway.core.routing.traffic_map import HOLD, MapArrays, least_ms
from portway.sim import driving

STOPS, CROSSINGS, CAP, HORIZON = 5, 2, 96, 120


def _random_map(rng: np.random.Generator) -> MapArrays:
    """A ring with chords; every movement takes 2 to 6 ms, some share a crossing resource."""
    pairs = {(i, (i + 1) % STOPS) for i in range(STOPS)}
    pairs |= {tuple(map(int, rng.choice(STOPS, 2, replace=False))) for _ in range(4)}
    moves = sorted(pairs)
    n = len(moves)
    dur = np.full((18, n), -1, np.int32)
    dur[0] = rng.integers(2, 7, n)
    held = []
    for m, (a, b) in enumerate(moves):
        rows = [(a, int(rng.integers(1, dur[0, m] + 1))), (b, HOLD)]
        rows += [(STOPS + k, int(rng.integers(1, dur[0, m] + 1))) for k in range(CROSSINGS) if rng.random() < 0.4]
        held.append(rows)
    ptr = np.concatenate(([0], np.cumsum([len(h) for h in held]))).astype(np.int32)
    rel = np.tile(np.array([r for h in held for _, r in h], np.int32), (18, 1))
    out_ptr = np.searchsorted([a for a, _ in moves], np.arange(STOPS + 1)).astype(np.int32)
    return MapArrays(
        np.array([a for a, _ in moves], np.int32), np.array([b for _, b in moves], np.int32), out_ptr,
        np.arange(n, dtype=np.int32), ptr, np.array([k for h in held for k, _ in h], np.int32), dur,
        np.maximum(dur, 0), rel, np.zeros(STOPS, np.bool_), np.zeros(n, np.bool_), least_ms(dur),
    )  # fmt: skip


def _random_table(rng: np.random.Generator, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Uses of truck 1: disjoint windows on every resource; truck 0 stands at `start` for ever from time 0."""
    table, count = np.zeros((STOPS + CROSSINGS, CAP, 4), np.int64), np.zeros(STOPS + CROSSINGS, np.int64)
    for k in range(STOPS + CROSSINGS):
        t = int(rng.integers(8, 20)) if k == start else 0
        for step in range(int(rng.integers(0, 4))):
            t += int(rng.integers(1, 12))
            end = t + int(rng.integers(1, 8))
            uses.insert(table, count, k, t, end, 1, step)
            t = end
    uses.insert(table, count, start, 0, c.FOREVER, 0, 0)
    return table, count


def _free(table: np.ndarray, count: np.ndarray, k: int, low: int, high: int) -> bool:
    rows = table[k, : count[k]]
    return not any(r[c.WHO] == 1 and r[c.TIN] < high and r[c.TOUT] > low for r in rows)


def _brute_force(a: MapArrays, table: np.ndarray, count: np.ndarray, start: int, goal: int) -> int | None:
    """Earliest arrival over (stop, time), waiting included; the goal must stay free for ever."""
    heap, seen = [(0, start)], set()
    while heap:
        t, s = heapq.heappop(heap)
        if (t, s) in seen or t > HORIZON:
            continue
        seen.add((t, s))
        if s == goal:  # a private place: nobody passes it
            if _free(table, count, goal, t, c.FOREVER):
                return t
            continue
        if _free(table, count, s, t, t + 1):
            heapq.heappush(heap, (t + 1, s))
        for m in range(len(a.mv_from)):
            if a.mv_from[m] != s:
                continue
            arrival, ok = t + int(a.dur_ms[0, m]), True
            for r in range(a.res_ptr[m], a.res_ptr[m + 1]):
                k = int(a.res_id[r])
                until = arrival + 1 if k == a.mv_to[m] else t + int(a.rel_ms[0, r])
                ok = ok and _free(table, count, k, t, until)
            if ok:
                heapq.heappush(heap, (arrival, int(a.mv_to[m])))
    return None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_the_planner_arrives_as_early_as_brute_force(seed):
    rng = np.random.default_rng(seed)
    a, start = _random_map(rng), int(rng.integers(STOPS))
    goal = int((start + rng.integers(1, STOPS)) % STOPS)
    table, count = _random_table(rng, start)
    trucks = np.zeros((2, c.T_COLUMNS), np.int64)
    trucks[0, c.T_STOP], trucks[0, c.T_END], trucks[0, c.T_BLOCKED] = start, 1, -1
    order = np.argsort(a.mv_to, kind="stable").astype(np.int32)
    in_ptr = np.searchsorted(a.mv_to[order], np.arange(STOPS + 1)).astype(np.int32)
    cost = np.zeros(STOPS, np.int32)
    search.shortest_from(a, (in_ptr, order), 0, goal, cost)
    scratch = c.Scratch(
        np.zeros((5000, search.L_COLUMNS), np.int64), np.zeros((5001, 2), np.int64),
        np.zeros((STOPS, CAP + 1, 3), np.int64), np.zeros((STOPS, CAP + 1, 3), np.int64),
        np.zeros((200, 5), np.int64), np.zeros(0, np.int64),
    )  # fmt: skip
    nothing = np.zeros(0, np.int64)
    known = c.Table(
        table, count, trucks, np.zeros((2, c.RING), np.int32), np.zeros((2, c.RING), np.int8),
        np.zeros(c.CLOCK_COLUMNS, np.int64), nothing, nothing,
    )  # fmt: skip
    steps, eta = search.search(known, a, scratch, 0, goal, cost, 100, 1)
    expected = _brute_force(a, table, count, start, goal)
    assert (steps >= 0) == (expected is not None)
    if expected is not None:
        assert eta == expected


@given(st.integers(0, 2**63 - 1))
def test_the_hash_of_the_kernel_is_that_of_its_python(x):
    assert int(driving.mix(x)) == int(_mix_in_python(x))


def _mix_in_python(x: int) -> int:
    mask = (1 << 64) - 1
    z = (x + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)
