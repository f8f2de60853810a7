"""Where every truck is at the instants of a common grid, from the log of its movements.

A movement that took longer than its profile is stretched evenly. Between movements a truck stands where the last one
ended.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit

from portway.core.routing.positions import pose_within
from portway.core.units import MS_PER_S
from portway.sim.record import RunRecord

NO_BOX = -1


class Tracks(NamedTuple):
    """What the pose kernel reads: one track per truck (our trucks, then the road trucks), drives and boxes by track."""

    from_ms: np.ndarray  # (T,) the truck is inside from then
    to_ms: np.ndarray  # (T,) until then, exclusive
    first_pose: np.ndarray  # (T, 3)
    drive_ptr: np.ndarray  # (T+1,)
    movement: np.ndarray
    start_ms: np.ndarray
    end_ms: np.ndarray
    profile: np.ndarray
    box_ptr: np.ndarray  # (T+1,)
    box: np.ndarray
    box_from_ms: np.ndarray
    box_to_ms: np.ndarray


class Poses(NamedTuple):
    """Poses (N,) sorted by (at_ms, track)."""

    at_ms: np.ndarray
    track: np.ndarray  # int32
    x_m: np.ndarray
    y_m: np.ndarray
    heading_rad: np.ndarray  # in (-pi, pi]
    speed_mps: np.ndarray
    box: np.ndarray  # int32, index into container_ids, NO_BOX when empty


def _by_track(track: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """CSR pointer and the rows in order of their tracks; rows of no track (-1) are left out."""
    order = np.argsort(track, kind="stable")
    order = order[np.searchsorted(track[order], 0) :]
    ptr = np.concatenate(([0], np.cumsum(np.bincount(track[order], minlength=count)))).astype(np.int64)
    return ptr, order


def _track_of(record: RunRecord, row: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
    """Track of each (row, instant): rows of road trucks are used by one visit after the other; -1 for none."""
    ours = len(record.truck_ids)
    track = np.where(row < ours, row, -1).astype(np.int64)
    by_row: dict[int, list[tuple[int, int, int]]] = {}
    for i, v in enumerate(record.visits):
        by_row.setdefault(v.row, []).append((v.from_ms, v.to_ms, ours + i))
    for visited, spans in by_row.items():
        spans.sort()
        mine = np.flatnonzero(row == visited)
        k = np.searchsorted([s[0] for s in spans], at_ms[mine], side="right") - 1
        track[mine] = np.where(k >= 0, np.array([s[2] for s in spans])[np.maximum(k, 0)], -1)
    return track


def track_ids(record: RunRecord) -> list[str]:
    """Truck id of each track."""
    return [*record.truck_ids, *(v.truck_id for v in record.visits)]


def make_tracks(record: RunRecord) -> Tracks:
    """Sort a record's drives and boxes by truck."""
    d, c = record.drives, record.carries
    ours, count = len(record.truck_ids), len(record.truck_ids) + len(record.visits)
    drive_ptr, i = _by_track(_track_of(record, d.row, d.start_ms), count)
    box_ptr, j = _by_track(_track_of(record, c.row, c.from_ms), count)
    visits_pose = [(v.x_m, v.y_m, v.heading_rad) for v in record.visits]
    return Tracks(
        from_ms=np.array([record.start_ms] * ours + [v.from_ms for v in record.visits], np.int64),
        to_ms=np.array([record.end_ms + 1] * ours + [v.to_ms for v in record.visits], np.int64),
        first_pose=np.concatenate((np.reshape(record.start_pose, (-1, 3)), np.reshape(np.array(visits_pose), (-1, 3)))),
        drive_ptr=drive_ptr,
        movement=d.movement[i],
        start_ms=d.start_ms[i],
        end_ms=d.end_ms[i],
        profile=d.profile[i],
        box_ptr=box_ptr,
        box=c.container[j],
        box_from_ms=c.from_ms[j],
        box_to_ms=c.to_ms[j],
    )


