"""A way over the traffic map as the nodes and edges of an order."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.facts import Pose
from portway.adapters.vda5050.road_book import RoadBook, Stretch
from portway.adapters.vda5050.versions import Version

JOIN_M, JOIN_SLOPE = 2.0, 6.0  # a truck beside its way joins it so far ahead, and so much further a metre off


def nodes_and_edges(
    version: Version,
    road: RoadBook,
    stop: int,
    way: Sequence[int],
    base: int,
    sequence: int,
    here: tuple[Pose, float] | None = None,
) -> tuple[list[Any], list[Any]]:
    """Nodes and edges from a stop along movements, the first `base` of them released; the stop has `sequence`.

    `here` is the pose of a truck that stands on the first movement, and how far along it is, metres: its order begins
    there, with a node of its own, and joins the way a little ahead.
    """  # fmt: skip
    words, map_id = wire.of(version), road.map_id
    before, x, y, theta = road.node(stop)
    if here is not None:
        before, (x, y, theta) = f"{road.stretch(way[0]).edge_id}+{here[1]:.1f}", here[0]
    nodes = [_node(words, before, sequence, True, (x, y, theta), map_id)]
    edges = []
    for i, movement in enumerate(way):
        s, released = road.stretch(movement), i < base
        if here is not None and i == 0:
            s = rest_of(s, *here)
        points = [words.ControlPoint(x=px, y=py) for px, py in s.line]
        edges.append(words.Edge(
            edge_id=s.edge_id, sequence_id=sequence + 2 * i + 1, released=released, actions=[],
            start_node_id=before if version.edge_nodes else None,
            end_node_id=s.node_id if version.edge_nodes else None,
            max_speed=s.speed_mps_max, length=round(s.length_m, 3),
            trajectory=words.Trajectory(degree=1, knot_vector=_knots(len(points)), control_points=points),
        ))  # fmt: skip
        nodes.append(_node(words, s.node_id, sequence + 2 * i + 2, released, (s.x, s.y, s.theta), map_id))
        before = s.node_id
    return nodes, edges


def rest_of(s: Stretch, pose: Pose, along_m: float) -> Stretch:
    """A movement from a truck's pose on; it joins the line where that is no sharp turn."""
    off = math.dist(pose[:2], at_m(s.line, along_m))
    join_m = min(along_m + JOIN_M + JOIN_SLOPE * off, s.length_m)
    line = (pose[:2], *line_from(s.line, join_m))
    if len(line) < 2 or math.dist(line[0], line[1]) < 1e-3:
        line = (pose[:2], s.line[-1])
    return s._replace(line=line, length_m=sum(math.dist(a, b) for a, b in itertools.pairwise(line)))


def at_m(line: Sequence[tuple[float, float]], along_m: float) -> tuple[float, float]:
    """The point of a line after `along_m` metres."""
    return line_from(line, along_m)[0]


def line_from(line: Sequence[tuple[float, float]], along_m: float) -> tuple[tuple[float, float], ...]:
    """A line without its first metres."""
    for i, (a, b) in enumerate(itertools.pairwise(line)):
        length = math.dist(a, b)
        if along_m < length:
            share = max(0.0, along_m) / length
            cut = round(a[0] + share * (b[0] - a[0]), 3), round(a[1] + share * (b[1] - a[1]), 3)
            return (cut, *line[i + 1 :])
        along_m -= length
    return (line[-1],)


def _node(words: Any, name: str, sequence: int, released: bool, pose: tuple[float, float, float], map_id: str) -> Any:
    x, y, theta = pose
    position = words.NodePosition(x=x, y=y, theta=theta, map_id=map_id)
    return words.Node(node_id=name, sequence_id=sequence, released=released, actions=[], node_position=position)


def _knots(points: int) -> list[float]:
    """Clamped uniform knot vector of degree 1."""
    inner = [round(i / (points - 1), 6) for i in range(points)]
    return [0.0, *inner, 1.0]
