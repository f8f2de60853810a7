"""CPLP instances: continuous-time lifelong path planning with discs on directed graphs, and what excludes what there.

Instances and rules: Combrink, Roselli, Fabian 2025, arXiv 2503.13175, repository Adcombrink/CPLP-LifelongMAPFR (MIT).
Discs of radius 1 m move along straight edges at 1 m/s, without acceleration, and may stop at vertices only; two discs
may touch and never overlap.

A disc on edge m touches what another disc can sweep on edge o during one interval of time, because the distance to a
convex set is a convex function along a line. That interval is the intersection of a line with a capsule (two discs and
a rectangle) and has a closed form. The same holds for a disc that stands at a vertex (a capsule of length 0).

    python benchmarks/terminals/cplp_instance.py DATA/cplp     prints the figures of every instance in a folder
"""

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

RADIUS_M = 1.0
SPEED_MPS = 1.0
TOUCH_M = 1e-6  # discs this little into each other only touch
GOLDEN = (5**0.5 - 1) / 2
LAG_SLACK_S = 1e-4  # lags are found to this
CHUNK = 128  # edges compared with all others at a time

Span = tuple[np.ndarray, np.ndarray]


class Instance(NamedTuple):
    """One instance. V vertices, E directed edges, A agents, K tasks sorted by release."""

    id: str
    xy_m: np.ndarray  # (V, 2)
    edge_from: np.ndarray  # (E,) int32
    edge_to: np.ndarray  # (E,) int32
    duration_s: np.ndarray  # (E,) length / speed
    start: np.ndarray  # (A,) int32: vertex of each agent at time 0
    task_vertex: np.ndarray  # (K,) int32
    task_release_s: np.ndarray  # (K,)

    @property
    def delta_s(self) -> float:
        """How far ahead of its call a plan begins, by the published protocol."""
        return max(len(self.start) ** 1.5, 100.0) / 1000.0


class Conflicts(NamedTuple):
    """What excludes what. Times are seconds after a disc enters its edge; ordered by (first, second) index."""

    near_a: np.ndarray  # pairs of vertices (a < b) at which two discs cannot stand together
    near_b: np.ndarray
    stand_edge: np.ndarray  # pairs (edge, vertex): a disc on the edge touches one that stands at the vertex ...
    stand_vertex: np.ndarray
    stand_from_s: np.ndarray  # ... from then
    stand_to_s: np.ndarray  # ... until then: release of the vertex, duration of the edge when it ends there
    pass_edge: np.ndarray  # ordered pairs (edge, other edge): a disc on the edge is inside the other's sweep ...
    pass_other: np.ndarray
    pass_from_s: np.ndarray  # ... from then
    pass_to_s: np.ndarray  # ... until then: release of the other edge
    pass_lag_s: np.ndarray  # a disc that enters the other edge so much later never touches this one; at most pass_to_s


def read_instance(path: Path) -> Instance:
    """Read one JSON file; vertices, edges and agents keep the order of the file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    nodes, links = document["graph"]["nodes"], document["graph"]["links"]
    index = {node["id"]: i for i, node in enumerate(nodes)}
    tasks = sorted((float(at), index[vertex]) for vertex, at in document["tasks"])
    return Instance(
        path.stem,
        np.array([node["pos"] for node in nodes], float),
        np.array([index[link["source"]] for link in links], np.int32),
        np.array([index[link["target"]] for link in links], np.int32),
        np.array([link["weight"] for link in links], float) / SPEED_MPS,
        np.array([index[v] for _, v in sorted(document["agent_start"].items(), key=lambda a: int(a[0][1:]))], np.int32),
        np.array([vertex for _, vertex in tasks], np.int32),
        np.array([at for at, _ in tasks], float),
    )


def _in_disc(p: np.ndarray, d: np.ndarray, centre: np.ndarray, reach_m: float) -> Span:
    """Parameters t between which p + t d is within a disc; (inf, -inf) when never."""
    q = p - centre
    a, b = (d * d).sum(-1), (d * q).sum(-1)
    root = b * b - a * ((q * q).sum(-1) - reach_m**2)
    half = np.sqrt(np.maximum(root, 0.0))
    return np.where(root > 0, (-b - half) / a, np.inf), np.where(root > 0, (-b + half) / a, -np.inf)


def _in_strip(at: np.ndarray, rate: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> Span:
    """Parameters t between which at + t rate lies in [low, high]."""
    still = np.abs(rate) < 1e-12
    safe = np.where(still, 1.0, rate)
    t0, t1 = (low - at) / safe, (high - at) / safe
    always = (at >= low) & (at <= high)
    enter = np.where(still, np.where(always, -np.inf, np.inf), np.minimum(t0, t1))
    return enter, np.where(still, np.where(always, np.inf, -np.inf), np.maximum(t0, t1))


def _in_capsule(p: np.ndarray, d: np.ndarray, a: np.ndarray, b: np.ndarray, reach_m: float) -> Span:
    """Parameters t in [0, 1] between which p + t d is within `reach_m` of segment a-b; (inf, -inf) when never."""
    axis = b - a
    length = np.hypot(axis[..., 0], axis[..., 1])
    u = axis / length[..., None]
    q = p - a
    along = _in_strip((q * u).sum(-1), (d * u).sum(-1), 0.0, length)
    side = q[..., 0] * u[..., 1] - q[..., 1] * u[..., 0]
    across = _in_strip(side, d[..., 0] * u[..., 1] - d[..., 1] * u[..., 0], -reach_m, reach_m)
    box = np.maximum(along[0], across[0]), np.minimum(along[1], across[1])
    box = np.where(box[0] <= box[1], box[0], np.inf), np.where(box[0] <= box[1], box[1], -np.inf)
    ends = _in_disc(p, d, a, reach_m), _in_disc(p, d, b, reach_m)
    enter = np.minimum(np.minimum(ends[0][0], ends[1][0]), box[0])
    leave = np.maximum(np.maximum(ends[0][1], ends[1][1]), box[1])
    hits = (enter < 1.0) & (leave > 0.0)
    return np.where(hits, np.maximum(enter, 0.0), np.inf), np.where(hits, np.minimum(leave, 1.0), -np.inf)


def _near_vertices(xy_m: np.ndarray, reach_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs a < b of vertices nearer than `reach_m`."""
    gap = np.hypot(*(xy_m[:, None, :] - xy_m[None, :, :]).transpose(2, 0, 1))
    a, b = np.nonzero(np.triu(gap < reach_m, 1))
    return a.astype(np.int32), b.astype(np.int32)


