"""Traffic control: who may drive on in which order, by what trucks report.

It moves no truck. Trucks of steel, and those that pretend to be, report one by one (`report`); a fleet that drives in
kernels reports on `link` (`core.routing.reports`). A truck's *base* are the steps allocated to it; `extensions` tells
what has been added. It decides nothing about jobs: whoever calls `send` sees to it that a place has one claimant
(`TrafficMap.excludes` tells which places shut each other).
"""

import contextlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from portway.core.kernels import allocation, live, uses
from portway.core.kernels import columns as c
from portway.core.routing.foreign_uses import Ground, touched
from portway.core.routing.planning import FAR, DeadlockError, Planner
from portway.core.routing.road_table import TrafficParameters
from portway.core.routing.traffic_map import HOLD, TrafficMap
from portway.core.routing.whereabouts import Pose, Spot, off_way_m

HORIZON_STEPS = 8  # announced at most
POSITION_M = 1.0  # what a truck reports of its position may be wrong by so much
Drive = Callable[[int], None]  # lets trucks drive and report until an instant, or until some end their plans


class Arrival(NamedTuple):
    """A truck has reached the end of its plan."""

    truck: int
    at_ms: int


class Extension(NamedTuple):
    """Movements newly allocated to a truck, the first with number `step`, and those claimed behind them."""

    truck: int
    step: int
    base: tuple[int, ...]
    horizon: tuple[int, ...]


