"""A truck on the ground: where it is on the lines of its released edges, and how fast it may be there.

It drives where the lines are and nowhere else: whoever stands off the begin of its first line goes over from where it
stands, and edges that do not join are not laid (`joins`).
"""

import itertools
import math
from collections.abc import Collection
from typing import Any

from portway.adapters.vda5050.trajectory import Line, line_of
from portway.core.model.truck import TruckType

NEAR_M = 0.02  # as good as there
GAP_M = 0.5  # between the end of one line and the begin of the next
JOIN_M = 2.0  # as far beside its first line a truck may stand
REACTION_S = 0.25  # before it brakes
ONTO_M = 4.0  # way on which it comes onto the line

Pose = tuple[float, float, float]


class Piece:
    """The line of one edge with the length up to each of its points."""

    def __init__(self, edge: Any, line: Line, heading: float) -> None:
        """`heading`: of the truck before it, kept where the line goes nowhere."""
        self.edge, self.sequence = edge, edge.sequence_id
        self.points = [p for i, p in enumerate(line) if i == 0 or math.dist(p, line[i - 1]) > 1e-6]
        if len(self.points) < 2:
            self.points = [line[0], line[0]]
        self.upto = [0.0, *itertools.accumulate(math.dist(a, b) for a, b in itertools.pairwise(self.points))]
        self.length_m = self.upto[-1]
        ways = itertools.pairwise(self.points)
        headings = [heading if a == b else math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in ways]
        # at an inner point the truck points between the two pieces that meet there
        turned = [_between(a, b) for a, b in itertools.pairwise(headings)]
        self.headings = [headings[0], *turned, headings[-1]]
        self.speed_mps = min(math.inf if edge.max_speed is None else edge.max_speed, self._turning_mps(edge))
        self.stops = False  # the truck stops at its end, whatever is behind it

    def _turning_mps(self, edge: Any) -> float:
        """So slow that the truck turns no faster than the edge allows."""
        most = edge.max_rotation_speed
        if most is None:
            return math.inf
        spans = zip(itertools.pairwise(self.headings), itertools.pairwise(self.upto), strict=True)
        turns = [abs(math.remainder(h - g, math.tau)) / (t - s) for (g, h), (s, t) in spans if t > s]
        return math.inf if max(turns, default=0.0) < 1e-9 else most / max(turns)

    def at(self, s: float) -> Pose:
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


def nearest(line: Line, x: float, y: float) -> tuple[float, float]:
    """How far along a line its point nearest to (x, y) is, and how far away that point is, metres."""
    best, off, done = 0.0, math.inf, 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        share = 0.0 if length == 0 else min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length**2))
        away = math.hypot(x - ax - share * dx, y - ay - share * dy)
        if away < off:
            best, off = done + share * length, away
        done += length
    return best, off


def _onto(line: Line, x: float, y: float) -> Line:
    """The line from where a truck stands: straight to a point of it a little ahead, then along it."""
    along, off = nearest(line, x, y)
    if math.dist(line[0], (x, y)) <= NEAR_M:
        return line
    meets, rest, done = along + (ONTO_M if off > NEAR_M else 0.0), [], 0.0
    for a, b in itertools.pairwise(line):
        done += math.dist(a, b)
        if done > meets + 1e-6:
            rest.append(b)
    return [(x, y), *(rest or [line[-1]])]


