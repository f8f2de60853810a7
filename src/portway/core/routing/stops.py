"""Where trucks may stand: stops laid along the roads of a terminal, and the stops of its places.

Consecutive collinear lanes form a road. A road is cut at its *crossings*, the nodes where another through lane meets
it at 45 degrees or more; between two crossings stops are laid evenly, far enough from both that a standing truck
leaves the crossing free. Lanes that carry a place have their stops at the places only.
"""

import math
from typing import NamedTuple

import numpy as np

from portway.core.model.layout import Point, Terminal
from portway.core.model.truck import TruckType

COLLINEAR_RAD = math.radians(20)
CROSSING_RAD = math.radians(45)
CLEARANCE_M = 18.0
PITCH_M = 38.0


class Stop(NamedTuple):
    """A position of a truck's centre: `lane` and metres along it; `place` is the id of the place it is, or empty."""

    id: str
    lane: str
    at_m: float
    place: str


class LaneGraph:
    """Lanes of a terminal with their polylines and what follows on what."""

    def __init__(self, terminal: Terminal) -> None:
        nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}
        self.lanes = {lane.id: lane for lane in sorted(terminal.lanes, key=lambda lane: lane.id)}
        self.line = {
            i: np.array([nodes[lane.from_node], *lane.shape, nodes[lane.to_node]], dtype=float)
            for i, lane in self.lanes.items()
        }
        self.length_m = {i: float(np.hypot(*np.diff(p, axis=0).T).sum()) for i, p in self.line.items()}
        self.out_of: dict[str, list[str]] = {n: [] for n in nodes}
        self.into: dict[str, list[str]] = {n: [] for n in nodes}
        for i, lane in self.lanes.items():
            self.out_of[lane.from_node].append(i)
            self.into[lane.to_node].append(i)
        self.place_lanes = {p.lane for p in terminal.places}
        self.forbidden = set(terminal.turns_forbidden)

    def heading(self, lane: str, at_end: bool) -> float:
        """Direction of a lane at its start or end, radians."""
        p = self.line[lane]
        d = p[-1] - p[-2] if at_end else p[1] - p[0]
        return math.atan2(d[1], d[0])

    def turn_rad(self, lane_in: str, lane_out: str) -> float:
        """Signed turn from one lane into the next, in (-pi, pi]."""
        d = self.heading(lane_out, False) - self.heading(lane_in, True)
        return math.atan2(math.sin(d), math.cos(d))

    def heading_at(self, lane: str, at_m: float) -> float:
        """Direction of a lane `at_m` metres along it, radians."""
        (ax, ay), (bx, by) = self.point(lane, max(0.0, at_m - 0.5)), self.point(lane, at_m + 0.5)
        return math.atan2(by - ay, bx - ax)

    def point(self, lane: str, at_m: float) -> Point:
        """Coordinates of the point `at_m` metres along a lane's polyline."""
        p = self.line[lane]
        s = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(p, axis=0).T))))
        return float(np.interp(at_m, s, p[:, 0])), float(np.interp(at_m, s, p[:, 1]))


def _successors(graph: LaneGraph) -> dict[str, str]:
    """For each through lane the one that continues it straight on, if any; each lane continues at most one."""
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for i, lane in graph.lanes.items():
        if i in graph.place_lanes:
            continue
        options = [
            (abs(graph.turn_rad(i, j)), j)
            for j in graph.out_of[lane.to_node]
            if j not in graph.place_lanes and j not in taken and (i, j) not in graph.forbidden
        ]
        if options and min(options)[0] < COLLINEAR_RAD:
            chosen[i] = min(options)[1]
            taken.add(chosen[i])
    return chosen


def _roads(graph: LaneGraph) -> list[list[str]]:
    """Maximal chains of collinear through lanes; a ring is opened at its smallest id."""
    follow = _successors(graph)
    heads = [i for i in graph.lanes if i not in graph.place_lanes and i not in set(follow.values())]
    roads, seen = [], set()
    for head in [*heads, *graph.lanes]:
        if head in seen or head in graph.place_lanes:
            continue
        road, lane = [], head
        while lane and lane not in seen:
            seen.add(lane)
            road.append(lane)
            lane = follow.get(lane, "")
        roads.append(road)
    return roads


def _is_crossing(graph: LaneGraph, lane_in: str, lane_out: str) -> bool:
    """Whether another through lane meets this road at the node between two of its lanes at 45 degrees or more."""
    node = graph.lanes[lane_in].to_node
    axis = graph.heading(lane_in, True)
    for others, at_end in ((graph.into[node], True), (graph.out_of[node], False)):
        for j in others:
            if j in (lane_in, lane_out) or j in graph.place_lanes:
                continue
            d = abs(math.sin(graph.heading(j, at_end) - axis))
            if d >= math.sin(CROSSING_RAD) - 1e-9:
                return True
    return False


def _even(length_m: float) -> list[float]:
    """Positions of the stops on a piece of road between two crossings."""
    usable = length_m - 2 * CLEARANCE_M
    if usable < -1e-6:
        return []
    count = round(usable / PITCH_M) + 1
    if count == 1:
        return [length_m - CLEARANCE_M]
    return [CLEARANCE_M + usable * i / (count - 1) for i in range(count)]


def _road_stops(graph: LaneGraph, road: list[str]) -> list[Stop]:
    """Stops of one road, in its direction."""
    stops: list[Stop] = []
    piece: list[str] = []
    for i, lane in enumerate(road):
        piece.append(lane)
        last = i + 1 == len(road)
        if not last and not _is_crossing(graph, lane, road[i + 1]):
            continue
        ends = np.cumsum([graph.length_m[j] for j in piece])
        for at in _even(float(ends[-1])):
            k = int(np.searchsorted(ends, at - 1e-9))
            offset = at - (ends[k - 1] if k else 0.0)
            if graph.lanes[piece[k]].stopping:
                stops.append(Stop(f"{piece[k]}@{offset:.0f}", piece[k], float(offset), ""))
        piece = []
    return stops


def lay_stops(terminal: Terminal, truck: TruckType) -> list[Stop]:
    """All stops of a terminal: places first (sorted by id), then the road stops in the order of their roads."""
    graph = LaneGraph(terminal)
    stops = [Stop(p.id, p.lane, p.at_m, p.id) for p in sorted(terminal.places, key=lambda p: p.id)]
    for road in _roads(graph):
        stops += _road_stops(graph, road)
    return stops
