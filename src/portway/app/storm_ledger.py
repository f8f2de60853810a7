"""The books of a storm in which work changes: what was accepted, cancelled, served and done, kept from events and
answers alone, and held against the controller's state after every event.
"""

from collections import Counter
from collections.abc import Sequence

from portway.core.commands import Alert, Command, JobOrderDone, JobOrderStopped, StartHandover
from portway.core.controller.state import State
from portway.core.events import Event, HandoverDone, JobOrderReceived, JobOrdersReceived
from portway.core.model import JobOrder, Scenario
from portway.core.work.units import Unit, UnitState

MARKS = {
    "JobOrderReceived": "received", "JobOrdersReceived": "batch", "JobOrderCancelled": "cancelled",
    "WorkQueueResequenced": "resequenced",
    "WorkQueueActivated": "suspended", "TruckPaused": "paused", "TruckWithdrawn": "withdrawn",
    "JobOrderMoved": "moved", "RoadBlocked": "blocked",
}  # fmt: skip


class Ledger:
    """Accepted job orders by id, with all that has been said of them."""

    def __init__(self, scenario: Scenario) -> None:
        self.jobs: dict[str, JobOrder] = {j.id: j for j in scenario.work.job_orders}
        self.ever: dict[str, JobOrder] = dict(self.jobs)
        self.done: Counter[str] = Counter()
        self.aboard: dict[str, str] = {}  # box of a job order, on which truck
        self.served: dict[str, list[tuple[str, ...]]] = {}  # by quay crane
        self.marks: Counter[str] = Counter()

    def note(self, event: Event, commands: Sequence[Command], state: State) -> list[str]:
        """Take down an event and its answer; what is wrong with them or with the state."""
        stopped = {c.job_order: c.code for c in commands if isinstance(c, JobOrderStopped)}
        broken = self._work(event, commands, stopped)
        if isinstance(event, HandoverDone):
            broken += self._handover(event, state)
        for command in commands:
            if isinstance(command, JobOrderDone):
                self.done[command.job_order] += 1
                self.aboard.pop(command.job_order, None)
            if isinstance(command, StartHandover) and state.missions[command.truck].paused:
                broken.append(f"a handover begins with {command.truck}, which is paused")
        return [*broken, *self._board(state), *_queues(state), *_trucks(state)]

    def _work(self, event: Event, commands: Sequence[Command], stopped: dict[str, str]) -> list[str]:
        kind = type(event).__name__
        if kind not in MARKS:
            return []
        alerts = {c.subject for c in commands if isinstance(c, Alert)}
        refused = any(code not in ("cancelled", "after_cancelled") for code in stopped.values())
        if isinstance(event, JobOrderReceived | JobOrdersReceived) and not refused and not alerts:
            for order in (event.job,) if isinstance(event, JobOrderReceived) else event.jobs:
                self.marks["updated"] += order.id in self.jobs
                self.jobs[order.id] = self.ever[order.id] = order
        self.marks[MARKS[kind] if not refused and not alerts else "refused"] += 1
        broken = []
        for job, code in stopped.items():
            if code in ("cancelled", "after_cancelled"):
                self.marks["after_cancelled"] += code == "after_cancelled"
                if self.jobs.pop(job, None) is None or job in self.aboard:
                    broken.append(f"{job} is cancelled, but unknown or on {self.aboard.get(job)}")
        return broken

    def _handover(self, event: HandoverDone, state: State) -> list[str]:
        broken = []
        if event.crane in state.board.queues:
            self.served.setdefault(event.crane, []).append(event.job_orders)
        for job in event.job_orders:
            if job not in self.jobs:
                broken.append(f"{job} was handed over, but is not to be done")
            elif self.done[job]:
                broken += [f"{job} was done twice"] if self.done[job] > 1 else []
            elif job in self.aboard and self.aboard[job] != event.truck:
                broken.append(f"{job} is on {self.aboard[job]} and on {event.truck}")
            missing = (
                [a for a in self.jobs[job].after if a in self.jobs and not self.done[a]] if job in self.jobs else []
            )
            if missing:
                broken.append(f"{job} was taken before {missing} had ended")
            self.aboard[job] = event.truck
        return broken

    def _board(self, state: State) -> list[str]:
        board = state.board
        broken = []
        if set(board.unit_of_job) != set(self.jobs):
            broken.append(f"the board differs from the books in {sorted(set(board.unit_of_job) ^ set(self.jobs))[:4]}")
        if board.jobs_total != len(self.jobs) or board.jobs_done != len(self.done):
            broken.append(f"the board counts {board.jobs_done} of {board.jobs_total}, the books {len(self.done)}")
        for crane, served in self.served.items():
            queue = board.queues[crane]
            if [tuple(j.id for j in u.jobs) for u in queue.units[: queue.head]] != served:
                broken.append(f"{crane} served {served[-1]} out of sequence")
        return broken

    def at_end(self) -> list[str]:
        """What was never done, or done more than once."""
        left = sorted(set(self.jobs) - set(self.done))
        twice = sorted(job for job, times in self.done.items() if times > 1 or job not in self.jobs)
        return [f"{len(left)} job orders are not done: {left[:4]}"] * bool(left) + [f"done wrongly: {twice}"] * bool(
            twice
        )


def _queues(state: State) -> list[str]:
    """Every unit of a quay crane stands once in the queue of that crane, and nothing begins beyond a suspension."""
    broken = []
    for queue in state.board.in_order():
        units = [u for u in state.board.units.values() if u.crane == queue.crane]
        if Counter(id(u) for u in queue.units) != Counter(id(u) for u in units):
            broken.append(f"the queue of {queue.crane} and the board have different units")
        late = [u.id for u in queue.units[queue.end() :] if u.state != UnitState.OPEN or u.begun]
        if late:
            broken.append(f"{late} have begun beyond the suspension of {queue.crane}")
        if queue.prepared and queue.next_unit() is None:
            broken.append(f"{queue.crane} has prepared nothing")
    return broken


def _trucks(state: State) -> list[str]:
    """Units and trucks know of each other, and a unit counted as placed has a claim under its crane."""
    broken = []
    for unit in state.board.units.values():
        mission = state.missions.get(unit.truck or "")
        mine = mission is not None and mission.unit is unit
        if unit.state == UnitState.OPEN and (unit.truck is not None or unit.collected):
            broken.append(f"{unit.id} is open and on {unit.truck}")
        if unit.state in (UnitState.ASSIGNED, UnitState.COLLECTED) and not mine:
            broken.append(f"{unit.id} is {unit.state.name.lower()}, but {unit.truck} does not know of it")
    for mission in state.missions.values():
        if mission.unit is not None and state.board.units.get(mission.unit.id) is not mission.unit:
            broken.append(f"{mission.truck} has {mission.unit.id}, which is not on the board")
    return broken + [
        text for name in sorted(state.board.placed) for text in _placed(state, state.board.units.get(name))
    ]


def _placed(state: State, unit: Unit | None) -> list[str]:
    if unit is None or unit.truck is None or unit.quay_leg is None:
        return [f"{unit.id if unit else 'a unit that is gone'} is placed without a truck"]
    claimed = state.claims.place_of(unit.truck)
    mission = state.missions[unit.truck]
    away = mission.held and mission.ahead is not None and mission.current_leg.crane is not None
    if not away and claimed not in state.book.for_leg(unit.quay_leg):
        return [f"{unit.id} is placed, but {unit.truck} has claimed {claimed}"]
    return []
