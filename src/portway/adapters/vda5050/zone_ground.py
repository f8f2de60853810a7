"""Zones as polygons on the ground, and where a truck's contour is in them.

A terminal's zones, and lanes that the control room has closed, in the words of VDA 5050 3.0 (section 6.4.1). All four
kinds used here count by the contour: any part of the truck inside is inside.
"""

import hashlib
import itertools
import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from portway.core.model.layout import Lane, Point, Terminal
from portway.core.routing.zones import inside

MARGIN_M = 50.0  # of the zone around everything
CONTOUR_M = 1.0  # between two points of a contour


class GroundZone(NamedTuple):
    """One zone."""

    id: str
    kind: str  # LINE_GUIDED, SPEED_LIMIT, BLOCKED, RELEASE
    polygon: tuple[Point, ...]  # counterclockwise, metres
    speed_mps_max: float | None = None


def zones_of(terminal: Terminal, closed_lanes: Iterable[str] = ()) -> list[GroundZone]:
    """The ground as a whole, where trucks follow lines only; limits and closed areas of the terminal; closed lanes,
    which nobody enters without a release and who is inside leaves."""
    closed = set(closed_lanes)
    found = [GroundZone("ground", "LINE_GUIDED", _around(terminal))]
    for zone in terminal.zones:
        if zone.closed:
            found.append(GroundZone(zone.id, "BLOCKED", _counterclockwise(zone.polygon)))
        elif zone.speed_mps_max is not None:
            found.append(GroundZone(zone.id, "SPEED_LIMIT", _counterclockwise(zone.polygon), zone.speed_mps_max))
    nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}
    for lane in terminal.lanes:
        if lane.id in closed:
            found.append(GroundZone(f"closed:{lane.id}", "RELEASE", _along(lane, nodes)))
    return found


def set_id(zones: list[GroundZone]) -> str:
    """Same zones, same id; a changed set is another set (section 6.4.2)."""
    return "portway-" + hashlib.sha256(repr(zones).encode()).hexdigest()[:12]


def _around(terminal: Terminal) -> tuple[Point, ...]:
    x, y = [n.x_m for n in terminal.nodes], [n.y_m for n in terminal.nodes]
    left, right, low, high = min(x) - MARGIN_M, max(x) + MARGIN_M, min(y) - MARGIN_M, max(y) + MARGIN_M
    return (left, low), (right, low), (right, high), (left, high)


def _counterclockwise(polygon: tuple[Point, ...]) -> tuple[Point, ...]:
    turned = sum(ax * by - bx * ay for (ax, ay), (bx, by) in itertools.pairwise([*polygon, polygon[0]]))
    return tuple(polygon) if turned > 0 else tuple(reversed(polygon))


def _along(lane: Lane, nodes: dict[str, Point]) -> tuple[Point, ...]:
    """The lane's line, half its width to either side."""
    line = [nodes[lane.from_node], *lane.shape, nodes[lane.to_node]]
    line = [p for i, p in enumerate(line) if i == 0 or math.dist(p, line[i - 1]) > 1e-6]
    right, left = [], []
    for i, (x, y) in enumerate(line):
        (ax, ay), (bx, by) = line[max(0, i - 1)], line[min(len(line) - 1, i + 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        across = -(by - ay) / length * lane.width_m / 2, (bx - ax) / length * lane.width_m / 2
        left.append((round(x + across[0], 3), round(y + across[1], 3)))
        right.append((round(x - across[0], 3), round(y - across[1], 3)))
    return (*right, *reversed(left))


def contour_inside(
    polygon: tuple[Point, ...], x: np.ndarray, y: np.ndarray, heading: np.ndarray, length_m: float, width_m: float
) -> np.ndarray:
    """For poses (n,) whether any part of the footprint is in the polygon, to the spacing of the contour's points."""
    along = np.linspace(-length_m / 2, length_m / 2, max(2, math.ceil(length_m / CONTOUR_M) + 1))
    across = np.linspace(-width_m / 2, width_m / 2, max(2, math.ceil(width_m / CONTOUR_M) + 1))
    u, v = (grid.ravel() for grid in np.meshgrid(along, across))
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    px, py = x[:, None] + cos * u - sin * v, y[:, None] + sin * u + cos * v
    within: np.ndarray = inside(polygon, px.ravel(), py.ravel()).reshape(px.shape)
    return np.asarray(within.any(axis=1))
