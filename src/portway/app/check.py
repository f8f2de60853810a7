"""`portway check`: what a terminal's ground plan does to its trucks before any of them moves.

Four questions: can every place be reached and left by lanes on which nobody rests, has every truck a rest place, does a
truck that stands at a place keep clear of the traffic, and are lanes far enough apart. Geometry is plain: a truck is a
rectangle at its place, a lane a strip as wide as a truck. The checks share nothing with the routing they check.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np

from portway.app.strong_parts import strong_parts
from portway.core.model import Fleet, Lane, Place, PlaceKind, Terminal, TruckType

UTURN_RAD = math.radians(135)
PARALLEL_RAD = math.radians(10)
LANE_M_MIN = 0.5
RESTING = (PlaceKind.PARKING, PlaceKind.CHARGING)


class Finding(msgspec.Struct, frozen=True):
    """One thing found: `item` names the place, lane, node or crane."""

    severity: Literal["error", "warning"]
    item: str
    message: str
    cure: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.item}: {self.message}; {self.cure}"


class _Plan:
    """Lookups of a terminal that several checks need."""

    def __init__(self, terminal: Terminal, truck: TruckType) -> None:
        self.terminal, self.truck = terminal, truck
        nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}
        self.lines = {i.id: np.array([nodes[i.from_node], *i.shape, nodes[i.to_node]], float) for i in terminal.lanes}
        self.lanes = {lane.id: lane for lane in terminal.lanes}
        self.places_on: dict[str, list[Place]] = defaultdict(list)
        for place in terminal.places:
            self.places_on[place.lane].append(place)
        self.through = [lane for lane in terminal.lanes if lane.id not in self.places_on]
        self.place_lanes = [lane for lane in terminal.lanes if lane.id in self.places_on]
        self.out_of: dict[str, list[Lane]] = defaultdict(list)
        for lane in terminal.lanes:
            self.out_of[lane.from_node].append(lane)
        self.forbidden = set(terminal.turns_forbidden)

    def follows(self, lane: Lane) -> list[Lane]:
        """Lanes that a truck may take after this one."""
        a = self.lines[lane.id]
        found = []
        for after in self.out_of[lane.to_node]:
            b = self.lines[after.id]
            u, v = a[-1] - a[-2], b[1] - b[0]
            turn = abs(math.atan2(u[0] * v[1] - u[1] * v[0], float(u @ v)))
            if turn <= UTURN_RAD and (lane.id, after.id) not in self.forbidden:
                found.append(after)
        return found

    def pose(self, place: Place) -> tuple[float, float, float, float]:
        """x, y, heading of a truck at a place, and how far its piece of lane runs straight on the nearer side."""
        s = place.at_m
        for a, b in pairwise(self.lines[place.lane]):
            n = max(float(np.hypot(*(b - a))), 1e-9)  # two points of a shape may be one
            if s <= n + 1e-6:
                break
            s -= n
        x, y = a + (b - a) * (s / n)
        return float(x), float(y), math.atan2(b[1] - a[1], b[0] - a[0]), min(s, n - s)


def check_terminal(terminal: Terminal, fleet: Fleet) -> list[Finding]:
    """Everything found, errors first, then by item; the largest truck of the fleet counts."""
    truck = max(fleet.types, key=lambda t: (t.length_m * t.width_m, t.id), default=TruckType())
    plan = _Plan(terminal, truck)
    found = [
        *_dead_ends(plan), *_unreachable(plan), *_rest_places(plan, fleet), *_short(plan), *_standing_in_the_way(plan),
        *_resting_side_by_side(plan), *_close_lanes(plan), *_without_place(plan),
    ]  # fmt: skip
    return sorted(found, key=lambda f: (f.severity, f.item, f.message))


def _dead_ends(plan: _Plan) -> Iterable[Finding]:
    into, out = Counter(i.to_node for i in plan.terminal.lanes), Counter(i.from_node for i in plan.terminal.lanes)
    for node in plan.terminal.nodes:
        if into[node.id] and not out[node.id]:
            yield Finding("error", node.id, "dead end: lanes lead here, none leads on", "join it to another road")
        elif out[node.id] and not into[node.id]:
            yield Finding("warning", node.id, "no lane leads here", "join it to another road or begin the lane later")
        elif not out[node.id]:
            yield Finding("warning", node.id, "no lane begins or ends here", "remove the node")


def _main_network(plan: _Plan) -> set[str]:
    """The through lanes of the largest part in which every lane leads to every other."""
    through = {lane.id for lane in plan.through}
    follows = {lane.id: [j.id for j in plan.follows(lane) if j.id in through] for lane in plan.through}
    return max(strong_parts(follows), key=len, default=set())


def _unreachable(plan: _Plan) -> Iterable[Finding]:
    """Places that cannot be reached from the main network or left into it, and lanes of no use."""
    main = _main_network(plan)
    entered = {j.id for lane in plan.through if lane.id in main for j in plan.follows(lane)}
    for lane in plan.place_lanes:
        leaves = any(j.id in main for j in plan.follows(lane))
        for place in plan.places_on[lane.id]:
            if place.kind != PlaceKind.GATE_IN and lane.id not in entered:
                yield Finding("error", place.id, "cannot be reached from the roads", "begin its lane on a road")
            if place.kind != PlaceKind.GATE_OUT and not leaves:
                yield Finding("error", place.id, "cannot be left: no way back to the roads", "end its lane on a road")
        for other in plan.places_on[lane.id][1:]:
            message = f"shares lane {lane.id} with {plan.places_on[lane.id][0].id}: one blocks the other"
            yield Finding("error", other.id, message, "give every place a lane of its own")
    outside = _forecourt(plan)
    for lane in plan.through:
        if lane.id not in main and lane.id not in outside:
            yield Finding(
                "warning", lane.id, "is not part of a round trip", "join both its ends to roads, or remove it"
            )


def _forecourt(plan: _Plan) -> set[str]:
    """Lanes behind the gate's exits, which only road trucks on their way out see."""
    kinds = {lane.id: {p.kind for p in plan.places_on[lane.id]} for lane in plan.place_lanes}
    todo = [j for lane in plan.place_lanes if PlaceKind.GATE_OUT in kinds[lane.id] for j in plan.follows(lane)]
    ends = {lane.from_node for lane in plan.place_lanes if PlaceKind.GATE_IN in kinds[lane.id]}
    found = {lane.id for lane in plan.through if lane.to_node in ends}
    while todo:
        lane = todo.pop()
        if lane.id not in found and lane.id not in kinds:
            found.add(lane.id)
            todo += plan.follows(lane)
    return found


