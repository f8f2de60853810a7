"""What the core must reach, measured on this machine. Run with `portway bench core`; a benchmark runs alone.

`--quick` shortens runs (fewer hours, fewer seeds) so that all rows end within a minute.
"""

import subprocess
import sys
import time

import msgspec
import numpy as np
from cplp_run import call_ms
from density import drive, grid_map
from saturated import saturated_work
from wsc2025 import wsc_measurements

from portway.app.bench import Measurement
from portway.app.compose import simulate
from portway.app.config import load_scenario
from portway.app.report import key_figures
from portway.app.run_record import run_record
from portway.core.dispatch import DispatchView, RollingHorizon
from portway.core.kernels import columns as c
from portway.core.model import MoveKind
from portway.sim.record import MoveRow

Value = tuple[float | None, str]
START_MS = 1_800_000  # the start of a run: all trucks come from their rest places


def _real_time_factor(trucks: int, quick: bool) -> Value:
    """Simulated seconds a wall second: Yangluo's own work list, conflicts on, no poses, one process, warm kernels."""
    scenario = load_scenario("yangluo", {"fleet.trucks": str(trucks)})
    simulate(scenario, 0, 0.2)
    run = simulate(scenario, 0, 2.0 if quick else 8.0)
    board = run.controller.state.board
    return run.end_ms / 1000 / run.wall_s, f"{board.jobs_done} boxes in {run.end_ms / 3.6e6:.0f} h, {run.wall_s:.1f} s"


def _plans(trucks: int, quick: bool) -> Value:
    """Plans a second, search and commit, with all trucks' reservations on the grid; p99 in the remark. 1,000 trucks
    need a grid of 22 rows."""
    traffic_map, stops = grid_map(rows=8 if trucks <= 200 else 22)
    traffic, _ = drive(traffic_map, stops, trucks, 0.1, "order", False, 1)
    traffic.renew()
    moving = np.flatnonzero(traffic.trucks[:, c.T_DONE] == 0)
    durations = []
    end = time.perf_counter() + (2.0 if quick else 10.0)
    while time.perf_counter() < end:
        for truck in moving:
            goal = int(traffic.trucks[truck, c.T_GOAL])
            began = time.perf_counter_ns()
            traffic.send(int(truck), goal)
            durations.append((time.perf_counter_ns() - began) / 1000)
    return len(durations) / (
        sum(durations) / 1e6
    ), f"p50 {np.percentile(durations, 50):.0f} us, p99 {np.percentile(durations, 99):.0f} us"


def _hundred_hours(trucks: int, quick: bool) -> Value:
    """Overlaps and deadlocks over saturated hours on Yangluo; every job order that was begun ends."""
    bad, hours, seeds = 0, 2.0 if quick else 100.0, (1,) if quick else range(1, 11)
    for seed in seeds:
        base = load_scenario("yangluo", {"fleet.trucks": str(trucks)})
        scenario = msgspec.structs.replace(base, work=saturated_work(base.terminal, hours * 0.9, seed))
        run = simulate(scenario, seed, hours * 3.0)
        record = run_record(run)
        bad += record.conflicts + record.deadlocks + record.job_orders_open
    return float(bad), f"{trucks} trucks, {hours:g} h, {len(seeds)} seeds: overlaps + deadlocks + open job orders"


def _crane_share(trucks_per_crane: int, quick: bool, strategy: str = "rolling_horizon", cranes: int = 8) -> Value:
    """Moves an hour and quay crane over the crane's own limit (30), all cranes busy all the time, the start of the run
    included; without its first half hour in the remark."""
    hours = 4.0 if quick else 8.0
    fleet = {"terminal.quay_cranes": str(cranes), "fleet.trucks": str(cranes * trucks_per_crane)}
    base = load_scenario("yangluo", {**fleet, "policies.dispatch": strategy})
    scenario = msgspec.structs.replace(base, work=saturated_work(base.terminal, hours, 1))
    record = run_record(simulate(scenario, 1, hours))
    figures = key_figures(record)
    rate = figures["moves_per_hour_per_qc"]
    later = sum(_crane_ms(m) >= START_MS for m in record.moves) / (hours - START_MS / 3.6e6) / cranes
    remark = f"{rate:.1f} moves/h and crane with {trucks_per_crane} trucks at each of {cranes} cranes, {strategy}"
    return 100 * rate / 30, f"{remark}; {100 * later / 30:.1f} % behind the first half hour"


