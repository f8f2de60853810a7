"""Who stands in whose way on a CPLP instance, told without a search through time.

An agent whose plan has ended stands at its last vertex for ever. An edge that touches its disc is shut for all others
until it is sent elsewhere, and a search in time that cannot succeed costs a hundred times more than one that can: it
looks at every interval of every vertex. So the ends of all plans are looked at first, as a graph in which some edges
are shut. A way along open edges is proof that a plan exists, because the agent can wait at its own vertex until all
others have come to theirs. Where there is none, the way with the fewest agents in it names those that must move.

The graph is searched with Dijkstra's algorithm (1959); a shut edge costs as much more as there are agents to move.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numba import njit

from portway.core.kernels.agenda import pop, push
from portway.core.kernels.columns import T_GOAL
from portway.core.routing.traffic import Traffic

FAR = 1 << 40
IN_THE_WAY_MS = 1_000_000  # an agent that can be moved, and ...
BUSY_MS = 8_000_000  # ... one that has a task; both cost more than the longest way


@njit(cache=True)
def _in_the_way(near_ptr, near, stand, busy, m, origin, agent):
    """What it costs that other agents stand so near movement m that it is shut."""
    cost = 0
    for i in range(near_ptr[m], near_ptr[m + 1]):
        other = stand[near[i]]
        if other >= 0 and other != agent and near[i] != origin:
            cost += BUSY_MS if busy[other] else IN_THE_WAY_MS
    return cost


@njit(cache=True)
def _nearest_idle(in_ptr, in_mv, mv_from, dur_ms, near_ptr, near, stand, busy, goal, cost, heap):
    """The stop of the idle agent with the shortest open way to `goal`; -1 if none has one."""
    cost[:] = FAR
    cost[goal] = 0
    size = push(heap, 0, 0, goal)
    while size > 0:
        t, s = heap[0, 0], heap[0, 1]
        size = pop(heap, size)
        if t > cost[s]:
            continue
        if stand[s] >= 0 and not busy[stand[s]]:
            return s
        for e in range(in_ptr[s], in_ptr[s + 1]):
            m = in_mv[e]
            origin = mv_from[m]
            if t + dur_ms[m] < cost[origin] and _in_the_way(near_ptr, near, stand, busy, m, origin, -1) == 0:
                cost[origin] = t + dur_ms[m]
                size = push(heap, size, cost[origin], origin)
    return -1


@njit(cache=True)
def _way(out_ptr, out_mv, mv_to, dur_ms, near_ptr, near, stand, busy, agent, start, goal, taboo, cost, via, heap):
    """Cheapest way of an agent to `goal`, or with goal -1 to a free stop that is not taboo: its end, -1 if none."""
    cost[:] = FAR
    via[:] = -1
    cost[start] = 0
    size = push(heap, 0, 0, start)
    while size > 0:
        t, s = heap[0, 0], heap[0, 1]
        size = pop(heap, size)
        if t > cost[s]:
            continue
        if s == goal or (goal < 0 and s != start and stand[s] < 0 and not taboo[s]):
            return s
        for e in range(out_ptr[s], out_ptr[s + 1]):
            m = out_mv[e]
            reached = t + dur_ms[m] + _in_the_way(near_ptr, near, stand, busy, m, s, agent)
            if reached < cost[mv_to[m]]:
                cost[mv_to[m]] = reached
                via[mv_to[m]] = m
                size = push(heap, size, reached, mv_to[m])
    return -1


class Way(NamedTuple):
    """A way through the standing agents."""

    end: int  # stop
    cost_ms: int
    blockers: list[int]  # agents that stand in it, in the order of the way
    near: set[int]  # stops at which a disc would shut it


class Standing:
    """The ends of all plans as a graph; `look` brings it up to date."""

    def __init__(self, traffic: Traffic) -> None:
        a, n_stops = traffic.map.arrays, traffic.map.n_stops
        n_mv = len(a.mv_from)
        stop_of_use = a.res_id < n_stops
        mv_of_use = np.repeat(np.arange(n_mv), np.diff(a.res_ptr))
        counts = np.bincount(mv_of_use[stop_of_use], minlength=n_mv)
        self._near = np.concatenate(([0], np.cumsum(counts))).astype(np.int32), a.res_id[stop_of_use]
        into = np.argsort(a.mv_to, kind="stable").astype(np.int32)
        in_ptr = np.concatenate(([0], np.cumsum(np.bincount(a.mv_to, minlength=n_stops)))).astype(np.int32)
        self._in, self._out = (in_ptr, into), (a.out_ptr, a.out_mv)
        self._from, self._to, self._dur = a.mv_from, a.mv_to, a.dur_ms[0].astype(np.int64)
        self._traffic = traffic
        self._cost, self._via = np.zeros(n_stops, np.int64), np.zeros(n_stops, np.int64)
        self._heap = np.zeros((n_mv + n_stops + 2, 2), np.int64)
        self.at = np.full(n_stops, -1, np.int64)  # agent that stands or will stand at a stop
        self.busy = np.zeros(len(traffic.trucks), np.bool_)

    def look(self, busy: Iterable[int]) -> None:
        """Take the ends of all plans anew; `busy` agents have tasks."""
        self.at[:] = -1
        self.busy[:] = False
        self.busy[list(busy)] = True
        self.at[self._traffic.trucks[:, T_GOAL]] = np.arange(len(self.busy))

    def nearest_idle(self, goal: int) -> int:
        """The idle agent with the shortest open way to a stop; -1 if none has one."""
        stop = _nearest_idle(
            *self._in, self._from, self._dur, *self._near, self.at, self.busy, goal, self._cost, self._heap
        )
        return int(self.at[stop]) if stop >= 0 else -1

    def way(self, agent: int, goal: int, taboo: np.ndarray) -> Way | None:
        """The way of an agent to a stop, or with `goal` -1 to the best free one that is not taboo."""
        start = int(self._traffic.trucks[agent, T_GOAL])
        end = _way(
            *self._out, self._to, self._dur, *self._near, self.at, self.busy, agent, start, goal, taboo, self._cost,
            self._via, self._heap,
        )  # fmt: skip
        if end < 0:
            return None
        ptr, near = self._near
        blockers, shut, at = [], set(), end
        while at != start:
            m = int(self._via[at])
            at = int(self._from[m])
            close = near[ptr[m] : ptr[m + 1]].tolist()
            shut.update(close)
            blockers += [int(self.at[s]) for s in close if s != at and self.at[s] not in (-1, agent)]
        return Way(int(end), int(self._cost[end]), list(dict.fromkeys(reversed(blockers))), shut)
