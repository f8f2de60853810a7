"""The terminal of the WSC 2025 Simulation Challenge, with roads laid between its control points.

The challenge gives two files: `QC_controlpoint.csv` (quay cranes, along the quay) and `YC_controlpoint.csv` (yard
blocks), each with lines `x,y` in metres. Its trucks drive Manhattan distances on no roads; here they get a grid of
two-way roads, a lay-by at either side of every control point and a row of rest places. Cycle times are those of the
challenge's model: quay crane 75 + 35 s, yard crane 90 s, 4.5 m/s, 1,000 boxes a block
(github.com/o2des/WSCSimulationChallenge2025, MIT).
"""

import csv
import math
from itertools import pairwise
from pathlib import Path

from portway.core.model import Block, Lane, Node, Place, PlaceKind, Quay, QuayCrane, Terminal, YardCrane
from portway.core.model.layout import Point

HALF_M = 2.0  # lanes lie this far right of the middle of their road
SPEED_MPS = 4.5
SHIFT_M, STRAIGHT_M, OFFSET_M = 12.0, 17.0, 4.0
CROSS_GAP_M = 90.0  # a cross road fits where control points are so far apart
BLOCK_DEPTH_M = 66.0
REST_DEPTH_M = 60.0
REST_PLACES = 24
REST_PITCH_M = 5.0


class WscError(ValueError):
    """Control point files that cannot be used; `problems` lists everything found."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def terminal_from_wsc(folder: Path) -> Terminal:
    """Build the terminal from the challenge's folder; raises `WscError`."""
    problems: list[str] = []
    quay = _control_points(Path(folder) / "QC_controlpoint.csv", problems)
    yard = _control_points(Path(folder) / "YC_controlpoint.csv", problems)
    if len({y for _, y in quay}) > 1:
        problems.append("QC_controlpoint.csv: y: quay cranes stand on one rail, all y must be equal")
    if problems:
        raise WscError(problems)
    return _lay(quay, yard)


