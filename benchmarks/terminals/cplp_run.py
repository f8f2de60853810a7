"""Portway's traffic control on the CPLP instances: all tasks done, and the time of a planning call.

Vertices become stops, edges movements that always end standing; what excludes what comes from `cplp_instance`. The
instances are not well-formed: an idle agent stands in the way for ever. So a task whose agents find no plan asks idle
agents to move: first those near the task, then all.

    python benchmarks/terminals/cplp_run.py DATA/cplp     runs every instance in a folder
"""

import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cplp_instance import Conflicts, Instance, find_conflicts, read_instance
from cplp_judge import Verdict, judge

from portway.core.routing.resources import build_resources
from portway.core.routing.stops import Stop
from portway.core.routing.traffic import Traffic, TrafficParameters
from portway.core.routing.traffic_map import HOLD, MapArrays, MapPaths, TrafficMap

NEAREST = 6  # agents tried for a task in one call
PERIOD_MS = 100  # calls while a task is open


class Outcome(NamedTuple):
    """What a run of an instance gave."""

    verdict: Verdict
    tasks: int
    calls_ms: np.ndarray


def instance_map(instance: Instance, conflicts: Conflicts) -> TrafficMap:
    """The traffic map of an instance; one sample is one millisecond."""
    n_mv, n_stops = len(instance.edge_from), len(instance.xy_m)
    dur = np.maximum(1, np.ceil(1000 * instance.duration_s)).astype(np.int64)

    def sample(edge: np.ndarray, at_s: np.ndarray) -> np.ndarray:
        return np.minimum(np.ceil(1000 * at_s).astype(np.int64), dur[edge])

    first = conflicts.pass_edge < conflicts.pass_other
    back = {
        (int(a), int(b)): int(t)
        for a, b, t in zip(
            conflicts.pass_edge, conflicts.pass_other, sample(conflicts.pass_edge, conflicts.pass_to_s), strict=True
        )
    }
    pairs = sorted(
        (int(a), int(b)) for a, b in zip(conflicts.pass_edge[first], conflicts.pass_other[first], strict=True)
    )
    stands = [
        (int(e), n_mv + int(v), int(t), 0)
        for e, v, t in zip(
            conflicts.stand_edge,
            conflicts.stand_vertex,
            sample(conflicts.stand_edge, conflicts.stand_to_s),
            strict=True,
        )
    ]
    rows = np.array([(a, b, back[a, b], back[b, a]) for a, b in pairs] + stands, np.int64)
    res = build_resources(instance.edge_from, instance.edge_to, dur + 1, n_stops, tuple(rows.T))
    ptr = np.concatenate(([0], np.cumsum([len(h) for h in res.held]))).astype(np.int32)
    release = np.array([HOLD if s < 0 else s for h in res.held for _, s in h], np.int32)
    dur_ms = np.full((18, n_mv), -1, np.int32)
    dur_ms[0] = dur_ms[9] = dur
    order = np.argsort(instance.edge_from, kind="stable").astype(np.int32)
    out = np.concatenate(([0], np.cumsum(np.bincount(instance.edge_from, minlength=n_stops)))).astype(np.int32)
    arrays = MapArrays(
        instance.edge_from.astype(np.int32), instance.edge_to.astype(np.int32), out, order, ptr,
        np.array([k for h in res.held for k, _ in h], np.int32), dur_ms, np.maximum(dur_ms, 0),
        np.tile(release, (18, 1)), np.zeros(n_stops, np.bool_),
    )  # fmt: skip
    nothing = np.zeros(0)
    stops = [Stop(f"v{i}", "", 0.0, "") for i in range(n_stops)]
    paths = MapPaths(np.zeros(n_mv + 1, np.int32), nothing, nothing, nothing, nothing, np.zeros((18, 0), np.int32))
    return TrafficMap(stops, [()] * n_mv, instance.duration_s, np.zeros((n_stops, 3)), res.total, arrays, paths, {}, {})


