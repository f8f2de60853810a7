"""A terminal as a Layout Interchange Format 1.0 document, and back.

Nodes are nodes, lanes are edges, places are stations. A lane is cut where a place lies on it, since a LIF station needs
a node; `edgeName` keeps the lane's id, so reading joins the pieces again. The bends of a lane are a trajectory of
degree 1. What LIF has no word for but our own reader wants (kind of a place, width of a lane) stands as JSON in the
descriptions. Blocks, cranes, gates, zones and forbidden turns are not part of LIF; see `docs/reference/lif.md`.
"""

import json
from datetime import UTC, datetime
from typing import Any

from portway.adapters.layout.lif_reading import terminal_from_lif
from portway.adapters.layout.nurbs import knots_of_polyline
from portway.adapters.layout.polyline import cut, lane_points, length_m
from portway.core.model.layout import Lane, Place, PlaceKind, Point, Terminal

LIF_VERSION = "1.0.0"
CREATOR = "Portway"
VEHICLE_TYPE = "four_axle"
ACTIONS: dict[PlaceKind, tuple[str, ...]] = {
    PlaceKind.QUAY_TRANSFER: ("pick", "drop"),
    PlaceKind.YARD_TRANSFER: ("pick", "drop"),
    PlaceKind.CHARGING: ("startCharging", "stopCharging"),
}
_DEFAULT = Lane("", "", "")


def _described(**facts: Any) -> str | None:
    """Facts as JSON text, None when there is none."""
    known = {k: v for k, v in facts.items() if v is not None}
    return json.dumps(known, ensure_ascii=False) if known else None


def _without_none(item: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in item.items() if v is not None}


def _node(
    node: str, at: Point, vehicle_type: str, place: Place | None = None, theta: float | None = None
) -> dict[str, Any]:
    actions = [{"actionType": a, "blockingType": "HARD"} for a in ACTIONS.get(place.kind, ())] if place else []
    prop = {"vehicleTypeId": vehicle_type, "theta": theta, "actions": actions or None}
    return {
        "nodeId": node,
        "nodePosition": {"x": at[0], "y": at[1]},
        "vehicleTypeNodeProperties": [_without_none(prop)],
    }


def _trajectory(points: list[Point]) -> dict[str, Any] | None:
    if len(points) == 2:
        return None
    controls = [{"x": x, "y": y} for x, y in points]
    return {"degree": 1, "knotVector": knots_of_polyline(len(points)), "controlPoints": controls}


def _edge(lane: Lane, piece: str, ends: tuple[str, str], points: list[Point], vehicle_type: str) -> dict[str, Any]:
    facts = {
        key: value
        for key in ("width_m", "stopping", "radius_m", "zone")
        if (value := getattr(lane, key)) != getattr(_DEFAULT, key)
    }
    prop = {
        "vehicleTypeId": vehicle_type,
        "orientationType": "TANGENTIAL",
        "vehicleOrientation": 0.0,
        "rotationAllowed": False,
        "maxSpeed": lane.speed_mps_max,
        "trajectory": _trajectory(points),
    }
    return _without_none({
        "edgeId": piece,
        "edgeName": lane.id,
        "edgeDescription": _described(**facts),
        "startNodeId": ends[0],
        "endNodeId": ends[1],
        "vehicleTypeEdgeProperties": [_without_none(prop)],
    })  # fmt: skip


def _station(place: Place, node: str, at: Point, theta: float) -> dict[str, Any]:
    facts = _described(kind=str(place.kind), serves=place.serves, bay=place.bay, power_kw=place.power_kw)
    return _without_none({
        "stationId": place.id,
        "interactionNodeIds": [node],
        "stationDescription": facts,
        "stationPosition": {"x": at[0], "y": at[1], "theta": theta},
    })  # fmt: skip


class _Layout:
    """Nodes, edges and stations while they are laid out."""

    def __init__(self, terminal: Terminal, vehicle_type: str) -> None:
        self._type = vehicle_type
        self._taken = {n.id for n in terminal.nodes}
        self.nodes = [_node(n.id, (n.x_m, n.y_m), vehicle_type) for n in terminal.nodes]
        self.edges: list[dict[str, Any]] = []
        self.stations: list[dict[str, Any]] = []

    def lay(self, lane: Lane, points: list[Point], places: list[Place]) -> None:
        """One lane with its places, in pieces from place to place."""
        start, gone = lane.from_node, 0.0
        for i, place in enumerate(sorted(places, key=lambda p: (p.at_m, p.id))):
            before, points, theta = cut(points, place.at_m - gone)
            gone += length_m(before)
            node = place.id if place.id not in self._taken else f"place {place.id}"
            self.nodes.append(_node(node, before[-1], self._type, place, theta))
            self.edges.append(_edge(lane, f"{lane.id} {i + 1}", (start, node), before, self._type))
            self.stations.append(_station(place, node, before[-1], theta))
            start = node
        last = f"{lane.id} {len(places) + 1}" if places else lane.id
        self.edges.append(_edge(lane, last, (start, lane.to_node), points, self._type))


def terminal_to_lif(
    terminal: Terminal, exported_at: datetime | None = None, vehicle_type: str = VEHICLE_TYPE
) -> dict[str, Any]:
    """The terminal as a LIF document; `exported_at` is now unless given."""
    layout, points = _Layout(terminal, vehicle_type), lane_points(terminal)
    on_lane: dict[str, list[Place]] = {}
    for place in terminal.places:
        on_lane.setdefault(place.lane, []).append(place)
    for lane in terminal.lanes:
        layout.lay(lane, points[lane.id], on_lane.get(lane.id, []))
    stamp = (exported_at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "metaInformation": {
            "projectIdentification": terminal.id,
            "creator": CREATOR,
            "exportTimestamp": stamp.replace("+00:00", "Z"),
            "lifVersion": LIF_VERSION,
        },
        "layouts": [
            {
                "layoutId": terminal.id,
                "layoutName": terminal.title or terminal.id,
                "layoutVersion": "1",
                "nodes": sorted(layout.nodes, key=lambda n: n["nodeId"]),
                "edges": sorted(layout.edges, key=lambda e: e["edgeId"]),
                "stations": sorted(layout.stations, key=lambda s: s["stationId"]),
            }
        ],
    }


__all__ = ["LIF_VERSION", "terminal_from_lif", "terminal_to_lif"]
