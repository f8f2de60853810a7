"""Polylines of lanes: cut at a distance, measure, drop points that change nothing."""

import itertools
import math
from collections.abc import Sequence

from portway.core.model.layout import Lane, Point, Terminal

STRAIGHT_RAD = 1e-6


def lane_points(terminal: Terminal) -> dict[str, list[Point]]:
    """All points of every lane, ends included."""
    nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}

    def points(lane: Lane) -> list[Point]:
        return [nodes[lane.from_node], *lane.shape, nodes[lane.to_node]]

    return {lane.id: points(lane) for lane in terminal.lanes}


def length_m(points: Sequence[Point]) -> float:
    """Length of a polyline."""
    return sum(math.dist(p, q) for p, q in itertools.pairwise(points))


def cut(points: Sequence[Point], at_m: float) -> tuple[list[Point], list[Point], float]:
    """The two parts of a polyline before and behind `at_m` metres, and the heading (radians) there."""
    gone = 0.0
    for i, (p, q) in enumerate(itertools.pairwise(points)):
        step = math.dist(p, q)
        if at_m <= gone + step + 1e-9 or i + 2 == len(points):
            share = min(max((at_m - gone) / step, 0.0), 1.0) if step > 0 else 0.0
            here = (p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1]))
            return [*points[: i + 1], here], [here, *points[i + 1 :]], math.atan2(q[1] - p[1], q[0] - p[0])
        gone += step
    raise ValueError("a polyline has two points or more")


def joined(first: Sequence[Point], then: Sequence[Point]) -> list[Point]:
    """Two polylines that meet as one; the joint is dropped when the way goes straight on."""
    a, b, c = first[-2], first[-1], then[1]
    turn = math.atan2(c[1] - b[1], c[0] - b[0]) - math.atan2(b[1] - a[1], b[0] - a[0])
    straight = abs(math.remainder(turn, 2 * math.pi)) < STRAIGHT_RAD or math.dist(a, b) < 1e-9 or math.dist(b, c) < 1e-9
    return [*first[:-1], *then[1:]] if straight else [*first, *then[1:]]


def at_point(points: Sequence[Point], where: Point) -> tuple[float, float]:
    """Metres along a polyline to the point nearest to `where`, and how far off that is."""
    best, gone = (0.0, math.inf), 0.0
    for p, q in itertools.pairwise(points):
        step = math.dist(p, q)
        along = ((where[0] - p[0]) * (q[0] - p[0]) + (where[1] - p[1]) * (q[1] - p[1])) / step if step > 0 else 0.0
        along = min(max(along, 0.0), step)
        share = along / step if step > 0 else 0.0
        off = math.dist(where, (p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
        if off < best[1] - 1e-12:
            best = (gone + along, off)
        gone += step
    return best


def simplified(points: Sequence[Point], tolerance_m: float) -> list[Point]:
    """Fewer points, none farther than the tolerance from the line (Douglas and Peucker 1973)."""
    if len(points) < 3:
        return list(points)
    offs = [at_point([points[0], points[-1]], p)[1] for p in points[1:-1]]
    worst = max(range(len(offs)), key=offs.__getitem__)
    if offs[worst] <= tolerance_m:
        return [points[0], points[-1]]
    middle = worst + 1
    return simplified(points[: middle + 1], tolerance_m)[:-1] + simplified(points[middle:], tolerance_m)
