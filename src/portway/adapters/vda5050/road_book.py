"""Movements of the traffic map as nodes and edges of an order: names, positions, the line on the ground."""

import itertools
import math
from typing import NamedTuple

import numpy as np

from portway.core.routing.traffic_map import TrafficMap

BEND_RAD = 0.009  # a point is kept where the heading has turned by so much (half a degree)
LATERAL_MPS2_MAX = 0.6  # speed limit of an edge from its tightest bend, as in the traffic map


class Stretch(NamedTuple):
    """One movement: an edge and the node at its end."""

    edge_id: str
    node_id: str
    x: float  # metres, of the node
    y: float
    theta: float  # radians, -pi to pi
    length_m: float
    speed_mps_max: float
    line: tuple[tuple[float, float], ...]  # from the node before to this one, centre of the footprint


class RoadBook:
    """Looks up movements by their index; lines are made on first use."""

    def __init__(self, traffic_map: TrafficMap, speed_mps_max: float = 8.3) -> None:
        self._map, self._speed = traffic_map, speed_mps_max
        self._known: dict[int, Stretch] = {}
        self.map_id = "terminal"

    def node(self, stop: int) -> tuple[str, float, float, float]:
        """Id, x, y and theta of a stop."""
        x, y, heading = self._map.stop_pose[stop]
        return self._map.stops[stop].id, float(x), float(y), math.remainder(float(heading), math.tau)

    def start_of(self, movement: int) -> int:
        """The stop where a movement begins."""
        return int(self._map.arrays.mv_from[movement])

    def end_of(self, movement: int) -> int:
        """The stop where a movement ends."""
        return int(self._map.arrays.mv_to[movement])

    def poses(self, movement: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y (metres, centre of the footprint) and heading (radians) along a movement, or along all of them."""
        paths = self._map.paths
        rows = slice(None) if movement is None else slice(int(paths.ptr[movement]), int(paths.ptr[movement + 1]))
        return paths.x[rows], paths.y[rows], paths.heading[rows]

    def stretch(self, movement: int) -> Stretch:
        """A movement as an edge and its end node."""
        if movement not in self._known:
            self._known[movement] = self._make(movement)
        return self._known[movement]

    def _make(self, m: int) -> Stretch:
        paths, rows = self._map.paths, slice(int(self._map.paths.ptr[m]), int(self._map.paths.ptr[m + 1]))
        x, y, heading = paths.x[rows], paths.y[rows], paths.heading[rows]
        kept, turned = [0], float(heading[0])
        for i in range(1, len(x) - 1):
            if abs(heading[i] - turned) > BEND_RAD or abs(heading[i + 1] - turned) > BEND_RAD:
                kept.append(i)
                turned = float(heading[i])
        kept.append(len(x) - 1)
        bend = float(np.abs(np.diff(heading)).max(initial=0.0)) / float(paths.step_m[m])
        speed = self._speed if bend < 1e-4 else min(self._speed, math.sqrt(LATERAL_MPS2_MAX / bend))
        end = int(self._map.arrays.mv_to[m])
        line = tuple((round(float(x[i]), 3), round(float(y[i]), 3)) for i in kept)
        start = self._map.stops[int(self._map.arrays.mv_from[m])].id
        return Stretch(
            f"{start}>{self._map.stops[end].id}", *self.node(end), float(self._map.length_m[m]), round(speed, 2), line
        )


def along_line_m(line: tuple[tuple[float, float], ...], x: float, y: float) -> tuple[float, float]:
    """How far along a line the nearest point to (x, y) is, and how far off the line that point is, metres."""
    best, off, done = 0.0, math.inf, 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        share = 0.0 if length == 0 else min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / (length * length)))
        away = math.hypot(x - ax - share * dx, y - ay - share * dy)
        if away < off:
            best, off = done + share * length, away
        done += length
    return best, off
