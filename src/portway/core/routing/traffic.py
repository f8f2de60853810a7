"""Traffic control: plans for trucks on one table of uses, and who may drive on in which order.

One object owns the arrays that the kernels share. It moves no truck: trucks report (`core.routing.reports`). It decides
nothing about jobs: whoever calls `send` sees to it that a place has one claimant (`TrafficMap.excludes` tells which
places shut each other).
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from portway.core.kernels import allocation, improve, rehearsal, search
from portway.core.kernels import columns as c
from portway.core.kernels.grouped import changed
from portway.core.kernels.search import FAR
from portway.core.routing.foreign_uses import Ground, touched
from portway.core.routing.traffic_map import MapArrays, TrafficMap

USES_PER_RESOURCE = 96
LABELS_MAX = 60_000
FREES_PER_TRUCK = 256  # resources that one truck may hold
SCRATCH = frozenset({"scratch", "frees", "mark", "goal_row", "costs", "uses", "table"})


class TrafficParameters(msgspec.Struct, frozen=True):
    """How traffic is planned."""

    mode: str = "order"  # order | first_come
    weight: float = 1.5  # of the search heuristic
    slack_ms: int = 4_000  # plans this much slower than an empty road are offered a better one
    gain_ms: int = 1_000  # least gain for which a plan is replaced
    responses_max: int = 64  # searches per re-planning tick
    renew_ms: int = 20_000  # times of the table are renewed at most so often


Drive = Callable[[int], None]  # lets trucks drive and report until an instant, or until some end their plans


class Arrival(NamedTuple):
    """A truck has reached the end of its plan."""

    truck: int
    at_ms: int


class Extension(NamedTuple):
    """Live: movements newly allocated to a truck, the first with number `step`, and those claimed behind them."""

    truck: int
    step: int
    base: tuple[int, ...]
    horizon: tuple[int, ...]


class DeadlockError(AssertionError):
    """The order of passage has a cycle: a defect of this package, never of the input."""


class Traffic:
    """Trucks 0..N-1 on a traffic map."""

    def __init__(self, traffic_map: TrafficMap, n_trucks: int, parameters: TrafficParameters | None = None) -> None:
        self.map = traffic_map
        self.parameters = parameters or TrafficParameters()
        arrays, n_stops = traffic_map.arrays, traffic_map.n_stops
        self.arrays = arrays  # those of the map, without the movements into closed lanes
        self._closed: set[str] = set()
        self._foreign: dict[str, np.ndarray] = {}  # movements that a foreign use of the ground shuts, by its name
        self._shut = np.zeros(len(traffic_map.lanes), np.bool_)  # by any of them
        n_res = traffic_map.n_resources
        self.uses = np.zeros((n_res, max(USES_PER_RESOURCE, 2 * 16), 4), np.int64)
        self.count = np.zeros(n_res, np.int64)
        self.trucks = np.zeros((n_trucks, c.T_COLUMNS), np.int64)
        self.trucks[:, c.T_BLOCKED] = -1
        self.plan_mv = np.zeros((n_trucks, c.RING), np.int32)
        self.plan_level = np.zeros((n_trucks, c.RING), np.int8)
        self.clock = np.zeros(c.CLOCK_COLUMNS, np.int64)
        self.clock[c.C_MODE] = c.FIRST_COME if self.parameters.mode == "first_come" else c.BY_PLAN
        self.told, self.ended = np.zeros(n_trucks, np.int64), np.zeros(2 * n_trucks + 2, np.int64)
        self._make_scratch()
        in_order = np.argsort(arrays.mv_to, kind="stable").astype(np.int32)
        in_count = np.bincount(arrays.mv_to, minlength=n_stops)
        self._into = (np.concatenate(([0], np.cumsum(in_count))).astype(np.int32), in_order)
        self.weight = round(self.parameters.weight * 100)
        self._at_once: list[int] = []
        self._renewed_ms = -(1 << 40)
        self.plans_count = 0
        self.rehearsals_count = 0
        self.responses_adopted = 0

    # -- state --------------------------------------------------------------------------------------------------

    def _make_scratch(self) -> None:
        """Arrays whose contents nobody relies on between two calls."""
        n_stops, cap = self.map.n_stops, self.uses.shape[1]
        self.table = c.Table(
            self.uses, self.count, self.trucks, self.plan_mv, self.plan_level, self.clock, self.told, self.ended
        )  # fmt: skip
        self.scratch = c.Scratch(
            np.zeros((LABELS_MAX, search.L_COLUMNS), np.int64), np.zeros((LABELS_MAX + 1, 2), np.int64),
            np.zeros((n_stops, cap + 1, 3), np.int64), np.zeros((n_stops, cap + 1, 3), np.int64),
            np.zeros((c.RING - 8, 5), np.int64), np.zeros(c.RING * 32, np.int64),
        )  # fmt: skip
        self.frees = np.zeros((len(self.trucks) * FREES_PER_TRUCK + 64, 2), np.int64)
        self.mark = 0
        self.goal_row = np.full(n_stops, -1, np.int64)
        self.costs = np.zeros((2, 0, n_stops), np.int32)

    def __getstate__(self) -> dict:
        """For snapshots: the table is kept as the uses in it; what is only scratch or can be computed is left out."""
        state = {name: value for name, value in self.__dict__.items() if name not in SCRATCH}
        used = np.arange(self.uses.shape[1]) < self.count[:, None]
        return {**state, "uses": self.uses.shape, "packed_uses": self.uses[used]}

    def __setstate__(self, state: dict) -> None:
        packed = state.pop("packed_uses")
        self.__dict__.update(state)
        self.uses = np.zeros(state["uses"], np.int64)
        self.uses[np.arange(self.uses.shape[1]) < self.count[:, None]] = packed
        self._make_scratch()

    @property
    def now_ms(self) -> int:
        """Time reached."""
        return int(self.clock[c.C_NOW])

    def place(self, truck: int, stop: int, loaded: bool = False) -> None:
        """Put a truck on a stop that nobody uses or plans to use; refuses any other."""
        if self.count[stop]:
            raise ValueError(f"stop {self.map.stops[stop].id} is taken; give every truck a place of its own")
        allocation.place(self.table, truck, stop, int(loaded))
        self.trucks[truck, c.T_GOAL] = stop

    def placeable(self, stop: int) -> bool:
        """Whether nobody uses or plans to use a stop, nor holds its ground without being led by us."""
        return not self.count[stop] and not self.locked_at(stop)

    def locked_at(self, stop: int) -> list[str]:
        """Names of the foreign uses that touch everything that leads out of a stop: who holds its ground."""
        a = self.map.arrays
        out = a.out_mv[a.out_ptr[stop] : a.out_ptr[stop + 1]]
        return sorted(name for name, shut in self._foreign.items() if len(out) and shut[out].all())

    def first_at(self, stop: int) -> int:
        """The truck whose turn comes first on a stop, -1 for none."""
        return int(self.uses[stop, 0, c.WHO]) if self.count[stop] else -1

    def send_away(self, truck: int, goal: int, stay_ms: int) -> int:
        """Plan a road truck to its exit, where it leaves the road for good after `stay_ms`; without a plan it keeps its
        old one, which may lead there, too."""
        before = int(self.trucks[truck, c.T_SINK_MS])
        self.renew(self.parameters.renew_ms)  # as long as it is no truck that stands at its exit
        self.trucks[truck, c.T_SINK_MS] = stay_ms
        eta = self.send(truck, goal)
        if eta < 0:
            self.trucks[truck, c.T_SINK_MS] = before
        return eta

    def gone(self, truck: int) -> None:
        """A road truck has left the road at its exit: it says itself when it is gone."""

    def stop_of(self, truck: int) -> int:
        """Stop where the truck stands, or the end of the movement it is on."""
        return int(self.trucks[truck, c.T_STOP])

    def done(self, truck: int) -> bool:
        """Whether the truck has driven its plan to the end."""
        return bool(self.trucks[truck, c.T_DONE])

    def has_way(self, truck: int) -> bool:
        """Whether anything is allocated to, or claimed by, a truck beyond the stop where it stands."""
        row = self.trucks[truck]
        return bool(row[c.T_PASSED] < row[c.T_END] - 1)

    def may_go_on(self, truck: int) -> bool:
        """Whether more of its way has been allocated to a truck than it has driven."""
        row = self.trucks[truck]
        return bool(row[c.T_GRANTED] > row[c.T_PASSED])

    def eta_ms(self, truck: int) -> int:
        """Expected end of the truck's plan."""
        return int(self.trucks[truck, c.T_ETA_MS])

    def is_loaded(self, truck: int) -> bool:
        """Whether the truck carries a box."""
        return bool(self.trucks[truck, c.T_LOAD])

    def earliest_ms(self, truck: int) -> int:
        """When the truck can leave: now, or at the expected end of the handover that holds it."""
        return max(self.now_ms, int(self.trucks[truck, c.T_HELD_UNTIL_MS]))

    def set_load(self, truck: int, loaded: bool) -> None:
        """A standing truck got or gave its box."""
        self.trucks[truck, c.T_LOAD] = int(loaded)

    # -- planning -----------------------------------------------------------------------------------------------

    def cost_row(self, goal: int) -> int:
        """Row of `costs` that holds the least driving times to a goal, computed on first use."""
        row = int(self.goal_row[goal])
        if row >= 0:
            return row
        row = int(self.goal_row.max()) + 1
        if row >= self.costs.shape[1]:
            grown = np.zeros((2, max(16, 2 * row), self.map.n_stops), np.int32)
            grown[:, :row] = self.costs[:, :row]
            self.costs = grown
        a = self.arrays
        for load in range(2):
            search.shortest_from(a, self._into, load, goal, self.costs[load, row])
        self.goal_row[goal] = row
        return row

    def costs_to(self, goal: int, loaded: bool) -> np.ndarray:
        """Least driving times (S,) from every stop to a goal on an empty road, ms."""
        row = self.cost_row(goal)
        return self.costs[int(loaded), row]

    def drive_ms(self, start: int, goal: int, loaded: bool) -> int:
        """Least driving time between two stops on an empty road; `search.FAR` if there is no way."""
        return int(self.costs_to(goal, loaded)[start])

    def renew(self, at_least_every_ms: int = 0) -> None:
        """Bring the times of the table up to date when trucks ran early or late, unless that was done just before.

        Old times cost quality, never safety: they still rise along every order of passage, so that a plan made
        against them closes no ring.
        """
        stale = self.clock[c.C_DIRTY] and self.now_ms >= self._renewed_ms + at_least_every_ms
        if stale and self.clock[c.C_MODE] != c.FIRST_COME:
            self._renewed_ms = self.now_ms
            self.rehearsals_count += 1
            stuck = rehearsal.rehearse(self.table, self.arrays, self.frees[: self._expected_frees()])
            if stuck:
                raise DeadlockError(f"{stuck} trucks wait for each other at {self.now_ms} ms")

    def _expected_frees(self) -> int:
        """Note in `frees` what trucks under way will free in any case; how many rows."""
        return int(rehearsal.frees_by_profiles(self.table, self.arrays, self.frees))

    def send(self, truck: int, goal: int) -> int:
        """Plan a truck to a stop from where it is bound to be next; returns the arrival in ms, or -1 when there is no
        plan (it keeps its old one). A truck already at the goal arrives at once."""
        row = self.cost_row(goal)
        if self.clock[c.C_MODE] == c.FIRST_COME:
            return self._send_by_route(truck, goal, row)
        self.renew(self.parameters.renew_ms)
        steps, eta = self._search(truck, goal, row)
        self.plans_count += 1
        if steps < 0:
            return -1
        improve.adopt(self.table, self.arrays, self.scratch, truck, goal, steps, eta)
        if steps == 0 and not self.trucks[truck, c.T_MOVING]:
            self._stands_at_goal(truck)
        return int(eta)

    def _search(self, truck: int, goal: int, row: int) -> tuple[int, int]:
        """Steps and arrival of the best plan, which is in `scratch.way`; -1 steps when there is none."""
        self.mark += 1
        cost = self.costs[self.trucks[truck, c.T_LOAD], row]
        return search.search(self.table, self.arrays, self.scratch, truck, goal, cost, self.weight, self.mark)

    def _stands_at_goal(self, truck: int) -> None:
        """The truck was called back to where it still stands: it arrives without a movement."""
        self.trucks[truck, c.T_BLOCKED] = -1
        self.trucks[truck, c.T_DONE] = 1
        self._at_once.append(truck)

    def hold(self, truck: int, until_ms: int) -> None:
        """Keep a standing truck where it is until `release`, expected at `until_ms`; it may get a plan before."""
        if self.trucks[truck, c.T_HELD_UNTIL_MS] != until_ms:
            self.trucks[truck, c.T_HELD_UNTIL_MS] = until_ms
            self.clock[c.C_DIRTY] = 1

    def release(self, truck: int) -> None:
        """Let a held truck follow its plan."""
        self.trucks[truck, c.T_HELD_UNTIL_MS] = 0
        self.clock[c.C_DIRTY] = 1
        self._ask_again(truck)

    def what_if(self, truck: int, goal: int) -> int:
        """Arrival in ms if the truck were sent to a goal now, -1 without a plan; nothing changes but the times that a
        `renew` brings up to date."""
        row = self.cost_row(goal)
        self.renew()
        steps, eta = self._search(truck, goal, row)
        return int(eta) if steps >= 0 else -1

    def _send_by_route(self, truck: int, goal: int, row: int) -> int:
        self.trucks[truck, c.T_END] = self.trucks[truck, c.T_GRANTED] + 1
        cost = self.costs[self.trucks[truck, c.T_LOAD], row]
        length = improve.shortest_route(self.table, self.arrays, truck, goal, cost)
        self.plans_count += 1
        allocation.ask_again(self.table, self.arrays, truck, self.now_ms)
        if length == 0 and not self.trucks[truck, c.T_MOVING]:
            self._stands_at_goal(truck)
        return self.now_ms + int(cost[self.trucks[truck, c.T_STOP]])

    def improve(self) -> int:
        """One round of best responses; returns how many trucks got a better plan."""
        if self.clock[c.C_MODE] == c.FIRST_COME:
            return 0
        p = self.parameters
        self.renew(p.renew_ms)
        goals = self.trucks[:, c.T_GOAL]
        for goal in np.unique(goals[self.goal_row[goals] < 0]).tolist():  # forgotten: a restart, or a closed lane
            self.cost_row(goal)
        searches, adopted, _ = improve.best_responses(
            self.table, self.arrays, self.scratch, self.costs, self.goal_row, self.weight, self.mark, p.slack_ms,
            p.gain_ms, p.responses_max,
        )  # fmt: skip
        self.mark += searches
        self.plans_count += searches
        self.responses_adopted += adopted
        return int(adopted)

    # -- passage ------------------------------------------------------------------------------------------------

    def link(self) -> tuple[c.Table, MapArrays]:
        """Table and roads as they are now, on which a fleet that drives in kernels reports (`core.routing.reports`)."""
        return self.table, self.arrays

    def advance(self, until_ms: int, drive: Drive) -> list[Arrival]:
        """Let trucks drive until some have come to the end of their plans, at most until `until_ms`; which ones, each
        once. A truck whose way was closed stops short of its goal and has not arrived."""
        if self._at_once:
            here, self._at_once = self._at_once, []
            return [Arrival(truck, self.now_ms) for truck in here if self.done(truck)]
        drive(until_ms)
        ended, self.clock[c.C_ENDED] = self.ended[: self.clock[c.C_ENDED]].tolist(), 0
        if not ended and until_ms < c.FOREVER:
            self.clock[c.C_NOW] = max(self.now_ms, until_ms)
        return [Arrival(n, self.now_ms) for n in ended if self.trucks[n, c.T_GOAL] == self.trucks[n, c.T_STOP]]

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

    def foreign_uses(self) -> list[str]:
        """Names of those who hold ground without being led by us."""
        return list(self._foreign)

    def endangered(self, truck: int) -> list[str]:
        """Names of the foreign uses that touch what has been allocated to a truck and not been passed."""
        return []

    def _roads_changed(self) -> list[int]:
        self._open_movements()
        for truck in range(len(self.trucks)):
            self._ask_again(truck)
        return [n for n in range(len(self.trucks)) if self._way_is_closed(n)]

    def _open_movements(self) -> None:
        """A movement that enters a closed lane from outside is closed, and one that touches ground in foreign use."""
        self._shut = np.zeros(len(self.map.lanes), np.bool_)
        for shut in self._foreign.values():
            self._shut |= shut
        self.arrays = changed(self.map.arrays, closed=self._shut | self._behind_closed_lanes())
        self.goal_row[:] = -1

    def _behind_closed_lanes(self) -> np.ndarray:
        if not self._closed:
            return np.zeros(len(self.map.lanes), np.bool_)
        stops = self.map.stops
        return np.array([
            not self._closed.isdisjoint(lanes) and stops[start].lane not in self._closed
            for lanes, start in zip(self.map.lanes, self.map.arrays.mv_from, strict=True)
        ])  # fmt: skip

    def _way_is_closed(self, truck: int) -> bool:
        row = self.trucks[truck]
        steps = np.arange(row[c.T_GRANTED] + 1, row[c.T_END])
        return bool(self.arrays.closed[self.plan_mv[truck, steps % c.RING]].any())

    def report(self, truck: int, step: int, along_m: float, standing: bool, at_ms: int) -> bool:
        """Simulated trucks report in kernels, by `link`: this report is a defect of the composition."""
        raise AssertionError("a simulated truck has reported; trucks that report need LiveTraffic")

    def extensions(self) -> list[Extension]:
        """What trucks have to be told: nothing, they are told in kernels, by `link`."""
        return []

    def standing_order(self, truck: int) -> Extension:
        """What a truck has to be told again: nothing."""
        return Extension(truck, 0, (), ())

    def pause(self, truck: int, paused: bool) -> None:
        """Allocate nothing to a truck until it may go on; it keeps what it holds and its plan."""
        self.trucks[truck, c.T_PAUSED] = int(paused)
        self._ask_again(truck)

    def _ask_again(self, truck: int) -> None:
        """Let a truck that has a plan ask for its next step."""
        if self.trucks[truck, c.T_STEP] + 1 < self.trucks[truck, c.T_END]:
            allocation.ask_again(self.table, self.arrays, truck, self.now_ms)


__all__ = ["FAR", "Arrival", "DeadlockError", "Drive", "Traffic", "TrafficParameters"]
