"""Traffic of real trucks: the plans and the order of passage of `Traffic`, moved by reports instead of a clock.

`docs/decisions/0005-live.md`, "Allocation by reports". A truck's *base* are the steps allocated to it; `extensions`
tells what has been added. Time moves in `advance`; it never moves a truck.
"""

import numpy as np

from portway.core.kernels import columns as c
from portway.core.kernels import live, passage, rehearsal
from portway.core.routing.traffic import Arrival, DeadlockError, Extension, Traffic, TrafficParameters
from portway.core.routing.traffic_map import HOLD, TrafficMap

HORIZON_STEPS = 8  # announced at most
POSITION_M = 1.0  # what a truck reports of its position may be wrong by so much
EVENTS_PER_TRUCK = 256  # on the agenda of a rehearsal


class LiveTraffic(Traffic):
    """Trucks 0..N-1 that say where they are."""

    def __init__(self, traffic_map: TrafficMap, n_trucks: int, parameters: TrafficParameters | None = None) -> None:
        super().__init__(traffic_map, n_trucks, parameters)
        self.clock[c.C_MODE] = c.LIVE
        self.along_m = np.zeros(n_trucks)
        self.seen_ms = np.zeros(n_trucks, np.int64)
        self.stands = np.ones(n_trucks, np.bool_)
        self._rel_m = release_m(traffic_map)
        self._told = np.zeros((n_trucks, 3), np.int64)  # granted, end and goal as last announced

    def report(self, truck: int, step: int, along_m: float, standing: bool, at_ms: int) -> bool:
        """A truck has reached the end of `step` and is `along_m` metres on the next one.

        Returns False when it is where it was not allowed to be; then nothing has changed. What is older than known is
        ignored.
        """
        row = self.trucks[truck]
        if step > row[c.T_GRANTED]:
            return False
        if step < row[c.T_PASSED] or (step == row[c.T_PASSED] and along_m < self.along_m[truck] - POSITION_M):
            return True
        live.report(
            self.uses, self.count, self.arrays, self._rel_m, self.map.length_m, self.trucks,
            self.plan_mv, self.agenda, self.clock, truck, step, along_m, at_ms,
        )  # fmt: skip
        self.along_m[truck], self.seen_ms[truck], self.stands[truck] = along_m, at_ms, standing
        if row[c.T_STEP] + 1 < row[c.T_END]:
            passage.kick(
                self.uses, self.count, self.arrays, self.trucks, self.plan_mv, self.agenda, self.clock,
                truck, at_ms,
            )  # fmt: skip
        self._note_arrival(truck)
        return True

    def _note_arrival(self, truck: int) -> None:
        """The truck stands at the end of its plan, not only of its base: say so once."""
        row = self.trucks[truck]
        ended = row[c.T_PASSED] == row[c.T_GRANTED] == row[c.T_END] - 1 and row[c.T_STOP] == row[c.T_GOAL]
        if ended and self.stands[truck] and not row[c.T_DONE]:
            row[c.T_ETA_MS] = self.now_ms
            self._stands_at_goal(truck)

    def send(self, truck: int, goal: int) -> int:
        """As in `Traffic`; a truck that stands at the goal arrives at once."""
        eta = super().send(truck, goal)
        if eta >= 0:
            self.trucks[truck, c.T_DONE] = 0
            self._at_once = [t for t in self._at_once if t != truck]
            self._note_arrival(truck)
        return eta

    def place(self, truck: int, stop: int, loaded: bool = False) -> None:
        """As in `Traffic`."""
        super().place(truck, stop, loaded)
        self.trucks[truck, c.T_PASSED] = self.trucks[truck, c.T_GRANTED]

    def advance(self, until_ms: int) -> list[Arrival]:
        """Note the time; the arrivals that reports have brought, each once."""
        self.clock[c.C_NOW] = max(self.now_ms, until_ms)
        here, self._at_once = self._at_once, []
        return [Arrival(truck, self.now_ms) for truck in here if self.done(truck)]

    def next_event_ms(self) -> int:
        """No road event is known before it is reported."""
        return c.FOREVER

    def renew(self, at_least_every_ms: int = 0) -> None:
        """As in `Traffic`, from where trucks are expected to be."""
        if not self.clock[c.C_DIRTY] or self.now_ms < self._renewed_ms + at_least_every_ms:
            return
        self._renewed_ms = self.now_ms
        self.rehearsals_count += 1
        events = np.zeros((len(self.trucks) * EVENTS_PER_TRUCK + 64, 2), np.int64)
        clock = self.clock.copy()
        live.expected_frees(
            self.uses, self.count, self.arrays, self._rel_m, self.map.length_m, self.trucks, self.plan_mv,
            self.along_m, self.seen_ms, events, clock,
        )  # fmt: skip
        stuck = rehearsal.rehearse(
            self.uses, self.count, self.arrays, self.trucks, self.plan_mv, self.plan_level, events, clock
        )
        self.clock[c.C_DIRTY] = 0
        if stuck:
            raise DeadlockError(f"{stuck} trucks wait for each other at {self.now_ms} ms")

    def extensions(self) -> list[Extension]:
        """What trucks have to be told: newly allocated steps, or another way behind them."""
        now = self.trucks[:, [c.T_GRANTED, c.T_END, c.T_GOAL]]
        changed = np.flatnonzero((now != self._told).any(axis=1))
        out = []
        for n in changed.tolist():
            granted, end = int(now[n, 0]), int(now[n, 1])
            base = tuple(self._movement(n, s) for s in range(int(self._told[n, 0]) + 1, granted + 1))
            horizon = tuple(self._movement(n, s) for s in range(granted + 1, min(end, granted + 1 + HORIZON_STEPS)))
            out.append(Extension(n, granted + 1 - len(base), base, horizon))
        self._told = now.copy()
        return out

    def standing_order(self, truck: int) -> Extension:
        """The whole base that a truck has not yet driven, and its horizon: to be told again after a restart."""
        row = self.trucks[truck]
        passed, granted, end = int(row[c.T_PASSED]), int(row[c.T_GRANTED]), int(row[c.T_END])
        base = tuple(self._movement(truck, s) for s in range(passed + 1, granted + 1))
        horizon = tuple(self._movement(truck, s) for s in range(granted + 1, min(end, granted + 1 + HORIZON_STEPS)))
        return Extension(truck, passed + 1, base, horizon)

    def _movement(self, truck: int, step: int) -> int:
        return int(self.plan_mv[truck, step % c.RING])


def release_m(traffic_map: TrafficMap) -> np.ndarray:
    """How far a truck is on its movement when its rear has left each resource, (K,) metres; infinite for what it
    keeps. From the release times of one profile, on the safe side by the error of a reported position."""
    a, paths = traffic_map.arrays, traffic_map.paths
    out = np.full(len(a.res_id), np.inf)
    for m in range(len(a.mv_from)):
        profile = int(np.flatnonzero(a.dur_ms[:, m] >= 0)[0])
        times = paths.times_ms[profile, paths.ptr[m] : paths.ptr[m + 1]]
        rows = slice(int(a.res_ptr[m]), int(a.res_ptr[m + 1]))
        rel = a.rel_ms[profile, rows]
        sample = np.searchsorted(times, rel, side="right") - 1
        out[rows] = np.where(rel == HOLD, np.inf, sample * paths.step_m[m] + POSITION_M)
    return out