def _control_points(path: Path, problems: list[str]) -> list[Point]:
    """The points of one file, sorted; what is wrong is added to `problems`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        problems.append(f"{path.name}: cannot be read ({e}); give the folder that holds the challenge's files")
        return []
    points = []
    for number, row in enumerate(csv.reader(lines), start=1):
        if not any(cell.strip() for cell in row):
            continue
        try:
            x, y = (float(cell) for cell in row)
        except ValueError:
            x = y = math.nan
        if math.isfinite(x) and math.isfinite(y):
            points.append((x, y))
        else:
            problems.append(f"{path.name}:{number}: {','.join(row)!r}: not a control point; write x,y in metres")
    if not points and not problems:
        problems.append(f"{path.name}: has no control points; one line x,y each")
    return sorted(points, key=lambda p: (p[1], p[0]))


class _Track:
    """One lane from end to end along the x axis or the y axis, cut at nodes."""

    def __init__(self, name: str, fixed_m: float, along_x: bool, forward: bool, cuts: list[float]) -> None:
        self.name, self.fixed_m, self.along_x, self.forward = name, fixed_m, along_x, forward
        self.cuts = set(cuts)

    def at(self, s_m: float, right_m: float = 0.0) -> Point:
        """The point with coordinate `s_m` along the axis, moved to the right of the driving direction."""
        side = right_m if self.forward else -right_m
        return (s_m, self.fixed_m - side) if self.along_x else (self.fixed_m + side, s_m)


class _Ground:
    """Nodes, lanes and places laid so far."""

    def __init__(self) -> None:
        self.nodes: dict[Point, Node] = {}
        self.lanes: list[Lane] = []
        self.places: list[Place] = []

    def node(self, p: Point) -> str:
        """The node at a point."""
        key = (round(p[0], 2), round(p[1], 2))
        return self.nodes.setdefault(key, Node(f"n{key[0]:g}_{key[1]:g}", *key)).id

    def lane(self, name: str, points: list[Point]) -> None:
        """A lane through points."""
        shape = tuple((round(x, 3), round(y, 3)) for x, y in points[1:-1])
        self.lanes.append(Lane(name, self.node(points[0]), self.node(points[-1]), shape, speed_mps_max=SPEED_MPS))

    def track(self, track: _Track) -> None:
        """The lanes of a track between its cuts."""
        cuts = sorted(track.cuts, reverse=not track.forward)
        for i, (a, b) in enumerate(pairwise(cuts)):
            self.lane(f"{track.name}.{i + 1:03d}", [track.at(a), track.at(b)])

    def layby(self, track: _Track, x_m: float, place: str, kind: PlaceKind, serves: str, bay: int) -> None:
        """A lay-by on the right of a track, its place beside the control point."""
        ahead = 1 if track.forward else -1
        half = STRAIGHT_M / 2 + SHIFT_M
        low, high = x_m - ahead * half, x_m + ahead * half
        track.cuts |= {low, high}
        beside = [track.at(low + ahead * SHIFT_M, OFFSET_M), track.at(high - ahead * SHIFT_M, OFFSET_M)]
        self.lane(f"{place}.lane", [track.at(low), *beside, track.at(high)])
        at_m = round(math.hypot(SHIFT_M, OFFSET_M) + STRAIGHT_M / 2, 3)
        self.places.append(Place(place, kind, f"{place}.lane", at_m, serves, bay))


def _cross_roads(points: list[Point]) -> list[float]:
    """Where roads run from the quay inland: at both ends and in the gaps between control points."""
    xs = sorted({x for x, _ in points})
    gaps = [(a + b) / 2 for a, b in pairwise(xs) if b - a >= CROSS_GAP_M]
    return [xs[0] - 66.67, *gaps, xs[-1] + 66.67]


def _lay(quay: list[Point], yard: list[Point]) -> Terminal:
    """Roads along the quay, along every row of blocks and on both sides of the rest places; cross roads between."""
    quay_y, rows = quay[0][1], sorted({y for _, y in yard})
    rest_y = rows[0] + BLOCK_DEPTH_M + (rows[1] - rows[0] - BLOCK_DEPTH_M - REST_DEPTH_M) / 2 if len(rows) > 1 else (
        rows[0] + BLOCK_DEPTH_M + REST_DEPTH_M
    )  # fmt: skip
    xs, ys = _cross_roads(quay + yard), sorted({quay_y, *rows, rest_y, rest_y + REST_DEPTH_M})
    cuts_x = [x + d for x in xs for d in (-HALF_M, HALF_M)]
    cuts_y = [y + d for y in ys for d in (-HALF_M, HALF_M)]
    east = {y: _Track(f"E{y:g}", y - HALF_M, True, True, cuts_x) for y in ys}
    west = {y: _Track(f"W{y:g}", y + HALF_M, True, False, cuts_x) for y in ys}
    ground = _Ground()
    cranes, blocks = _points_of_work(ground, east, west, quay, yard)
    _rest_row(ground, west[rest_y], east[rest_y + REST_DEPTH_M], xs)
    for track in (*east.values(), *west.values()):
        ground.track(track)
    for x in xs:
        ground.track(_Track(f"N{x:g}", x + HALF_M, False, True, cuts_y))
        ground.track(_Track(f"S{x:g}", x - HALF_M, False, False, cuts_y))
    return _terminal(ground, cranes, blocks, quay)


def _points_of_work(
    ground: _Ground, east: dict[float, _Track], west: dict[float, _Track], quay: list[Point], yard: list[Point]
) -> tuple[list[QuayCrane], list[Block]]:
    """Cranes and blocks with a lay-by on either side of the road at each control point."""
    cranes, blocks = [], []
    for i, (x, y) in enumerate(quay):
        name = f"QC{i + 1:02d}"
        cranes.append(QuayCrane(name, i + 1, i + 1, cycle_s_mean=110.0, cycle_s_sd=0.0, handover_s=35.0))
        for side, track in (("E", east[y]), ("W", west[y])):
            ground.layby(track, x, f"{name}-{side}", PlaceKind.QUAY_TRANSFER, name, i + 1)
    for i, (x, y) in enumerate(yard):
        name = f"B{i + 1:02d}"
        # 10 x 20 x 5 = 1,000 boxes; one control point serves them all, so the truck's bay is the middle one
        blocks.append(Block(name, (round(x - 58.5, 2), y + 10.0), 0.0, 10, 20, 5))
        for side, track in (("E", east[y]), ("W", west[y])):
            ground.layby(track, x, f"{name}-{side}", PlaceKind.YARD_TRANSFER, name, 5)
    return cranes, blocks


def _rest_row(ground: _Ground, low: _Track, high: _Track, xs: list[float]) -> None:
    """Drive-through rest places between two roads, in the middle of the terminal."""
    k = (len(xs) - 1) // 2
    first = (xs[k] + xs[min(k + 1, len(xs) - 1)] - REST_PITCH_M * (REST_PLACES - 1)) / 2
    for i in range(REST_PLACES):
        x, name = round(first + i * REST_PITCH_M, 2), f"P{i + 1:02d}"
        low.cuts.add(x)
        high.cuts.add(x)
        ground.lane(f"{name}.lane", [low.at(x), high.at(x)])
        ground.places.append(Place(name, PlaceKind.PARKING, f"{name}.lane", (high.fixed_m - low.fixed_m) / 2))


def _terminal(ground: _Ground, cranes: list[QuayCrane], blocks: list[Block], quay: list[Point]) -> Terminal:
    pitch = (quay[-1][0] - quay[0][0]) / (len(quay) - 1) if len(quay) > 1 else 14.5
    return Terminal(
        id="wsc2025",
        nodes=tuple(sorted(ground.nodes.values(), key=lambda n: n.id)),
        lanes=tuple(sorted(ground.lanes, key=lambda lane: lane.id)),
        places=tuple(sorted(ground.places, key=lambda p: p.id)),
        blocks=tuple(blocks),
        yard_cranes=tuple(YardCrane(f"YC-{b.id}", b.id, 5, 100.0, 90.0, 0.0) for b in blocks),
        quay=Quay((quay[0][0], quay[0][1] - 15.0), 0.0, len(quay), round(pitch, 3)),
        quay_cranes=tuple(cranes),
        title="WSC 2025 Simulation Challenge, roads laid between its control points",
    )
