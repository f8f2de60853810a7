"""From a finished run to the record that the report reads."""

from importlib.metadata import version

import msgspec
import numpy as np

from portway.app.compose import Run
from portway.sim.overlaps import count_overlaps
from portway.sim.record import (
    Carries,
    MoveRow,
    Paths,
    RunRecord,
    Visit,
    drives_of_log,
    spans_of_changes,
    spans_of_logs,
)


def _drives(run: Run) -> np.ndarray:
    """Finished movements, and those under way with their expected ends."""
    return np.concatenate((run.trucks.drives(), run.trucks.under_way()))


def _moves(run: Run) -> list[MoveRow]:
    jobs = {j.id: j for j in run.scenario.work.job_orders}
    return [
        MoveRow(
            jobs[d.job_order].container.id,
            jobs[d.job_order].kind,
            d.from_place,
            d.to_place,
            d.truck,
            jobs[d.job_order].release_ms,
            d.assigned_ms,
            d.collected_ms,
            d.delivered_ms,
            jobs[d.job_order].quay_crane or "",
        )
        for d in run.world.done
    ]


def _carries(run: Run, rows: dict[str, int]) -> tuple[Carries, list[str]]:
    """Boxes on trucks: delivered ones, and those aboard at the end."""
    jobs = {j.id: j for j in run.scenario.work.job_orders}
    aboard = [(rows[d.truck], jobs[d.job_order].container.id, d.collected_ms, d.delivered_ms) for d in run.world.done]
    board = run.controller.state.board
    for mission in run.controller.state.missions.values():
        for job, (collected_ms, _) in (mission.unit.collected if mission.unit else {}).items():
            if job not in board.delivered:
                aboard.append((rows[mission.truck], jobs[job].container.id, collected_ms, run.end_ms))
    names = sorted({a[1] for a in aboard})
    number = {name: i for i, name in enumerate(names)}
    table = np.array(sorted((a[2], a[0], number[a[1]], a[3]) for a in aboard), np.int64).reshape(-1, 4)
    return Carries(table[:, 1].astype(np.int32), table[:, 2].astype(np.int32), table[:, 0], table[:, 3]), names


def _visits(run: Run) -> list[Visit]:
    visitors, state = run.controller.visitors, run.controller.state
    inside = [(t, state.index[t], since, run.end_ms + 1, stop) for t, (since, stop) in visitors.inside.items()]
    pose = state.traffic.map.stop_pose
    return [Visit(t, row, a, b, *map(float, pose[stop])) for t, row, a, b, stop in [*visitors.visits, *inside]]


def _rows(run: Run, visits: list[Visit]) -> dict[str, int]:
    """Traffic row of every truck that was ever inside."""
    return dict(run.controller.state.index) | {v.truck_id: v.row for v in visits}


def _phases(run: Run, trucks: list[str]) -> list[tuple[int, int, int]]:
    number = {name: i for i, name in enumerate(trucks)}
    return [(at, number[truck], phase) for at, truck, phase in run.controller.state.phase_log if truck in number]


def run_record(run: Run) -> RunRecord:
    """Everything that reports need of a run."""
    state, scenario = run.controller.state, run.scenario
    traffic, pose = state.traffic, state.traffic.map.stop_pose
    trucks = sorted(state.homes)
    visits = _visits(run)
    carries, containers = _carries(run, _rows(run, visits))
    quay, yard = sorted(run.world.cranes.quay), sorted(run.world.cranes.yard)
    record = RunRecord(
        scenario_id=scenario.id,
        seed=run.seed,
        strategy=scenario.policies.dispatch,
        end_ms=run.end_ms,
        hours_asked=run.hours_asked,
        finished=run.finished,
        truck_ids=trucks,
        start_pose=np.array([pose[state.book.stop(state.homes[t])] for t in trucks]),
        paths=Paths(*(getattr(traffic.map.paths, name) for name in Paths._fields)),
        drives=drives_of_log(_drives(run)),
        quay_crane_ids=quay,
        yard_crane_ids=yard,
        container_ids=containers,
        moves=_moves(run),
        carries=carries,
        truck_states=spans_of_changes(_phases(run, trucks), len(trucks), run.end_ms),
        quay_crane_states=spans_of_logs([run.world.cranes.quay[q].log_until(run.end_ms) for q in quay], run.end_ms),
        yard_crane_states=spans_of_logs([run.world.cranes.yard[y].log for y in yard], run.end_ms),
        visits=visits,
        job_orders=state.board.jobs_total,
        job_orders_open=state.board.jobs_total - state.board.jobs_done,
        plans_count=traffic.plans_count,
        plan_us=np.array(run.plan_us),
        deadlocks=run.deadlocks,
        wall_s=run.wall_s,
        journal_digest=run.journal.digest,
        portway_version=version("portway"),
        policies=msgspec.structs.asdict(scenario.policies),
    )
    return msgspec.structs.replace(record, conflicts=count_overlaps(record, run.truck_type))
