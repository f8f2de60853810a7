"""A way over the traffic map as the nodes and edges of an order."""

from collections.abc import Sequence
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.road_book import RoadBook
from portway.adapters.vda5050.versions import Version


def nodes_and_edges(
    version: Version, road: RoadBook, stop: int, way: Sequence[int], base: int, sequence: int
) -> tuple[list[Any], list[Any]]:
    """Nodes and edges from a stop along movements, the first `base` of them released; the stop has `sequence`."""
    words, map_id = wire.of(version), road.map_id
    before, x, y, theta = road.node(stop)
    nodes = [_node(words, before, sequence, True, (x, y, theta), map_id)]
    edges = []
    for i, movement in enumerate(way):
        s, released = road.stretch(movement), i < base
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


def _node(words: Any, name: str, sequence: int, released: bool, pose: tuple[float, float, float], map_id: str) -> Any:
    x, y, theta = pose
    position = words.NodePosition(x=x, y=y, theta=theta, map_id=map_id)
    return words.Node(node_id=name, sequence_id=sequence, released=released, actions=[], node_position=position)


def _knots(points: int) -> list[float]:
    """Clamped uniform knot vector of degree 1."""
    inner = [round(i / (points - 1), 6) for i in range(points)]
    return [0.0, *inner, 1.0]
