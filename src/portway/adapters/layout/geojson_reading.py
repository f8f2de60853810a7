"""Reading a terminal from GeoJSON: ours, perhaps changed in a map program."""

import math
from collections import Counter
from typing import Any

import msgspec

from portway.adapters.layout.layout_error import LayoutError
from portway.adapters.layout.polyline import at_point, length_m
from portway.adapters.layout.projection import Projection
from portway.core.model.layout import Block, Gate, Lane, Node, Place, Point, Quay, QuayCrane, Terminal, YardCrane, Zone

FORMAT = "portway-geojson/1"
GEOMETRY: dict[str, tuple[type[msgspec.Struct], str]] = {
    "node": (Node, "Point"),
    "lane": (Lane, "LineString"),
    "place": (Place, "Point"),
    "block": (Block, "Polygon"),
    "yard_crane": (YardCrane, "Point"),
    "quay": (Quay, "LineString"),
    "quay_crane": (QuayCrane, "LineString"),
    "gate": (Gate, "Point"),
    "zone": (Zone, "Polygon"),
}
MOVED_M = 0.01  # a place whose point is farther from `at_m` than this was moved: the point counts
END_GAP_M = 0.5  # between the end of a lane's line and its node


class _Head(msgspec.Struct):
    """The member `portway`."""

    id: str
    format: str = FORMAT
    title: str = ""
    projection: Projection = Projection()
    turns_forbidden: list[tuple[str, str]] = []


def _head(doc: Any, source: str) -> _Head:
    if not isinstance(doc, dict) or doc.get("type") != "FeatureCollection" or not isinstance(doc.get("features"), list):
        raise LayoutError(source, ["document: no GeoJSON FeatureCollection; see docs/reference/lif.md"])
    try:
        head = msgspec.convert(doc.get("portway"), _Head)
    except (msgspec.ValidationError, ValueError) as error:
        said = f"portway: {error}; it keeps the terminal's id and the projection"
        raise LayoutError(source, [said]) from error
    if head.format != FORMAT:
        raise LayoutError(source, [f"portway.format: {head.format!r}; this Portway reads {FORMAT!r}"])
    return head


def _position(value: Any) -> list[float]:
    numbers = isinstance(value, list) and len(value) >= 2 and all(type(v) in (int, float) for v in value[:2])
    if not numbers or not all(math.isfinite(v) for v in value[:2]):
        raise ValueError(f"position {value!r} is no [longitude, latitude]")
    return value[:2]


def _points(geometry: Any, wanted: str, projection: Projection) -> list[Point]:
    """Points of a geometry in metres; a ring without its closing point."""
    if not isinstance(geometry, dict) or geometry.get("type") != wanted:
        found = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise ValueError(f"geometry is {found!r}; draw a {wanted}")
    inner = geometry.get("coordinates")
    if wanted == "Point":
        inner = [inner]
    elif wanted == "Polygon":
        inner = inner[0][:-1] if isinstance(inner, list) and inner and isinstance(inner[0], list) else []
    least = {"Point": 1, "LineString": 2, "Polygon": 3}[wanted]
    if not isinstance(inner, list) or len(inner) < least:
        raise ValueError(f"a {wanted} needs {least} positions or more")
    return [projection.metres(_position(p)) for p in inner]


