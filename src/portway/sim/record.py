"""What a run leaves behind: the seam between the simulator and everything that reports on it.

Plain columns, no behaviour: whoever runs the terminal fills a `RunRecord`, `app.report` turns it into files. Instants
are integer milliseconds from the start of the scenario. A *row* is a truck's row in the traffic table: rows below
`len(truck_ids)` are our trucks, the others belong to the road trucks named in `visits`.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

import msgspec
import numpy as np

from portway.core.model.phases import Phase
from portway.core.model.work import MoveKind
from portway.sim.cranes import CraneState


class TruckState(IntEnum):
    """What a truck is doing: its phase; the report finds `HELD_BY_TRAFFIC` from the drives."""

    PARKED = Phase.PARKED
    TO_REST = Phase.TO_REST
    TO_COLLECT = Phase.TO_COLLECT
    WAIT_PLACE = Phase.WAIT_PLACE
    WAIT_COLLECT = Phase.WAIT_COLLECT
    HANDOVER = Phase.HANDOVER
    TO_DELIVER = Phase.TO_DELIVER
    WAIT_DELIVER = Phase.WAIT_DELIVER
    LEAVING = Phase.LEAVING
    HELD_BY_TRAFFIC = len(Phase)


class Labels(NamedTuple):
    """A word for people, in English and Chinese."""

    en: str
    zh: str


TRUCK_STATE_LABELS: Mapping[TruckState, Labels] = {
    TruckState.PARKED: Labels("parked, no work", "停放（无任务）"),
    TruckState.TO_REST: Labels("driving to rest", "返回停车位"),
    TruckState.TO_COLLECT: Labels("driving empty to collect", "空驶取箱"),
    TruckState.WAIT_PLACE: Labels("waiting for a place", "等待作业位"),
    TruckState.WAIT_COLLECT: Labels("at the place, waiting to collect", "到位等待装车"),
    TruckState.HANDOVER: Labels("handover", "吊装交接"),
    TruckState.TO_DELIVER: Labels("driving loaded to deliver", "重载送箱"),
    TruckState.WAIT_DELIVER: Labels("at the place, waiting to deliver", "到位等待卸车"),
    TruckState.LEAVING: Labels("leaving", "离场"),
    TruckState.HELD_BY_TRAFFIC: Labels("held by traffic", "交通等待"),
}

CRANE_STATE_LABELS: Mapping[CraneState, Labels] = {
    CraneState.WORKING: Labels("working", "作业中"),
    CraneState.WAITING_TRUCK: Labels("waiting for a truck", "等待集卡"),
    CraneState.GANTRY: Labels("gantry travel", "大车行走"),
    CraneState.IDLE: Labels("no work", "无任务"),
}


class MoveRow(NamedTuple):
    """One delivered box; the columns of `moves.parquet` plus the quay crane ("" for none)."""

    container_id: str
    kind: MoveKind
    from_place: str
    to_place: str
    truck_id: str
    requested_ms: int
    assigned_ms: int
    collected_ms: int
    delivered_ms: int
    quay_crane: str = ""


class Drives(NamedTuple):
    """Executed movements, sorted by (start_ms, row). Movements under way at the end of the run are included: their
    `end_ms` lies behind it, as expected then."""

    row: np.ndarray  # (D,) int32
    movement: np.ndarray  # (D,) int32, index into `Paths`
    start_ms: np.ndarray  # (D,) int64
    end_ms: np.ndarray  # (D,) int64
    profile: np.ndarray  # (D,) int32, index into `Paths.times_ms`; 9 and more are loaded
    extra_ms: np.ndarray  # (D,) int64: time lost to a disturbance, spread evenly over the movement


class Paths(NamedTuple):
    """Movement geometry: samples `ptr[m]` .. `ptr[m+1]` of movement m, and when each profile reaches them."""

    ptr: np.ndarray  # (M+1,) int32
    x: np.ndarray  # (samples,) m, centre of the footprint
    y: np.ndarray
    heading: np.ndarray  # rad, continuous within a movement
    times_ms: np.ndarray  # (profiles, samples) int32, from the start of the movement


class Carries(NamedTuple):
    """Which box was on which truck when, sorted by (from_ms, row); boxes still aboard end with the run."""

    row: np.ndarray  # (C,) int32
    container: np.ndarray  # (C,) int32, index into `container_ids`
    from_ms: np.ndarray  # (C,) int64
    to_ms: np.ndarray  # (C,) int64


class Spans(NamedTuple):
    """A log of states: subject (index of a truck or crane) was in `state` from `from_ms` to `to_ms`."""

    subject: np.ndarray  # (L,) int32
    state: np.ndarray  # (L,) int8
    from_ms: np.ndarray  # (L,) int64
    to_ms: np.ndarray  # (L,) int64


class Visit(NamedTuple):
    """One road truck inside the terminal: the row it used and where it entered."""

    truck_id: str
    row: int
    from_ms: int
    to_ms: int
    x_m: float
    y_m: float
    heading_rad: float


NO_SPANS = Spans(np.zeros(0, np.int32), np.zeros(0, np.int8), np.zeros(0, np.int64), np.zeros(0, np.int64))
NO_CARRIES = Carries(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a finished, ended or interrupted run has to tell."""

    scenario_id: str
    seed: int
    strategy: str
    end_ms: int  # instant reached
    truck_ids: list[str]
    start_pose: np.ndarray  # (trucks, 3) x, y, heading of our trucks at the start
    paths: Paths
    drives: Drives
    quay_crane_ids: list[str] = []
    yard_crane_ids: list[str] = []
    container_ids: list[str] = []
    start_ms: int = 0
    hours_asked: float = 0.0
    finished: bool = True  # False after Ctrl-C
    moves: list[MoveRow] = []  # in the order of delivery
    carries: Carries = NO_CARRIES
    truck_states: Spans = NO_SPANS  # subjects are our trucks
    quay_crane_states: Spans = NO_SPANS
    yard_crane_states: Spans = NO_SPANS
    visits: list[Visit] = []
    job_orders: int = 0  # in the work list
    job_orders_open: int = 0  # not delivered at the end
    plans_count: int = 0
    plan_us: np.ndarray = np.zeros(0)  # sampled durations of single plans, microseconds
    conflicts: int = 0  # overlaps found by the run's own check
    deadlocks: int = 0
    wall_s: float = 0.0
    journal_digest: str = ""
    portway_version: str = ""
    policies: dict[str, object] = {}


