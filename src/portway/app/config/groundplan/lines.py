"""Lines: one lane of a road from end to end, before it is cut into the lanes of the model. Lengths in metres."""

import math
from itertools import pairwise

import msgspec

Point = tuple[float, float]
SAME_M = 0.05  # points nearer than this are one


class Line(msgspec.Struct):
    """A lane-wide strip of road in its driving direction; `cuts` are the distances along it where nodes lie."""

    id: str
    road: str
    points: list[Point]
    crossings: list[float] = []
    cuts: dict[float, str] = {}  # distance -> suggested node id

    @property
    def length_m(self) -> float:
        """Length along the line."""
        return math.fsum(math.dist(a, b) for a, b in pairwise(self.points))

    def at(self, s_m: float, left_m: float = 0.0) -> Point:
        """The point `s_m` along the line, moved `left_m` to its left."""
        for i, (a, b) in enumerate(pairwise(self.points)):
            n = math.dist(a, b)
            if s_m <= n or i == len(self.points) - 2:
                ux, uy = (b[0] - a[0]) / n, (b[1] - a[1]) / n
                return a[0] + ux * s_m - uy * left_m, a[1] + uy * s_m + ux * left_m
            s_m -= n
        raise AssertionError("a line has two points at least")

    def project(self, p: Point) -> tuple[float, float]:
        """(distance along the line of its point nearest to `p`, distance from `p` to it)."""
        best, s = (0.0, math.inf), 0.0
        for a, b in pairwise(self.points):
            n = math.dist(a, b)
            t = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / n
            t = min(max(t, 0.0), n)
            away = math.dist(p, (a[0] + (b[0] - a[0]) * t / n, a[1] + (b[1] - a[1]) * t / n))
            if away < best[1] - 1e-9:
                best = (s + t, away)
            s += n
        return best

    def is_near(self, p: Point, reach_m: float) -> bool:
        """Whether a point lies in the line's bounding box widened by `reach_m`."""
        return all(min(c) - reach_m <= p[i] <= max(c) + reach_m for i, c in enumerate(zip(*self.points, strict=True)))

    def is_straight(self, low_m: float, high_m: float) -> bool:
        """Whether the line has no bend strictly between two distances."""
        s = 0.0
        for a, b in pairwise(self.points):
            s += math.dist(a, b)
            if low_m + SAME_M < s < high_m - SAME_M:
                return False
        return True


def offset(points: list[Point], right_m: float) -> list[Point]:
    """The polyline moved to its right; bends are mitred."""
    unit = []
    for a, b in pairwise(points):
        n = math.dist(a, b)
        unit.append(((b[0] - a[0]) / n, (b[1] - a[1]) / n))
    moved = []
    for i, p in enumerate(points):
        u, v = unit[max(i - 1, 0)], unit[min(i, len(unit) - 1)]
        nx, ny = u[1] + v[1], -u[0] - v[0]
        scale = right_m * 2 / max(nx * nx + ny * ny, 1e-9)
        moved.append((p[0] + nx * scale, p[1] + ny * scale))
    return moved


def extended(points: list[Point], start_m: float, end_m: float) -> list[Point]:
    """The polyline made longer at its two ends."""
    a, b, y, z = points[0], points[1], points[-2], points[-1]
    n, m = math.dist(a, b), math.dist(y, z)
    first = (a[0] - (b[0] - a[0]) / n * start_m, a[1] - (b[1] - a[1]) / n * start_m)
    last = (z[0] + (z[0] - y[0]) / m * end_m, z[1] + (z[1] - y[1]) / m * end_m)
    return [first, *points[1:-1], last]


def intersections(one: Line, two: Line) -> list[tuple[float, float]]:
    """Where two lines meet: pairs of distances along each."""
    found: list[tuple[float, float]] = []
    s = 0.0
    for a, b in pairwise(one.points):
        n, t = math.dist(a, b), 0.0
        for c, d in pairwise(two.points):
            m = math.dist(c, d)
            hit = _meet(a, b, c, d, n, m)
            if hit is not None and not any(abs(s + hit[0] - f[0]) < SAME_M for f in found):
                found.append((s + hit[0], t + hit[1]))
            t += m
        s += n
    return found


def _meet(a: Point, b: Point, c: Point, d: Point, n: float, m: float) -> tuple[float, float] | None:
    """Distances along the segments a-b (length n) and c-d (length m) of their common point, if any."""
    ux, uy, vx, vy = (b[0] - a[0]) / n, (b[1] - a[1]) / n, (d[0] - c[0]) / m, (d[1] - c[1]) / m
    cross = ux * vy - uy * vx
    if abs(cross) < 1e-6:
        return None
    wx, wy = c[0] - a[0], c[1] - a[1]
    t, u = (wx * vy - wy * vx) / cross, (wx * uy - wy * ux) / cross
    if -SAME_M <= t <= n + SAME_M and -SAME_M <= u <= m + SAME_M:
        return min(max(t, 0.0), n), min(max(u, 0.0), m)
    return None
