"""The desk of a running server: wishes become events of the core, answered when they are in the journal."""

from collections.abc import Sequence

import msgspec

from portway.adapters.tos.api.views import (
    AlertView,
    ContainerView,
    CraneView,
    EnrolmentView,
    JobOrderView,
    ProgressEvent,
    StrangerView,
    TruckView,
    VehicleView,
    WorkQueueView,
)
from portway.app.live.server import LiveServer
from portway.core.commands import Alert, Command, JobOrderStopped
from portway.core.controller.refusals import was_refused
from portway.core.dispatch.problems import is_known
from portway.core.dispatch.work_problem import WorkProblem
from portway.core.events import (
    CraneReady,
    Event,
    HandoverDone,
    JobOrderCancelled,
    JobOrderMoved,
    JobOrderReceived,
    JobOrdersReceived,
    RoadBlocked,
    TruckEnrolled,
    TruckPaused,
    TruckWithdrawn,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.model.work import JobOrder


class LiveDesk:
    """`TosDesk` in front of a server."""

    def __init__(self, server: LiveServer) -> None:
        self._server, self._pictures = server, server.pictures
        self._controller = server.run.controller
        self._blocks = server.progress.blocks

    async def _ask(self, event: Event) -> list[WorkProblem]:
        """Refused at the border with reasons, or handled and kept; the core may still say no: others were first."""
        found = self._controller.refusals(event)  # type: ignore[arg-type]
        if found:
            return found
        answer = await self._server.loop.ask(lambda at: _at(event, at))
        if not was_refused(event, answer):
            return []
        return self._controller.refusals(event) or _said(answer)  # type: ignore[arg-type]

    # -- the TOS's work -----------------------------------------------------------------------------------------

    async def submit(self, jobs: list[JobOrder]) -> list[WorkProblem]:
        """All of them or none, as one event; nothing is said to the core of what it knows already."""
        board = self._controller.state.board
        if all(is_known(job, board) for job in jobs):
            return []
        return await self._ask(JobOrderReceived(0, jobs[0]) if len(jobs) == 1 else JobOrdersReceived(0, tuple(jobs)))

    async def cancel(self, job_order: str, by: str, reason: str) -> list[WorkProblem]:
        """Take a job order back, and those that wait for it."""
        board = self._controller.state.board
        if job_order in board.unit_of_job:
            return await self._ask(JobOrderCancelled(0, job_order, by, reason))
        return [WorkProblem(job_order, "unknown_job_order", "job_order", job_order, "no such job order", "correct it")]

    async def resequence(self, quay_crane: str, job_orders: list[str], by: str, reason: str) -> list[WorkProblem]:
        """Give a crane's open job orders another sequence."""
        return await self._ask(WorkQueueResequenced(0, quay_crane, tuple(job_orders), by, reason))

    async def activate(self, quay_crane: str, active: bool, by: str, reason: str) -> list[WorkProblem]:
        """Activate or suspend a work queue."""
        return await self._ask(WorkQueueActivated(0, quay_crane, active, by, reason))

    # -- the cranes ---------------------------------------------------------------------------------------------

    async def crane_ready(self, crane: str, job_order: str) -> list[WorkProblem]:
        """Taken when it is what the crane was told to prepare."""
        queue = self._controller.state.board.queues.get(crane)
        unit = queue.next_unit() if queue is not None else None
        if queue is None or unit is None or not queue.prepared or job_order not in [j.id for j in unit.jobs]:
            return [WorkProblem(job_order, "not_prepared", "job_order", job_order,
                                f"{crane} was not told to prepare it", "wait for the event `prepare`")]  # fmt: skip
        name = unit.id
        await self._server.loop.ask(lambda at: CraneReady(at, crane, name))
        return []

    async def handover_done(self, crane: str, truck: str, job_orders: list[str]) -> list[WorkProblem]:
        """Taken when this handover is under way."""
        begun = self._server.progress.serving.get(truck)
        if begun is None or begun.crane != crane or sorted(begun.job_orders) != sorted(job_orders):
            return [WorkProblem("", "no_handover", "truck", truck, f"{crane} and {truck} are in no such handover",
                                "wait for the event `handover`")]  # fmt: skip
        jobs = begun.job_orders
        await self._server.loop.ask(lambda at: HandoverDone(at, crane, truck, jobs))
        return []

    # -- the control room ---------------------------------------------------------------------------------------

    async def pause_truck(self, truck: str, paused: bool, by: str, reason: str) -> list[WorkProblem]:
        """Stop a truck, or let it go on; one that jumped is forgiven by that."""
        found = await self._ask(TruckPaused(0, truck, paused, by, reason))
        if not found and not paused:
            self._server.forgive(truck)
        return found

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
        await self._server.loop.ask(lambda at: TruckEnrolled(at, truck, *named, by, reason))
        return []

    # -- reads --------------------------------------------------------------------------------------------------

    def job_orders(self) -> list[JobOrderView]:
        """All, by id."""
        return self._pictures.job_orders()

    def job_order(self, id: str) -> JobOrderView | None:
        """One of them."""
        return self._pictures.job_order(id)

    def container(self, id: str) -> ContainerView | None:
        """A box."""
        return self._pictures.container(id)

    def work_queues(self) -> list[WorkQueueView]:
        """By crane."""
        return self._pictures.work_queues()

    def trucks(self) -> list[TruckView]:
        """Our trucks."""
        return self._pictures.trucks()

    def cranes(self) -> list[CraneView]:
        """Quay and yard cranes."""
        return self._pictures.cranes()

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

    def progress(self, after: int) -> list[ProgressEvent]:
        """Events behind an id."""
        return self._server.progress.events[after:]

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