class Ground:
    """Position and speed; `move` never goes beyond the last edge laid."""

    def __init__(self, pose: Pose, truck: TruckType) -> None:
        self.pose, self.mps, self.along_m, self.driven_m = pose, 0.0, 0.0, 0.0
        self.loaded = False
        self._truck = truck
        self.size, self.brake_mps2 = (truck.length_m, truck.width_m), truck.brake_mps2
        self.pieces: list[Piece] = []
        self._lets_go = False

    # -- the lines ----------------------------------------------------------------------------------------------

    def end(self) -> Pose:
        """Where the truck stands when it has driven everything that is laid."""
        return self.pieces[-1].at(self.pieces[-1].length_m) if self.pieces else self.pose

    def joins(self, line: Line) -> bool:
        """Whether a line can be driven behind what is laid, or from where the truck stands."""
        x, y, _ = self.end()
        if self.pieces:
            return math.dist(line[0], (x, y)) <= GAP_M
        return nearest(line, x, y)[1] <= JOIN_M

    def lay(self, edges: list[Any], stops: Collection[int] = ()) -> None:
        """The released edges from the one under way on; `stops`: sequence ids of edges at whose end it stops."""
        known = {id(p.edge): p for p in self.pieces}
        self._lets_go = False
        pieces: list[Piece] = []
        heading = self.pose[2]
        for edge in edges:
            piece = known.get(id(edge))
            if piece is None:
                line = line_of(edge.trajectory)
                piece = Piece(edge, line if pieces else _onto(line, *self.pose[:2]), heading)
            piece.stops = edge.sequence_id in stops
            heading = piece.headings[-1]
            pieces.append(piece)
        self.pieces = pieces

    def let_go(self) -> None:
        """There is no order any more: brake along what is laid, and forget it."""
        self._lets_go = True
        if self.mps <= 0.0:
            self.pieces, self.along_m = [], 0.0

    def place(self, pose: Pose) -> None:
        """Stand elsewhere, with nothing laid."""
        self.pose, self.pieces, self.mps, self.along_m = pose, [], 0.0, 0.0

    def left_m(self) -> float:
        """To the end of what is released."""
        return sum(p.length_m for p in self.pieces) - self.along_m

    def brakes_within(self) -> int:
        """How many edges from the one under way on it takes to stop; 0 for a truck that stands at a node."""
        if self.mps <= 0.0 and self.along_m <= 0.0:
            return 0
        needed, ahead = self.mps**2 / (2 * self.brake_mps2) + self.mps * REACTION_S, -self.along_m
        for i, piece in enumerate(self.pieces):
            ahead += piece.length_m
            if ahead + NEAR_M >= needed:
                return i + 1
        return len(self.pieces)

    # -- driving ------------------------------------------------------------------------------------------------

    def _stopping_mps(self, ahead_m: float, dt_s: float, then_mps: float = 0.0) -> float:
        """The speed at which a moment may still be driven and the truck brakes in time."""
        lost = self.brake_mps2 * dt_s
        return math.sqrt(lost**2 + then_mps**2 + 2 * self.brake_mps2 * max(0.0, ahead_m)) - lost

    def _speed_allowed(self, dt_s: float) -> float:
        """So slow that the truck can brake for the end of the base, for stops and for every slower edge before it."""
        ahead = -self.along_m
        allowed = min(self._truck.speed_mps_max, self.pieces[0].speed_mps)
        for i, piece in enumerate(self.pieces):
            if i > 0:
                allowed = min(allowed, max(piece.speed_mps, self._stopping_mps(ahead, dt_s, piece.speed_mps)))
            ahead += piece.length_m
            if piece.stops:
                break
            if ahead > 80.0:
                return allowed
        return min(allowed, self._stopping_mps(ahead, dt_s))

    def _to_stop_m(self) -> float:
        """To the end of what is released, or of the first piece at whose end it stops."""
        upto = 0.0
        for piece in self.pieces:
            upto += piece.length_m
            if piece.stops:
                break
        return upto - self.along_m

    def move(self, dt_s: float, limit_mps: float) -> int:
        """Drive for a moment; returns how many edges were ended."""
        if not self.pieces:
            self.mps = 0.0
            return 0
        accel = self._truck.accel_mps2_loaded if self.loaded else self._truck.accel_mps2_empty
        wish = 0.0 if self._lets_go else min(limit_mps, self._speed_allowed(dt_s))
        slowest = self.mps - self._truck.brake_mps2 * dt_s
        self.mps = max(0.0, slowest, min(wish, self.mps + accel * dt_s))
        left = self._to_stop_m()
        way = min(self.mps * dt_s, left)
        if left - way < NEAR_M and (way > 0.0 or limit_mps > 0.0):
            way, self.mps = left, 0.0
        self.along_m += way
        self.driven_m += way
        ended = 0 if way <= 0.0 and limit_mps <= 0.0 else self._pass()
        if self._lets_go:
            self.let_go()
        return ended

    def _pass(self) -> int:
        """Leave the pieces that have been driven, up to the first stop; returns how many."""
        ended = 0
        while self.pieces and self.along_m >= self.pieces[0].length_m - 1e-6:
            piece = self.pieces.pop(0)
            self.along_m = max(0.0, self.along_m - piece.length_m)
            self.pose = piece.at(piece.length_m)
            ended += 1
            if piece.stops:
                self.along_m = 0.0
                return ended
        if self.pieces:
            self.pose = self.pieces[0].at(self.along_m)
        else:
            self.along_m = self.mps = 0.0
        return ended