def _noun(feature: Any, projection: Projection) -> tuple[str, Any, list[Point]]:
    """(which noun, the noun, its points); ValueError says what is wrong."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise ValueError("no feature with properties")
    fields = dict(feature["properties"])
    kind = fields.pop("feature", None)
    if kind not in GEOMETRY:
        raise ValueError(f"property feature is {kind!r}; give one of {', '.join(GEOMETRY)}")
    struct, wanted = GEOMETRY[kind]
    points = _points(feature.get("geometry"), wanted, projection)
    if kind == "node":
        fields |= {"x_m": points[0][0], "y_m": points[0][1]}
    elif kind == "lane":
        fields["shape"] = points[1:-1]
    elif kind == "zone":
        fields["polygon"] = points
    elif kind == "place":
        fields.setdefault("at_m", 0.0)
    return kind, msgspec.convert(fields, struct), points


class _Found:
    """Nouns by kind, with their points, and what is wrong so far."""

    def __init__(self) -> None:
        self.nouns: dict[str, list[Any]] = {kind: [] for kind in GEOMETRY}
        self.points: dict[tuple[str, str], list[Point]] = {}
        self.problems: list[str] = []

    def read(self, features: list[Any], projection: Projection) -> None:
        """All features; those that are wrong become problems."""
        for i, feature in enumerate(features):
            name = feature.get("id", "") if isinstance(feature, dict) else ""
            try:
                kind, noun, points = _noun(feature, projection)
            except ValueError as error:  # msgspec.ValidationError is one
                self.problems.append(f"features[{i}] {name}: {error}")
                continue
            self.nouns[kind].append(noun)
            self.points[kind, getattr(noun, "id", kind)] = points
        for kind, nouns in self.nouns.items():
            counted = Counter(getattr(n, "id", kind) for n in nouns)
            self.problems += [f"{kind} {i!r} occurs {n} times; keep one" for i, n in sorted(counted.items()) if n > 1]

    def ids(self, kind: str) -> dict[str, Any]:
        """Nouns of a kind by id."""
        return {n.id: n for n in self.nouns[kind]}

    def require(self, kind: str, field: str, target: str) -> None:
        """Every noun's `field` must name one of `target`."""
        known = self.ids(target)
        for noun in self.nouns[kind]:
            if getattr(noun, field) not in known:
                self.problems.append(
                    f"{kind} {noun.id!r}, {field}: no {target} {getattr(noun, field)!r}; correct it or add it"
                )


def _check_references(found: _Found) -> None:
    for kind, field, target in (
        ("lane", "from_node", "node"),
        ("lane", "to_node", "node"),
        ("place", "lane", "lane"),
        ("yard_crane", "block", "block"),
        ("gate", "place_in", "place"),
        ("gate", "place_out", "place"),
    ):
        found.require(kind, field, target)
    nodes = found.ids("node")
    for lane in found.nouns["lane"]:
        line = found.points["lane", lane.id]
        for which, node, end in (("begins", lane.from_node, line[0]), ("ends", lane.to_node, line[-1])):
            if node in nodes and (gap := math.dist(end, (nodes[node].x_m, nodes[node].y_m))) > END_GAP_M:
                found.problems.append(
                    f"lane {lane.id!r} {which} {gap:.1f} m away from node {node!r}; snap it to the node"
                )


def _placed(found: _Found) -> list[Place]:
    """Places at their `at_m`, or where their point was moved to along the lane."""
    places, nodes = [], found.ids("node")
    lanes = found.ids("lane")
    for place in found.nouns["place"]:
        lane = lanes[place.lane]
        a, b = nodes[lane.from_node], nodes[lane.to_node]
        line = [(a.x_m, a.y_m), *lane.shape, (b.x_m, b.y_m)]
        at_m, off = at_point(line, found.points["place", place.id][0])
        if off > END_GAP_M:
            found.problems.append(
                f"place {place.id!r} lies {off:.1f} m beside its lane {place.lane!r}; move it onto the lane"
            )
        moved = abs(at_m - place.at_m) > MOVED_M or place.at_m > length_m(line)
        places.append(msgspec.structs.replace(place, at_m=at_m) if moved else place)
    return places


def terminal_from_geojson(doc: Any, source: str) -> Terminal:
    """The terminal of a GeoJSON document (`json.load`ed); `source` names it in messages.

    Raises LayoutError with every problem.
    """
    head, found = _head(doc, source), _Found()
    found.read(doc["features"], head.projection)
    _check_references(found)
    if found.problems:
        raise LayoutError(source, found.problems)
    places = _placed(found)
    if found.problems:
        raise LayoutError(source, found.problems)

    def sorted_(nouns: list[Any]) -> tuple[Any, ...]:
        return tuple(sorted(nouns, key=lambda n: n.id))

    nouns = found.nouns
    return Terminal(
        id=head.id,
        title=head.title,
        nodes=sorted_(nouns["node"]),
        lanes=sorted_(nouns["lane"]),
        places=sorted_(places),
        blocks=sorted_(nouns["block"]),
        yard_cranes=sorted_(nouns["yard_crane"]),
        quay=nouns["quay"][0] if nouns["quay"] else None,
        quay_cranes=sorted_(nouns["quay_crane"]),
        gates=sorted_(nouns["gate"]),
        zones=sorted_(nouns["zone"]),
        turns_forbidden=tuple(head.turns_forbidden),
    )
