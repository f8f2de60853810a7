"""A truck on the ground: where it is on the lines of its released edges, and how fast it may be there."""

import itertools
import math
from typing import Any

from portway.core.model.truck import TruckType

NEAR_M = 0.02  # as good as there


class Piece:
    """The line of one edge with the length up to each of its points."""

    def __init__(self, edge: Any) -> None:
        self.sequence = edge.sequence_id
        self.points = [(p.x, p.y) for p in edge.trajectory.control_points]
        self.upto = [0.0, *itertools.accumulate(math.dist(a, b) for a, b in itertools.pairwise(self.points))]
        self.length_m = self.upto[-1]
        self.speed_mps = edge.max_speed if edge.max_speed is not None and edge.max_speed > 0 else math.inf
        headings = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in itertools.pairwise(self.points)]
        # at an inner point the truck points between the two pieces that meet there
        turned = [_between(a, b) for a, b in itertools.pairwise(headings)]
        self.headings = [headings[0], *turned, headings[-1]]

    def at(self, s: float) -> tuple[float, float, float]:
        """Centre and heading of the truck after `s` metres."""
        i = 0
        while i + 2 < len(self.upto) and self.upto[i + 1] < s:
            i += 1
        span = self.upto[i + 1] - self.upto[i]
        share = 0.0 if span <= 0 else min(1.0, max(0.0, (s - self.upto[i]) / span))
        (ax, ay), (bx, by) = self.points[i], self.points[i + 1]
        turn = math.remainder(self.headings[i + 1] - self.headings[i], math.tau)
        heading = math.remainder(self.headings[i] + share * turn, math.tau)
        return ax + share * (bx - ax), ay + share * (by - ay), heading


def _between(a: float, b: float) -> float:
    return math.remainder(a + 0.5 * math.remainder(b - a, math.tau), math.tau)


class Ground:
    """Position and speed; `move` never goes beyond the last edge laid."""

    def __init__(self, pose: tuple[float, float, float], truck: TruckType) -> None:
        self.pose, self.mps, self.along_m, self.driven_m = pose, 0.0, 0.0, 0.0
        self.loaded = False
        self._truck = truck
        self.size, self.brake_mps2 = (truck.length_m, truck.width_m), truck.brake_mps2
        self.pieces: list[Piece] = []

    def lay(self, edges: list[Any]) -> None:
        """The released edges from the one under way on."""
        known = {p.sequence: p for p in self.pieces}
        under_way = self.pieces[0] if self.pieces and self.along_m > 0.0 else None
        self.pieces = [
            under_way if under_way is not None and e.sequence_id == under_way.sequence
            else known.get(e.sequence_id) if e.sequence_id in known and known[e.sequence_id].points == [
                (p.x, p.y) for p in e.trajectory.control_points] else Piece(e)  # type: ignore[misc]
            for e in edges
        ]  # fmt: skip

    def left_m(self) -> float:
        """To the end of what is released."""
        return sum(p.length_m for p in self.pieces) - self.along_m

    def _speed_allowed(self) -> float:
        """So slow that the truck can brake for the end of the base and for every slower edge before it."""
        brake, ahead = self._truck.brake_mps2, -self.along_m
        allowed = min(self._truck.speed_mps_max, self.pieces[0].speed_mps)
        for i, piece in enumerate(self.pieces):
            if i > 0:
                allowed = min(allowed, math.sqrt(piece.speed_mps**2 + 2 * brake * max(0.0, ahead)))
            ahead += piece.length_m
            if ahead > 80.0:
                return allowed
        return min(allowed, math.sqrt(2 * brake * max(0.0, ahead)))

    def move(self, dt_s: float, limit_mps: float) -> int:
        """Drive for a moment; returns how many edges were ended."""
        if not self.pieces:
            self.mps = 0.0
            return 0
        accel = self._truck.accel_mps2_loaded if self.loaded else self._truck.accel_mps2_empty
        wish = min(limit_mps, self._speed_allowed())
        slowest = self.mps - self._truck.brake_mps2 * dt_s
        self.mps = max(0.0, slowest, min(wish, self.mps + accel * dt_s))
        left = self.left_m()
        way = min(self.mps * dt_s, left)
        if left - way < NEAR_M:
            way, self.mps = left, 0.0
        self.along_m += way
        self.driven_m += way
        ended = 0
        while self.pieces and self.along_m >= self.pieces[0].length_m - 1e-6:
            piece = self.pieces.pop(0)
            self.along_m = max(0.0, self.along_m - piece.length_m)
            self.pose = piece.at(piece.length_m)
            ended += 1
        if self.pieces and way > 0.0:
            self.pose = self.pieces[0].at(self.along_m)
        if not self.pieces:
            self.along_m = self.mps = 0.0
        return ended
