"""The desk of a running server: wishes become events of the core, answered when they are in the journal."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from portway.adapters.tos.api.instants import utc_of
from portway.adapters.tos.api.views import (
    AlertView,
    ContainerView,
    CraneView,
    EnrolmentView,
    JobOrderView,
    ProgressEvent,
    RoadBlockView,
    RunView,
    StockBoxView,
    StrangerView,
    TerminalView,
    TruckView,
    VehicleView,
    WorkQueueView,
)
from portway.app.live.server import LiveServer
from portway.core.commands import Alert, Command, JobOrderStopped
from portway.core.controller.refusals import was_refused
from portway.core.events import (
    CraneReady,
    Event,
    HandoverDone,
    JobOrderCancelled,
    JobOrderMoved,
    JobOrderReceived,
    JobOrdersReceived,
    RoadBlocked,
    StockReceived,
    TruckEnrolled,
    TruckPaused,
    TruckWithdrawn,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.model.work import JobOrder, YardBox
from portway.core.work.batch import batch_problems
from portway.core.work.change import ROAD_KINDS
from portway.core.work.problems import is_known
from portway.core.work.stock import changes_nothing
from portway.core.work.work_problem import WorkProblem

QUIET_S = 60.0  # the same wrong report of a crane is told so seldom
FEW = 10  # job orders that are checked in a millisecond or two


class LiveDesk:
    """`TosDesk` in front of a server."""

    def __init__(self, server: LiveServer) -> None:
        self._server, self._views = server, server.views
        self._controller = server.run.controller
        self._blocks = server.progress.blocks
        self._started_ms = round(1000 * server.started_at_s)
        self._reports = asyncio.Lock()
        self._wrong: dict[tuple[str, ...], float] = {}  # reports of cranes, and when they came
        server.progress.dated(self._started_ms)

    async def _ask(self, event: Event) -> list[WorkProblem]:
        """Refused at the border with reasons, or handled and kept; the core may still say no: others were first."""
        found = self._controller.refusals(event)
        return found or await self._tell(event)

    async def _tell(self, event: Event) -> list[WorkProblem]:
        answer = await self._server.loop.ask(lambda at: _at(event, at))
        if not was_refused(event, answer):
            return []
        return self._controller.refusals(event) or _said(answer)

    # -- the TOS's work -----------------------------------------------------------------------------------------

    async def submit(self, jobs: list[JobOrder]) -> list[WorkProblem]:
        """All of them or none, as one event; nothing is said to the core of what it knows already.

        Nobody is believed here that a box stands in the yard: whoever has a TOS has its stock.
        """
        if all(is_known(job, self._controller.state.board) for job in jobs):
            return []
        if found := await self._problems(jobs):
            return found
        event = JobOrderReceived(0, jobs[0]) if len(jobs) == 1 else JobOrdersReceived(0, tuple(jobs))
        if any(job.kind in ROAD_KINDS for job in jobs):  # the core may keep no room for road trucks
            return await self._ask(event)
        return await self._tell(event)  # what the core would ask has been asked

    async def _problems(self, jobs: list[JobOrder]) -> list[WorkProblem]:
        """Many are checked beside the loop, against the board as it was when they came; the core has the last word."""
        board, terminal = self._controller.state.board, self._server.run.scenario.terminal
        if len(jobs) <= FEW:
            return batch_problems(jobs, terminal, board, {})
        return await asyncio.to_thread(batch_problems, jobs, terminal, board.copy(), {})

    async def cancel(self, job_order: str, by: str, reason: str) -> list[WorkProblem]:
        """Take a job order back, and those that wait for it; one that is gone is gone."""
        if job_order in self._controller.state.board.unit_of_job:
            found = await self._ask(JobOrderCancelled(0, job_order, by, reason))
            if job_order in self._controller.state.board.unit_of_job:
                return found
        if job_order in self._server.progress.aborted:
            return []
        return [WorkProblem(job_order, "unknown_job_order", "job_order", job_order, "no such job order", "correct it")]

    async def take_stock(self, boxes: list[YardBox], whole: bool, by: str, reason: str) -> list[WorkProblem]:
        """Take over where boxes stand; what is known already is not said again."""
        event = StockReceived(0, tuple(boxes), whole, by, reason)
        found = self._controller.refusals(event)
        if found or changes_nothing(event, self._controller.state.board):
            return found
        return await self._tell(event)

    async def resequence(self, quay_crane: str, job_orders: list[str], by: str, reason: str) -> list[WorkProblem]:
        """Give a crane's open job orders another sequence."""
        return await self._ask(WorkQueueResequenced(0, quay_crane, tuple(job_orders), by, reason))

    async def activate(self, quay_crane: str, active: bool, by: str, reason: str) -> list[WorkProblem]:
        """Activate or suspend a work queue."""
        return await self._ask(WorkQueueActivated(0, quay_crane, active, by, reason))

    # -- the cranes ---------------------------------------------------------------------------------------------

    def _simulated(self, crane: str) -> list[WorkProblem]:
        """Why a crane's report is not taken: each crane is simulated or linked."""
        terminal = self._server.run.scenario.terminal
        known = {*(c.id for c in terminal.quay_cranes), *(c.id for c in terminal.yard_cranes)}
        if crane in self._server.options.linked_cranes or crane not in known:
            return []
        return [WorkProblem("", "crane_simulated", "crane", crane, f"{crane} is simulated by this server",
                            f"start it with --linked-cranes {crane}")]  # fmt: skip

    async def crane_ready(self, crane: str, job_order: str) -> list[WorkProblem]:
        """Taken once, when it is what the crane was told to prepare; anything else is told to a person as well."""
        if simulated := self._simulated(crane):
            return simulated
        async with self._reports:
            unit = self._controller.state.board.unit_of_job.get(job_order)
            problems, name = self._not_prepared(crane, job_order), job_order if unit is None else unit.id
            if not problems or self._is_news(crane, job_order):
                await self._server.loop.ask(lambda at: CraneReady(at, crane, name))
        return problems

    def _is_news(self, *report: str) -> bool:
        """Whether a wrong report has not come just before: a link that asks again and again is told of once."""
        now_s = time.monotonic()
        self._wrong = {known: at_s for known, at_s in self._wrong.items() if now_s - at_s < QUIET_S}
        is_news = report not in self._wrong
        self._wrong[report] = now_s
        return is_news

    def _not_prepared(self, crane: str, job_order: str) -> list[WorkProblem]:
        queue = self._controller.state.board.queues.get(crane)
        unit = queue.next_unit() if queue is not None else None
        if queue is None or unit is None or not queue.prepared or job_order not in [j.id for j in unit.jobs]:
            return [WorkProblem(job_order, "not_prepared", "job_order", job_order,
                                f"{crane} was not told to prepare it", "wait for the event `prepare`")]  # fmt: skip
        if queue.ready or queue.serving:
            return [WorkProblem(job_order, "already_ready", "job_order", job_order,
                                f"{crane} is ready for it already", "say it once")]  # fmt: skip
        return []

    async def handover_done(self, crane: str, truck: str, job_orders: list[str]) -> list[WorkProblem]:
        """Taken once, when this handover is under way; anything else is told to a person as well."""
        if simulated := self._simulated(crane):
            return simulated
        async with self._reports:
            problems, jobs = self._no_handover(crane, truck, job_orders), tuple(job_orders)
            if not problems:
                jobs = self._controller.state.missions[truck].current_leg.jobs  # in their own sequence
            if not problems or self._is_news(crane, truck, *job_orders):
                await self._server.loop.ask(lambda at: HandoverDone(at, crane, truck, jobs))
        return problems

    def _no_handover(self, crane: str, truck: str, job_orders: list[str]) -> list[WorkProblem]:
        mission = self._controller.state.missions.get(truck)
        if mission is None or mission.unit is None or not mission.serving or mission.served_by != crane:
            return [WorkProblem("", "no_handover", "truck", truck, f"{crane} and {truck} are in no handover",
                                "wait for the event `handover`, and say once that it is done")]  # fmt: skip
        jobs = mission.current_leg.jobs
        if sorted(jobs) != sorted(job_orders):
            return [WorkProblem("", "no_handover", "job_orders", job_orders,
                                f"{crane} and {truck} hand over {', '.join(jobs)}", "name these")]  # fmt: skip
        return []

    # -- the control room ---------------------------------------------------------------------------------------

    async def pause_truck(self, truck: str, paused: bool, by: str, reason: str) -> list[WorkProblem]:
        """Stop a truck, or let it go on; that says, too, that a person has looked at what is wrong with it."""
        return await self._ask(TruckPaused(0, truck, paused, by, reason))

    async def withdraw_truck(self, truck: str, withdrawn: bool, by: str, reason: str) -> list[WorkProblem]:
        """Give a truck no more work, or take it back."""
        return await self._ask(TruckWithdrawn(0, truck, withdrawn, by, reason))

    async def block_road(self, name: str, lanes: list[str], blocked: bool, by: str, reason: str) -> list[WorkProblem]:
        """Close lanes under a name, or open what was closed under it."""
        if not blocked and name not in self._blocks:
            return [WorkProblem("", "unknown_road_block", "name", name, "nothing is closed under it", "correct it")]
        chosen = tuple(lanes) if blocked else self._blocks[name]
        others = {lane for n, ls in self._blocks.items() if n != name for lane in ls}
        if not blocked:  # a lane that is closed under another name stays closed
            chosen = tuple(lane for lane in chosen if lane not in others)
        return await self._ask(RoadBlocked(0, name, chosen, blocked, by, reason))

    async def move_job(self, job_order: str, truck: str, by: str, reason: str) -> list[WorkProblem]:
        """Give a job order to another truck."""
        return await self._ask(JobOrderMoved(0, job_order, truck, by, reason))

    async def enrol_truck(self, truck: str, vehicle: VehicleView, by: str, reason: str) -> list[WorkProblem]:
        """Refused while the vehicle speaks for another truck."""
        if truck not in self._server.enrolment.vehicles:
            return [WorkProblem("", "unknown_truck", "truck", truck, "no such truck", "correct it")]
        other = self._server.enrolment.truck_of(vehicle.manufacturer, vehicle.serial_number)
        if other not in (None, truck):
            cure = f"enrol another vehicle for {other} first"
            return [WorkProblem("", "vehicle_taken", "serial_number", vehicle.serial_number, f"it is {other}", cure)]
        named = vehicle.manufacturer, vehicle.serial_number, vehicle.version
        if (before := self._server.enrolment.vehicles[truck]) == named:
            return []
        is_other = named[:2] != before[:2]
        await self._server.loop.ask(lambda at: TruckEnrolled(at, truck, *named, by, reason, is_other))
        return []

    # -- reads --------------------------------------------------------------------------------------------------

    def job_orders(self) -> list[JobOrderView]:
        """All, by id."""
        return self._views.job_orders()

    def job_order(self, id: str) -> JobOrderView | None:
        """One of them."""
        return self._views.job_order(id)

    def open_work(self) -> list[JobOrder]:
        """Those that are not ended."""
        board = self._controller.state.board
        return [board.job(name) for name in board.unit_of_job if name not in board.delivered]

    def container(self, id: str) -> ContainerView | None:
        """A box."""
        return self._views.container(id)

    def work_queues(self) -> list[WorkQueueView]:
        """By crane."""
        return self._views.work_queues()

    def trucks(self) -> list[TruckView]:
        """Our trucks."""
        return self._views.trucks()

    def cranes(self) -> list[CraneView]:
        """Quay and yard cranes."""
        return self._views.cranes()

    def enrolments(self) -> list[EnrolmentView]:
        """The vehicle of every truck."""
        return [
            EnrolmentView(
                truck=truck, online=self._server.master.trucks[truck].link == "online",
                vehicle=VehicleView(manufacturer=v.manufacturer, serial_number=v.serial, version=v.version),
            )
            for truck, v in self._server.enrolment.vehicles.items()
        ]  # fmt: skip

    def strangers(self) -> list[StrangerView]:
        """Who is not enrolled."""
        return [
            StrangerView(manufacturer=manufacturer, serial_number=serial, topic_version=major)
            for (manufacturer, serial), major in sorted(self._server.master.unknown.items())
        ]

    def alerts(self) -> list[AlertView]:
        """Newest last."""
        return self._server.progress.alerts

    def run(self) -> RunView:
        """The run and its clock."""
        run, clock = self._server.durable.journal.run, self._server.run.clock
        assert run is not None, "the run has been opened"
        terminal, now_ms = self._server.run.scenario.terminal, clock.now_ms()
        started = utc_of(self._started_ms, 0)
        assert started is not None, "a run begins within the calendar"
        return RunView(
            run_id=run.run_id, terminal=terminal.id, title=terminal.title, started_at=started, now_ms=now_ms,
            now_at=utc_of(self._started_ms, now_ms), speed=clock.speed, last_event=self.newest_progress(),
            stock_known=self._controller.state.board.boxes.is_whole,
        )  # fmt: skip

    def terminal(self) -> TerminalView:
        """The ground plan."""
        return self._views.terminal()

    def stock(self) -> list[StockBoxView]:
        """Boxes in the yard."""
        return self._views.stock()

    def road_blocks(self) -> list[RoadBlockView]:
        """What is closed."""
        return self._views.road_blocks()

    def progress(self, after: int, most: int | None = None) -> list[ProgressEvent]:
        """Events behind an id."""
        return self._server.progress.events[after : None if most is None else after + most]

    def newest_progress(self) -> int:
        """Id of the newest event."""
        return len(self._server.progress.events)

    async def wait_progress(self, after: int) -> None:
        """Return when there is a newer one."""
        await self._server.progress.wait(after)


def _said(answer: Sequence[Command]) -> list[WorkProblem]:
    """What is left of a refusal when nothing speaks against the wish any more."""
    late = "it was too late when its turn came", "look again, and try again"
    stopped = [(c.job_order, c.code) for c in answer if isinstance(c, JobOrderStopped)]
    found = [WorkProblem(job, code, "job_order", job, *late) for job, code in stopped]
    return found + [WorkProblem("", c.code, "", c.subject, c.detail, late[1]) for c in answer if isinstance(c, Alert)]


def _at(event: Event, at_ms: int) -> Event:
    return msgspec.structs.replace(event, at_ms=at_ms)
