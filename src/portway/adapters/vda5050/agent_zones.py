"""Zones on the truck's side (VDA 5050 3.0, sections 6.4 and 6.9): sets it keeps, and what the enabled one demands.

It is slow in SPEED_LIMIT zones from their border on, stops before BLOCKED ones and before RELEASE ones until it has
been let in, and drives out of one that it is already in, unless its release is lost there and the zone says STOP.
Trajectories are all it can follow, so LINE_GUIDED asks nothing.
"""

import math
from datetime import datetime
from typing import Any

import numpy as np

from portway.adapters.vda5050.ground import Ground, Piece
from portway.adapters.vda5050.order_shape import ID_MAX, Refusal
from portway.adapters.vda5050.trajectory import COORDINATE_M_MAX
from portway.adapters.vda5050.zone_ground import contour_inside

AHEAD_M = 60.0  # looked ahead
ASK_M = 45.0  # before the border access is asked for
BEFORE_M = 0.5  # stops so far before a border
STEP_M = 0.5
SUPPORTED = ["BLOCKED", "LINE_GUIDED", "RELEASE", "SPEED_LIMIT"]
SETS_MAX, ZONES_MAX, RESPONSES_MAX = 20, 1_000, 50
GRANTS = ("GRANTED", "QUEUED", "REVOKED", "REJECTED")


class AgentZones:
    """What one truck knows of zones."""

    def __init__(self) -> None:
        self.sets: dict[str, tuple[str, list[Any]]] = {}  # id -> map, zones
        self.enabled = ""
        self.requests: dict[str, tuple[str, str]] = {}  # zone -> request id, status
        self.lost: set[str] = set()  # zones in which it has to stand, since its release ended there
        self._leases: dict[str, float] = {}  # zone -> end of its release, seconds of the Unix epoch
        self._inside: dict[str, str | None] = {}  # RELEASE zones that it is in -> what to do when the release is lost
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
            self.enabled, self.requests, self.lost, self._inside = name, {}, set(), {}
            self._crossed.clear()
        return name in self.sets

    def delete(self, name: str) -> bool:
        """Forget a set that is not in use."""
        return name != self.enabled and self.sets.pop(name, None) is not None

    def responses_fault(self, responses: list[Any]) -> str:
        """What is wrong with a message of responses; empty when nothing is."""
        if len(responses) > RESPONSES_MAX:
            return f"{len(responses)} responses; {RESPONSES_MAX} are taken at a time"
        for r in responses:
            if r.grant_type not in GRANTS:
                return f"grantType {r.grant_type[:20]} to {r.request_id[:60]}"
            if r.lease_expiry is not None and _instant_s(r.lease_expiry) is None:
                return f"leaseExpiry {r.lease_expiry[:40]} of {r.request_id[:60]} is no instant"
        return ""

    def respond(self, request: str, grant: str, lease_expiry: str | None = None) -> None:
        """An answer to a request; what was not granted is asked for again when it is dropped."""
        for zone, (name, _) in list(self.requests.items()):
            if name != request:
                continue
            if grant == "GRANTED":
                self.requests[zone] = name, "GRANTED"
                self.lost.discard(zone)
                expiry_s = None if lease_expiry is None else _instant_s(lease_expiry)
                self._leases[zone] = math.inf if expiry_s is None else expiry_s
            elif grant in ("REJECTED", "REVOKED"):
                self._lose(zone, "REVOKED")

    def _lose(self, zone: str, status: str) -> None:
        """A release is over: outside it is asked for anew, inside the zone says what to do (table 5 of 3.0)."""
        if zone not in self._inside:
            del self.requests[zone]
            return
        self.requests[zone] = self.requests[zone][0], status
        if self._inside[zone] in (None, "STOP"):
            self.lost.add(zone)

    def speed_limit(self, ground: Ground, now_s: float) -> float:
        """How fast the truck may be now, metres a second; states and drops requests on the way."""
        if not self.enabled or not ground.pieces:
            return math.inf
        limit, near, inside = math.inf, set(), {}
        for zone, entry_m, exit_m in self._ahead(ground):
            if exit_m < 0.0:
                continue
            if entry_m <= 0.0 and zone.zone_type == "RELEASE":
                inside[zone.zone_id] = zone.release_loss_behavior
            room = max(0.0, entry_m - BEFORE_M)
            if zone.zone_type == "SPEED_LIMIT":
                limit = min(limit, math.sqrt((zone.maximum_speed or 0.0) ** 2 + 2 * ground.brake_mps2 * room))
            elif entry_m > 0.0 and not (zone.zone_type == "RELEASE" and self._may_enter(zone.zone_id, entry_m)):
                limit = min(limit, math.sqrt(2 * ground.brake_mps2 * room))
            near.add(zone.zone_id)
        self.requests = {zone: told for zone, told in self.requests.items() if zone in near}
        self._inside, self.lost = inside, self.lost & set(inside)
        for zone_id, (_, status) in list(self.requests.items()):
            if status == "GRANTED" and now_s >= self._leases.get(zone_id, math.inf):
                self._lose(zone_id, "EXPIRED")
        return 0.0 if self.lost else limit

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


def zone_set_fault(body: Any, map_id: str, known: int) -> Refusal | None:
    """Why a zone set is not kept: another map, too much, or zones that the truck cannot obey; None for a good one."""
    if body.map_id != map_id:
        return Refusal("mapError", f"mapId {body.map_id[:60]}; known: {map_id}", (("mapId", body.map_id[:ID_MAX]),))
    if known >= SETS_MAX or len(body.zones) > ZONES_MAX:
        return Refusal("memoryError", f"{SETS_MAX} zone sets of {ZONES_MAX} zones are kept; delete some")
    names = [body.zone_set_id, *(zone.zone_id for zone in body.zones)]
    if not all(0 < len(name) <= ID_MAX for name in names):
        return Refusal(
            "validationError", f"an id of none or over {ID_MAX} characters", (("zoneSetId", names[0][:ID_MAX]),)
        )
    seen: set[str] = set()
    for zone in body.zones:
        fault = _zone_fault(zone) or ("its zoneId is there twice" if zone.zone_id in seen else "")
        if fault:
            return Refusal("validationError", fault, (("zoneId", zone.zone_id[:ID_MAX]),))
        seen.add(zone.zone_id)
    return None


def _zone_fault(zone: Any) -> str:
    if zone.zone_type not in SUPPORTED:
        return f"zoneType {zone.zone_type[:30]} cannot be obeyed; {', '.join(SUPPORTED)} can"
    if not all(abs(at) <= COORDINATE_M_MAX for v in zone.vertices for at in (v.x, v.y)):
        return f"a vertex beyond {COORDINATE_M_MAX:.0f} m is nowhere"
    if len(zone.vertices) < 3:
        return f"a zone of {len(zone.vertices)} vertices has no area"
    if zone.zone_type == "SPEED_LIMIT" and not (zone.maximum_speed or 0.0) > 0.0:
        return f"maximumSpeed {zone.maximum_speed}: nobody could drive there; send it as BLOCKED"
    return ""


def _instant_s(text: str) -> float | None:
    """Seconds of the Unix epoch of an ISO 8601 instant; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo is not None else None