def _crane_ms(move: MoveRow) -> int:
    """When the quay crane had done with a box."""
    return move.collected_ms if move.kind == MoveKind.DISCHARGE else move.delivered_ms


def _density(trucks: int, quick: bool) -> Value:
    """Moves an hour against first come, first served on the two-way grid, with lateness; without it in the remark.

    400 trucks would fill every place of the grid of 8 rows, so they get one of 10.
    """
    traffic_map, stops = grid_map(rows=8 if trucks < 350 else 10)
    hours, remarks, value = 0.25 if quick else 1.0, [], 0.0
    for late in (True,) if quick else (False, True):
        ratios, moves = [], []
        for seed in (1,) if quick else (1, 2, 3):
            ours = drive(traffic_map, stops, trucks, hours, "order", late, seed)[1]
            base = drive(traffic_map, stops, trucks, hours, "first_come", late, seed)[1]
            ratios.append(ours.moves_per_hour / max(base.moves_per_hour, 1.0))
            moves.append(f"{ours.moves_per_hour:.0f} against {base.moves_per_hour:.0f} ({base.dead} locked)")
        value = float(np.mean(ratios))
        remarks.append(f"{'with' if late else 'without'} lateness {value:.2f}: " + ", ".join(moves))
    return value, "; ".join(remarks)


def _decision(quick: bool) -> Value:
    """One dispatch decision, 120 trucks x 240 job orders, in ms."""
    rng = np.random.default_rng(1)
    view = DispatchView(
        0, [f"T{i:03d}" for i in range(120)], rng.integers(0, 600_000, 120), np.zeros(120, np.int32),
        [f"J{i:03d}" for i in range(240)], rng.integers(0, 1_800_000, 240), rng.integers(0, 300_000, 240),
        rng.integers(0, 12, 240).astype(np.int32), rng.integers(0, 20, 240).astype(np.int32),
        rng.integers(30_000, 600_000, (120, 240)),
    )  # fmt: skip
    durations = []
    for _ in range(20):
        began = time.perf_counter()
        RollingHorizon().assign(view)
        durations.append(1000 * (time.perf_counter() - began))
    return float(np.median(durations)), f"first {durations[0]:.1f} ms"


def _start(quick: bool) -> Value:
    """`portway simulate huashan --hours 1` from the command line, warm cache, in s."""
    command = [sys.executable, "-m", "portway", "simulate", "huashan", "--hours", "1", "--json"]
    best = 1e9
    for _ in range(2 if quick else 4):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return best, "best of some"


MEASUREMENTS = [
    Measurement("real_time_factor_60", "x", 2_000, 50_000, True, lambda q: _real_time_factor(60, q)),
    Measurement("real_time_factor_200", "x", 300, 10_000, True, lambda q: _real_time_factor(200, q)),
    Measurement("plans_per_second_200", "1/s", 10_000, 50_000, True, lambda q: _plans(200, q)),
    Measurement("plans_per_second_1000", "1/s", 0, 10_000, True, lambda q: _plans(1_000, q), in_quick=False),
    Measurement("cplp_call", "ms", 20, 1, False, call_ms),
    Measurement("hundred_hours_200_bad", "count", 0, 0, False, lambda q: _hundred_hours(200, q)),
    Measurement("crane_share_6_trucks", "%", 90, 97, True, lambda q: _crane_share(6, q)),
    Measurement("crane_share_4_cranes", "%", 90, 97, True, lambda q: _crane_share(6, q, cranes=4)),
    *wsc_measurements(),
    Measurement("density_ratio_60", "x", 1.0, 1.0, True, lambda q: _density(60, q), in_quick=False),
    Measurement("density_ratio_200", "x", 1.1, 1.2, True, lambda q: _density(200, q)),
    Measurement("density_ratio_300", "x", 2.0, 2.3, True, lambda q: _density(300, q)),
    Measurement("density_ratio_400", "x", 2.0, 4.0, True, lambda q: _density(400, q), in_quick=False),
    Measurement("dispatch_decision", "ms", 1_000, 50, False, _decision),
    Measurement("start", "s", 3, 1, False, _start),
]
