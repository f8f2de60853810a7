"""Roads to lines: side-by-side lanes, joined where a road ends on another and cut where they cross.

A road whose end lies on another road's carriageway is joined to it: its lines run on to the farthest lane of that
road. Where two roads end on each other they form a corner: each lane ends at the lane it turns into, so that nobody
gets into the useless last metres from which only a U-turn leads on.
"""

import math
from itertools import pairwise

from portway.app.config.groundplan.lines import Line, Point, extended, intersections, offset
from portway.app.config.terminal_file import RoadTable


def half_width_m(road: RoadTable) -> float:
    """Half the carriageway."""
    return road.spacing_m * road.lanes * (2 if road.two_way else 1) / 2


def _bare_lines(road: RoadTable) -> list[Line]:
    """The lanes of a road, unjoined: `+` in the direction of its points, `-` against it, numbered from the left."""
    lines = []
    points = [(float(x), float(y)) for x, y in road.points]
    for k in range(road.lanes):
        number = str(k + 1) if road.lanes > 1 else ""
        middle = 0.5 if road.two_way else (1 - road.lanes) / 2
        lines.append(Line(f"{road.id}+{number}", road.id, offset(points, (k + middle) * road.spacing_m)))
        if road.two_way:
            lines.append(Line(f"{road.id}-{number}", road.id, offset(points[::-1], (k + 0.5) * road.spacing_m)))
    return lines


def _joined_roads(roads: list[RoadTable]) -> dict[tuple[str, int], list[RoadTable]]:
    """For each (road, 0 first end or 1 last end) the other roads on whose carriageway that end lies."""
    found: dict[tuple[str, int], list[RoadTable]] = {}
    for road in roads:
        for end, p in ((0, road.points[0]), (1, road.points[-1])):
            found[road.id, end] = [
                other
                for other in roads
                if other is not road and Line("", "", list(other.points)).project(p)[1] <= half_width_m(other) + 0.5
            ]
    return found


def _reach_m(road: RoadTable, end: int, others: list[RoadTable]) -> float:
    """How far the lanes of a road must run on to meet every lane of the roads it ends on."""
    a, b = (road.points[1], road.points[0]) if end == 0 else (road.points[-2], road.points[-1])
    own = math.atan2(b[1] - a[1], b[0] - a[0])
    reach = 0.0
    for other in others:
        sine, cosine = _angle_between(own, other, b)
        if sine > 0.1:
            reach = max(reach, (half_width_m(other) + half_width_m(road) * cosine) / sine + 0.1)
    return reach


def _angle_between(own_rad: float, other: RoadTable, near: Point) -> tuple[float, float]:
    """|sin| and |cos| of the angle between a direction and the piece of a road nearest to a point."""
    pieces = [Line("", "", [a, b]) for a, b in pairwise(other.points)]
    a, b = min(pieces, key=lambda piece: piece.project(near)[1]).points
    turn = own_rad - math.atan2(b[1] - a[1], b[0] - a[0])
    return abs(math.sin(turn)), abs(math.cos(turn))


def _ends_at(line: Line, road: RoadTable) -> tuple[int, int]:
    """Which end of its road (0 or 1) a line starts and ends at."""
    return (1, 0) if line.id[len(road.id)] == "-" else (0, 1)


def _ends_on(other: RoadTable, road: RoadTable, at: Point) -> int | None:
    """The end of `other` that lies on `road` near a point, if they form a corner there."""
    for end, p in ((0, other.points[0]), (1, other.points[-1])):
        if math.dist(p, at) <= half_width_m(road) + half_width_m(other) + 0.5:
            return end
    return None


def _trim(line: Line, at_start: bool, road: RoadTable, others: list[RoadTable], lines: dict[str, list[Line]]) -> float:
    """Distance along a joined line where it shall start or end."""
    end = _ends_at(line, road)[0 if at_start else 1]
    corner = road.points[0] if end == 0 else road.points[-1]
    candidates = []
    for other in others:
        other_end = _ends_on(other, road, corner)
        for target in lines[other.id]:
            starts, ends = _ends_at(target, other)
            if other_end is not None and (ends if at_start else starts) != other_end:
                continue  # a corner: this lane does not lead on
            candidates += [s for s, _ in intersections(line, target)]
    near = [s for s in candidates if (s < line.length_m / 2) == at_start]
    if not near:
        return 0.0 if at_start else line.length_m
    return min(near) if at_start else max(near)


def _part(line: Line, low_m: float, high_m: float) -> list[Point]:
    """The points of a line between two distances."""
    s, inner = 0.0, []
    for a, b in pairwise(line.points):
        s += math.dist(a, b)
        if low_m + 0.01 < s < high_m - 0.01:
            inner.append(b)
    return [line.at(low_m), *inner, line.at(high_m)]


def lay_lines(roads: list[RoadTable]) -> dict[str, list[Line]]:
    """The lines of all roads, joined and with their crossings; by road, in the order of the file."""
    joined = _joined_roads(roads)
    lines: dict[str, list[Line]] = {}
    for road in roads:
        reach = [_reach_m(road, end, joined[road.id, end]) for end in (0, 1)]
        lines[road.id] = _bare_lines(road)
        for line in lines[road.id]:
            first, last = _ends_at(line, road)
            line.points = extended(line.points, reach[first], reach[last])
    cut = {}
    for road in roads:
        for line in lines[road.id]:
            first, last = _ends_at(line, road)
            low = _trim(line, True, road, joined[road.id, first], lines) if joined[road.id, first] else 0.0
            high = _trim(line, False, road, joined[road.id, last], lines) if joined[road.id, last] else line.length_m
            cut[line.id] = _part(line, low, high)
    for road in roads:
        for line in lines[road.id]:
            line.points = cut[line.id]
    _cross(lines)
    return lines


def _cross(lines: dict[str, list[Line]]) -> None:
    """Cut every line where a line of another road meets it."""
    flat = [line for group in lines.values() for line in group]
    for i, one in enumerate(flat):
        for two in flat[i + 1 :]:
            if one.road == two.road:
                continue
            for k, (s, t) in enumerate(intersections(one, two)):
                name = f"{one.id}/{two.id}" + (f"/{k + 1}" if k else "")
                for line, at in ((one, s), (two, t)):
                    line.crossings.append(at)
                    line.cuts[at] = name
    for line in flat:
        line.crossings.sort()