def spans_of_changes(changes: Iterable[tuple[int, int, int]], subjects: int, end_ms: int) -> Spans:
    """Spans from changes (at_ms, subject, new state); each state lasts until the subject's next one or `end_ms`."""
    rows = np.array([c for c in changes if c[0] < end_ms], np.int64).reshape(-1, 3)
    rows = rows[np.lexsort((np.arange(len(rows)), rows[:, 0], rows[:, 1]))]
    to_ms = np.full(len(rows), end_ms, np.int64)
    same = rows[1:, 1] == rows[:-1, 1]
    to_ms[:-1][same] = rows[1:, 0][same]
    keep = (to_ms > rows[:, 0]) & (rows[:, 1] < subjects)
    rows, to_ms = rows[keep], to_ms[keep]
    return Spans(rows[:, 1].astype(np.int32), rows[:, 2].astype(np.int8), rows[:, 0], to_ms)


def spans_of_logs(logs: Iterable[Iterable[tuple[int, int, int]]], end_ms: int) -> Spans:
    """Spans from one log of (from_ms, to_ms, state) per subject, cut at `end_ms`."""
    rows = [(i, s, a, min(b, end_ms)) for i, log in enumerate(logs) for a, b, s in log if a < end_ms and b > a]
    table = np.array(rows, np.int64).reshape(-1, 4)
    return Spans(table[:, 0].astype(np.int32), table[:, 1].astype(np.int8), table[:, 2], table[:, 3])


def drives_of_log(log: np.ndarray) -> Drives:
    """Drives from the traffic log's rows (row, movement, start_ms, end_ms, profile, extra_ms), sorted."""
    log = np.asarray(log, np.int64).reshape(-1, 6)
    log = log[np.lexsort((log[:, 0], log[:, 2]))]
    narrow = [log[:, i].astype(np.int32) for i in (0, 1, 4)]
    return Drives(narrow[0], narrow[1], log[:, 2], log[:, 3], narrow[2], log[:, 5])
