"""Zones on the truck's side (VDA 5050 3.0, sections 6.4 and 6.9): sets it keeps, and what the enabled one demands.

It is slow in SPEED_LIMIT zones from their border on, stops before BLOCKED ones and before RELEASE ones until it has
been let in, and drives out of one that it is already in. Trajectories are all it can follow, so LINE_GUIDED asks
nothing.
"""

import math
from typing import Any

import numpy as np

from portway.adapters.vda5050.ground import Ground, Piece
from portway.adapters.vda5050.zone_ground import contour_inside

AHEAD_M = 60.0  # looked ahead
ASK_M = 45.0  # before the border access is asked for
BEFORE_M = 0.5  # stops so far before a border
STEP_M = 0.5
SUPPORTED = ["BLOCKED", "LINE_GUIDED", "RELEASE", "SPEED_LIMIT"]


class AgentZones:
    """What one truck knows of zones."""

    def __init__(self) -> None:
        self.sets: dict[str, tuple[str, list[Any]]] = {}  # id -> map, zones
        self.enabled = ""
        self.requests: dict[str, tuple[str, str]] = {}  # zone -> request id, status
        self._asked = 0
        self._crossed: dict[int, tuple[Piece, list[tuple[Any, float, float]]]] = {}

    def add(self, body: Any) -> bool:
        """Keep a set; False when there is one of its id, which then stays as it is."""
        if body.zone_set_id in self.sets:
            return False
        self.sets[body.zone_set_id] = body.map_id, body.zones
        return True

    def enable(self, name: str) -> bool:
        """Use a set from now on; False when there is none of that id."""
        if name in self.sets and name != self.enabled:
            self.enabled, self.requests = name, {}
            self._crossed.clear()
        return name in self.sets

    def delete(self, name: str) -> bool:
        """Forget a set that is not in use."""
        return name != self.enabled and self.sets.pop(name, None) is not None

    def respond(self, request: str, grant: str) -> None:
        """An answer to a request; what was not granted is asked for again when it is dropped."""
        for zone, (name, _) in list(self.requests.items()):
            if name == request and grant == "GRANTED":
                self.requests[zone] = name, "GRANTED"
            elif name == request and grant in ("REJECTED", "REVOKED"):
                del self.requests[zone]

    def speed_limit(self, ground: Ground) -> float:
        """How fast the truck may be now, metres a second; states and drops requests on the way."""
        if not self.enabled:
            return math.inf
        limit, near = math.inf, set()
        for zone, entry_m, exit_m in self._ahead(ground):
            if exit_m < 0.0:
                continue
            room = max(0.0, entry_m - BEFORE_M)
            if zone.zone_type == "SPEED_LIMIT":
                limit = min(limit, math.sqrt((zone.maximum_speed or 0.0) ** 2 + 2 * ground.brake_mps2 * room))
            elif entry_m > 0.0 and not (zone.zone_type == "RELEASE" and self._may_enter(zone.zone_id, entry_m)):
                limit = min(limit, math.sqrt(2 * ground.brake_mps2 * room))
            near.add(zone.zone_id)
        self.requests = {zone: told for zone, told in self.requests.items() if zone in near}
        return limit

    def _may_enter(self, zone: str, entry_m: float) -> bool:
        if zone not in self.requests and entry_m < ASK_M:
            self._asked += 1
            self.requests[zone] = f"zone-{self._asked}", "REQUESTED"
        return self.requests.get(zone, ("", ""))[1] == "GRANTED"

    def _ahead(self, ground: Ground) -> list[tuple[Any, float, float]]:
        """(zone, metres to the entry, metres to the exit) along the released way; 0 or less for a border behind."""
        found, upto = [], -ground.along_m
        pieces = ground.pieces
        for piece in pieces:
            found += [(zone, upto + a, upto + b) for zone, a, b in self._on(piece, ground)]
            upto += piece.length_m
            if upto > AHEAD_M:
                break
        if len(self._crossed) > 4 * len(pieces) + 20:
            self._crossed = {id(p): self._crossed[id(p)] for p in pieces if id(p) in self._crossed}
        return found

    def _on(self, piece: Piece, ground: Ground) -> list[tuple[Any, float, float]]:
        """Stretches of a piece on which the contour is in a zone."""
        known = self._crossed.get(id(piece))
        if known is None:
            known = self._crossed[id(piece)] = piece, self._crossings(piece, ground)
        return known[1]

    def _crossings(self, piece: Piece, ground: Ground) -> list[tuple[Any, float, float]]:
        at = np.linspace(0.0, piece.length_m, max(2, math.ceil(piece.length_m / STEP_M) + 1))
        x, y, heading = np.array([piece.at(float(s)) for s in at]).T
        found = []
        for zone in self.sets[self.enabled][1]:
            if zone.zone_type == "LINE_GUIDED" or len(zone.vertices) < 3:
                continue
            within = contour_inside(tuple((v.x, v.y) for v in zone.vertices), x, y, heading, *ground.size)
            turns = np.flatnonzero(np.diff(np.concatenate([[False], within, [False]]).astype(np.int8)))
            for first, behind in turns.reshape(-1, 2):
                found.append((zone, float(at[first]), float(at[behind - 1])))
        return found
