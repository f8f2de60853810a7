"""Whether a truck can do what the fields of an order ask: speeds, heights, headings, lines, maps and actions.

A field that is sent is meant (section 7.1.1 of 3.0): one that cannot be obeyed is named and the order refused.
"""

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from portway.adapters.vda5050.order_actions import order_action_fault
from portway.adapters.vda5050.order_shape import Refusal
from portway.adapters.vda5050.trajectory import COORDINATE_M_MAX, WAY_M_MAX, line_of, trajectory_fault, way_m
from portway.adapters.vda5050.versions import Version

HEADING_RAD = 0.05  # as exactly as the truck meets a heading that is asked for
AT_NODE_M = 0.5  # as far a line may end from its node
TANGENTIAL_RAD = 0.01  # an orientation that is as good as along the line


class Able(NamedTuple):
    """What the truck brings along."""

    version: Version
    maps: frozenset[str]
    height_m: float


def field_fault(order: Any, able: Able) -> Refusal | None:
    """The first thing that the truck cannot do; None when it can do all."""
    return next(_faults(order, able), None)


def _faults(order: Any, able: Able) -> Iterator[Refusal]:
    if order.zone_set_id:
        yield _cannot("zoneSetId", f"{order.zone_set_id[:60]} is not known")
    yield from _trajectories(order, able.version)
    for node in order.nodes:
        yield from _node(node, able)
    for edge, (start, end) in zip(order.edges, itertools.pairwise(order.nodes), strict=True):
        yield from _edge(edge, able)
        yield from _line(edge, start, end, able.version)
    for part, scope in itertools.chain(((n, "NODE") for n in order.nodes), ((e, "EDGE") for e in order.edges)):
        for action in part.actions:
            if fault := order_action_fault(action, scope):
                yield Refusal("orderActionError", fault, (_name(part), ("actionId", action.action_id)))


def _cannot(field: str, why: str, *references: tuple[str, str]) -> Refusal:
    return Refusal("parameterError", f"{field}: {why}", (*references, ("parameter", field)))


def _name(part: Any) -> tuple[str, str]:
    return ("nodeId", part.node_id) if hasattr(part, "node_id") else ("edgeId", part.edge_id)


def _node(node: Any, able: Able) -> Iterator[Refusal]:
    p, name = node.node_position, _name(node)
    if p is None:
        return
    if abs(p.x) > COORDINATE_M_MAX or abs(p.y) > COORDINATE_M_MAX:
        yield Refusal("validationError", f"a node at ({p.x:.0f}, {p.y:.0f}) is nowhere", (name,))
    if p.theta is not None and abs(p.theta) > math.pi + 1e-6:
        yield Refusal("validationError", f"theta {p.theta:.3f} is not within -pi and pi", (name,))
    if p.allowed_deviation_theta is not None and not 0.0 <= p.allowed_deviation_theta <= math.pi + 1e-6:
        yield Refusal("validationError", f"allowedDeviationTheta {p.allowed_deviation_theta:.3f}", (name,))
    if deviation(p, able.version) is None:
        yield Refusal("validationError", f"allowedDeviationXY is none of {able.version.name}", (name,))
    if p.map_id not in able.maps:
        yield Refusal("mapError", f"mapId {p.map_id[:60]}; known: {', '.join(able.maps)}",
                      (name, ("mapId", p.map_id[:200])))  # fmt: skip


def deviation(position: Any, version: Version) -> tuple[float, float, float] | None:
    """The allowed deviation as an ellipse: half axes in metres, angle in radians; None when it is malformed."""
    said = position.allowed_deviation_xy
    said = position.allowed_deviation_xy_schema if said is None else said
    if said is None:
        return 0.0, 0.0, 0.0
    if not version.ellipse:
        return (float(said), float(said), 0.0) if _is_length(said) else None
    if not isinstance(said, dict) or not (_is_length(said.get("a")) and _is_length(said.get("b"))):
        return None
    return (float(said["a"]), float(said["b"]), float(said["theta"])) if _is_number(said.get("theta")) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= COORDINATE_M_MAX


