"""Zones on the side of master control (VDA 5050 3.0, sections 6.4 and 6.9): sets out, requests answered.

A truck that speaks of zones is given the set of now and told to enable it; the one before is deleted. Access to a
closed lane is granted exactly to a truck whose base leads there, so that trucks inside leave and nobody else enters;
to leave its trajectory is granted to nobody, since what is allocated is what the trajectory sweeps.
"""

from typing import Any, NamedTuple

import numpy as np

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.road_book import RoadBook
from portway.adapters.vda5050.stretch_order import StretchOrder
from portway.adapters.vda5050.versions import Version
from portway.adapters.vda5050.zone_ground import GroundZone, contour_inside, set_id, zones_of
from portway.core.model.layout import Terminal

AGAIN_S = 5.0  # a set that has not arrived is sent again


class ZoneWish(NamedTuple):
    """What is to be sent to a truck: message name and its body without the header, or an instant action on a set."""

    message: str
    body: dict[str, Any]


class ZoneDesk:
    """The zones of now, and what each truck is to be told of them."""

    def __init__(self, terminal: Terminal, road: RoadBook, size: tuple[float, float]) -> None:
        """`size` is a truck's length and width, metres."""
        self._terminal, self._road, self._size = terminal, road, size
        self._sent_s: dict[tuple[str, str], float] = {}
        self._touched: dict[tuple[str, int], bool] = {}
        self._answered: dict[tuple[str, str], str] = {}  # truck, request -> grant
        self.zones: list[GroundZone] = []
        self.id = ""
        self.close(())

    def close(self, lanes: tuple[str, ...]) -> None:
        """Lanes that are closed now."""
        zones = zones_of(self._terminal, lanes)
        self.zones = [z for z in zones if z.kind != "BLOCKED" or not self._crossed(z)]
        self.id = set_id(self.zones)
        self._touched.clear()

    def _crossed(self, zone: GroundZone) -> bool:
        """Whether a way that is open leads a truck's side over a closed area: there the truck must not be stopped."""
        x, y, heading = self._road.poses()
        near = self._size[0] / 2
        corners = np.array(zone.polygon)
        (left, low), (right, high) = corners.min(axis=0) - near, corners.max(axis=0) + near
        close = (x > left) & (x < right) & (y > low) & (y < high)
        within = contour_inside(zone.polygon, x[close], y[close], heading[close], *self._size)
        return bool(within.any())

    def wishes(self, truck: str, version: Version, order: StretchOrder, state: Any, now_s: float) -> list[ZoneWish]:
        """What a state of a truck calls for."""
        if not version.zones or state.zone_sets is None:
            return []
        known = {z.zone_set_id: z.zone_set_status for z in state.zone_sets}
        out = []
        if self.id not in known:
            out += self._once(truck, f"send {self.id}", now_s, ZoneWish("zoneSet", self._body(wire.of(version))))
        elif known[self.id] != "ENABLED":
            out += self._once(truck, f"enable {self.id}", now_s, ZoneWish("enableZoneSet", {"zoneSetId": self.id}))
        else:
            for old in (name for name in known if name != self.id and name.startswith("portway-")):
                out += self._once(truck, f"delete {old}", now_s, ZoneWish("deleteZoneSet", {"zoneSetId": old}))
        responses = self._responses(truck, wire.of(version), order, state)
        return [*out, ZoneWish("responses", {"responses": responses})] if responses else out

    def _once(self, truck: str, what: str, now_s: float, wish: ZoneWish) -> list[ZoneWish]:
        if now_s - self._sent_s.get((truck, what), -1e18) < AGAIN_S:
            return []
        self._sent_s[truck, what] = now_s
        return [wish]

    def _body(self, words: Any) -> dict[str, Any]:
        zones = [
            words.Zone(
                zone_id=z.id, zone_type=z.kind, vertices=[words.Vertex(x=x, y=y) for x, y in z.polygon],
                maximum_speed=z.speed_mps_max, release_loss_behavior="EVACUATE" if z.kind == "RELEASE" else None,
            )
            for z in self.zones
        ]  # fmt: skip
        return {"zone_set": words.ZoneSetBody(map_id=self._road.map_id, zone_set_id=self.id, zones=zones)}

    def _responses(self, truck: str, words: Any, order: StretchOrder, state: Any) -> list[Any]:
        """An answer to each request whose answer is new, or has not arrived."""
        asked = [(r.request_id, r.request_status, self._grant(r, order)) for r in (state.zone_requests or [])[:50]]
        asked += [(r.request_id, r.request_status, "REJECTED") for r in (state.edge_requests or [])[:50]]
        out, now = [], {}
        for name, status, grant in asked:
            now[truck, name] = grant
            if status == "REQUESTED" and (grant == "GRANTED" or self._answered.get((truck, name)) != grant):
                out.append(words.Response(request_id=name, grant_type=grant))
        self._answered = {k: v for k, v in self._answered.items() if k[0] != truck} | now
        return out

    def _grant(self, request: Any, order: StretchOrder) -> str:
        if request.request_type != "ACCESS":
            return "REJECTED"  # no replanning: trucks follow lines
        zone = next((z for z in self.zones if z.id == request.zone_id), None)
        if zone is None or request.zone_set_id != self.id or zone.kind != "RELEASE":
            return "REJECTED"
        base = [m for step, m in order.movements.items() if step <= order.released]
        return "GRANTED" if any(self._leads_in(zone, m) for m in base) else "QUEUED"

    def _leads_in(self, zone: GroundZone, movement: int) -> bool:
        key = zone.id, movement
        if key not in self._touched:
            self._touched[key] = bool(contour_inside(zone.polygon, *self._road.poses(movement), *self._size).any())
        return self._touched[key]
