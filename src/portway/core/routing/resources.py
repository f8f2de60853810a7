"""From touching sweeps to resources with one holder each.

Items are movements and standing trucks (one per stop). Two items whose sweeps touch must never be held at once by two
trucks. That is a graph; its edges are covered by cliques and every clique is a resource:

- *stop resources*, one per stop t, index t: everything that touches a truck standing at t. A movement into t keeps it
  after its arrival; the next movement frees it once its rear has left.
- *crossing resources*: a greedy clique cover of the pairs that share no stop resource, and of the movements that leave
  the same stop (they share its resource, but part later than they leave it).

A movement takes all its resources before it starts. It frees resource k at the last sample at which it touches any
other member of k. So two trucks that hold different resources cannot touch: for each pair of touching items there is
one clique that contains both, and whoever gave it back has left the other's sweep.

Edge clique cover: Kellerman 1973; Kou, Stockmeyer, Wong, CACM 21(2) 1978 (the greedy heuristic used here).
"""

from typing import NamedTuple

import numpy as np

KEEP = -1  # release sample of a resource that the truck keeps after its arrival


class Resources(NamedTuple):
    """`held[m]` lists (resource, release sample or KEEP) of movement m; `total` resources, the first are the stops."""

    total: int
    held: list[list[tuple[int, int]]]
    members: list[list[int]]  # items by resource; items >= M are the stands of the stops


def _greedy_cliques(pairs: set[tuple[int, int]]) -> list[list[int]]:
    """Cliques that cover all pairs; each is grown by the lowest common neighbour while it covers open pairs."""
    near: dict[int, set[int]] = {}
    for a, b in pairs:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    todo, cliques = set(pairs), []
    for a, b in sorted(pairs):
        if (a, b) not in todo:
            continue
        clique, common = [a, b], near[a] & near[b]
        while common:
            gain = {c: sum((min(c, d), max(c, d)) in todo for d in clique) for c in common}
            best = min(common, key=lambda c: (-gain[c], c))
            if gain[best] == 0:
                break
            clique.append(best)
            common &= near[best]
        todo -= {(min(p, q), max(p, q)) for p in clique for q in clique if p != q}
        cliques.append(sorted(clique))
    return cliques


def build_resources(
    mv_from: np.ndarray, mv_to: np.ndarray, samples: np.ndarray, n_stops: int, touching: tuple[np.ndarray, ...]
) -> Resources:
    """Resources of M movements between `n_stops` stops.

    `touching` are arrays (a, b, last sample of a touching b, last of b touching a) over items, where item M + t is the
    stand at stop t; `samples` (M,) the number of samples of each movement.
    """
    n_mv = len(mv_from)
    near: list[dict[int, int]] = [{} for _ in range(n_mv + n_stops)]
    for a, b, la, lb in zip(*(col.tolist() for col in touching), strict=True):
        near[a][b] = la
        near[b][a] = lb
    members = [sorted({n_mv + t} | {m for m in near[n_mv + t] if m < n_mv}) for t in range(n_stops)]
    stops_of: list[set[int]] = [set() for _ in range(n_mv)]
    for t, items in enumerate(members):
        for m in items:
            if m < n_mv:
                stops_of[m].add(t)
    for m in range(n_mv):
        stops_of[m] |= {int(mv_from[m]), int(mv_to[m])}
    open_pairs = set()
    for a in range(n_mv):
        for b in near[a]:
            if a < b < n_mv:
                shared = stops_of[a] & stops_of[b]
                if mv_from[a] == mv_from[b]:
                    shared.discard(int(mv_from[a]))
                if not shared:
                    open_pairs.add((a, b))
    cliques = _greedy_cliques(open_pairs)
    members += cliques
    by_item: list[list[int]] = [sorted(s) for s in stops_of]
    for k, items in enumerate(cliques):
        for m in items:
            by_item[m].append(n_stops + k)
    held = [_releases(m, by_item[m], members, near[m], mv_from, mv_to, int(samples[m])) for m in range(n_mv)]
    return Resources(len(members), held, members)


def _releases(
    m: int,
    held: list[int],
    members: list[list[int]],
    near: dict[int, int],
    mv_from: np.ndarray,
    mv_to: np.ndarray,
    n: int,
) -> list[tuple[int, int]]:
    """(resource, release sample) of one movement: one sample after the last touch of any other member."""
    n_mv, origin, releases = len(mv_from), mv_from[m], []
    for k in held:
        if k == mv_to[m]:
            releases.append((k, KEEP))
            continue
        leaves_together = k == origin
        last = -1
        for other in members[k]:
            if other == m or (leaves_together and other < n_mv and mv_from[other] == origin):
                continue
            last = max(last, near.get(other, -1))
        releases.append((k, min(last + 1, n - 1)))
    return releases
