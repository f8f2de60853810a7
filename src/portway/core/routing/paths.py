"""The ways from each stop to the next ones, as smooth curves sampled every metre.

A way runs along straight lanes; its corners are rounded by arcs tangent to both sides (radius of the lane, wider for
shallow corners, narrower where a piece is too short). The truck's centre follows the curve and its axis the tangent.

A way that would need a tighter turn than a truck can make is not laid; the stop before it is then left out, and the way
begins or ends one stop further off, passing the stop that was too near to the corner.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np

from portway.core.model.truck import TruckType
from portway.core.routing.stops import LaneGraph, Stop

UTURN_RAD = math.radians(135)
SHALLOW_RAD = math.radians(30)
SHALLOW_RADIUS_M = 40.0
REACH_M = 600.0  # a way longer than this without a stop is not followed
STEP_M = 1.0
TIGHT_SHARE = 0.7  # of the lane's radius: a corner tighter than that is not driven
JUMP_RAD = 0.02
PASSED_M = 120.0  # how far behind a passed stop a way may still end


class Way(NamedTuple):
    """From stop index to stop index: lanes used, and samples (n+1,) of x, y, heading, curvature and speed limit."""

    start: int
    end: int
    lanes: tuple[str, ...]
    length_m: float
    x: np.ndarray
    y: np.ndarray
    heading: np.ndarray
    limit: np.ndarray


class _Reach(NamedTuple):
    end: int
    lanes: tuple[str, ...]
    length_m: float
    passed: int  # stop driven over, -1 if none


def _reachable(
    graph: LaneGraph, stops: list[Stop], stops_on: dict[str, list[tuple[float, int]]], stop: Stop, min_m: float
) -> list[_Reach]:
    """The next stops ahead of a stop on every branch, at least `min_m` away (nearer ones are passed), and those one
    stop further; per end the shortest way of either sort."""
    found: dict[tuple[int, bool], _Reach] = {}
    stack: list[tuple[tuple[str, ...], float, int, float]] = [((stop.lane,), -stop.at_m, -1, 0.0)]
    seen: dict[tuple[str, int], tuple[float, float]] = {}  # shortest so far to a lane, and since the passed stop
    while stack:
        lanes, offset, passed, passed_at = stack.pop()
        lane = lanes[-1]
        best, since = seen.get((lane, passed), (math.inf, math.inf))
        if offset >= best and offset - passed_at >= since:
            continue  # roads with several lanes have very many ways that are no shorter
        if len(lanes) > 1:  # a loop may come back to the lane it began on
            seen[lane, passed] = min(best, offset), min(since, offset - passed_at)
        ahead = sorted(
            (at, s) for at, s in stops_on.get(lane, ()) if offset + at >= min_m and offset + at > passed_at + 1e-6
        )
        ended = False
        for at, s in ahead:
            length = offset + at
            if passed >= 0 and length > passed_at + PASSED_M:
                ended = True
                break
            key = (s, passed >= 0)
            if key not in found or length < found[key].length_m - 1e-9:
                found[key] = _Reach(s, lanes, length, passed)
            ended = passed >= 0 or bool(stops[s].place)
            if ended:
                break
            passed, passed_at = s, length
        offset += graph.length_m[lane]
        too_far = offset > REACH_M or (passed >= 0 and offset > passed_at + REACH_M / 4)
        if ended or too_far or (len(lanes) > 1 and lane == lanes[0]):
            continue
        for after in reversed(graph.out_of[graph.lanes[lane].to_node]):
            back = graph.lanes[after].to_node == graph.lanes[lane].from_node and abs(graph.turn_rad(lane, after)) > 3.0
            if back or abs(graph.turn_rad(lane, after)) > UTURN_RAD or (lane, after) in graph.forbidden:
                continue
            stack.append(((*lanes, after), offset, passed, passed_at))
    return [found[key] for key in sorted(found)]


def _polyline(graph: LaneGraph, stop: Stop, end: Stop, lanes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Corner points from a stop to another, and the lane's (radius, speed limit) of each piece."""
    points, rules = [], []
    for i, name in enumerate(lanes):
        line = graph.line[name]
        s = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
        low = stop.at_m if i == 0 else 0.0
        high = end.at_m if i == len(lanes) - 1 else s[-1]
        inner = [tuple(p) for p, at in zip(line, s, strict=True) if low + 1e-6 < at < high - 1e-6]
        piece = [graph.point(name, low), *inner, graph.point(name, high)]
        lane = graph.lanes[name]
        for p, q in itertools.pairwise(piece):
            points.append(p)
            rules.append((lane.radius_m, lane.speed_mps_max))
            last = q
    points.append(last)
    return np.array(points), np.array(rules)


