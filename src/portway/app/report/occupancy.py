"""Where trucks spend their time: a raster of the roads, and the lane along the quay as a space-time diagram."""

from typing import NamedTuple

import numpy as np

from portway.app.report.truck_time import Holds
from portway.core.model.layout import Terminal
from portway.core.units import MS_PER_MIN, h_from_ms
from portway.sim.poses import NO_BOX, pose_chunks
from portway.sim.record import RunRecord

CELL_M_MIN = 4.0
CELLS_MAX = 400  # along the longer side
BAND_M = 3.0  # width of the strip that counts as one lane
QUAY_STRIP_M = 80.0  # lanes within this distance of the rail are looked at first
WINDOW_MS = 30 * MS_PER_MIN
PERIOD_MS = 2_000


class Heat(NamedTuple):
    """Truck seconds per metre of road and hour of the run: `value[row, column]`, row 0 at `y_m`."""

    x_m: float
    y_m: float
    cell_m: float
    value: np.ndarray


class SpaceTime(NamedTuple):
    """Tracks along one lane: parallel arrays with NaN between pieces; `offset_m` is the lane's distance to the axis."""

    at_min: np.ndarray
    along_m: np.ndarray
    loaded: np.ndarray
    offset_m: float
    from_ms: int
    to_ms: int


def _drive_seconds(record: RunRecord) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (x, y) halfway between samples and the seconds that all drives together spent there."""
    d, p = record.drives, record.paths
    profiles = len(p.times_ms)
    kinds, which = np.unique(d.movement.astype(np.int64) * profiles + d.profile, return_inverse=True)
    movement, profile = kinds // profiles, kinds % profiles
    low, high = p.ptr[movement].astype(np.int64), p.ptr[movement + 1].astype(np.int64)
    spent = np.bincount(which, weights=np.minimum(d.end_ms, record.end_ms) - d.start_ms, minlength=len(kinds))
    runs = spent / np.maximum(p.times_ms[profile, high - 1], 1)
    count = high - 1 - low
    i = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    q = np.repeat(profile, count)
    seconds = (p.times_ms[q, i + 1] - p.times_ms[q, i]) / 1000.0 * np.repeat(runs, count)
    return (p.x[i] + p.x[i + 1]) / 2, (p.y[i] + p.y[i + 1]) / 2, seconds


def _held_seconds(record: RunRecord, held: Holds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points where trucks were held, and how long."""
    p, pose = record.paths, np.reshape(record.start_pose, (-1, 3))
    known = held.movement >= 0
    last = p.ptr[np.where(known, held.movement, 0) + 1] - 1
    x = np.where(known, p.x[last], pose[held.row, 0])
    y = np.where(known, p.y[last], pose[held.row, 1])
    return x, y, (held.to_ms - held.from_ms) / 1000.0


def heat_of(record: RunRecord, held: Holds) -> Heat:
    """Raster of the time that trucks spent driving and held on the roads; standing at places does not count."""
    hours = max(h_from_ms(record.end_ms - record.start_ms), 1e-9)
    if len(record.drives.row) == 0:
        return Heat(0.0, 0.0, CELL_M_MIN, np.zeros((1, 1)))
    parts = [_drive_seconds(record), _held_seconds(record, held)]
    x, y, seconds = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    cell = max(CELL_M_MIN, max(np.ptp(x), np.ptp(y)) / CELLS_MAX)
    x0, y0 = float(x.min()) - cell, float(y.min()) - cell
    column, row = ((x - x0) / cell).astype(int), ((y - y0) / cell).astype(int)
    value = np.zeros((row.max() + 2, column.max() + 2))
    np.add.at(value, (row, column), seconds / cell / hours)
    return Heat(x0, y0, float(cell), value)


def _busiest_window(record: RunRecord) -> tuple[int, int]:
    """The half hour in which most drives begin."""
    edges = np.arange(record.start_ms, record.end_ms + WINDOW_MS, WINDOW_MS // 3)
    starts = np.histogram(record.drives.start_ms, edges)[0]
    if len(starts) == 0:
        return record.start_ms, record.end_ms
    three = np.convolve(starts, np.ones(3, int))[2:] if len(starts) > 2 else starts
    low = int(edges[int(np.argmax(three))])
    return low, min(low + WINDOW_MS, record.end_ms)


def _frame(terminal: Terminal) -> tuple[float, float, float]:
    """Origin and direction along which the busiest lane is looked for: the quay, or the x axis."""
    q = terminal.quay
    return (q.origin[0], q.origin[1], q.axis_rad) if q is not None else (0.0, 0.0, 0.0)


def _busiest_offset(across: np.ndarray, weight: np.ndarray) -> float:
    """Distance from the axis of the lane with the most weight, found in bins of a metre."""
    if not weight.any():
        return 0.0
    bins = np.floor(across).astype(int)
    busiest = np.bincount(bins - bins.min(), weights=weight).argmax() + bins.min()
    return float(np.median(across[(bins == busiest) & (weight > 0)]))


def space_time(record: RunRecord, terminal: Terminal) -> SpaceTime:
    """Tracks in the busiest half hour on the lane along the quay where trucks drive the most metres."""
    low, high = _busiest_window(record)
    chunks = list(pose_chunks(record, PERIOD_MS, from_ms=low, to_ms=high))
    if not chunks:
        return SpaceTime(*(np.zeros(0),) * 3, 0.0, low, high)
    at, track, x, y, heading, speed, box = (np.concatenate(c) for c in zip(*chunks, strict=True))
    x0, y0, axis = _frame(terminal)
    along = (x - x0) * np.cos(axis) + (y - y0) * np.sin(axis)
    across = (y - y0) * np.cos(axis) - (x - x0) * np.sin(axis)
    weight = speed * (np.abs(np.sin(heading - axis)) < 0.1)
    near = weight * (np.abs(across) < QUAY_STRIP_M)
    centre = _busiest_offset(across, near if near.any() else weight)
    inside = np.abs(across - centre) < BAND_M / 2
    order = np.lexsort((at, track))
    order = order[inside[order]]
    return _tracks(at[order], track[order], along[order], box[order] != NO_BOX, centre, (low, high))


def _tracks(
    at: np.ndarray, track: np.ndarray, along: np.ndarray, loaded: np.ndarray, centre: float, window: tuple[int, int]
) -> SpaceTime:
    """Insert NaN wherever a track leaves the lane or another truck's begins."""
    breaks = np.flatnonzero((np.diff(track) != 0) | (np.diff(at) > PERIOD_MS)) + 1
    return SpaceTime(
        np.insert(at / MS_PER_MIN, breaks, np.nan),
        np.insert(np.round(along, 1), breaks, np.nan),
        np.insert(loaded.astype(float), breaks, np.nan),
        centre,
        *window,
    )
