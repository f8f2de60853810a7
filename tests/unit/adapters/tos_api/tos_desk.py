"""A desk without trucks: the core's own rules about work, carried out on a board at once."""

import asyncio

from portway.adapters.tos.api.instants import utc_of
from portway.adapters.tos.api.job_order import ContainerBody, JobOrderBody, slot_body
from portway.adapters.tos.api.views import (
    AlertView,
    ContainerView,
    CraneView,
    EnrolmentView,
    JobOrderState,
    JobOrderView,
    ProgressEvent,
    ProgressKind,
    RoadBlockView,
    RunView,
    StockBoxView,
    StrangerView,
    TerminalView,
    TruckState,
    TruckView,
    VehicleView,
    WorkQueueView,
)  # fmt: skip
from portway.adapters.tos.iso6346 import check_digit
from portway.app.live.ground_view import terminal_view
from portway.core.events import StockReceived, WorkQueueResequenced
from portway.core.model.layout import Block, Gate, QuayCrane, Terminal, YardCrane
from portway.core.model.work import JobOrder, WorkList
from portway.core.work.batch import batch_problems, put
from portway.core.work.board import Board
from portway.core.work.change import change_for, may_change, without
from portway.core.work.predecessors import predecessors_first
from portway.core.work.problems import WorkProblem, is_known
from portway.core.work.sequence import new_order, sequence_problems
from portway.core.work.stock import changes_nothing, stock_problems
from portway.core.work.units import UnitState

TERMINAL = Terminal(
    "port", (), (), (),
    blocks=(Block("A", (0.0, 0.0), 0.0, 20, 6, 5), Block("B", (0.0, 50.0), 0.0, 20, 6, 5)),
    yard_cranes=(YardCrane("YC1", "A"), YardCrane("YC2", "B")),
    quay_cranes=(QuayCrane("QC1", 1, 10), QuayCrane("QC2", 11, 20)),
    gates=(Gate("G1", "in", "out"),),
)  # fmt: skip
SECRET = b"0123456789abcdef0123456789abcdef"
NOW_S = 1_800_000_000.0
LANES = ("L1", "L2", "L3")


STARTED_MS = round(1000 * NOW_S) + 123


def box(number: int) -> str:
    """A container number with its check digit, another one for every number."""
    body = f"PWTU{number:06d}"
    return f"{body}{check_digit(body)}"


def unknown(what: str, key: str, value: object) -> WorkProblem:
    return WorkProblem("", f"unknown_{what}", key, value, f"no such {what.replace('_', ' ')}", "correct it")


