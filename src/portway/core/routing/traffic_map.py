"""The terminal as routing sees it: stops, movements, speed profiles and resources in flat arrays.

Built once per (terminal, truck type) by `compile_map`; frozen from then on. All times are integer milliseconds.
"""

from typing import NamedTuple

import msgspec
import numpy as np
from numba import njit

from portway.core.kernels import geometry, profile
from portway.core.kernels.grouped import grouped, made_by
from portway.core.model.layout import Terminal
from portway.core.model.truck import TruckType
from portway.core.routing.paths import Way, find_ways
from portway.core.routing.resources import KEEP, Resources, build_resources
from portway.core.routing.stops import LaneGraph, Stop, lay_stops
from portway.core.routing.zones import limited_lanes, obey_zones

NEVER = 1 << 30
HOLD = 1 << 30  # release offset of the resource that a truck keeps after its arrival
SAMPLE_SLACK_M = 0.55  # half a sample step: rectangles grow by it so that nothing touches between two samples


@grouped
class MapArrays:
    """What kernels read. S stops, M movements, P profiles, K resource uses."""

    mv_from: np.ndarray  # (M,) int32
    mv_to: np.ndarray  # (M,) int32
    out_ptr: np.ndarray  # (S+1,) int32 into out_mv
    out_mv: np.ndarray  # (M,) int32, movements by origin
    res_ptr: np.ndarray  # (M+1,) int32 into res_id
    res_id: np.ndarray  # (K,) int32; a resource below S is the stop itself
    dur_ms: np.ndarray  # (P, M) int32, -1 where the profile does not exist
    dec_ms: np.ndarray  # (P, M) int32: last moment at which the truck can still decide to end standing
    rel_ms: np.ndarray  # (P, K) int32: when the rear has cleared; HOLD for the stop at the end
    private: np.ndarray  # (S,) bool: places, which are never passed through
    closed: np.ndarray  # (M,) bool: movements that no new plan may use
    least_ms: np.ndarray  # (2, M) int32: least duration by load, `NEVER` where no profile exists


@made_by(MapArrays)
@njit(cache=True)
def make_map_arrays(*fields):
    """See `grouped`."""
    return MapArrays(*fields)


def least_ms(dur_ms: np.ndarray) -> np.ndarray:
    """Least durations (2, M) by load from the durations (P, M) of all profiles, -1 where one does not exist."""
    known = np.where(dur_ms < 0, NEVER, dur_ms)
    half = len(known) // 2
    return np.stack((known[:half].min(axis=0), known[half:].min(axis=0))).astype(np.int32)


class MapPaths(NamedTuple):
    """Where trucks are: samples of every movement and their times by profile."""

    ptr: np.ndarray  # (M+1,) int32
    x: np.ndarray  # (samples,) metres, centre of the footprint
    y: np.ndarray
    heading: np.ndarray  # radians
    step_m: np.ndarray  # (M,) metres between samples
    times_ms: np.ndarray  # (P, samples) int32


class TrafficMap(msgspec.Struct, frozen=True):
    """Stops and movements of a terminal for one truck geometry."""

    stops: list[Stop]
    lanes: list[tuple[str, ...]]  # lanes of each movement
    length_m: np.ndarray  # (M,)
    stop_pose: np.ndarray  # (S, 3) x, y, heading
    n_resources: int
    arrays: MapArrays
    paths: MapPaths
    stop_of_place: dict[str, int]
    excludes: dict[str, tuple[str, ...]]  # places that cannot be reached or left while this one is taken

    @property
    def n_stops(self) -> int:
        """Number of stops."""
        return len(self.stops)


def _profiles(ways: list[Way], stops: list[Stop], mv_from, mv_to, ptr, step_m, limit, truck: TruckType):
    """Level speeds, then durations, decision times and sample times of every profile."""
    through = np.array([not stops[w.start].place and not stops[w.end].place for w in ways], dtype=np.bool_)
    accel = np.array([truck.accel_mps2_empty, truck.accel_mps2_loaded])
    v_level = np.zeros((2, profile.LEVELS, len(stops)))
    for load in range(2):
        v = profile.rolling_mps(len(stops), mv_from, mv_to, through, ptr, step_m, limit, accel[load], truck.brake_mps2)
        rolls = v > profile.SLOW_MPS
        v_level[load, 1] = np.where(rolls, profile.SLOW_MPS, 0.0)
        v_level[load, 2] = np.where(rolls, v, 0.0)
    times_ms = np.zeros((profile.PROFILES, len(limit)), np.int32)
    dur_ms = np.full((profile.PROFILES, len(ways)), profile.INVALID, np.int32)
    dec_ms = np.zeros((profile.PROFILES, len(ways)), np.int32)
    profile.all_profiles(mv_from, mv_to, ptr, step_m, limit, v_level, accel, truck.brake_mps2, times_ms, dur_ms, dec_ms)
    return times_ms, dur_ms, dec_ms


