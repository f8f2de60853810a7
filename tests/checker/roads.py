"""The terminal as the checker sees it: which speed is allowed where, and where the places are.

Lanes are painted into a raster: a cell keeps the highest speed limit of the lanes within reach. The reach leaves room
for rounded corners, so the judgement is never harsher than the rule.
"""

from typing import NamedTuple

import numpy as np

from portway.core.model import Terminal

CELL_M = 4.0


class Raster(NamedTuple):
    """Speed limits by cell in m/s, 0 where no lane is near; `origin` is the corner of cell (0, 0)."""

    limit_mps: np.ndarray
    origin: tuple[float, float]

    def at(self, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
        """Limit at points; 0 off the raster."""
        i = np.floor((np.asarray(x_m) - self.origin[0]) / CELL_M)
        j = np.floor((np.asarray(y_m) - self.origin[1]) / CELL_M)
        inside = (i >= 0) & (j >= 0) & (i < self.limit_mps.shape[0]) & (j < self.limit_mps.shape[1])
        found = np.zeros(np.shape(x_m))
        found[inside] = self.limit_mps[i[inside].astype(int), j[inside].astype(int)]
        return found


def lane_lines(terminal: Terminal) -> dict[str, np.ndarray]:
    """Polyline of each lane, metres."""
    nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}
    return {lane.id: np.array([nodes[lane.from_node], *lane.shape, nodes[lane.to_node]]) for lane in terminal.lanes}


def _along(line: np.ndarray, at_m: np.ndarray) -> np.ndarray:
    """Points at distances along a polyline, (n, 2)."""
    s = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    return np.column_stack((np.interp(at_m, s, line[:, 0]), np.interp(at_m, s, line[:, 1])))


def place_points(terminal: Terminal) -> dict[str, tuple[float, float]]:
    """Where a truck's centre stands at each place."""
    lines = lane_lines(terminal)
    return {p.id: tuple(_along(lines[p.lane], np.array([p.at_m]))[0]) for p in terminal.places}


def paint(terminal: Terminal, reach_m: float) -> Raster:
    """Raster of the speed limits of all lanes within `reach_m`."""
    lines = lane_lines(terminal)
    points = np.concatenate(list(lines.values()))
    origin = points.min(axis=0) - reach_m - 2 * CELL_M
    size = np.ceil((points.max(axis=0) + reach_m + 2 * CELL_M - origin) / CELL_M).astype(int)
    limit = np.zeros(tuple(size))
    n = int(np.ceil(reach_m / CELL_M)) + 1
    di, dj = np.meshgrid(np.arange(-n, n + 1), np.arange(-n, n + 1), indexing="ij")
    disc = np.hypot(di, dj) * CELL_M <= reach_m + CELL_M
    di, dj = di[disc], dj[disc]
    for lane in terminal.lanes:
        line = lines[lane.id]
        length = float(np.hypot(*np.diff(line, axis=0).T).sum())
        spots = _along(line, np.arange(0.0, length + CELL_M / 2, CELL_M / 2))
        cells = np.unique(np.floor((spots - origin) / CELL_M).astype(int), axis=0)
        i, j = (cells[:, :1] + di).ravel(), (cells[:, 1:] + dj).ravel()
        inside = (i >= 0) & (j >= 0) & (i < size[0]) & (j < size[1])
        np.maximum.at(limit, (i[inside], j[inside]), lane.speed_mps_max)
    return Raster(limit, (float(origin[0]), float(origin[1])))
