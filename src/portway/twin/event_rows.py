"""The event log: the table `events`, newest last, with the codes that the page has words for."""

from collections.abc import Callable, Sequence

from portway.core.commands import Alert, Command, JobOrderDone, JobOrderStopped
from portway.core.events import (
    Event,
    HandoverDone,
    JobOrderCancelled,
    JobOrderMoved,
    JobOrderReceived,
    JobOrdersReceived,
    RoadBlocked,
    StockReceived,
    TruckPaused,
    TruckWithdrawn,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.snapshot import was_refused
from portway.twin.alarms import Alarms
from portway.twin.tables import Tables

KEPT = 500
Persists = Callable[[str, str], bool]  # of code and subject


class EventRows:
    """Writes down what happened; alerts of the core go to the alarm list too."""

    def __init__(self, tables: Tables, alarms: Alarms, persists: Persists) -> None:
        """`persists` says whether what an alert has told is still so."""
        self._tables, self._alarms, self._persists, self._number = tables, alarms, persists, 0
        self._lasting: set[tuple[str, str]] = set()  # alarms that the core has not taken back

    def add(self, at_ms: int, code: str, subject: str, detail: str = "", by: str = "") -> None:
        """One line of the log."""
        self._number += 1
        row = {"at_ms": at_ms, "code": code, "subject": subject, "detail": detail, "by": by}
        self._tables.put("events", str(self._number), row)
        self._tables.drop("events", str(self._number - KEPT))

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Fold one entry of the journal."""
        if not was_refused(event, commands):
            self._event(event)
        for command in commands:
            if isinstance(command, JobOrderDone):
                self.add(command.delivered_ms, "job_done", command.job_order, f"{command.truck} {command.to_place}")
            elif isinstance(command, JobOrderStopped):
                self.add(event.at_ms, "job_aborted", command.job_order, command.code)
            elif isinstance(command, Alert):
                self._alert(event.at_ms, command)

    def _alert(self, at_ms: int, alert: Alert) -> None:
        if self._persists(alert.code, alert.subject):
            self._lasting.add((alert.code, alert.subject))
            self._alarms.set(alert.code, alert.subject, True, at_ms, alert.detail)
        else:
            self._alarms.moment(alert.code, alert.subject, at_ms, alert.detail)

    def refresh(self, at_ms: int) -> None:
        """Alarms of the core end with what they have told."""
        for key in sorted(k for k in self._lasting if not self._persists(*k)):
            self._lasting.discard(key)
            self._alarms.set(*key, False, at_ms)

    def _event(self, event: Event) -> None:
        if isinstance(event, JobOrdersReceived):
            for job in event.jobs[-KEPT:]:
                self.add(event.at_ms, "job_accepted", job.id, job.container.id)
        elif (said := _said(event)) is not None:
            self.add(event.at_ms, *said)
        if isinstance(event, RoadBlocked):
            self._road(event)

    def alarm_news(self) -> None:
        """What has become of alarms since the last call."""
        news, self._alarms.news = self._alarms.news, []
        for at_ms, code, alarm, subject, by in news:
            self.add(at_ms, code, subject, alarm, by)

    def _road(self, event: RoadBlocked) -> None:
        if event.blocked:
            row = {"lanes": sorted(event.lanes), "by": event.by, "reason": event.reason, "at_ms": event.at_ms}
            self._tables.put("blocks", event.name, row)
        else:
            self._tables.drop("blocks", event.name)


def _said(event: Event) -> tuple[str, str, str, str] | None:
    """Code, subject, detail and author of an event worth a line."""
    match event:
        case JobOrderReceived(job=job):
            return "job_accepted", job.id, job.container.id, ""
        case JobOrderCancelled(job_order=job, reason=reason, by=by):
            return "job_cancelled", job, reason, by
        case HandoverDone(crane=crane, truck=truck, job_orders=jobs):
            return "handover", crane, f"{truck} {' '.join(jobs)}", ""
        case RoadBlocked(name=name, blocked=blocked, reason=reason, by=by):
            return "road_blocked" if blocked else "road_opened", name, reason, by
        case TruckPaused(truck=truck, paused=paused, reason=reason, by=by):
            return "truck_paused" if paused else "truck_resumed", truck, reason, by
        case TruckWithdrawn(truck=truck, withdrawn=withdrawn, reason=reason, by=by):
            return "truck_withdrawn" if withdrawn else "truck_returned", truck, reason, by
        case JobOrderMoved(job_order=job, truck=truck, reason=reason, by=by):
            return "job_moved", job, f"{truck} {reason}".strip(), by
        case WorkQueueActivated(quay_crane=crane, active=active, reason=reason, by=by):
            return "queue_activated" if active else "queue_suspended", crane, reason, by
        case StockReceived(boxes=boxes, reason=reason, by=by):
            return "stock_taken", str(len(boxes)), reason, by
        case WorkQueueResequenced(quay_crane=crane, reason=reason, by=by):
            return "queue_resequenced", crane, reason, by
    return None
