"""Traffic control on CPLP instances: standing agents are seen and moved, all tasks done, no disc overlaps."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks/terminals"))

from cplp_fleet import Fleet
from cplp_instance import Instance, find_conflicts
from cplp_run import call_ms, instance_map, run
from cplp_standing import BUSY_MS, IN_THE_WAY_MS, Standing

#   v6        v7
#   |         |
#   v0 - v1 - v2 - v3 - v4 - v5        10 m apart
LINE = [(10.0 * i, 0.0) for i in range(6)] + [(0.0, 10.0), (20.0, 10.0)]
ROADS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 6), (2, 7)]


def instance(xy, roads, start, tasks) -> Instance:
    """Roads both ways; tasks are (vertex, release)."""
    xy = np.array(xy, float)
    a, b = np.array([*roads, *[r[::-1] for r in roads]], np.int32).T
    vertex, release = np.array(tasks).T
    length = np.hypot(*(xy[b] - xy[a]).T)
    return Instance("line", xy, a, b, length, np.array(start, np.int32), vertex.astype(np.int32), release.astype(float))


def drawn(seed: int) -> Instance:
    """49 vertices on a bent grid, its roads but for some, 8 agents, 60 tasks within 60 s."""
    rng = np.random.default_rng(seed)
    xy = [(5.0 * i + rng.uniform(-1, 1), 5.0 * j + rng.uniform(-1, 1)) for j in range(7) for i in range(7)]
    roads = [(v, v + 1) for v in range(49) if v % 7 < 6] + [(v, v + 7) for v in range(42)]
    roads = [r for r in roads if 0 in r or 48 in r or rng.random() < 0.9]
    tasks = sorted(((int(rng.integers(49)), rng.uniform(0, 60)) for _ in range(60)), key=lambda t: t[1])
    return instance(xy, roads, rng.permutation(49)[:8], tasks)


def fleet_on_line(start) -> Fleet:
    one = instance(LINE, ROADS, start, [(5, 0.0)])
    return Fleet(one, instance_map(one, find_conflicts(one)))


def test_the_nearest_idle_agent_with_an_open_way_is_found():
    standing = Standing(fleet_on_line([0, 3, 5]).traffic)
    standing.look([])
    assert [standing.nearest_idle(v) for v in (1, 2, 4, 7)] == [0, 1, 1, 1]
    standing.look([1])  # the one in the middle has a task: who is behind it cannot pass
    assert [standing.nearest_idle(v) for v in (2, 4)] == [0, 2]
    standing.look([1, 2])
    assert standing.nearest_idle(4) == -1


def test_a_shut_way_names_who_stands_in_it():
    standing, taboo = Standing(fleet_on_line([0, 3, 5]).traffic), np.zeros(8, np.bool_)
    standing.look([2])
    way = standing.way(0, 4, taboo)
    assert way.blockers == [1]
    assert way.cost_ms == pytest.approx(40_000 + IN_THE_WAY_MS, abs=10)
    assert {0, 1, 2, 3, 4} <= way.near
    assert standing.way(0, 5, taboo).cost_ms >= BUSY_MS
    taboo[[1, 2, 4]] = True
    assert standing.way(1, -1, taboo).end == 7


@pytest.mark.parametrize("goal", [4, 5])
def test_agents_without_a_task_make_way(goal):
    one = instance(LINE, ROADS, [1, 3], [(5, 0.0), (4, 1.0), (goal, 2.0)])
    outcome = run(one)
    assert outcome.verdict.problems == []
    assert outcome.verdict.tasks_done == 3


def test_a_task_where_an_agent_stands_is_done_at_once():
    outcome = run(instance(LINE, ROADS, [1, 3], [(3, 5.0), (1, 5.0)]))
    assert outcome.verdict.problems == []
    assert outcome.verdict.service_s_mean == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_every_task_of_a_drawn_instance_is_done(seed):
    outcome = run(drawn(seed))
    assert outcome.verdict.problems == []
    assert outcome.verdict.tasks_done == outcome.tasks == 60


def test_the_small_published_instances_are_done(portway_data):
    value, remark = call_ms(True, portway_data / "cplp")
    assert value is not None, remark
    assert value < 20.0


def test_missing_instances_are_said(tmp_path):
    value, remark = call_ms(False, tmp_path)
    assert value is None
    assert str(tmp_path) in remark
