"""The table of traffic control: who uses what in which order, on which roads, and what is known of every truck.

One object owns the arrays that kernels share, and the roads as they are open now.
"""

import msgspec
import numpy as np

from portway.core.kernels import columns as c
from portway.core.kernels import search
from portway.core.kernels.grouped import changed
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
    ahead_steps: int = 1  # steps allocated beyond the last one passed; 1: what a truck asks for when it has to decide
    announces: bool = False  # what is allocated is told as commands; else a fleet in kernels looks it up (`link`)


class RoadTable:
    """Trucks 0..N-1 on the roads of a traffic map."""

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
        self.clock[c.C_AHEAD] = self.parameters.ahead_steps
        self.told, self.ended = (np.zeros(4 * n_trucks + 16, np.int64) for _ in range(2))
        self._make_scratch()
        in_order = np.argsort(arrays.mv_to, kind="stable").astype(np.int32)
        in_count = np.bincount(arrays.mv_to, minlength=n_stops)
        self._into = (np.concatenate(([0], np.cumsum(in_count))).astype(np.int32), in_order)
        self.weight = round(self.parameters.weight * 100)
        self._renewed_ms = -(1 << 40)
        self.plans_count = 0
        self.rehearsals_count = 0
        self.responses_adopted = 0

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

    def link(self) -> tuple[c.Table, MapArrays]:
        """Table and roads as they are now, on which a fleet that drives in kernels reports (`core.routing.reports`)."""
        return self.table, self.arrays

    @property
    def now_ms(self) -> int:
        """Time reached."""
        return int(self.clock[c.C_NOW])

    # -- trucks -------------------------------------------------------------------------------------------------

    def first_at(self, stop: int) -> int:
        """The truck whose turn comes first on a stop, -1 for none."""
        return int(self.uses[stop, 0, c.WHO]) if self.count[stop] else -1

    def stop_of(self, truck: int) -> int:
        """Stop where the truck stands, or the end of the movement it is on."""
        return int(self.trucks[truck, c.T_STOP])

    def _base_end(self, truck: int) -> int:
        """Stop where what is allocated to a truck ends."""
        granted, stop = int(self.trucks[truck, c.T_GRANTED]), self.stop_of(truck)
        ahead = granted > self.trucks[truck, c.T_STEP]
        return int(self.arrays.mv_to[self._movement(truck, granted)]) if ahead else stop

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

    def _movement(self, truck: int, step: int) -> int:
        return int(self.plan_mv[truck, step % c.RING])

    # -- roads --------------------------------------------------------------------------------------------------

    def locked_at(self, stop: int) -> list[str]:
        """Names of the foreign uses that touch everything that leads out of a stop: who holds its ground."""
        a = self.map.arrays
        out = a.out_mv[a.out_ptr[stop] : a.out_ptr[stop + 1]]
        return sorted(name for name, shut in self._foreign.items() if len(out) and shut[out].all())

    def foreign_uses(self) -> list[str]:
        """Names of those who hold ground without being led by us."""
        return list(self._foreign)

    def endangered(self, truck: int) -> list[str]:
        """Names of the foreign uses that touch what has been allocated to a truck and not been passed."""
        row = self.trucks[truck]
        steps = range(int(row[c.T_PASSED]) + 1, int(row[c.T_GRANTED]) + 1)
        under_way = [self._movement(truck, s) for s in steps]
        if not under_way or not self._shut[under_way].any():
            return []
        return sorted(name for name, shut in self._foreign.items() if shut[under_way].any())

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