class DeskInMemory:
    """Answers like the live server, but nothing moves unless a test says so."""

    def __init__(self) -> None:
        self.run_id = "run"
        self.board = Board(WorkList(()))
        self.views: dict[str, JobOrderView] = {}
        self.suspended: set[str] = set()
        self.truck_states = {f"T{i}": TruckState.IDLE for i in range(1, 4)}
        self.vehicles: dict[str, VehicleView] = {}
        self.blocks: dict[str, list[str]] = {}
        self.log: list[tuple] = []
        self._events: list[ProgressEvent] = []
        self._news = asyncio.Condition()

    # -- work

    async def submit(self, jobs: list[JobOrder]) -> list[WorkProblem]:
        found = batch_problems(jobs, TERMINAL, self.board)
        for job in predecessors_first(jobs)[0] if not found else ():
            if is_known(job, self.board):
                continue
            put(self.board, change_for(self.board, job))
            kind = ProgressKind.UPDATED if job.id in self.views else ProgressKind.ACCEPTED
            body = JobOrderBody.from_core(job, STARTED_MS)
            self.views[job.id] = JobOrderView(job_order=body, state=JobOrderState.OPEN)
            await self.tell(kind, job_order=job.id)
        return found

    async def take_stock(self, boxes, whole: bool, by: str, reason: str) -> list[WorkProblem]:
        event = StockReceived(0, tuple(boxes), whole, by, reason)
        found = stock_problems(event, TERMINAL, self.board)
        if not found and not changes_nothing(event, self.board):
            self.board.boxes.stock_taken(event.boxes, whole)
            await self.tell(ProgressKind.STOCK)
        return found

    async def cancel(self, job_order: str, by: str, reason: str) -> list[WorkProblem]:
        if job_order not in self.board.unit_of_job and job_order in self.views:
            return []
        if job_order not in self.board.unit_of_job:
            return [unknown("job_order", "job_order", job_order)]
        gone = [job_order, *self.board.dependents(job_order)]
        if not all(may_change(self.board.unit_of_job[j]) for j in gone):
            return [WorkProblem(job_order, "too_late", "job_order", job_order, "it has begun", "let it end")]
        for job in gone:
            put(self.board, without(self.board, job))
            self.views[job] = self.views[job].model_copy(update={"state": JobOrderState.ABORTED, "reason": reason})
            await self.tell(ProgressKind.ABORTED, job_order=job, code="cancelled")
        return []

    async def resequence(self, quay_crane: str, job_orders: list[str], by: str, reason: str) -> list[WorkProblem]:
        event = WorkQueueResequenced(0, quay_crane, tuple(job_orders), by, reason)
        found = sequence_problems(self.board, event)
        if not found:
            self.board.queue(quay_crane).rearrange(new_order(self.board, event))
        return found

    async def activate(self, quay_crane: str, active: bool, by: str, reason: str) -> list[WorkProblem]:
        (self.suspended.discard if active else self.suspended.add)(quay_crane)
        return []

    # -- cranes

    async def crane_ready(self, crane: str, job_order: str) -> list[WorkProblem]:
        unit = self.board.unit_of_job.get(job_order)
        if unit is None or unit.crane != crane:
            return [unknown("job_order", "job_order", job_order)]
        self.log.append(("ready", crane, job_order))
        return []

    async def handover_done(self, crane: str, truck: str, job_orders: list[str]) -> list[WorkProblem]:
        if truck not in self.truck_states:
            return [unknown("truck", "truck", truck)]
        found = [unknown("job_order", "job_orders", j) for j in job_orders if j not in self.board.unit_of_job]
        if not found:
            self.log.append(("handover", crane, truck, tuple(job_orders)))
        return found

    # -- control room

    async def pause_truck(self, truck: str, paused: bool, by: str, reason: str) -> list[WorkProblem]:
        return self._set(truck, TruckState.PAUSED if paused else TruckState.IDLE)

    async def withdraw_truck(self, truck: str, withdrawn: bool, by: str, reason: str) -> list[WorkProblem]:
        return self._set(truck, TruckState.WITHDRAWN if withdrawn else TruckState.IDLE)

    def _set(self, truck: str, state: TruckState) -> list[WorkProblem]:
        if truck not in self.truck_states:
            return [unknown("truck", "truck", truck)]
        self.truck_states[truck] = state
        return []

    async def enrol_truck(self, truck: str, vehicle: VehicleView, by: str, reason: str) -> list[WorkProblem]:
        if truck not in self.truck_states:
            return [unknown("truck", "truck", truck)]
        self.vehicles[truck] = vehicle
        return []

    def enrolments(self) -> list[EnrolmentView]:
        return [EnrolmentView(truck=t, vehicle=v, online=False) for t, v in sorted(self.vehicles.items())]

    def strangers(self) -> list[StrangerView]:
        return []

    async def block_road(self, name: str, lanes: list[str], blocked: bool, by: str, reason: str) -> list[WorkProblem]:
        if not blocked:
            return [] if self.blocks.pop(name, None) else [unknown("road_block", "name", name)]
        found = [unknown("lane", f"lanes.{i}", lane) for i, lane in enumerate(lanes) if lane not in LANES]
        if not found:
            self.blocks[name] = lanes
        return found

    async def move_job(self, job_order: str, truck: str, by: str, reason: str) -> list[WorkProblem]:
        if job_order not in self.board.unit_of_job:
            return [unknown("job_order", "job_order", job_order)]
        if truck not in self.truck_states:
            return [unknown("truck", "truck", truck)]
        self.views[job_order] = self.views[job_order].model_copy(update={"truck": truck})
        return []

    # -- reads

    def job_orders(self) -> list[JobOrderView]:
        return [self.views[i] for i in sorted(self.views)]

    def job_order(self, id: str) -> JobOrderView | None:
        return self.views.get(id)

    def open_work(self) -> list[JobOrder]:
        ended = (JobOrderState.COMPLETED, JobOrderState.ABORTED)
        return [v.job_order.to_core() for v in self.views.values() if v.state not in ended]

    def container(self, id: str) -> ContainerView | None:
        mine = [v for v in self.job_orders() if v.job_order.container.id == id]
        box, ended = self.board.boxes.container.get(id), (JobOrderState.COMPLETED, JobOrderState.ABORTED)
        if box is None and not mine:
            return None
        box = box or mine[-1].job_order.container
        return ContainerView(
            id=id, length_ft=box.length_ft, mass_kg=box.mass_kg, iso_type=box.iso_type,
            slot=slot_body(self.board.boxes.at.get(id)),
            job_orders=[v.job_order.id for v in mine if v.state not in ended],
        )  # fmt: skip

    def work_queues(self) -> list[WorkQueueView]:
        views = []
        for crane in TERMINAL.quay_cranes:
            queue = self.board.queue(crane.id)
            jobs = [j.id for u in queue.units[queue.head :] for j in u.jobs]
            active = crane.id not in self.suspended
            views.append(WorkQueueView(quay_crane=crane.id, active=active, job_orders=jobs))
        return views

    def trucks(self) -> list[TruckView]:
        return [TruckView(id=t, state=s) for t, s in sorted(self.truck_states.items())]

    def cranes(self) -> list[CraneView]:
        quay = [CraneView(id=c.id, kind="quay") for c in TERMINAL.quay_cranes]
        return quay + [CraneView(id=c.id, kind="yard") for c in TERMINAL.yard_cranes]

    def alerts(self) -> list[AlertView]:
        return []

    # -- progress

    def run(self) -> RunView:
        return RunView(
            run_id=self.run_id, terminal=TERMINAL.id, started_at=utc_of(STARTED_MS, 0), now_ms=5, speed=1.0,
            now_at=utc_of(STARTED_MS, 5), last_event=self.newest_progress(), stock_known=self.board.boxes.is_whole,
        )  # fmt: skip

    def terminal(self) -> TerminalView:
        return terminal_view(TERMINAL, self.board.boxes, self.road_blocks())

    def stock(self) -> list[StockBoxView]:
        boxes = self.board.boxes
        return [
            StockBoxView(
                container=ContainerBody.from_core(boxes.container[name]), slot=slot_body(slot),
                confirmed=name not in boxes.word_of,
            )
            for name, slot in sorted(boxes.at.items())
        ]  # fmt: skip

    def road_blocks(self) -> list[RoadBlockView]:
        return [RoadBlockView(name=n, lanes=ls, since_ms=0) for n, ls in sorted(self.blocks.items())]

    def progress(self, after: int, most: int | None = None) -> list[ProgressEvent]:
        return self._events[after : None if most is None else after + most]

    def newest_progress(self) -> int:
        return len(self._events)

    async def wait_progress(self, after: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self._events) > after)

    async def tell(self, kind: ProgressKind, **keys) -> None:
        async with self._news:
            self._events.append(
                ProgressEvent(id=len(self._events) + 1, at_ms=0, at=utc_of(STARTED_MS, 0), kind=kind, **keys)
            )
            self._news.notify_all()

    async def complete(self, job_order: str) -> None:
        """The box has arrived."""
        unit = self.board.unit_of_job[job_order]
        unit.begun = True
        for state in (UnitState.ASSIGNED, UnitState.COLLECTED, UnitState.DONE):
            if unit.state < state:
                unit.move_to(state)
        self.board.deliver(job_order)
        view = self.views[job_order]
        self.views[job_order] = view.model_copy(update={"state": JobOrderState.COMPLETED, "truck": "T1"})
        await self.tell(ProgressKind.COMPLETED, job_order=job_order, truck="T1")