class Traffic(Planner):
    """Trucks 0..N-1 on a traffic map."""

    def __init__(self, traffic_map: TrafficMap, n_trucks: int, parameters: TrafficParameters | None = None) -> None:
        super().__init__(traffic_map, n_trucks, parameters)
        self.along_m = np.zeros(n_trucks)  # as last reported: how far it is behind `T_PASSED`
        self.seen_ms = np.zeros(n_trucks, np.int64)
        self.stands = np.ones(n_trucks, np.bool_)
        self._rel_m: np.ndarray | None = None
        self._told = np.zeros((n_trucks, 3), np.int64)  # granted, end and goal as last announced

    def place(self, truck: int, stop: int, loaded: bool = False) -> None:
        """Put a truck on a stop that nobody uses or plans to use; refuses any other."""
        if self.count[stop]:
            raise ValueError(f"stop {self.map.stops[stop].id} is taken; give every truck a place of its own")
        allocation.place(self.table, truck, stop, int(loaded))
        self.trucks[truck, c.T_GOAL] = stop
        self._stood(truck)

    def _stood(self, truck: int, along_m: float = 0.0) -> None:
        """Nothing was heard of a truck yet: it stands where it is, and what it has been told is what it holds."""
        self.along_m[truck], self.seen_ms[truck], self.stands[truck] = along_m, self.now_ms, True
        self._told[truck] = self.trucks[truck, [c.T_GRANTED, c.T_END, c.T_GOAL]]

    def placeable(self, stop: int) -> bool:
        """Whether nobody uses or plans to use a stop, nor holds its ground without being led by us."""
        return not self.count[stop] and not self.locked_at(stop)

    def send_away(self, truck: int, goal: int, stay_ms: int) -> int:
        """Plan a road truck to its exit, where it leaves the road for good after `stay_ms`; without a plan it keeps its
        old one, which may lead there, too."""
        before = int(self.trucks[truck, c.T_STAY_MS])
        self.renew(self.parameters.renew_ms)  # as long as it is no truck that stands at its exit
        self.trucks[truck, c.T_STAY_MS] = stay_ms
        eta = self.send(truck, goal)
        if eta < 0:
            self.trucks[truck, c.T_STAY_MS] = before
        return eta

    def gone(self, truck: int) -> None:
        """A road truck has left the road at its exit; one of a fleet that drives in kernels says so itself."""
        if self.parameters.announces:
            self.leave(truck)

    def advance(self, until_ms: int, drive: Drive) -> list[Arrival]:
        """Let trucks drive until some have come to the end of their plans, at most until `until_ms`; which ones, each
        once. A truck whose way was closed stops short of its goal and has not arrived."""
        drive(until_ms)
        ended, self.clock[c.C_ENDED] = self.ended[: self.clock[c.C_ENDED]].tolist(), 0
        if not ended and until_ms < c.FOREVER:
            self.clock[c.C_NOW] = max(self.now_ms, until_ms)
        return [Arrival(n, self.now_ms) for n in ended if self.done(n) and self.stop_of(n) == self.trucks[n, c.T_GOAL]]

    # -- trucks that report one by one --------------------------------------------------------------------------

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
        self.along_m[truck], self.seen_ms[truck], self.stands[truck] = along_m, at_ms, standing
        live.report(
            self.table, self.arrays, self._release_m(), self.map.length_m, truck, step, along_m, standing, at_ms
        )  # fmt: skip
        return True

    def _release_m(self) -> np.ndarray:
        """See `release_m`; computed when somebody reports for the first time."""
        if self._rel_m is None:
            self._rel_m = release_m(self.map)
        return self._rel_m

    def off_way_m(self, truck: int, step: int, pose: Pose, rad_max: float) -> float:
        """How far a truck is from where it may be after the end of `step`: on what is released behind that, or on the
        stop there. Infinite for one that stands across by more than `rad_max`."""
        row = self.trucks[truck]
        first = min(max(step, int(row[c.T_PASSED])), int(row[c.T_GRANTED]))
        ahead = [self._movement(truck, s) for s in range(first + 1, int(row[c.T_GRANTED]) + 1)]
        stop = int(self.arrays.mv_from[ahead[0]]) if ahead else self._base_end(truck)
        return off_way_m(self.map, ahead, stop, pose, rad_max)

    def undriven(self, truck: int) -> list[Pose]:
        """Poses every few metres along what is released to a truck and not passed, and where that ends."""
        row, poses = self.trucks[truck], [tuple(self.map.stop_pose[self._base_end(truck)].tolist())]
        paths = self.map.paths
        for s in range(int(row[c.T_PASSED]) + 1, int(row[c.T_GRANTED]) + 1):
            m = self._movement(truck, s)
            rows = slice(int(paths.ptr[m]), int(paths.ptr[m + 1]), 4)
            poses += zip(paths.x[rows].tolist(), paths.y[rows].tolist(), paths.heading[rows].tolist(), strict=True)
        return poses

    def leave(self, truck: int) -> None:
        """A truck is no longer led: it gives back all it holds and claims, its order of passage too."""
        live.leave(self.table, self.arrays, truck, self.now_ms)
        ended = [n for n in self.ended[: self.clock[c.C_ENDED]].tolist() if n != truck]
        self.ended[: len(ended)], self.clock[c.C_ENDED] = ended, len(ended)
        self._stood(truck)

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
        ids = [(int(self.arrays.res_id[r]), float(self._release_m()[r])) for r in rows]
        return [k for k, rel_m in ids if k == spot.stop or rel_m > spot.along_m]

    def _has_open_way(self, truck: int) -> bool:
        """Whether a truck has a plan beyond its base that leads through no closed road."""
        planned = self.trucks[truck, c.T_END] > self.trucks[truck, c.T_GRANTED] + 1
        return bool(planned) and not self._way_is_closed(truck)

    def _entered(self, truck: int, spot: Spot, goal: int, others: list[int]) -> bool:
        """Take out the plans of others, let the truck in, plan it and then all of them; undone when one has no way."""
        kept = [(array, array.copy()) for array in self._changing()]
        goals = {n: int(self.trucks[n, c.T_GOAL]) for n in others}
        for n in others:
            uses.withdraw(self.table, self.arrays, n, self.scratch.touched)
        if all(not self.count[k] for k in self._takes(spot)):
            live.enter(
                self.table, self.arrays, self._release_m(), self.map.length_m, truck, spot.stop, spot.movement,
                spot.along_m, self.now_ms,
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
            self.uses, self.count, self.trucks, self.plan_mv, self.plan_level, self.clock, self.told, self.ended,
            self.along_m, self.seen_ms, self.stands,
        ]  # fmt: skip

    # -- closed roads and ground in foreign use -----------------------------------------------------------------

    def block(self, lanes: tuple[str, ...], blocked: bool) -> list[int]:
        """Close lanes, or open them again: nobody enters, who is inside may leave.

        Returns the trucks whose way leads through and has not been allocated: they should be sent again. One for which
        there is no other way keeps its plan, and its turn, and waits until the lanes are open.
        """
        self._closed = self._closed | set(lanes) if blocked else self._closed - set(lanes)
        return self._roads_changed()

    def lock(self, name: str, grounds: list[Ground], size_m: tuple[float, float]) -> list[int] | None:
        """Somebody who is not led by us holds ground under a name: no truck of `size_m` is allocated a movement that
        touches it. No ground ends the use.

        Returns what `block` returns, None when nothing has changed.
        """
        shut = touched(self.map, grounds, *size_m)
        before = self._foreign.get(name)
        if (not shut.any() and before is None) or (before is not None and bool((before == shut).all())):
            return None
        self._foreign.pop(name, None)
        if shut.any():
            self._foreign[name] = shut
        return self._roads_changed()

    def take_over(self, name: str, enter: Callable[[], bool]) -> list[int] | None:
        """Who held ground without being led by us is led from there, if `enter` succeeds: nobody else is allocated that
        ground in between.

        Returns what `block` returns; None when `enter` has not succeeded, and nothing has changed.
        """
        held = self._foreign.pop(name, None)
        self._open_movements()
        if enter():
            return [] if held is None else self._roads_changed()
        if held is not None:
            self._foreign[name] = held
            self._open_movements()
        return None

    def _roads_changed(self) -> list[int]:
        self._open_movements()
        for truck in range(len(self.trucks)):
            self._ask_again(truck)
        return [n for n in range(len(self.trucks)) if self._way_is_closed(n)]

    # -- what trucks are told -----------------------------------------------------------------------------------

    def extensions(self) -> list[Extension]:
        """What trucks have to be told: newly allocated steps, or another way behind them."""
        if not self.parameters.announces:
            return []
        self.clock[c.C_TOLD] = 0
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


__all__ = ["FAR", "Arrival", "DeadlockError", "Drive", "Extension", "Traffic", "TrafficParameters"]