def _touching(ways: list[Way], pose: np.ndarray, truck: TruckType) -> tuple[np.ndarray, ...]:
    """Pairs of items whose sweeps touch; a stand keeps half the standing gap in front and behind."""
    x = np.concatenate([*(w.x for w in ways), pose[:, 0]])
    y = np.concatenate([*(w.y for w in ways), pose[:, 1]])
    heading = np.concatenate([*(w.heading for w in ways), pose[:, 2]])
    counts = [*(len(w.x) for w in ways), *([1] * len(pose))]
    ptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    half_l = truck.length_m / 2 + truck.gap_m_min / 2 + SAMPLE_SLACK_M
    half_w = truck.width_m / 2 + truck.margin_m
    return geometry.conflicts(x, y, np.cos(heading), np.sin(heading), ptr, half_l, half_w)


def _flat_resources(res: Resources, ptr: np.ndarray, times_ms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Resource uses as CSR with release times by profile."""
    res_ptr = np.concatenate(([0], np.cumsum([len(h) for h in res.held]))).astype(np.int32)
    res_id = np.array([k for held in res.held for k, _ in held], np.int32)
    samples = np.array(
        [HOLD if i == KEEP else ptr[m] + i for m, held in enumerate(res.held) for _, i in held], np.int64
    )
    rel_ms = np.where(samples == HOLD, HOLD, times_ms[:, np.minimum(samples, times_ms.shape[1] - 1)]).astype(np.int32)
    return res_ptr, res_id, rel_ms


def excluded_places(
    stops: list[Stop], mv_from: np.ndarray, mv_to: np.ndarray, uses: list[set[int]]
) -> dict[str, tuple[str, ...]]:
    """For each place those that must be empty for a truck to come or leave by its best approach.

    A place is well-formed (Cap, Vokrinek, Kleiner 2015) when some way in and some way out touch no other place; where
    none does, the way that touches the fewest counts and those places exclude each other.
    """
    places = {i for i, s in enumerate(stops) if s.place}
    ways: dict[int, tuple[list, list]] = {p: ([], []) for p in places}
    for m, used in enumerate(uses):
        for at, into in ((int(mv_to[m]), 0), (int(mv_from[m]), 1)):
            if at in places:
                ways[at][into].append(sorted((used & places) - {at}))
    found: dict[int, set[int]] = {p: set() for p in places}
    for p, sides in ways.items():
        for side in sides:
            for q in min(side, key=lambda w: (len(w), w), default=[]):
                found[p].add(q)
                found[q].add(p)
    return {stops[p].place: tuple(sorted(stops[q].place for q in found[p])) for p in sorted(places)}


def compile_map(terminal: Terminal, truck: TruckType) -> TrafficMap:
    """Compile a terminal for one truck geometry; deterministic, a few seconds for 16 blocks."""
    terminal = limited_lanes(terminal)
    graph = LaneGraph(terminal)
    stops = lay_stops(terminal, truck)
    ways = obey_zones(find_ways(graph, stops, truck), terminal)
    mv_from = np.array([w.start for w in ways], np.int32)
    mv_to = np.array([w.end for w in ways], np.int32)
    ptr = np.concatenate(([0], np.cumsum([len(w.x) for w in ways]))).astype(np.int32)
    step_m = np.array([w.length_m / (len(w.x) - 1) for w in ways])
    limit = np.concatenate([w.limit for w in ways]) if ways else np.zeros(0)
    pose = np.array([(*graph.point(s.lane, s.at_m), graph.heading_at(s.lane, s.at_m)) for s in stops])
    times_ms, dur_ms, dec_ms = _profiles(ways, stops, mv_from, mv_to, ptr, step_m, limit, truck)
    res = build_resources(mv_from, mv_to, np.diff(ptr), len(stops), _touching(ways, pose, truck))
    res_ptr, res_id, rel_ms = _flat_resources(res, ptr, times_ms)
    arrays = MapArrays(
        mv_from, mv_to, *_by_origin(mv_from, len(stops)), res_ptr, res_id, dur_ms, dec_ms, rel_ms,
        np.array([bool(s.place) for s in stops]), np.zeros(len(ways), np.bool_), least_ms(dur_ms),
    )  # fmt: skip
    x, y, heading = (np.concatenate([getattr(w, a) for w in ways]) for a in ("x", "y", "heading"))
    paths = MapPaths(ptr, x, y, heading, step_m, times_ms)
    return TrafficMap(
        stops=stops,
        lanes=[w.lanes for w in ways],
        length_m=np.array([w.length_m for w in ways]),
        stop_pose=pose,
        n_resources=res.total,
        arrays=arrays,
        paths=paths,
        stop_of_place={s.place: i for i, s in enumerate(stops) if s.place},
        excludes=excluded_places(stops, mv_from, mv_to, [{k for k, _ in h} for h in res.held]),
    )


def _by_origin(mv_from: np.ndarray, n_stops: int) -> tuple[np.ndarray, np.ndarray]:
    out_ptr = np.concatenate(([0], np.cumsum(np.bincount(mv_from, minlength=n_stops)))).astype(np.int32)
    return out_ptr, np.argsort(mv_from, kind="stable").astype(np.int32)