def _corners(points: np.ndarray, rules: np.ndarray) -> tuple[list, list]:
    """Drop points where the way goes straight on; keep the lower limit of merged pieces apart by splitting there."""
    kept, kept_rules = [points[0]], [rules[0]]
    for i in range(1, len(points) - 1):
        a, b = points[i] - kept[-1], points[i + 1] - points[i]
        turn = abs(math.atan2(a[0] * b[1] - a[1] * b[0], a @ b))
        if turn > 1e-3 and np.hypot(*a) > 1e-6:
            kept.append(points[i])
            kept_rules.append(rules[i])
        else:
            kept_rules[-1] = np.minimum(kept_rules[-1], rules[i])
    kept.append(points[-1])
    return kept, kept_rules


def _turns(corners: list) -> list[float]:
    """Angle of each inner corner, radians."""
    turns = []
    for p, q, r in zip(corners, corners[1:], corners[2:], strict=False):
        a, b = q - p, r - q
        turns.append(abs(math.atan2(a[0] * b[1] - a[1] * b[0], a @ b)))
    return turns


def _is_tight(corners: list, rules: list) -> bool:
    """Whether some corner leaves no room for the arc that a truck needs."""
    for i, (turn, tangent) in enumerate(zip(_turns(corners), _tangents(corners, rules), strict=True)):
        if tangent < TIGHT_SHARE * min(rules[i][0], rules[i + 1][0]) * math.tan(turn / 2):
            return True
    return False


def _jumps(graph: LaneGraph, stop: Stop, end: Stop, corners: list) -> bool:
    """Whether a way leaves its first stop, or meets its last one, at an angle: a corner lies on a stop."""
    for at, d in ((stop, corners[1] - corners[0]), (end, corners[-1] - corners[-2])):
        turn = math.atan2(d[1], d[0]) - graph.heading_at(at.lane, at.at_m)
        if abs(math.atan2(math.sin(turn), math.cos(turn))) > JUMP_RAD:
            return True
    return False


def _tangents(corners: list, rules: list) -> list[float]:
    """Tangent length of the arc at each inner corner. Where two arcs do not fit on the piece between them, shallow
    corners first give up their wide radius, then both shrink alike."""
    lengths = [float(np.hypot(*(q - p))) for p, q in itertools.pairwise(corners)]
    turns = _turns(corners)
    radius = [min(rules[i][0], rules[i + 1][0]) for i in range(len(turns))]
    least = [r * math.tan(t / 2) for r, t in zip(radius, turns, strict=True)]
    wide = [SHALLOW_RADIUS_M * math.tan(t / 2) if t < SHALLOW_RAD else x for t, x in zip(turns, least, strict=True)]
    tangents = list(wide)
    for i in range(1, len(lengths) - 1):
        if tangents[i - 1] + tangents[i] > lengths[i]:
            tangents[i - 1], tangents[i] = min(tangents[i - 1], least[i - 1]), min(tangents[i], least[i])
    for i, length in enumerate(lengths):
        before, after = (tangents[i - 1] if i else 0.0), (tangents[i] if i < len(tangents) else 0.0)
        if before + after > length:
            share = length / (before + after)
            if i:
                tangents[i - 1] *= share
            if i < len(tangents):
                tangents[i] *= share
    return tangents