def _rest_places(plan: _Plan, fleet: Fleet) -> Iterable[Finding]:
    rest = {p.id for p in plan.terminal.places if p.kind in RESTING}
    if len(fleet.trucks) > len(rest):
        message = f"{len(fleet.trucks)} trucks, but {len(rest)} rest places (parking and charging)"
        yield Finding("error", "fleet", message, f"run {len(rest)} trucks at most or add rest places")
    for home, count in sorted(Counter(t.home for t in fleet.trucks).items()):
        if count > 1:
            yield Finding("error", home, f"is the home of {count} trucks", "give every truck its own rest place")
        if home not in rest:
            yield Finding("error", home, "is a truck's home, but no rest place", "name a parking or charging place")


def _short(plan: _Plan) -> Iterable[Finding]:
    for lane in plan.terminal.lanes:
        length = float(np.hypot(*np.diff(plan.lines[lane.id], axis=0).T).sum())
        if length < LANE_M_MIN:
            yield Finding("warning", lane.id, f"is only {length:.2f} m long", "join its two nodes or move one")
    need = plan.truck.length_m / 2
    for place in plan.terminal.places:
        straight = plan.pose(place)[3]
        if straight < need - 1e-6:
            message = f"has {straight:.1f} m of straight lane on one side; a truck needs {need:.1f} m"
            yield Finding("error", place.id, message, "make its lane longer or move the place to the middle")


def _segments(plan: _Plan, lanes: list[Lane]) -> tuple[list[Lane], np.ndarray]:
    """The straight pieces (n, 4) of lanes with the lane of each."""
    owners = [lane for lane in lanes for _ in range(len(plan.lines[lane.id]) - 1)]
    pieces = [np.hstack((plan.lines[i.id][:-1], plan.lines[i.id][1:])) for i in lanes]
    return owners, np.vstack(pieces) if pieces else np.zeros((0, 4))


def _boxes(pieces: np.ndarray) -> np.ndarray:
    """Centre, axis and half length (n, 5) of straight pieces."""
    d = pieces[:, 2:] - pieces[:, :2]
    n = np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-9)
    return np.column_stack(((pieces[:, :2] + pieces[:, 2:]) / 2, d / n[:, None], n / 2))