@njit(cache=True)
def sample_poses(tracks, ptr, x, y, heading, times_ms, at_ms, drive_at, box_at, standing, out, box, inside):
    """Poses of all trucks at the instants `at_ms` (K,) into `out` (K, T, 4), their boxes into `box` (K, T).

    `drive_at`, `box_at` (T,) and `standing` (T, 3) carry the place in the logs from one call to the next.
    """
    pose = np.empty(4)
    for n in range(len(tracks.from_ms)):
        for k in range(len(at_ms)):
            t = at_ms[k]
            inside[k, n] = tracks.from_ms[n] <= t < tracks.to_ms[n]
            while drive_at[n] < tracks.drive_ptr[n + 1] and tracks.end_ms[drive_at[n]] <= t:
                last = ptr[tracks.movement[drive_at[n]] + 1] - 1
                standing[n, 0], standing[n, 1], standing[n, 2] = x[last], y[last], heading[last]
                drive_at[n] += 1
            d = drive_at[n]
            if d < tracks.drive_ptr[n + 1] and tracks.start_ms[d] <= t:
                low, high = ptr[tracks.movement[d]], ptr[tracks.movement[d] + 1]
                times = times_ms[tracks.profile[d]]
                stretch = (tracks.end_ms[d] - tracks.start_ms[d]) / max(times[high - 1], 1)
                pose_within(x, y, heading, times, low, high, (t - tracks.start_ms[d]) / stretch, pose)
                out[k, n, 0], out[k, n, 1], out[k, n, 2], out[k, n, 3] = pose[0], pose[1], pose[2], pose[3] / stretch
            else:
                out[k, n, 0], out[k, n, 1], out[k, n, 2] = standing[n, 0], standing[n, 1], standing[n, 2]
                out[k, n, 3] = 0.0
            while box_at[n] < tracks.box_ptr[n + 1] and tracks.box_to_ms[box_at[n]] <= t:
                box_at[n] += 1
            b = box_at[n]
            aboard = b < tracks.box_ptr[n + 1] and tracks.box_from_ms[b] <= t
            box[k, n] = tracks.box[b] if aboard else -1


def pose_chunks(
    record: RunRecord, period_ms: int, rows: int = 1 << 18, from_ms: int | None = None, to_ms: int | None = None
) -> Iterator[Poses]:
    """Poses of all trucks every `period_ms` from the start to the end of the run, in chunks of about `rows` rows.

    Our trucks are there at every instant, a road truck while it is inside. Of two boxes aboard the one that came first
    is named.
    """
    tracks = make_tracks(record)
    count = len(tracks.from_ms)
    if count == 0:
        return
    drive_at, box_at = tracks.drive_ptr[:-1].copy(), tracks.box_ptr[:-1].copy()
    standing = tracks.first_pose.astype(float)
    end_ms = record.end_ms if to_ms is None else min(to_ms, record.end_ms)
    grid = np.arange(record.start_ms if from_ms is None else from_ms, end_ms + 1, period_ms, dtype=np.int64)
    paths, step = record.paths, max(1, rows // count)
    for low in range(0, len(grid), step):
        at = grid[low : low + step]
        out, box = np.empty((len(at), count, 4)), np.empty((len(at), count), np.int32)
        inside = np.empty((len(at), count), np.bool_)
        sample_poses(
            tracks, paths.ptr, paths.x, paths.y, paths.heading, paths.times_ms, at, drive_at, box_at, standing, out,
            box, inside,
        )  # fmt: skip
        yield _flat(at, out, box, inside)


def _flat(at: np.ndarray, out: np.ndarray, box: np.ndarray, inside: np.ndarray) -> Poses:
    keep = inside.ravel()
    flat = out.reshape(-1, 4)[keep]
    track = np.tile(np.arange(inside.shape[1], dtype=np.int32), len(at))[keep]
    turn = 2 * np.pi
    heading = flat[:, 2] - turn * np.ceil((flat[:, 2] - np.pi) / turn)
    at_all = np.repeat(at, inside.shape[1])[keep]
    return Poses(at_all, track, flat[:, 0], flat[:, 1], heading, flat[:, 3] * MS_PER_S, box.ravel()[keep])
