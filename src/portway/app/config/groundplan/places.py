"""Places off the through lanes: lay-bys beside a road and drive-through bays between two roads.

A lay-by leaves its host by `offset_m` over `shift_m`, runs straight with the place in the middle, and merges back. A
truck that turns off a crossing needs room for its curve before the lay-by begins (`CURVE_M`); where there is none the
lay-by is stretched over the crossing, so that it is reached and left straight on only, or left out.
"""

import math

from portway.app.config.groundplan.draft import Draft
from portway.app.config.groundplan.lines import Line, Point
from portway.app.config.terminal_file import BaysTable, LaybysTable, QuayTable, TerminalFile
from portway.core.model import Block, Lane, Place

CURVE_M = 18.5  # a quarter turn of 12 m radius, then the lay-by's own bend (6.5 m)
BESIDE_M = 2.0  # of a crossing, where a stretched lay-by begins or ends
TRUCK_M = (16.0, 3.4)  # the footprint that keeps clear of other roads: 15 x 3 m and its margins


def number(text: str, **values: object) -> str:
    """Fill `{n}`, `{bay}`, `{block}` in an id; numbers get two digits."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", f"{value:02d}" if isinstance(value, int) else str(value))
    return text


def _positions(draft: Draft, file: TerminalFile, row: LaybysTable, key: str) -> list[tuple[int | None, Point]]:
    """(bay, point whose foot on the road is the place) of a row of lay-bys."""
    if row.bays_of is None:
        first, pitch, count = row.series
        centre = _centre_line(draft, row.road)
        return [
            (None if row.first_bay is None else row.first_bay + i, centre.at(first + i * pitch)) for i in range(count)
        ]
    bays: QuayTable | Block | None = file.quay if row.bays_of == "quay" else None
    bays = bays or next((b for b in draft.blocks if b.id == row.bays_of), None)
    if bays is None:
        known = ", ".join(["quay"] * (file.quay is not None) + [b.id for b in draft.blocks])
        draft.refuse(f"{key}.bays_of", row.bays_of, "neither the quay nor a block", f"known: {known}")
        return []
    if unknown := sorted(set(row.bays_without) - set(range(1, bays.bays + 1))):
        draft.refuse(f"{key}.bays_without", unknown, f"{row.bays_of} has bays 1 to {bays.bays}", "leave them out")
    axis = bays.axis_rad if isinstance(bays, Block) else math.radians(bays.axis_deg)
    step = bays.bay_pitch_m * math.cos(axis), bays.bay_pitch_m * math.sin(axis)
    return [
        (i + 1, (bays.origin[0] + i * step[0], bays.origin[1] + i * step[1]))
        for i in range(bays.bays)
        if i + 1 not in row.bays_without
    ]


def _centre_line(draft: Draft, road: str) -> Line:
    return Line("", "", list(next(r.points for r in draft.roads if r.id == road)))


def _clear_of_crossings(line: Line, low_m: float, high_m: float) -> tuple[float, float]:
    """Where a lay-by from `low_m` to `high_m` begins and ends when curves off nearby crossings are kept free."""
    for at in reversed(line.crossings):
        if -BESIDE_M < low_m - at < CURVE_M:
            low_m = at - BESIDE_M
    for at in line.crossings:
        if -BESIDE_M < at - high_m < CURVE_M:
            high_m = at + BESIDE_M
    return low_m, high_m


def _stands_on_a_road(draft: Draft, host: Line, centre: Point, along: Point) -> bool:
    """Whether a truck at a place would stand on a lane of another road."""
    half_l, half_w = TRUCK_M[0] / 2, TRUCK_M[1] / 2 + 1.75
    u = (along[0] - centre[0], along[1] - centre[1])
    n = math.hypot(*u)
    rail = Line("", "", [
        (centre[0] - u[0] / n * half_l, centre[1] - u[1] / n * half_l),
        (centre[0] + u[0] / n * half_l, centre[1] + u[1] / n * half_l),
    ])  # fmt: skip
    others = (line for group in draft.lines.values() for line in group if line.road != host.road)
    for line in (line for line in others if line.is_near(centre, half_l + half_w)):
        ends = [rail.project(p)[1] for p in line.points]
        crosses = [line.project(rail.at(s))[1] for s in (0.0, half_l / 2, half_l, 1.5 * half_l, 2 * half_l)]
        if min(ends + crosses) < half_w:
            return True
    return False


def lay_laybys(draft: Draft, file: TerminalFile, row: LaybysTable, key: str) -> None:
    """Lay a row of lay-bys; those that would stand on another road are left out."""
    line = draft.line(row.road, row.direction, row.side, f"{key}.road")
    if line is None:
        return
    half = row.straight_m / 2 + row.shift_m
    left = row.offset_m if row.side == "left" else -row.offset_m
    for n, (bay, p) in enumerate(_positions(draft, file, row, key)):
        name = number(row.ids, n=n + 1, bay=n + 1 if bay is None else bay)
        s, _ = line.project(p)
        low, high = _clear_of_crossings(line, s - half, s + half)
        stretched = abs(low - s + half) + abs(high - s - half) > 1e-6
        if stretched and row.near_crossings == "skip":
            continue
        if _stands_on_a_road(draft, line, line.at(s, left), line.at(s + 1, left)):
            continue
        if low < -1e-6 or high > line.length_m + 1e-6 or not line.is_straight(low, high):
            message = f"the lay-by {name} needs {s - low:.0f} m before and {high - s:.0f} m after it, straight"
            draft.refuse(f"{key}.road", row.road, message, "make the road longer or move the row")
            continue
        _add_layby(draft, line, row, name, (low, high), left)
        at = math.hypot(row.shift_m, row.offset_m) + s - low - row.shift_m
        draft.places.append(Place(name, row.kind, f"{name}.lane", round(at, 3), row.serves, bay, row.power_kw))


def _add_layby(draft: Draft, line: Line, row: LaybysTable, name: str, span: tuple[float, float], left_m: float) -> None:
    """The lane of one lay-by and its two nodes on the host."""
    low, high = span
    line.cuts.setdefault(low, f"{name}.in")
    line.cuts.setdefault(high, f"{name}.out")
    corners = line.at(low + row.shift_m, left_m), line.at(high - row.shift_m, left_m)
    shape = tuple((round(x, 3), round(y, 3)) for x, y in corners)
    road = next(r for r in draft.roads if r.id == row.road)
    ends = draft.node(line.at(low), f"{name}.in"), draft.node(line.at(high), f"{name}.out")
    draft.lanes.append(
        Lane(f"{name}.lane", *ends, shape, road.width_m, road.speed_mps_max, True, road.radius_m, road.zone)
    )


def lay_bays(draft: Draft, row: BaysTable, key: str) -> None:
    """Lay a row of drive-through bays from one road to another."""
    start = draft.line(row.from_road, row.from_direction, "right", f"{key}.from_road")
    end = draft.line(row.to_road, row.to_direction, "right", f"{key}.to_road")
    if start is None or end is None:
        return
    centre = _centre_line(draft, row.from_road)
    for n in range(row.count):
        name = number(row.ids, n=n + 1)
        s, _ = start.project(centre.at(row.first_at_m + n * row.pitch_m))
        t, length = end.project(start.at(s))
        if not (0 < s < start.length_m + 1e-6 and length > 1):
            message = f"bay {name} does not lie between the two roads"
            draft.refuse(f"{key}.count", row.count, message, "make the road longer or the row shorter")
            continue
        start.cuts.setdefault(s, f"{name}.in")
        end.cuts.setdefault(t, f"{name}.out")
        nodes = draft.node(start.at(s), f"{name}.in"), draft.node(end.at(t), f"{name}.out")
        draft.lanes.append(Lane(f"{name}.lane", *nodes, (), row.width_m, row.speed_mps_max, True, row.radius_m))
        draft.places.append(Place(name, row.kind, f"{name}.lane", round(length / 2, 3), row.serves, None, row.power_kw))