def _is_length(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _edge(edge: Any, able: Able) -> Iterator[Refusal]:
    name = _name(edge)
    words = able.version.names
    for field in ("max_speed", "max_rotation_speed"):
        said = getattr(edge, field)
        if said is not None and not said > 0.0:  # a limit of 0 is a limit, and such an edge cannot be driven
            yield Refusal("validationError", f"{words.get(field, field)} {said}: it cannot be driven", (name,))
    if edge.length is not None and edge.length < 0.0:
        yield Refusal("validationError", f"length {edge.length}", (name,))
    if edge.max_height is not None and edge.max_height < able.height_m:
        yield _cannot(words.get("max_height", "maxHeight"), f"the truck is {able.height_m} m high", name)
    if edge.min_height is not None and edge.min_height > 0.0:
        yield _cannot(words.get("min_height", "minHeight"), "the truck has no load handling device", name)
    if edge.direction is not None:
        yield _cannot("direction", "the truck follows no line that is laid in the ground", name)
    if edge.orientation_type not in (None, "GLOBAL", "TANGENTIAL"):
        yield Refusal("validationError", f"orientationType {edge.orientation_type[:20]}", (name,))
    elif edge.orientation is not None and (
        edge.orientation_type == "GLOBAL" or abs(math.remainder(edge.orientation, math.tau)) > TANGENTIAL_RAD
    ):
        yield _cannot("orientation", "the truck drives forward along its line", name)
    sides = [(edge.corridor or {}).get(side, 0.0) for side in ("leftWidth", "rightWidth")]
    if edge.corridor is not None and (len(edge.corridor) < 2 or not all(map(_is_length, sides))):
        yield Refusal("validationError", "a corridor needs a leftWidth and a rightWidth", (name,))


def _trajectories(order: Any, version: Version) -> Iterator[Refusal]:
    """By themselves, and all together: what follows from them is computed only when they are well formed."""
    told = [e for e in order.edges if e.trajectory is not None]
    for edge in told:
        if fault := trajectory_fault(edge.trajectory, version):
            yield Refusal("validationError", fault, (_name(edge),))
    if sum(way_m(e.trajectory) for e in told) > WAY_M_MAX:
        yield Refusal("memoryError", f"over {WAY_M_MAX / 1000:.0f} km of trajectories")


def _line(edge: Any, start: Any, end: Any, version: Version) -> Iterator[Refusal]:
    """The trajectory, from node to node; without one the nodes have to say where they are."""
    name = _name(edge)
    if edge.trajectory is None:
        if start.node_position is None or end.node_position is None:
            yield Refusal("validationError", "neither a trajectory nor two nodes with positions", (name,))
        return
    line = line_of(edge.trajectory)
    for node, at, what in ((start, line[0], "begins"), (end, line[-1], "ends")):
        p = node.node_position
        if p is None:
            continue
        away = math.dist((p.x, p.y), at)
        if away > AT_NODE_M + max((deviation(p, version) or (0.0, 0.0, 0.0))[:2]):
            yield Refusal("validationError", f"its trajectory {what} {away:.1f} m from its node", (name, _name(node)))
    yield from _heading(line, end)


def _heading(line: list[tuple[float, float]], node: Any) -> Iterator[Refusal]:
    """A heading at a node that is asked for with its deviation: the truck has that of its line."""
    p = node.node_position
    if p is None or p.theta is None or p.allowed_deviation_theta is None or line[-1] == line[-2]:
        return
    (ax, ay), (bx, by) = line[-2:]
    turned = abs(math.remainder(math.atan2(by - ay, bx - ax) - p.theta, math.tau))
    if turned > p.allowed_deviation_theta + HEADING_RAD:
        yield Refusal("routeError", f"its line leads to it {turned:.2f} rad off its theta", (_name(node),))
