"""Reading a Layout Interchange Format document of anybody's making.

A station at a node with one edge in and one edge out that belong together becomes a place on one lane; at any other
node it becomes a place at the end of an edge that leads there. Trajectories become polylines.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from portway.adapters.layout.layout_error import LayoutError
from portway.adapters.layout.lif_wire import Layout, Lif, LifEdge, Station, Trajectory
from portway.adapters.layout.nurbs import nurbs_problem, polyline_of_nurbs
from portway.adapters.layout.polyline import joined, length_m
from portway.core.model.layout import Lane, Node, Place, PlaceKind, Point, Terminal

END_GAP_M = 0.5  # between the end of a trajectory and its node
Facts = dict[str, type | tuple[type, ...]]
LANE_FACTS: Facts = {"width_m": (int, float), "stopping": bool, "radius_m": (int, float), "zone": str}
PLACE_FACTS: Facts = {"serves": str, "bay": int, "power_kw": (int, float)}


def _facts(text: str | None, known: Facts) -> dict[str, Any]:
    """Our own facts in a description; anybody else's text holds none."""
    try:
        found = json.loads(text or "")
    except ValueError:
        return {}
    return {k: v for k, v in found.items() if k in known and isinstance(v, known[k])} if isinstance(found, dict) else {}


def _doubles(ids: Iterable[str], what: str) -> list[str]:
    return [f"{what} {i!r} occurs {n} times; ids must be unique" for i, n in sorted(Counter(ids).items()) if n > 1]


def _parse(doc: Any, source: str) -> Lif:
    try:
        return Lif.model_validate(doc)
    except ValidationError as error:
        problems = []
        for e in error.errors():
            value = "" if isinstance(e["input"], dict | list) else f" (value {e['input']!r})"
            problems.append(f"{'.'.join(map(str, e['loc'])) or 'document'}: {e['msg']}{value}")
        raise LayoutError(source, problems) from error


def _choose(lif: Lif, layout_id: str | None, source: str) -> Layout:
    ids = [one.layoutId for one in lif.layouts]
    if layout_id is None and len(ids) == 1:
        return lif.layouts[0]
    found = [one for one in lif.layouts if one.layoutId == layout_id]
    if len(found) != 1:
        said = f"no layout {layout_id!r}" if layout_id is not None else f"{len(ids)} layouts"
        raise LayoutError(source, [f"layouts: {said}; choose one of {', '.join(ids)}"])
    return found[0]


def _reference_problems(layout: Layout) -> list[str]:
    """Doubled ids and references to nothing."""
    nodes = {n.nodeId: n.nodePosition for n in layout.nodes}
    problems = _doubles((n.nodeId for n in layout.nodes), "node")
    problems += _doubles((e.edgeId for e in layout.edges), "edge")
    problems += _doubles((s.stationId for s in layout.stations), "station")
    for edge in layout.edges:
        ends = {"startNodeId": edge.startNodeId, "endNodeId": edge.endNodeId}
        lost = {k: v for k, v in ends.items() if v not in nodes}
        problems += [f"edge {edge.edgeId!r}, {k}: no node {v!r}; add it or correct the id" for k, v in lost.items()]
        if not edge.vehicleTypeEdgeProperties:
            problems.append(
                f"edge {edge.edgeId!r}, vehicleTypeEdgeProperties: empty, so nobody may use it; leave it out"
            )
        if not lost:
            a, b = nodes[edge.startNodeId], nodes[edge.endNodeId]
            problems += _edge_problems(edge, (a.x, a.y), (b.x, b.y))
    ends_used = {e.startNodeId for e in layout.edges} | {e.endNodeId for e in layout.edges}
    for station in layout.stations:
        for node in station.interactionNodeIds:
            if node not in nodes:
                problems.append(f"station {station.stationId!r}: no node {node!r}; add it or correct the id")
            elif node not in ends_used:
                problems.append(f"station {station.stationId!r}: no edge touches its node {node!r}; lay one there")
    return problems


def _edge_problems(edge: LifEdge, start: Point, end: Point) -> list[str]:
    curve = _trajectory(edge)
    if curve is None:
        same = math.dist(start, end) < 1e-6
        return [f"edge {edge.edgeId!r}: both ends lie at {start}; move one or leave the edge out"] if same else []
    wrong = nurbs_problem(curve.degree, curve.knotVector, len(curve.controlPoints))
    if wrong:
        return [f"edge {edge.edgeId!r}, trajectory: {wrong}"]
    problems = []
    for which, node, control in (("begins", start, curve.controlPoints[0]), ("ends", end, curve.controlPoints[-1])):
        gap = math.dist(node, (control.x, control.y))
        if gap > END_GAP_M:
            problems.append(f"edge {edge.edgeId!r}, trajectory: {which} {gap:.1f} m away from its node; move it there")
    return problems


def _trajectory(edge: LifEdge) -> Trajectory | None:
    """The first vehicle type's trajectory that has one."""
    return next((p.trajectory for p in edge.vehicleTypeEdgeProperties if p.trajectory is not None), None)


def _points(edge: LifEdge, at: dict[str, Point]) -> list[Point]:
    """Polyline of an edge from node to node."""
    curve, start, end = _trajectory(edge), at[edge.startNodeId], at[edge.endNodeId]
    if curve is None:
        return [start, end]
    controls, weights = [(c.x, c.y) for c in curve.controlPoints], [c.weight for c in curve.controlPoints]
    return [start, *polyline_of_nurbs(curve.degree, curve.knotVector, controls, weights)[1:-1], end]


