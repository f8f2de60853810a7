"""No two trucks overlap, at any instant of the time grid.

Broad phase: rows sorted by (instant, x); row i is compared with row i + k for k = 1, 2, ... as long as both stand in
one strip as wide as two footprints can reach. Pairs of which neither has moved since the instant before are skipped:
they were judged when the later one came to rest. Exact phase: separating axis test of oriented rectangles
(Gottschalk, Lin, Manocha 1996, section 4, in the plane).
"""

from collections.abc import Iterator

import numpy as np

from checker.tracks import Tracks
from checker.violation import Violation

DEPTH_M = 1e-3  # touching is not overlapping
CHUNK_ROWS = 2_000_000


def penetration_m(
    a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...], half_a: tuple[np.ndarray, np.ndarray],
    half_b: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:  # fmt: skip
    """How deep oriented rectangles overlap, negative when an axis separates them.

    `a`, `b` are (x, y, heading); `half_a`, `half_b` are (half length, half width). Metres and radians.
    """
    dx, dy = b[0] - a[0], b[1] - a[1]
    cos, sin = np.abs(np.cos(b[2] - a[2])), np.abs(np.sin(b[2] - a[2]))
    depth = np.full(np.shape(dx), np.inf)
    for (length, width), (other_length, other_width), heading in ((half_a, half_b, a[2]), (half_b, half_a, b[2])):
        c, s = np.cos(heading), np.sin(heading)
        along, across = np.abs(dx * c + dy * s), np.abs(dy * c - dx * s)
        depth = np.minimum(depth, length + other_length * cos + other_width * sin - along)
        depth = np.minimum(depth, width + other_length * sin + other_width * cos - across)
    return depth


def _moved(tracks: Tracks) -> np.ndarray:
    """Rows whose truck stands elsewhere than in its row before (or has none at the instant before)."""
    moved = np.ones(len(tracks.at_ms), np.bool_)
    same = (np.diff(tracks.truck) == 0) & (np.diff(tracks.at_ms) == tracks.step_ms)
    for column in (tracks.x_m, tracks.y_m, tracks.heading_rad):
        same &= np.diff(column) == 0.0
    moved[1:] = ~same
    return moved


def _close_pairs(
    at: np.ndarray, x: np.ndarray, y: np.ndarray, reach_m: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Index pairs of one instant nearer than `reach_m` in x and y; rows sorted by (instant, x)."""
    i, k = np.arange(len(at)), 1
    while len(i):
        i = i[i + k < len(at)]
        i = i[(at[i + k] == at[i]) & (x[i + k] - x[i] < reach_m)]
        near = np.abs(y[i + k] - y[i]) < reach_m
        yield i[near], i[near] + k
        k += 1


def _overlaps(
    tracks: Tracks, rows: np.ndarray, moved: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Overlapping row pairs with their depth among `rows`, which are sorted by (instant, x)."""
    reach_m = 2.0 * float(np.hypot(tracks.half_length_m, tracks.half_width_m).max())
    for i, j in _close_pairs(tracks.at_ms[rows], tracks.x_m[rows], tracks.y_m[rows], reach_m):
        a, b = rows[i], rows[j]
        keep = moved[a] | moved[b]
        a, b = a[keep], b[keep]
        pose_a = tracks.x_m[a], tracks.y_m[a], tracks.heading_rad[a]
        pose_b = tracks.x_m[b], tracks.y_m[b], tracks.heading_rad[b]
        size_a = tracks.half_length_m[tracks.truck[a]], tracks.half_width_m[tracks.truck[a]]
        size_b = tracks.half_length_m[tracks.truck[b]], tracks.half_width_m[tracks.truck[b]]
        depth = penetration_m(pose_a, pose_b, size_a, size_b)
        hit = depth > DEPTH_M
        yield a[hit], b[hit], depth[hit]


def check_footprints(tracks: Tracks) -> list[Violation]:
    """One violation for each pair of trucks and each episode during which they overlap."""
    if not len(tracks.at_ms):
        return []
    order = np.lexsort((tracks.x_m, tracks.at_ms))
    moved = _moved(tracks)
    hits = []
    start = 0
    while start < len(order):
        end = min(start + CHUNK_ROWS, len(order))
        end = (
            int(np.searchsorted(tracks.at_ms[order], tracks.at_ms[order[end - 1]], side="right"))
            if end < len(order)
            else end
        )
        hits += list(_overlaps(tracks, order[start:end], moved))
        start = end
    return _episodes(tracks, *(np.concatenate(part) for part in zip(*hits, strict=True)))


def _episodes(tracks: Tracks, a: np.ndarray, b: np.ndarray, depth: np.ndarray) -> list[Violation]:
    """Hits in consecutive instants of one pair become one violation."""
    low = np.minimum(tracks.truck[a], tracks.truck[b])
    high = np.maximum(tracks.truck[a], tracks.truck[b])
    order = np.lexsort((tracks.at_ms[a], high, low))
    found: list[Violation] = []
    run: list[tuple[tuple[int, int], int, float, int]] = []
    for n in order:
        key = (int(low[n]), int(high[n]))
        if run and (run[-1][0] != key or tracks.at_ms[a[n]] - run[-1][1] > tracks.step_ms):
            found.append(_episode(tracks, run))
            run = []
        run.append((key, int(tracks.at_ms[a[n]]), float(depth[n]), int(a[n])))
    return [*found, _episode(tracks, run)] if run else found


def _episode(tracks: Tracks, run: list[tuple[tuple[int, int], int, float, int]]) -> Violation:
    names = tuple(tracks.truck_ids[t] for t in run[0][0])
    deepest = max(run, key=lambda hit: hit[2])
    where = f"({tracks.x_m[deepest[3]]:.1f}, {tracks.y_m[deepest[3]]:.1f})"
    until = f" until {run[-1][1] / 1000:.1f} s" if len(run) > 1 else ""
    return Violation(
        "overlap", run[0][1], names, f"{names[0]} and {names[1]} overlap by {deepest[2]:.2f} m near {where}{until}"
    )
