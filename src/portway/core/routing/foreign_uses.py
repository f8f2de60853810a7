"""Foreign uses of the roads: ground that somebody holds who is not under our control, such as a truck driven by hand.

Every movement whose swept footprint touches that ground is closed to new allocations, as if its lane were. What has
been allocated before stays allocated: whoever holds it is named, so that it can be stopped.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from portway.core.routing.traffic_map import TrafficMap

SAMPLE_SLACK_M = 0.55  # half a sample step of the ways


class Ground(NamedTuple):
    """A rectangle: centre and half sizes in metres, heading in radians."""

    x: float
    y: float
    heading: float
    half_length_m: float
    half_width_m: float


def touched(traffic_map: TrafficMap, grounds: Iterable[Ground], length_m: float, width_m: float) -> np.ndarray:
    """Movements (M,) bool on which a truck of ours, `length_m` by `width_m`, would touch one of some rectangles.

    Separating axes between two rectangles (Gottschalk, Lin, Manocha 1996, sec. 5), all samples of all ways at once.
    """
    paths = traffic_map.paths
    found = np.zeros(len(traffic_map.arrays.mv_from), np.bool_)
    half_l, half_w = length_m / 2 + SAMPLE_SLACK_M, width_m / 2
    for g in grounds:
        reach = np.hypot(half_l, half_w) + np.hypot(g.half_length_m, g.half_width_m)
        near = np.flatnonzero((np.abs(paths.x - g.x) <= reach) & (np.abs(paths.y - g.y) <= reach))
        if not len(near):
            continue
        hits = near[_overlap(paths.x[near] - g.x, paths.y[near] - g.y, paths.heading[near], g, half_l, half_w)]
        found[np.searchsorted(paths.ptr, hits, side="right") - 1] = True
    return found


def _overlap(dx: np.ndarray, dy: np.ndarray, heading: np.ndarray, g: Ground, half_l: float, half_w: float):
    """Whether rectangles at (dx, dy) from the ground's centre touch it."""
    cg, sg, ch, sh = np.cos(g.heading), np.sin(g.heading), np.cos(heading), np.sin(heading)
    dot, cross = np.abs(cg * ch + sg * sh), np.abs(cg * sh - sg * ch)
    return (
        (np.abs(dx * cg + dy * sg) <= g.half_length_m + half_l * dot + half_w * cross)
        & (np.abs(dy * cg - dx * sg) <= g.half_width_m + half_l * cross + half_w * dot)
        & (np.abs(dx * ch + dy * sh) <= half_l + g.half_length_m * dot + g.half_width_m * cross)
        & (np.abs(dy * ch - dx * sh) <= half_w + g.half_length_m * cross + g.half_width_m * dot)
    )
