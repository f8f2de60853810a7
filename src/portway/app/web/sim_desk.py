"""Interventions in a simulated run: the same events that a live control room gives, put before the core."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from portway.app.web.paced_run import PacedRun
from portway.app.web.stage import Problem, finite
from portway.core.events import (
    JobOrderCancelled,
    JobOrderMoved,
    RoadBlocked,
    TruckPaused,
    TruckWithdrawn,
    WorkQueueActivated,
)
from portway.twin.alarms import Alarms

Arguments = Mapping[str, Any]


def _road(at: int, a: Arguments, by: str, why: str) -> RoadBlocked:
    return RoadBlocked(at, str(a["road"]), tuple(map(str, a["lanes"])), bool(a["blocked"]), by, why)


EVENTS: Mapping[str, Callable[[int, Arguments, str, str], Any]] = {
    "pause_truck": lambda at, a, by, why: TruckPaused(at, str(a["truck"]), bool(a["paused"]), by, why),
    "withdraw_truck": lambda at, a, by, why: TruckWithdrawn(at, str(a["truck"]), bool(a["withdrawn"]), by, why),
    "block_road": _road,
    "move_job": lambda at, a, by, why: JobOrderMoved(at, str(a["job_order"]), str(a["truck"]), by, why),
    "cancel_job": lambda at, a, by, why: JobOrderCancelled(at, str(a["job_order"]), by, why),
    "queue": lambda at, a, by, why: WorkQueueActivated(at, str(a["crane"]), bool(a["active"]), by, why),
}


def alarm_command(alarms: Alarms, name: str, arguments: Arguments, by: str, at_ms: int) -> list[Problem] | None:
    """Acknowledge, shelve or bring back an alarm; None when the command is another."""
    if name == "ack":
        done = alarms.acknowledge(str(arguments["alarm"]), by, at_ms)
    elif name in ("shelve", "unshelve"):
        minutes = finite(arguments["minutes"]) if name == "shelve" else 0.0
        done = alarms.shelve(str(arguments["alarm"]), minutes, by, at_ms)
    else:
        return None
    return [] if done else [Problem("unknown_alarm", str(arguments["alarm"]))]


class SimDesk:
    """Puts what an operator wants before the core of a paced run."""

    def __init__(self, run: PacedRun) -> None:
        self._run = run

    async def command(self, name: str, arguments: Arguments, by: str, reason: str) -> Sequence[Problem]:
        """See `Desk`; raises ValueError for a command that nobody knows, KeyError for one without its arguments."""
        at = self._run.now_ms
        found = alarm_command(self._run.mirror.alarms, name, arguments, by, self._run.mirror.at_ms)
        if found is not None:
            return found
        if name not in EVENTS:
            raise ValueError(f"command {name}: unknown")
        if not reason:
            return [Problem("reason_missing", "")]
        event = EVENTS[name](at, arguments, by, reason)
        refused = self._run.controller.refusals(event)
        if not refused:
            self._run.world.tell(event)
        return [Problem(p.code, p.message) for p in refused]

    def pace(self, speed: float | None, paused: bool | None, step_ms: int | None) -> Sequence[Problem]:
        """See `Desk`."""
        clock = self._run.hub.clock
        if speed is not None:
            clock.speed = speed
        if paused is not None:
            clock.paused = paused
        if step_ms is not None:
            self._run.step_ms(step_ms)
        return []