class Fleet:
    """Agents and tasks of an instance on traffic control."""

    def __init__(self, instance: Instance, traffic_map: TrafficMap) -> None:
        self.instance, self.xy = instance, instance.xy_m
        self.traffic = Traffic(traffic_map, len(instance.start), TrafficParameters(weight=1.2, responses_max=16))
        self.rng = np.random.default_rng(7)
        for agent, vertex in enumerate(instance.start):
            self.traffic.place(agent, int(vertex))
        for vertex in sorted(set(instance.task_vertex.tolist())):
            self.traffic.cost_row(vertex)
        self.task_of: dict[int, int] = {}  # agent -> task
        self.open: list[int] = []
        self.patience: dict[int, int] = {}

    def call(self) -> None:
        """Plan for every open task that has no agent, oldest first."""
        for task in list(self.open):
            if task not in self.task_of.values():
                self._serve(task)
        self.traffic.improve()

    def _serve(self, task: int) -> None:
        goal = int(self.instance.task_vertex[task])
        idle = [a for a in range(len(self.instance.start)) if a not in self.task_of]
        far = self.traffic.costs_to(goal, False)
        idle.sort(key=lambda a: (int(far[self.traffic.stop_of(a)]), a))
        for agent in idle[:NEAREST]:
            if self.traffic.send(agent, goal) >= 0:
                self.task_of[agent] = task
                return
        self.patience[task] = self.patience.get(task, 0) + 1
        if self.patience[task] % 3 == 0:
            self._stir(goal, idle, 4 + 4 * (self.patience[task] // 3))

    def _stir(self, goal: int, idle: list[int], most: int) -> None:
        """Ask idle agents around a goal to stand somewhere else."""
        away = np.hypot(*(self.xy[[self.traffic.stop_of(a) for a in idle]] - self.xy[goal]).T)
        for i in np.argsort(away, kind="stable")[:most]:
            for vertex in self.rng.choice(len(self.xy), 4, replace=False):
                if self.traffic.send(idle[int(i)], int(vertex)) >= 0:
                    break

    def arrived(self, agent: int) -> None:
        """An agent stands at the end of its plan."""
        task = self.task_of.pop(agent, None)
        if task is not None:
            self.open.remove(task)


def run(instance: Instance, limit_s: float = 900.0) -> Outcome:
    """Run an instance until every task is done or `limit_s` is over."""
    fleet = Fleet(instance, instance_map(instance, find_conflicts(instance)))
    traffic, calls = fleet.traffic, []
    release = np.ceil(1000 * instance.task_release_s).astype(np.int64)
    coming, now = 0, 0
    while (coming < len(release) or fleet.open) and now < 1000 * limit_s:
        until = now + PERIOD_MS if len(fleet.open) > len(fleet.task_of) else 1 << 50
        if coming < len(release):
            until = min(until, int(release[coming]))
        for arrival in traffic.advance(until):
            fleet.arrived(arrival.truck)
        now = traffic.now_ms
        while coming < len(release) and release[coming] <= now:
            fleet.open.append(coming)
            coming += 1
        began = time.perf_counter()
        fleet.call()
        calls.append(1000 * (time.perf_counter() - began))
    log = traffic.drives()
    rows = np.column_stack((log[:, 0], log[:, 1], log[:, 2] / 1000, log[:, 3] / 1000)).astype(float)
    return Outcome(judge(instance, rows), len(release), np.array(calls))


def main(folder: Path) -> None:
    """Print a line for every instance of a folder."""
    for path in sorted(folder.glob("set_*.json")):
        o = run(read_instance(path))
        v = o.verdict
        print(
            f"{path.stem}: {v.tasks_done}/{o.tasks} tasks, call mean {o.calls_ms.mean():.2f} ms,"
            f" max {o.calls_ms.max():.1f} ms, makespan {v.makespan_s:.1f} s, service {v.service_s_mean:.1f} s,"
            f" gap {v.gap_m_min:.3f} m, problems {len(v.problems)} {v.problems[:1]}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

__all__ = ["Outcome", "instance_map", "run"]
