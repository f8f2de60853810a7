"""The CPLP reader finds what excludes what exactly, and its judge sees every breach."""

import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks/terminals"))

from cplp_instance import Conflicts, Instance, find_conflicts, read_instance
from cplp_judge import judge

#   v1 (0,10)
#   |
#   v0 (0,0) ---- v2 (10,0)      v3 (5,1.5)   v4 (5,9) ---- v5 (9,9)
XY = np.array([[0.0, 0.0], [0.0, 10.0], [10.0, 0.0], [5.0, 1.5], [5.0, 9.0], [9.0, 9.0]])
EDGES = [(0, 1), (1, 0), (0, 2), (2, 0), (4, 5), (5, 4)]


def tiny(start: list[int], tasks: list[tuple[int, float]]) -> Instance:
    """The instance of the drawing."""
    a, b = (np.array(ends, np.int32) for ends in zip(*EDGES, strict=True))
    vertex, release = zip(*tasks, strict=True)
    length = np.hypot(*(XY[b] - XY[a]).T)
    return Instance(
        "tiny", XY, a, b, length, np.array(start, np.int32), np.array(vertex, np.int32), np.array(release, float)
    )


def drawn(seed: int, edges: int = 24) -> Instance:
    """Random edges."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 14, (2 * edges, 2))
    a, b = np.arange(0, 2 * edges, 2, dtype=np.int32), np.arange(1, 2 * edges, 2, dtype=np.int32)
    none = np.zeros(1, np.int32)
    return Instance("drawn", xy, a, b, np.hypot(*(xy[b] - xy[a]).T), none, none, np.zeros(1))


def passes(c: Conflicts) -> dict[tuple[int, int], tuple[float, float, float]]:
    """Times by ordered pair of edges."""
    times = zip(c.pass_from_s, c.pass_to_s, c.pass_lag_s, strict=True)
    return dict(zip(zip(c.pass_edge.tolist(), c.pass_other.tolist(), strict=True), times, strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_edges_exclude_each_other_exactly_when_their_sweeps_touch(seed):
    instance = drawn(seed)
    found = set(passes(find_conflicts(instance)))
    lines = [
        shapely.LineString(instance.xy_m[[a, b]]) for a, b in zip(instance.edge_from, instance.edge_to, strict=True)
    ]
    n = len(lines)
    assert found == {(i, j) for i in range(n) for j in range(n) if i != j and lines[i].distance(lines[j]) < 2.0 - 1e-6}


@pytest.mark.parametrize("seed", range(4))
def test_times_of_touching_agree_with_sampling(seed):
    instance = drawn(seed)
    start, end = instance.xy_m[instance.edge_from], instance.xy_m[instance.edge_to]
    for (m, o), (from_s, to_s, _) in passes(find_conflicts(instance)).items():
        share = np.linspace(0, 1, 801)
        points = shapely.points(start[m] + share[:, None] * (end - start)[m])
        inside = np.flatnonzero(shapely.distance(points, shapely.LineString([start[o], end[o]])) < 2.0)
        step = instance.duration_s[m] / 800
        if len(inside):
            assert from_s == pytest.approx(share[inside[0]] * instance.duration_s[m], abs=1.01 * step)
            assert to_s == pytest.approx(share[inside[-1]] * instance.duration_s[m], abs=1.01 * step)


@pytest.mark.parametrize("seed", range(2))
def test_the_lag_is_the_least_safe_one(seed):
    instance = drawn(seed)
    start, end = instance.xy_m[instance.edge_from], instance.xy_m[instance.edge_to]
    for (m, o), (_, to_s, lag_s) in passes(find_conflicts(instance)).items():
        t, s = np.meshgrid(np.linspace(0, 1, 161), np.linspace(0, 1, 161), indexing="ij")
        a = start[m] + t[..., None] * (end - start)[m]
        b = start[o] + s[..., None] * (end - start)[o]
        touches = np.hypot(*(a - b).transpose(2, 0, 1)) < 2.0 - 1e-6
        sampled = np.where(touches, t * instance.duration_s[m] - s * instance.duration_s[o], -np.inf).max(initial=0.0)
        step = (instance.duration_s[m] + instance.duration_s[o]) / 160
        assert sampled - 1e-6 <= lag_s <= max(0.0, sampled) + step + 1e-3
        assert lag_s <= to_s + 1e-9


def test_a_follower_on_the_same_way_keeps_two_radii():
    lag = passes(find_conflicts(tiny([0], [(0, 0.0)])))
    assert lag[(1, 2)][1] == pytest.approx(10.0, abs=1e-3)  # into the vertex where the other begins: until its end
    assert lag[(0, 2)][1] == pytest.approx(2.0, abs=1e-3)  # out of the shared vertex: until two radii away
    assert lag[(0, 1)][1] == pytest.approx(10.0, abs=1e-3)  # against each other: all the way


def test_a_stand_beside_an_edge_blocks_it():
    c = find_conflicts(tiny([0], [(0, 0.0)]))
    row = [i for i in range(len(c.stand_edge)) if (c.stand_edge[i], c.stand_vertex[i]) == (2, 3)]
    half = np.sqrt(4 - 1.5**2)
    assert c.stand_from_s[row[0]] == pytest.approx(5 - half, abs=1e-3)
    assert c.stand_to_s[row[0]] == pytest.approx(5 + half, abs=1e-3)


def test_a_good_run_is_judged_good():
    instance = tiny([0, 4], [(1, 1.0), (5, 3.0), (0, 0.0)])
    verdict = judge(instance, np.array([(0, 0, 2.0, 12.0), (1, 4, 0.0, 4.0)]))
    assert verdict.problems == []
    assert verdict.tasks_done == 3
    assert verdict.makespan_s == pytest.approx(12.0)
    assert verdict.service_s_mean == pytest.approx((11.0 + 1.0 + 0.0) / 3)


@pytest.mark.parametrize(
    ("drives", "word"),
    [
        ([(0, 0, 9.5, 19.5), (1, 3, 0.0, 10.0)], "apart"),  # towards a vertex that the other has not left
        ([(0, 2, 0.0, 10.0)], "apart"),
        ([(0, 1, 0.0, 10.0)], "does not begin"),
        ([(0, 0, 0.0, 5.0)], "takes"),
        ([(0, 0, 0.0, 10.0), (0, 1, 5.0, 15.0)], "before it has arrived"),
        ([], "not done"),
    ],
)
def test_each_breach_is_seen(drives, word):
    instance = tiny([0, 2], [(1, 1.0)])
    assert any(word in text for text in judge(instance, np.array(drives)).problems)


def test_the_published_instances_are_read(portway_data):
    instance = read_instance(portway_data / "cplp/set_0.json")
    assert (len(instance.xy_m), len(instance.edge_from), len(instance.start), len(instance.task_vertex)) == (
        50,
        212,
        10,
        100,
    )
    lengths = np.hypot(*(instance.xy_m[instance.edge_to] - instance.xy_m[instance.edge_from]).T)
    assert np.allclose(instance.duration_s, lengths)
    assert np.all(np.diff(instance.task_release_s) >= 0)
    conflicts = find_conflicts(instance)
    assert len(conflicts.pass_edge) // 2 == 2754
    assert len(conflicts.stand_edge) == 856
