"""A terminal as GeoJSON (RFC 7946), and back: open it in any map program, move things, read it again.

Every noun is a feature whose `properties` are its fields, with `feature` telling which noun it is; what the geometry
says is not repeated there. The projection is kept in the member `portway`, so metres come back to within a millimetre.
"""

import math
from typing import Any

import msgspec

from portway.adapters.layout.geojson_reading import FORMAT, terminal_from_geojson
from portway.adapters.layout.polyline import cut, lane_points
from portway.adapters.layout.projection import Projection
from portway.core.model.layout import Block, Point, Quay, Terminal


def _ring(points: list[Point]) -> list[Point]:
    """A closed ring, counter-clockwise as RFC 7946 section 3.1.6 wants it."""
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)
    turned = points if area >= 0 else points[::-1]
    return [*turned, turned[0]]


def _block_ring(block: Block) -> list[Point]:
    """Outline of a block."""
    c, s = math.cos(block.axis_rad), math.sin(block.axis_rad)
    u0, u1 = -block.bay_pitch_m / 2, (block.bays - 0.5) * block.bay_pitch_m
    v0, v1 = -block.row_pitch_m / 2, (block.rows - 0.5) * block.row_pitch_m
    corners = [(u0, v0), (u1, v0), (u1, v1), (u0, v1)]
    return _ring([(block.origin[0] + u * c - v * s, block.origin[1] + u * s + v * c) for u, v in corners])


def _rail(quay: Quay, first: int, last: int) -> list[Point]:
    """Both ends of a stretch of the rail."""
    c, s = math.cos(quay.axis_rad), math.sin(quay.axis_rad)
    away = [(bay - 1) * quay.bay_pitch_m for bay in (first, last)]
    return [(quay.origin[0] + u * c, quay.origin[1] + u * s) for u in away]


class _Collector:
    """Features while they are put down."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self.features: list[dict[str, Any]] = []

    def put(self, kind: str, noun: msgspec.Struct, geometry: str, points: list[Point], *drawn: str) -> None:
        """One noun; the fields `drawn` are left to the geometry."""
        fields = {k: v for k, v in msgspec.to_builtins(noun).items() if k not in drawn and v is not None}
        positions: Any = [self._projection.lon_lat(p) for p in points]
        shape = {"Point": positions[:1], "LineString": [positions], "Polygon": [[positions]]}[geometry]
        self.features.append({
            "type": "Feature",
            "id": f"{kind}/{fields.get('id', kind)}",
            "geometry": {"type": geometry, "coordinates": shape[0]},
            "properties": {"feature": kind, **fields},
        })  # fmt: skip


def terminal_to_geojson(terminal: Terminal, projection: Projection | None = None) -> dict[str, Any]:
    """The terminal as a feature collection around the projection's origin."""
    projection = projection or Projection()
    out, lines = _Collector(projection), lane_points(terminal)
    if terminal.quay is not None:
        out.put("quay", terminal.quay, "LineString", _rail(terminal.quay, 1, terminal.quay.bays))
    for block in terminal.blocks:
        out.put("block", block, "Polygon", _block_ring(block))
    for zone in terminal.zones:
        out.put("zone", zone, "Polygon", _ring(list(zone.polygon)), "polygon")
    for lane in terminal.lanes:
        out.put("lane", lane, "LineString", lines[lane.id], "shape")
    for node in terminal.nodes:
        out.put("node", node, "Point", [(node.x_m, node.y_m)], "x_m", "y_m")
    at = {p.id: cut(lines[p.lane], p.at_m)[0][-1] for p in terminal.places}
    for place in terminal.places:
        out.put("place", place, "Point", [at[place.id]])
    _put_machines(out, terminal, at)
    return {
        "type": "FeatureCollection",
        "portway": {
            "format": FORMAT,
            "id": terminal.id,
            "title": terminal.title,
            "projection": msgspec.to_builtins(projection),
            "turns_forbidden": [list(turn) for turn in terminal.turns_forbidden],
        },
        "features": out.features,
    }


def _put_machines(out: _Collector, terminal: Terminal, at: dict[str, Point]) -> None:
    """Cranes and gates; where they stand follows from quay, blocks and places."""
    for crane in terminal.quay_cranes:
        if terminal.quay is not None:
            out.put("quay_crane", crane, "LineString", _rail(terminal.quay, crane.bay_start, crane.bay_end))
    blocks = {b.id: b for b in terminal.blocks}
    for yard_crane in terminal.yard_cranes:
        block = blocks[yard_crane.block]
        u = (yard_crane.bay_start - 1) * block.bay_pitch_m
        x, y = block.origin
        here = (x + u * math.cos(block.axis_rad), y + u * math.sin(block.axis_rad))
        out.put("yard_crane", yard_crane, "Point", [here])
    for gate in terminal.gates:
        out.put("gate", gate, "Point", [at[gate.place_in]])


__all__ = ["Projection", "terminal_from_geojson", "terminal_to_geojson"]