class _Chain:
    """Edges joined at stations to one lane."""

    def __init__(self, edge: LifEdge, points: list[Point]) -> None:
        self.id = edge.edgeName or edge.edgeId
        self.first, self.last = edge, edge
        self.points = points
        self.reached: dict[str, float] = {}  # metres to the nodes inside and to the last one
        self.note(points)

    def note(self, points: list[Point]) -> None:
        """The chain has become longer by a polyline."""
        self.reached[self.last.endNodeId] = max(self.reached.values(), default=0.0) + length_m(points)

    def extend(self, edge: LifEdge, points: list[Point]) -> None:
        """Go on with another edge."""
        self.last = edge
        self.note(points)
        self.points = joined(self.points, points)


def _chains(layout: Layout, at: dict[str, Point]) -> list[_Chain]:
    """Lanes: edges, joined where a station's node has one edge in and one out of the same name."""
    joints, out_of = _joints(layout)
    starts = [e for e in layout.edges if e.startNodeId not in joints]
    chains, used = [], set()
    for edge in [*starts, *layout.edges]:  # a ring of joints only has no start: any edge of it will do
        if edge.edgeId in used:
            continue
        used.add(edge.edgeId)
        chain = _Chain(edge, _points(edge, at))
        while chain.last.endNodeId in joints:
            after = out_of[chain.last.endNodeId][0]
            if after.edgeId in used:
                break
            used.add(after.edgeId)
            chain.extend(after, _points(after, at))
        chains.append(chain)
    return chains


def _joints(layout: Layout) -> tuple[set[str], dict[str, list[LifEdge]]]:
    """Nodes of stations at which a lane goes on, and the edges that leave each node."""
    out_of: dict[str, list[LifEdge]] = {}
    into: dict[str, list[LifEdge]] = {}
    for edge in layout.edges:
        out_of.setdefault(edge.startNodeId, []).append(edge)
        into.setdefault(edge.endNodeId, []).append(edge)
    joints = set()
    for node in {n for s in layout.stations for n in s.interactionNodeIds}:
        before, after = into.get(node, []), out_of.get(node, [])
        if len(before) == len(after) == 1 and before[0].edgeName and before[0].edgeName == after[0].edgeName:
            joints.add(node)
    return joints, out_of


def _lane(chain: _Chain, lane_id: str) -> Lane:
    speeds = [p.maxSpeed for p in chain.first.vehicleTypeEdgeProperties if p.maxSpeed is not None]
    facts = _facts(chain.first.edgeDescription, LANE_FACTS)
    if speeds:
        facts["speed_mps_max"] = min(speeds)
    shape = tuple(chain.points[1:-1])
    return Lane(lane_id, chain.first.startNodeId, chain.last.endNodeId, shape, **facts)


def _kind(station: Station, actions: set[str]) -> PlaceKind:
    """Our own word, else what the vehicle does there."""
    said = _facts(station.stationDescription, {"kind": str}).get("kind")
    if said in set(PlaceKind):
        return PlaceKind(said)
    if "startCharging" in actions:
        return PlaceKind.CHARGING
    return PlaceKind.YARD_TRANSFER if actions & {"pick", "drop"} else PlaceKind.PARKING


def _places(layout: Layout, chains: dict[str, _Chain]) -> list[Place]:
    actions = {n.nodeId: {a.actionType for p in n.vehicleTypeNodeProperties for a in p.actions} for n in layout.nodes}
    starts = {c.first.startNodeId: (name, 0.0) for name, c in sorted(chains.items(), reverse=True)}
    ends = {node: (name, m) for name, c in sorted(chains.items(), reverse=True) for node, m in c.reached.items()}
    places = []
    for station in layout.stations:
        several = len(station.interactionNodeIds) > 1
        for i, node in enumerate(station.interactionNodeIds):
            lane, at_m = ends.get(node) or starts[node]
            name = f"{station.stationId}/{i + 1}" if several else station.stationId
            facts = _facts(station.stationDescription, PLACE_FACTS)
            places.append(Place(name, _kind(station, actions[node]), lane, at_m, **facts))
    return places


def terminal_from_lif(doc: Any, source: str, layout_id: str | None = None) -> Terminal:
    """The terminal of a LIF document (`json.load`ed); `source` names it in messages.

    Raises LayoutError with every problem. Of several layouts one has to be chosen. Where vehicle types differ, the
    lowest speed counts.
    """
    layout = _choose(_parse(doc, source), layout_id, source)
    problems = _reference_problems(layout)
    if problems:
        raise LayoutError(source, problems)
    at = {n.nodeId: (n.nodePosition.x, n.nodePosition.y) for n in layout.nodes}
    found = _chains(layout, at)
    names = Counter(c.id for c in found)
    chains = {c.id if names[c.id] == 1 else c.first.edgeId: c for c in found}
    inside = {n for c in found for n in c.reached} - {c.last.endNodeId for c in found}
    inside -= {c.first.startNodeId for c in found}
    return Terminal(
        id=layout.layoutId,
        nodes=tuple(Node(n, *at[n]) for n in sorted(at) if n not in inside),
        lanes=tuple(_lane(chains[name], name) for name in sorted(chains)),
        places=tuple(sorted(_places(layout, chains), key=lambda p: p.id)),
        title=layout.layoutName or "",
    )
