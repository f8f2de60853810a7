"""The terminal under construction: what has been laid so far, and the problems met on the way."""

import math
from collections.abc import Sequence

from portway.app.config.groundplan.lines import SAME_M, Line, Point
from portway.app.config.problem import Problem
from portway.app.config.terminal_file import RoadTable
from portway.core.model import Block, Lane, Node, Place, QuayCrane, YardCrane


class Draft:
    """Collects nouns; nodes nearer than 5 cm to each other are one."""

    def __init__(self, file: str, roads: Sequence[RoadTable]) -> None:
        self.file = file
        self.roads = roads
        self.nodes: list[Node] = []
        self.lanes: list[Lane] = []
        self.places: list[Place] = []
        self.blocks: list[Block] = []
        self.yard_cranes: list[YardCrane] = []
        self.quay_cranes: list[QuayCrane] = []
        self.lines: dict[str, list[Line]] = {}
        self.problems: list[Problem] = []
        self._near: dict[tuple[int, int], list[Node]] = {}

    def refuse(self, key: str, value: object, message: str, cure: str = "") -> None:
        """Note a problem of the terminal file."""
        self.problems.append(Problem(self.file, key, value, message, cure))

    def add_node(self, node: Node) -> None:
        """Put a node of the file on the map as it is."""
        self.nodes.append(node)
        self._near.setdefault((math.floor(node.x_m), math.floor(node.y_m)), []).append(node)

    def node(self, p: Point, name: str) -> str:
        """The id of the node at a point; made, and named so, if there is none."""
        i, j = math.floor(p[0]), math.floor(p[1])
        for cell in ((i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1)):
            for node in self._near.get(cell, ()):
                if math.dist(p, (node.x_m, node.y_m)) < SAME_M:
                    return node.id
        made = Node(name, round(p[0], 3), round(p[1], 3))
        self.add_node(made)
        return made.id

    def line(self, road: str, direction: str, side: str, key: str) -> Line | None:
        """The lane of a road in a direction that is outermost on a side; None and a problem where there is none."""
        if road not in self.lines:
            known = ", ".join(self.lines) or "none"
            self.refuse(key, road, "no such road", f"known roads: {known}")
            return None
        sign = "+" if direction == "forward" else "-"
        fitting = [line for line in self.lines[road] if line.id[len(road)] == sign]
        if not fitting:
            cure = "set two_way = true on the road or change the direction"
            self.refuse(key, road, f"this road has no lane {direction}", cure)
            return None
        return fitting[-1 if side == "right" else 0]
