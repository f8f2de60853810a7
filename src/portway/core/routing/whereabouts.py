"""Where a truck says it is against where it may be: the ways released to it, and the stop behind or under it."""

import math
from typing import NamedTuple

import numpy as np

from portway.core.kernels.geometry import nearest_m
from portway.core.routing.traffic_map import TrafficMap

ENTER_M_MAX = 1.5  # a truck that stands so near to a stop or a way, and so much along it, can be led on from there
ENTER_RAD_MAX = math.radians(15)

Pose = tuple[float, float, float]  # x, y in metres, heading in radians


class Spot(NamedTuple):
    """Where a truck can come back on the road: on a stop (`movement` -1), or on its way to it."""

    stop: int
    movement: int
    along_m: float


def off_way_m(traffic_map: TrafficMap, movements: list[int], stop: int, pose: Pose, rad_max: float) -> float:
    """Metres between a pose and the nearest point of some movements or a stop; infinite for one that stands across them
    by more than `rad_max`."""
    paths = traffic_map.paths
    best = apart_m(tuple(traffic_map.stop_pose[stop].tolist()), pose, rad_max)
    for m in movements:
        away = nearest_m(paths.x, paths.y, paths.heading, paths.ptr[m], paths.ptr[m + 1], *pose, rad_max)
        best = min(best, float(away))
    return best


def apart_m(one: Pose, other: Pose, rad_max: float) -> float:
    """Metres between two poses; infinite when their headings differ by more than `rad_max`."""
    turned = abs((one[2] - other[2] + math.pi) % math.tau - math.pi)
    return math.hypot(one[0] - other[0], one[1] - other[1]) if turned <= rad_max else math.inf


def spots(traffic_map: TrafficMap, pose: Pose) -> list[Spot]:
    """Stops, then movements, on which a truck at a pose stands, nearest first."""
    return [*_stops(traffic_map, pose), *_ways(traffic_map, pose)]


def _fits(x: np.ndarray, y: np.ndarray, heading: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the points that are near enough, and how far they are."""
    away = np.hypot(x - pose[0], y - pose[1])
    near = np.flatnonzero(away <= ENTER_M_MAX)
    turned = np.abs(np.remainder(heading[near] - pose[2] + math.pi, math.tau) - math.pi)
    near = near[turned <= ENTER_RAD_MAX]
    return near, away[near]


def _stops(traffic_map: TrafficMap, pose: Pose) -> list[Spot]:
    near, away = _fits(traffic_map.stop_pose[:, 0], traffic_map.stop_pose[:, 1], traffic_map.stop_pose[:, 2], pose)
    return [Spot(int(near[i]), -1, 0.0) for i in np.argsort(away, kind="stable")]


def _ways(traffic_map: TrafficMap, pose: Pose) -> list[Spot]:
    paths = traffic_map.paths
    near, away = _fits(paths.x, paths.y, paths.heading, pose)
    best: dict[int, tuple[float, int]] = {}
    for i, metres in zip(near.tolist(), away.tolist(), strict=True):
        m = int(np.searchsorted(paths.ptr, i, side="right")) - 1
        best[m] = min(best.get(m, (math.inf, 0)), (metres, i))
    ranked = sorted(
        best.items(), key=lambda item: (round(item[1][0], 3), float(traffic_map.length_m[item[0]]), item[0])
    )
    return [
        Spot(int(traffic_map.arrays.mv_to[m]), m, float((i - paths.ptr[m]) * paths.step_m[m]))
        for m, (_, i) in ranked
    ]  # fmt: skip
