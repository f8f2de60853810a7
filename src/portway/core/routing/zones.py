"""Zones: areas with a speed limit or closed to trucks, applied to the ways of the map.

A zone holds for the ground in its polygon and for all lanes that name it.
"""

import msgspec
import numpy as np

from portway.core.model.layout import Point, Terminal
from portway.core.routing.paths import Way


def limited_lanes(terminal: Terminal) -> Terminal:
    """The terminal with the speed limits of zones on the lanes that name them."""
    limit = {z.id: z.speed_mps_max for z in terminal.zones if z.speed_mps_max is not None}
    lanes = tuple(
        msgspec.structs.replace(lane, speed_mps_max=min(lane.speed_mps_max, limit[lane.zone]))
        if lane.zone in limit
        else lane
        for lane in terminal.lanes
    )
    return msgspec.structs.replace(terminal, lanes=lanes)


def obey_zones(ways: list[Way], terminal: Terminal) -> list[Way]:
    """Ways outside closed zones, with the speed limits of the zones that they cross."""
    closed_zones = {z.id for z in terminal.zones if z.closed}
    closed_lanes = {lane.id for lane in terminal.lanes if lane.zone in closed_zones}
    kept = []
    for way in ways:
        if closed_lanes.intersection(way.lanes):
            continue
        crossed = [(zone, inside(zone.polygon, way.x, way.y)) for zone in terminal.zones]
        if any(zone.closed and within.any() for zone, within in crossed):
            continue
        limit = way.limit
        for zone, within in crossed:
            if zone.speed_mps_max is not None:
                limit = np.where(within, np.minimum(limit, zone.speed_mps_max), limit)
        kept.append(way._replace(limit=limit))
    return kept


def inside(polygon: tuple[Point, ...], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which of some points (n,) lie in a polygon: an odd number of its sides is crossed going right."""
    corners = np.array(polygon)
    odd = np.zeros(len(x), bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay != by:
            odd ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return odd