def _lag_s(instance: Instance, first: np.ndarray, second: np.ndarray, reach_m: float) -> np.ndarray:
    """How long after a disc on `first` another may enter `second` without touching it if neither is late; 0 if at once.

    The pairs of times (t on first, s on second) at which two discs touch form a convex set, so the largest t for a
    given s is concave in s and so is t - s: its maximum over s is found by golden section (Kiefer 1953).
    """
    start, end = instance.xy_m[instance.edge_from], instance.xy_m[instance.edge_to]
    p, d = start[first], (end - start)[first]
    t_all, s_all = instance.duration_s[first], instance.duration_s[second]

    def lag(share: np.ndarray) -> np.ndarray:
        enter, leave = _in_disc(p, d, start[second] + share[:, None] * (end - start)[second], reach_m)
        touches = (enter <= 1.0) & (leave >= 0.0)
        return np.where(touches, np.minimum(leave, 1.0) * t_all - share * s_all, -np.inf)

    low, high = _in_capsule(start[second], (end - start)[second], start[first], end[first], reach_m)
    for _ in range(48):
        a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        left = lag(a) >= lag(b)
        low, high = np.where(left, low, a), np.where(left, b, high)
    return np.maximum(0.0, np.maximum(lag((low + high) / 2), np.maximum(lag(low), lag(high)))) + LAG_SLACK_S


def find_conflicts(instance: Instance, radius_m: float = RADIUS_M) -> Conflicts:
    """All pairs that exclude each other, with the times at which they begin and cease to touch."""
    xy, reach_m = instance.xy_m, 2.0 * radius_m - TOUCH_M
    start, end, duration = xy[instance.edge_from], xy[instance.edge_to], instance.duration_s
    stand, passing = [], []
    for low in range(0, len(start), CHUNK):
        p, d = start[low : low + CHUNK, None, :], (end - start)[low : low + CHUNK, None, :]
        for into, span in (
            (stand, _in_disc(p, d, xy[None, :, :], reach_m)),
            (passing, _in_capsule(p, d, start[None, :, :], end[None, :, :], reach_m)),
        ):
            enter, leave = np.maximum(span[0], 0.0), np.minimum(span[1], 1.0)
            m, other = np.nonzero(enter < leave)
            into.append((m + low, other, enter[m, other], leave[m, other]))
    stand_edge, stand_vertex, *stand_at = (np.concatenate(part) for part in zip(*stand, strict=True))
    pass_edge, pass_other, *pass_at = (np.concatenate(part) for part in zip(*passing, strict=True))
    two = pass_edge != pass_other
    pass_edge, pass_other, pass_from, pass_to = pass_edge[two], pass_other[two], pass_at[0][two], pass_at[1][two]
    return Conflicts(
        *_near_vertices(xy, reach_m),
        stand_edge.astype(np.int32), stand_vertex.astype(np.int32), *(t * duration[stand_edge] for t in stand_at),
        pass_edge.astype(np.int32), pass_other.astype(np.int32),
        pass_from * duration[pass_edge], pass_to * duration[pass_edge],
        np.minimum(_lag_s(instance, pass_edge, pass_other, reach_m), pass_to * duration[pass_edge]),
    )  # fmt: skip


def figures(instance: Instance, conflicts: Conflicts) -> dict[str, float]:
    """Numbers that tell how tight an instance is."""
    vertices, edges = len(instance.xy_m), len(instance.edge_from)
    held = np.concatenate((conflicts.stand_to_s / instance.duration_s[conflicts.stand_edge],
                           conflicts.pass_to_s / instance.duration_s[conflicts.pass_edge]))  # fmt: skip
    return {
        "vertices": vertices, "edges": edges, "agents": len(instance.start), "tasks": len(instance.task_vertex),
        "vertex_pairs_near": len(conflicts.near_a),
        "edge_vertex_pairs": len(conflicts.stand_edge),
        "edge_edge_pairs": len(conflicts.pass_edge) // 2,
        "edges_per_vertex": round(len(conflicts.stand_edge) / vertices, 1),
        "edges_per_edge": round(len(conflicts.pass_edge) / edges, 1),
        "released_early_share": round(float(np.mean(held < 1.0 - 1e-9)), 3),
        "lag_of_release": round(float(conflicts.pass_lag_s.sum() / conflicts.pass_to_s.sum()), 3),
    }  # fmt: skip


def main(folder: Path) -> None:
    """Print the figures of every instance in a folder as JSON lines."""
    for path in sorted(folder.glob("set_*.json")):
        began = time.perf_counter()
        instance = read_instance(path)
        numbers = figures(instance, find_conflicts(instance))
        print(json.dumps({"id": instance.id, **numbers, "seconds": round(time.perf_counter() - began, 2)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
