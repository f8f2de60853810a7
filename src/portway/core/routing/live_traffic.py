"""Traffic of real trucks: the plans and the order of passage of `Traffic`, moved by reports instead of a clock.

`docs/decisions/0005-live.md`, "Allocation by reports". A truck's *base* are the steps allocated to it; `extensions`
tells what has been added. Time moves in `advance`; it never moves a truck.
"""

import contextlib

import numpy as np

from portway.core.kernels import columns as c
from portway.core.kernels import live, uses
from portway.core.routing.traffic import Arrival, DeadlockError, Drive, Extension, Traffic, TrafficParameters
from portway.core.routing.traffic_map import HOLD, TrafficMap
from portway.core.routing.whereabouts import Pose, Spot, off_way_m

HORIZON_STEPS = 8  # announced at most
POSITION_M = 1.0  # what a truck reports of its position may be wrong by so much


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
        live.report(self.table, self.arrays, self._rel_m, self.map.length_m, truck, step, along_m, at_ms)
        self.along_m[truck], self.seen_ms[truck], self.stands[truck] = along_m, at_ms, standing
        self._ask_again(truck)
        self._note_arrival(truck)
        return True

    def off_way_m(self, truck: int, step: int, pose: Pose, rad_max: float) -> float:
        """How far a truck is from where it may be after the end of `step`: on what is released behind that, or on the
        stop there. Infinite for one that stands across by more than `rad_max`."""
        row = self.trucks[truck]
        first = min(max(step, int(row[c.T_PASSED])), int(row[c.T_GRANTED]))
        ahead = [self._movement(truck, s) for s in range(first + 1, int(row[c.T_GRANTED]) + 1)]
        stop = int(self.arrays.mv_from[ahead[0]]) if ahead else int(row[c.T_STOP])
        return off_way_m(self.map, ahead, stop, pose, rad_max)

    def undriven(self, truck: int) -> list[Pose]:
        """Poses every few metres along what is released to a truck and not passed, and where that ends."""
        row, poses = self.trucks[truck], [tuple(self.map.stop_pose[self.trucks[truck, c.T_STOP]].tolist())]
        paths = self.map.paths
        for s in range(int(row[c.T_PASSED]) + 1, int(row[c.T_GRANTED]) + 1):
            m = self._movement(truck, s)
            rows = slice(int(paths.ptr[m]), int(paths.ptr[m + 1]), 4)
            poses += zip(paths.x[rows].tolist(), paths.y[rows].tolist(), paths.heading[rows].tolist(), strict=True)
        return poses

    def endangered(self, truck: int) -> list[str]:
        """As in `Traffic`."""
        row = self.trucks[truck]
        steps = range(int(row[c.T_PASSED]) + 1, int(row[c.T_GRANTED]) + 1)
        under_way = [self._movement(truck, s) for s in steps]
        if not under_way or not self._shut[under_way].any():
            return []
        return sorted(name for name, shut in self._foreign.items() if shut[under_way].any())

    def leave(self, truck: int) -> None:
        """A truck is no longer led: it gives back all it holds and claims, its order of passage too."""
        live.leave(self.table, self.arrays, truck, self.now_ms)
        self.stands[truck], self.along_m[truck] = True, 0.0
        self._at_once = [t for t in self._at_once if t != truck]
        self._told[truck] = self.trucks[truck, [c.T_GRANTED, c.T_END, c.T_GOAL]]

    def gone(self, truck: int) -> None:
        """As in `Traffic`: its last report was that it stands at its exit, so nothing of it is left on the road."""
        self.leave(truck)

    def enter(self, truck: int, spot: Spot, goal: int) -> bool:
        """A truck that had left is led again from where it stands, bound for a goal; whoever had planned over the
        ground that it stands on is planned anew behind it. False, and nothing has changed, when somebody has been
        allocated that ground, or when not all of them find a way."""
        takes = self._takes(spot)
        if any(live.held_by_others(self.table, k, truck) for k in takes):
            return False
        behind = sorted({int(who) for k in takes for who in self.uses[k, : self.count[k], c.WHO]} - {truck})
        everybody = [n for n in range(len(self.trucks)) if n != truck and self._has_open_way(n)]
        return self._entered(truck, spot, goal, behind) or self._entered(truck, spot, goal, everybody)

    def _takes(self, spot: Spot) -> list[int]:
        """Resources that a truck at a spot holds."""
        if spot.movement < 0:
            return [spot.stop]
        rows = range(int(self.arrays.res_ptr[spot.movement]), int(self.arrays.res_ptr[spot.movement + 1]))
        ids = [(int(self.arrays.res_id[r]), float(self._rel_m[r])) for r in rows]
        return [k for k, rel_m in ids if k == spot.stop or rel_m > spot.along_m]

    def _has_open_way(self, truck: int) -> bool:
        """Whether a truck has a plan beyond its base that leads through no closed road."""
        planned = self.trucks[truck, c.T_END] > self.trucks[truck, c.T_GRANTED] + 1
        return bool(planned) and not self._way_is_closed(truck)

    def _entered(self, truck: int, spot: Spot, goal: int, others: list[int]) -> bool:
        """Take out the plans of others, let the truck in, plan it and then all of them; undone when one has no way."""
        kept = [(array, array.copy()) for array in self._changing()]
        at_once = list(self._at_once)
        goals = {n: int(self.trucks[n, c.T_GOAL]) for n in others}
        for n in others:
            uses.withdraw(self.table, self.arrays, n, self.scratch.touched)
        if all(not self.count[k] for k in self._takes(spot)):
            live.enter(
                self.table, self.arrays, self._rel_m, truck, spot.stop, spot.movement, spot.along_m, self.now_ms
            )  # fmt: skip
            self.along_m[truck], self.seen_ms[truck], self.stands[truck] = spot.along_m, self.now_ms, True
            self.trucks[truck, c.T_GOAL] = spot.stop
            self.clock[c.C_DIRTY] = 1
            stays = spot.movement < 0 and goal == spot.stop
            with contextlib.suppress(DeadlockError):  # who has kept his plan may wait for one whose plan was taken out
                if (stays or self.send(truck, goal) >= 0) and self._all_sent(goals):
                    self.clock[c.C_DIRTY] = 1
                    self.renew()
                    return True
        for array, before in kept:
            array[:] = before
        self._at_once = at_once
        return False

    def _all_sent(self, goals: dict[int, int]) -> bool:
        """Plan trucks one after the other, again and again as long as that helps: the first of a queue goes first."""
        left = dict(goals)
        while left:
            sent = [n for n, goal in left.items() if self.send(n, goal) >= 0]
            if not sent:
                return False
            left = {n: goal for n, goal in left.items() if n not in sent}
        return True

    def _changing(self) -> list[np.ndarray]:
        """Everything that planning and allocation change."""
        return [
            self.uses, self.count, self.trucks, self.plan_mv, self.plan_level, self.clock, self.along_m, self.seen_ms,
            self.stands,
        ]  # fmt: skip

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
        self.along_m[truck], self.seen_ms[truck], self.stands[truck] = 0.0, self.now_ms, True
        self._told[truck] = self.trucks[truck, [c.T_GRANTED, c.T_END, c.T_GOAL]]

    def advance(self, until_ms: int, drive: Drive) -> list[Arrival]:
        """Note the time; the arrivals that reports have brought, each once."""
        drive(until_ms)
        self.clock[c.C_NOW] = max(self.now_ms, until_ms)
        here, self._at_once = self._at_once, []
        return [Arrival(truck, self.now_ms) for truck in here if self.done(truck)]

    def _expected_frees(self) -> int:
        """As in `Traffic`, from where trucks were last seen."""
        return int(live.frees_by_reports(
            self.table, self.arrays, self._rel_m, self.map.length_m, self.along_m, self.seen_ms, self.frees
        ))  # fmt: skip

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
