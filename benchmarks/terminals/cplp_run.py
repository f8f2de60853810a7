"""Portway's traffic control on the CPLP instances: all tasks done, and the time of a planning call.

Vertices become stops, edges movements that always end standing; what excludes what comes from `cplp_instance`, who does
which task from `cplp_fleet`; `cplp_judge` looks at the drives alone.

    python benchmarks/terminals/cplp_run.py DATA/cplp     runs every instance in a folder
"""

import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cplp_fleet import Fleet
from cplp_instance import Conflicts, Instance, find_conflicts, read_instance
from cplp_judge import Verdict, judge

from portway.core.routing.resources import build_resources
from portway.core.routing.stops import Stop
from portway.core.routing.traffic_map import HOLD, MapArrays, MapPaths, TrafficMap, least_ms

PERIOD_MS = 500  # longest time between two calls while a task has no agent
SETS = 9
SMALL = ("set_0", "set_3", "set_6")  # 10 agents
WARM_UP_S = 20.0


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
        np.tile(release, (18, 1)), np.zeros(n_stops, np.bool_), np.zeros(n_mv, np.bool_), least_ms(dur_ms),
    )  # fmt: skip
    nothing = np.zeros(0)
    stops = [Stop(f"v{i}", "", 0.0, "") for i in range(n_stops)]
    paths = MapPaths(np.zeros(n_mv + 1, np.int32), nothing, nothing, nothing, nothing, np.zeros((18, 0), np.int32))
    return TrafficMap(stops, [()] * n_mv, instance.duration_s, np.zeros((n_stops, 3)), res.total, arrays, paths, {}, {})


def run(instance: Instance, limit_s: float = 900.0) -> Outcome:
    """Run an instance until every task is done or `limit_s` is over.

    A call is everything that is planned at one instant; instants at which there was nothing to plan do not count.
    """
    fleet = Fleet(instance, instance_map(instance, find_conflicts(instance)))
    traffic, calls = fleet.traffic, []
    release = np.ceil(1000 * instance.task_release_s).astype(np.int64)
    coming, now = 0, 0
    while (coming < len(release) or fleet.waiting or fleet.task_of) and now < 1000 * limit_s:
        until = now + PERIOD_MS if fleet.waiting else 1 << 50
        if coming < len(release):
            until = min(until, int(release[coming]))
        for arrival in traffic.advance(until, fleet.trucks.drive):
            fleet.arrived(arrival.truck)
        now = traffic.now_ms
        while coming < len(release) and release[coming] <= now:
            fleet.release(coming)
            coming += 1
        began = time.perf_counter()
        if fleet.call():
            calls.append(1000 * (time.perf_counter() - began))
    log = fleet.trucks.drives()
    rows = np.column_stack((log[:, 0], log[:, 1], log[:, 2] / 1000, log[:, 3] / 1000)).astype(float)
    return Outcome(judge(instance, rows), len(release), np.array(calls))


def _warm_up(instance: Instance) -> None:
    """Let every kernel compile, those too that only a shut way or a late agent needs."""
    fleet = Fleet(instance, instance_map(instance, find_conflicts(instance)))
    fleet.standing.look([])
    fleet.standing.way(0, int(instance.task_vertex[0]), fleet.taboo)
    fleet.traffic.release(0)
    fleet.traffic.renew()
    run(instance, WARM_UP_S)


def call_ms(quick: bool, folder: Path | None = None) -> tuple[float | None, str]:
    """A row of the benchmark: the worst mean call over the instances in ms, and a remark; `quick` takes the small ones.

    None when an instance is missing, a task is not done or a run breaks a rule; the remark says which. The folder is
    `cplp` in PORTWAY_DATA unless given.
    """
    root = Path(__file__).resolve().parents[2]
    folder = folder or (root / os.environ.get("PORTWAY_DATA", "../shared/data") / "cplp").resolve()
    paths = sorted(p for p in folder.glob("set_*.json") if not quick or p.stem in SMALL)
    if len(paths) < (len(SMALL) if quick else SETS):
        return None, f"{len(paths)} instances in {folder}; PORTWAY_DATA names the folder that holds cplp/"
    _warm_up(read_instance(paths[0]))
    outcomes = {path.stem: run(read_instance(path)) for path in paths}
    for name, o in outcomes.items():
        if o.verdict.problems:
            return None, f"{name}: {o.verdict.tasks_done}/{o.tasks} tasks, {o.verdict.problems[0]}"
    worst = max(outcomes, key=lambda name: (float(outcomes[name].calls_ms.mean()), name))
    done, slowest = sum(o.tasks for o in outcomes.values()), max(o.calls_ms.max() for o in outcomes.values())
    remark = f"{len(paths)} instances, {done} tasks done, worst {worst}, slowest call {slowest:.0f} ms"
    return float(outcomes[worst].calls_ms.mean()), remark


def main(folder: Path) -> None:
    """Print a line for every instance of a folder."""
    paths = sorted(folder.glob("set_*.json"))
    for path in paths[:1]:
        _warm_up(read_instance(path))
    for path in paths:
        o = run(read_instance(path))
        v = o.verdict
        print(
            f"{path.stem}: {v.tasks_done}/{o.tasks} tasks, call mean {o.calls_ms.mean():.2f} ms,"
            f" max {o.calls_ms.max():.1f} ms, makespan {v.makespan_s:.1f} s, service {v.service_s_mean:.1f} s,"
            f" gap {v.gap_m_min:.3f} m, problems {len(v.problems)} {v.problems[:1]}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

__all__ = ["Outcome", "call_ms", "instance_map", "run"]
