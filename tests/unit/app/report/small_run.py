"""A run by hand: two trucks, one quay crane, one box, one road truck, ten minutes.

T1 is parked until 60 s, drives 100 m empty to q1 (20 s), is loaded from 100 s to 130 s, is held from 130 s to 140 s,
drives 100 m loaded (40 s: twice its profile), waits for the yard crane from 180 s to 200 s, is unloaded until 230 s.
T2 never moves.
"""

import numpy as np

from portway.core.model import MoveKind
from portway.sim.cranes import CraneState
from portway.sim.record import (
    Carries,
    MoveRow,
    Paths,
    RunRecord,
    TruckState,
    Visit,
    drives_of_log,
    spans_of_changes,
    spans_of_logs,
)

END_MS = 600_000
PROFILES = 18


def straight_paths() -> Paths:
    """Movements 0 (east from 0 to 100 m) and 1 (north from there, 100 m): even acceleration up, even braking down."""
    s = np.arange(101.0)
    half_s = np.where(s <= 50, np.sqrt(2 * s), 20 - np.sqrt(2 * (100 - s)))  # a = 1 m/s2: 20 s in all
    times = np.round(1000 * half_s).astype(np.int32)
    x = np.concatenate((s, np.full(101, 100.0)))
    y = np.concatenate((np.zeros(101), s))
    heading = np.concatenate((np.zeros(101), np.full(101, np.pi / 2)))
    return Paths(np.array([0, 101, 202], np.int32), x, y, heading, np.tile(np.tile(times, 2), (PROFILES, 1)))


def small_run(**changes: object) -> RunRecord:
    """The run of the module's docstring."""
    s = TruckState
    states = [
        (0, 0, s.PARKED), (60_000, 0, s.TO_COLLECT), (80_000, 0, s.WAIT_COLLECT), (100_000, 0, s.HANDOVER),
        (130_000, 0, s.TO_DELIVER), (180_000, 0, s.WAIT_DELIVER), (200_000, 0, s.HANDOVER), (230_000, 0, s.PARKED),
        (0, 1, s.PARKED),
    ]  # fmt: skip
    log = [(0, 0, 60_000, 80_000, 0, 0), (0, 1, 140_000, 180_000, 9, 20_000), (2, 0, 300_000, 320_000, 0, 0)]
    crane = [
        (0, 90_000, int(CraneState.WORKING)), (90_000, 100_000, int(CraneState.WAITING_TRUCK)),
        (100_000, 130_000, int(CraneState.WORKING)),
    ]  # fmt: skip
    fields = {
        "scenario_id": "small",
        "seed": 7,
        "strategy": "nearest",
        "end_ms": END_MS,
        "truck_ids": ["T1", "T2"],
        "start_pose": np.array([[0.0, 0.0, 0.0], [5.0, 50.0, 1.0]]),
        "paths": straight_paths(),
        "drives": drives_of_log(np.array(log)),
        "quay_crane_ids": ["QC1"],
        "yard_crane_ids": ["R1"],
        "container_ids": ["MSKU0000001"],
        "moves": [
            MoveRow("MSKU0000001", MoveKind.DISCHARGE, "QC1", "B1/1/1/1", "T1", 0, 60_000, 130_000, 230_000, "QC1")
        ],
        "carries": Carries(*(np.array([v]) for v in (0, 0, 130_000, 230_000))),
        "truck_states": spans_of_changes(states, 2, END_MS),
        "quay_crane_states": spans_of_logs([crane], END_MS),
        "yard_crane_states": spans_of_logs([[(200_000, 290_000, 0)]], END_MS),
        "visits": [Visit("R-1", 2, 250_000, 330_000, 0.0, 0.0, 0.0)],
        "job_orders": 3,
        "job_orders_open": 2,
        "plans_count": 4,
        "plan_us": np.array([10.0, 20.0, 30.0, 40.0]),
        "wall_s": 0.5,
        "journal_digest": "abc",
    }
    return RunRecord(**{**fields, **changes})


def empty_run() -> RunRecord:
    """A run that ended before anything moved."""
    none = drives_of_log(np.zeros((0, 6)))
    return RunRecord(
        scenario_id="small",
        seed=0,
        strategy="nearest",
        end_ms=0,
        truck_ids=["T1"],
        start_pose=np.array([[0.0, 0.0, 0.0]]),
        paths=straight_paths(),
        drives=none,
        quay_crane_ids=["QC1"],
        finished=False,
    )