def _pieces(corners: list, rules: list) -> list[tuple[float, float, float, float, float, float]]:
    """The rounded way as (length, x, y, heading, curvature, limit) pieces: straights and arcs in turn."""
    tangents = [0.0, *_tangents(corners, rules), 0.0]
    pieces = []
    for i in range(len(corners) - 1):
        d = corners[i + 1] - corners[i]
        length = float(np.hypot(*d))
        heading = math.atan2(d[1], d[0])
        straight = length - tangents[i] - tangents[i + 1]
        start = corners[i] + d / length * tangents[i]
        limit = float(rules[i][1])
        if straight > 1e-9:
            pieces.append((straight, start[0], start[1], heading, 0.0, limit))
        if i + 2 < len(corners) and tangents[i + 1] > 1e-9:
            e = corners[i + 2] - corners[i + 1]
            turn = math.atan2(d[0] * e[1] - d[1] * e[0], d @ e)
            radius = tangents[i + 1] / math.tan(abs(turn) / 2)
            corner = corners[i + 1] - d / length * tangents[i + 1]
            arc_limit = min(limit, float(rules[i + 1][1]))
            pieces.append(
                (radius * abs(turn), corner[0], corner[1], heading, math.copysign(1 / radius, turn), arc_limit)
            )
    return pieces


def _sample(pieces: list, truck: TruckType) -> tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Samples of a rounded way, about `STEP_M` apart, with the speed that lane, curve and truck allow."""
    ends = np.cumsum([p[0] for p in pieces])
    total = float(ends[-1])
    s = np.linspace(0.0, total, max(2, math.ceil(total / STEP_M) + 1))
    k = np.minimum(np.searchsorted(ends, s - 1e-9), len(pieces) - 1)
    table = np.array(pieces)
    u = s - (ends - table[:, 0])[k]
    heading, curve = table[k, 3], table[k, 4]
    turned = heading + curve * u
    safe = np.where(np.abs(curve) > 1e-12, curve, 1.0)
    x = table[k, 1] + np.where(curve == 0, u * np.cos(heading), (np.sin(turned) - np.sin(heading)) / safe)
    y = table[k, 2] + np.where(curve == 0, u * np.sin(heading), (np.cos(heading) - np.cos(turned)) / safe)
    bend = np.where(curve == 0, np.inf, np.sqrt(truck.lateral_mps2_max / np.maximum(np.abs(curve), 1e-9)))
    limit = np.minimum(np.minimum(table[k, 5], bend), truck.speed_mps_max)
    return total, x, y, np.unwrap(turned), limit


def find_ways(graph: LaneGraph, stops: list[Stop], truck: TruckType) -> list[Way]:
    """All movements from each stop to the next stops, sorted by (start, end)."""
    stops_on: dict[str, list[tuple[float, int]]] = {}
    for i, stop in enumerate(stops):
        stops_on.setdefault(stop.lane, []).append((stop.at_m, i))
    min_m = truck.length_m + truck.gap_m_min
    ways = []
    for i, reach, corners, rules in _driveable(graph, stops, stops_on, min_m):
        length, x, y, heading, limit = _sample(_pieces(corners, rules), truck)
        ways.append(Way(i, reach.end, reach.lanes, length, x, y, heading, limit))
    return sorted(ways, key=lambda w: (w.start, w.end, w.length_m))


def _driveable(
    graph: LaneGraph, stops: list[Stop], stops_on: dict[str, list[tuple[float, int]]], min_m: float
) -> list[tuple[int, _Reach, list, list]]:
    """Ways without tight corners. A way over a passed stop is kept where the two ways that it joins are not both
    driveable: it is the only one then."""
    direct, longer = {}, []
    for i, stop in enumerate(stops):
        for reach in _reachable(graph, stops, stops_on, stop, min_m):
            corners, rules = _corners(*_polyline(graph, stop, stops[reach.end], reach.lanes))
            if _is_tight(corners, rules) or _jumps(graph, stop, stops[reach.end], corners):
                continue
            if reach.passed < 0:
                direct[i, reach.end] = (i, reach, corners, rules)
            else:
                longer.append((i, reach, corners, rules))
    kept = list(direct.values())
    for way in longer:
        i, reach = way[0], way[1]
        joined = (i, reach.passed) in direct and (reach.passed, reach.end) in direct
        if not joined and (i, reach.end) not in direct:
            kept.append(way)
    return kept