def _overlaps(one: np.ndarray, two: np.ndarray, half_w: float) -> np.ndarray:
    """Pairs (i, j) of boxes (rows x, y, ux, uy, half length) of equal half width that overlap: separating axes."""
    reach = one[:, None, 4] + two[None, :, 4] + 2 * half_w
    near = np.abs(one[:, None, 0] - two[None, :, 0]) < reach
    near &= np.abs(one[:, None, 1] - two[None, :, 1]) < reach
    i, j = np.nonzero(near)
    a, b = one[i], two[j]
    d = b[:, :2] - a[:, :2]
    cosine = np.abs(a[:, 2] * b[:, 2] + a[:, 3] * b[:, 3])
    sine = np.abs(a[:, 2] * b[:, 3] - a[:, 3] * b[:, 2])
    apart = np.zeros(len(i), bool)
    for p, q in ((a, b), (b, a)):
        along = np.abs(d[:, 0] * p[:, 2] + d[:, 1] * p[:, 3])
        across = np.abs(d[:, 1] * p[:, 2] - d[:, 0] * p[:, 3])
        apart |= along >= p[:, 4] + q[:, 4] * cosine + half_w * sine - 1e-6
        apart |= across >= half_w + q[:, 4] * sine + half_w * cosine - 1e-6
    return np.column_stack((i[~apart], j[~apart]))


def _footprints(plan: _Plan, places: list[Place]) -> np.ndarray:
    """Boxes of trucks standing at places."""
    poses = [plan.pose(p) for p in places]
    return np.array([(x, y, math.cos(h), math.sin(h), plan.truck.length_m / 2) for x, y, h, _ in poses]).reshape(-1, 5)


def _standing_in_the_way(plan: _Plan) -> Iterable[Finding]:
    """Places at which a standing truck reaches into a through lane, or a resting one into another place's lane."""
    half_w = plan.truck.width_m / 2 + plan.truck.margin_m
    for kinds, lanes in ((tuple(PlaceKind), plan.through), (RESTING, plan.place_lanes)):
        places = [p for p in plan.terminal.places if p.kind in kinds]
        owners, pieces = _segments(plan, lanes)
        blocked: dict[int, set[str]] = defaultdict(set)
        for i, j in _overlaps(_footprints(plan, places), _boxes(pieces), half_w).tolist():
            if owners[j].id != places[i].lane:
                blocked[i].add(owners[j].id)
        for i, names in sorted(blocked.items()):
            message = f"a truck that stands here is in the way on {', '.join(sorted(names)[:3])}"
            severity: Literal["error", "warning"] = "error" if places[i].kind in RESTING else "warning"
            yield Finding(severity, places[i].id, message, "move the place farther off the road")


def _resting_side_by_side(plan: _Plan) -> Iterable[Finding]:
    places = [p for p in plan.terminal.places if p.kind in RESTING]
    boxes = _footprints(plan, places)
    for i, j in _overlaps(boxes, boxes, plan.truck.width_m / 2 + plan.truck.margin_m).tolist():
        if i < j:
            message = f"overlaps rest place {places[j].id}: both cannot be taken"
            yield Finding("error", places[i].id, message, "make the pitch of the row larger")


def _close_lanes(plan: _Plan) -> Iterable[Finding]:
    """Parallel through lanes on which two trucks side by side would touch."""
    owners, pieces = _segments(plan, plan.through)
    boxes = _boxes(pieces)
    need = plan.truck.width_m + 2 * plan.truck.margin_m
    shorter = boxes.copy()
    shorter[:, 4] = np.maximum(shorter[:, 4] - need, 0.0)  # ends and starts of joined lanes are no neighbours
    for i, j in _overlaps(shorter, shorter, need / 2).tolist():
        a, b = boxes[i], boxes[j]
        if i >= j or abs(a[2] * b[3] - a[3] * b[2]) > math.sin(PARALLEL_RAD):
            continue
        away = abs((b[1] - a[1]) * a[2] - (b[0] - a[0]) * a[3])
        if shorter[i, 4] > 0 and shorter[j, 4] > 0:
            message = f"runs {away:.1f} m beside {owners[j].id}; two trucks need {need:.1f} m"
            yield Finding("warning", owners[i].id, message, "lay the lanes farther apart")


def _without_place(plan: _Plan) -> Iterable[Finding]:
    """Quay cranes and bays of blocks at which no truck can stand."""
    t = plan.terminal
    quay = [p for p in t.places if p.kind == PlaceKind.QUAY_TRANSFER]
    for crane in t.quay_cranes:
        if not any(p.serves in (None, crane.id) and crane.bay_start <= (p.bay or 0) <= crane.bay_end for p in quay):
            message = f"no transfer place in its bays {crane.bay_start} to {crane.bay_end}"
            yield Finding("error", crane.id, message, "add a quay_transfer place there")
    served = {(p.serves, p.bay) for p in t.places if p.kind == PlaceKind.YARD_TRANSFER}
    for block in t.blocks:
        bare = [b for b in range(1, block.bays + 1) if (block.id, b) not in served]
        if bare and block.bays - len(bare) > 2:  # one or two: handover at one point or at the ends, by design
            message = f"no transfer place at {len(bare)} of {block.bays} bays (first: {bare[0]})"
            yield Finding("warning", block.id, message, "trucks will stand at the nearest bay that has one")
