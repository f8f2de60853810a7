"""What has become of the work, and which roads are closed: read from the journal, so a restart tells the same."""

import asyncio
import datetime
from collections.abc import Iterable, Sequence

from portway.adapters.tos.api.instants import utc_of
from portway.adapters.tos.api.views import AlertView, ProgressEvent, ProgressKind
from portway.core.commands import (
    Alert,
    Command,
    JobOrderAssigned,
    JobOrderDone,
    JobOrderStopped,
    PrepareMove,
    StartHandover,
)
from portway.core.controller.refusals import was_refused
from portway.core.events import (
    Event,
    HandoverDone,
    JobOrderCancelled,
    JobOrderReceived,
    JobOrdersReceived,
    RoadBlocked,
    StockReceived,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.model.work import JobOrder

ALERTS_KEPT = 500


class WorkProgress:
    """Progress events by id, which are their positions; alerts; what was aborted and why; closed roads by name."""

    def __init__(self, known: Iterable[JobOrder]) -> None:
        self.events: list[ProgressEvent] = []
        self.alerts: list[AlertView] = []
        self.aborted: dict[str, str] = {}  # why, by job order
        self.blocks: dict[str, tuple[str, ...]] = {}  # lanes, by the name of what was closed
        self.closings: dict[str, RoadBlocked] = {}  # who closed them last, when and why
        self.changed_ms: dict[str, int] = {}
        self.serving: dict[str, StartHandover] = {}  # by truck
        self.jobs: dict[str, JobOrder] = {}  # as last told, those taken back too
        self.of_box: dict[str, set[str]] = {}  # job orders that ever named a box
        self.started_ms: int | None = None  # of the Unix epoch; see `dated`
        for job in known:
            self._heard(job)
        self._news = asyncio.Event()

    def note(self, entries: Iterable[tuple[Event, Sequence[Command]]]) -> None:
        """Take over what is in the journal."""
        for event, commands in entries:
            self._event(event, commands)
            for command in commands:
                self._command(event.at_ms, command)
            if isinstance(event, JobOrderCancelled):
                stopped = {c.job_order for c in commands if isinstance(c, JobOrderStopped)}
                self.aborted.update(dict.fromkeys(stopped, event.reason))
        self._news.set()
        self._news = asyncio.Event()

    def dated(self, started_ms: int) -> None:
        """Say absolute times, too, of what is known and of what will come: the run began so many ms after the epoch."""
        self.started_ms = started_ms
        self.events = [e.model_copy(update={"at": self._at(e.at_ms)}) for e in self.events]
        self.alerts = [a.model_copy(update={"at": self._at(a.at_ms)}) for a in self.alerts]

    def _at(self, at_ms: int) -> datetime.datetime | None:
        return None if self.started_ms is None else utc_of(self.started_ms, at_ms)

    async def wait(self, after: int) -> None:
        """Return when there is an event with a greater id."""
        while len(self.events) <= after:
            await self._news.wait()

    def closed_lanes(self) -> tuple[str, ...]:
        """Lanes that the control room has closed, under whatever name."""
        return tuple(sorted({lane for lanes in self.blocks.values() for lane in lanes}))

    def _tell(self, at_ms: int, kind: ProgressKind, **keys: object) -> None:
        self.events.append(
            ProgressEvent(id=len(self.events) + 1, at_ms=at_ms, at=self._at(at_ms), kind=kind, **keys)  # type: ignore[arg-type]
        )
        job = keys.get("job_order")
        if isinstance(job, str):
            self.changed_ms[job] = at_ms

    def _event(self, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, JobOrderReceived):
            self._received(event.at_ms, (event.job,), was_refused(event, commands))
        elif isinstance(event, JobOrdersReceived):
            self._received(event.at_ms, event.jobs, was_refused(event, commands))
        elif was_refused(event, commands):
            return  # the command says so
        elif isinstance(event, HandoverDone):
            if any(isinstance(c, Alert) and c.code == "handover_unexpected" for c in commands):
                return  # it was not the one under way
            begun = self.serving.pop(event.truck, None)
            for job in event.job_orders if begun is not None and begun.to_truck else ():
                self._tell(event.at_ms, ProgressKind.COLLECTED, job_order=job, truck=event.truck, crane=event.crane)
        elif isinstance(event, RoadBlocked):
            self._road(event)
        elif isinstance(event, WorkQueueResequenced):
            jobs = list(event.job_orders)
            self._tell(
                event.at_ms, ProgressKind.RESEQUENCED, crane=event.quay_crane, job_orders=jobs, detail=event.reason
            )
        elif isinstance(event, WorkQueueActivated):
            kind = ProgressKind.ACTIVATED if event.active else ProgressKind.SUSPENDED
            self._tell(event.at_ms, kind, crane=event.quay_crane, detail=event.reason)
        elif isinstance(event, StockReceived):
            code = "whole" if event.whole else "part"
            detail = f"{len(event.boxes)} boxes: {event.reason}"
            self._tell(event.at_ms, ProgressKind.STOCK, code=code, detail=detail)

    def _heard(self, job: JobOrder) -> None:
        self.jobs[job.id] = job
        self.of_box.setdefault(job.container.id, set()).add(job.id)

    def _received(self, at_ms: int, jobs: Sequence[JobOrder], refused: bool) -> None:
        """New or other job orders; of refused ones the commands tell, and only what they were is kept."""
        for job in jobs:
            if refused:
                if job.id not in self.jobs:
                    self._heard(job)
                continue
            known = job.id in self.jobs and job.id not in self.aborted
            if known and self.jobs[job.id] == job:
                continue
            self._heard(job)
            self.aborted.pop(job.id, None)
            self._tell(at_ms, ProgressKind.UPDATED if known else ProgressKind.ACCEPTED, job_order=job.id)

    def _road(self, event: RoadBlocked) -> None:
        if event.blocked:
            self.blocks[event.name] = tuple(dict.fromkeys([*self.blocks.get(event.name, ()), *event.lanes]))
            self.closings[event.name] = event
        else:  # its lanes that another name closes stay closed
            self.blocks.pop(event.name, None)
            self.closings.pop(event.name, None)
        code = "closed" if event.blocked else "opened"
        self._tell(event.at_ms, ProgressKind.ROAD, code=code, detail=f"{event.name}: {event.reason}")

    def _command(self, at_ms: int, command: Command) -> None:
        if isinstance(command, PrepareMove):
            self._tell(at_ms, ProgressKind.PREPARE, job_order=command.unit, crane=command.crane)
        elif isinstance(command, StartHandover):
            self.serving[command.truck] = command
            jobs = list(command.job_orders)
            self._tell(at_ms, ProgressKind.HANDOVER, job_orders=jobs, truck=command.truck, crane=command.crane)
        elif isinstance(command, JobOrderDone):
            self._tell(
                command.delivered_ms, ProgressKind.COMPLETED, job_order=command.job_order, truck=command.truck,
                from_place=command.from_place, to_place=command.to_place,
            )  # fmt: skip
        elif isinstance(command, JobOrderAssigned):
            for job in command.job_orders:
                self._tell(at_ms, ProgressKind.ASSIGNED, job_order=job, truck=command.truck)
        elif isinstance(command, JobOrderStopped):
            self.aborted[command.job_order] = command.code
            self._tell(at_ms, ProgressKind.ABORTED, job_order=command.job_order, code=command.code)
        elif isinstance(command, Alert):
            self.alerts = [*self.alerts[1 - ALERTS_KEPT :]]
            self.alerts.append(
                AlertView(
                    at_ms=at_ms, at=self._at(at_ms), code=command.code, subject=command.subject, detail=command.detail
                )
            )
            self._tell(at_ms, ProgressKind.ALERT, code=command.code, detail=f"{command.subject} {command.detail}")
