"""What a page is told of a terminal once (`docs/reference/twin-wire.md`, "The terminal")."""

from typing import Any

import numpy as np

from portway.app.compose import truck_type
from portway.app.draw.canvas import line_of
from portway.core.model.layout import Point, Terminal
from portway.core.model.scenario import Scenario
from portway.core.routing.traffic_map import TrafficMap
from portway.twin.mirror import Mirror

SAMPLES = 6  # points of a movement's way on the map
VERSION = 1


def document(
    scenario: Scenario, traffic_map: TrafficMap, mirror: Mirror, mode: str, epoch_ms: float | None = None
) -> dict[str, Any]:
    """The terminal, its data points, tables of subsystems and the ways of all movements, ready for JSON."""
    terminal, truck = scenario.terminal, truck_type(scenario)
    return ground(terminal) | {
        "version": VERSION, "mode": mode, "epoch_ms": epoch_ms,
        "places": _places(terminal, traffic_map), "movements": _movements(traffic_map),
        "truck": {"length_m": truck.length_m, "width_m": truck.width_m}, "points": mirror.points.document(),
        "tables": [
            {"name": view.name, "words": view.words._asdict(),
             "columns": [{"key": c.key, "unit": c.unit, "words": c.words._asdict()} for c in view.columns]}
            for view in mirror.views
        ],
    }  # fmt: skip


def ground(terminal: Terminal) -> dict[str, Any]:
    """The ground plan alone."""
    lines, quay = line_of(terminal), terminal.quay
    return {
        "id": terminal.id, "title": terminal.title or terminal.id,
        "lanes": [
            {"id": lane.id, "width_m": lane.width_m, "line": lines[lane.id].round(2).tolist(),
             "speed_mps": lane.speed_mps_max, "crossing": not lane.stopping}
            for lane in terminal.lanes
        ],
        "blocks": [
            {"id": b.id, "x": b.origin[0], "y": b.origin[1], "axis": b.axis_rad, "bays": b.bays, "rows": b.rows,
             "tiers": b.tiers, "bay_pitch_m": b.bay_pitch_m, "row_pitch_m": b.row_pitch_m}
            for b in terminal.blocks
        ],
        "quay": None if quay is None else {
            "x": quay.origin[0], "y": quay.origin[1], "axis": quay.axis_rad, "bays": quay.bays,
            "bay_pitch_m": quay.bay_pitch_m, "gauge_m": quay.gauge_m, "side": land_side(terminal),
        },
        "quay_cranes": [{"id": q.id, "bay_start": q.bay_start, "bay_end": q.bay_end} for q in terminal.quay_cranes],
        "yard_cranes": [{"id": y.id, "block": y.block} for y in terminal.yard_cranes],
        "gates": [{"id": g.id, "in": g.place_in, "out": g.place_out} for g in terminal.gates],
        "chargers": [{"id": p.id, "place": p.id, "power_kw": p.power_kw} for p in terminal.places if p.power_kw],
        "zones": [
            {"id": z.id, "polygon": z.polygon, "closed": z.closed, "speed_mps": z.speed_mps_max} for z in terminal.zones
        ],
    }  # fmt: skip


def land_side(terminal: Terminal) -> int:
    """1 when the land lies to the left of the quay's axis, -1 when to the right."""
    assert terminal.quay is not None
    quay, c, s = terminal.quay, np.cos(terminal.quay.axis_rad), np.sin(terminal.quay.axis_rad)
    across = [-s * (n.x_m - quay.origin[0]) + c * (n.y_m - quay.origin[1]) for n in terminal.nodes]
    return 1 if np.mean(across or [1.0]) >= 0 else -1


def _places(terminal: Terminal, traffic_map: TrafficMap) -> list[dict[str, Any]]:
    found = []
    for place in terminal.places:
        x, y, heading = traffic_map.stop_pose[traffic_map.stop_of_place[place.id]].tolist()
        found.append({"id": place.id, "kind": str(place.kind), "x": round(x, 2), "y": round(y, 2),
                      "heading": round(heading, 4), "serves": place.serves, "lane": place.lane})  # fmt: skip
    return found


def _movements(traffic_map: TrafficMap) -> list[list[int]]:
    """x, y, x, y ... of every movement, in decimetres."""
    paths, out = traffic_map.paths, []
    for m in range(len(paths.ptr) - 1):
        low, high = int(paths.ptr[m]), int(paths.ptr[m + 1])
        at = np.unique(np.linspace(low, high - 1, SAMPLES).astype(int))
        points: list[Point] = list(zip(paths.x[at].tolist(), paths.y[at].tolist(), strict=True))
        out.append([round(10 * v) for point in points for v in point])
    return out
