"""Job orders, boxes in the stacks, cranes and their moves: the tables `jobs`, `boxes`, `cranes`, `moves`, `vessels`.

Jobs: those under way, the next of every crane and the last that ended; a terminal has ten thousands in all.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from portway.core.commands import Command, GantryTo, JobOrderDone, JobOrderStopped, PrepareMove, StartHandover
from portway.core.events import Event, HandoverDone, StockReceived
from portway.core.model.work import JobOrder
from portway.core.snapshot import Snapshot
from portway.core.units import MS_PER_H
from portway.core.work.units import Unit, UnitState
from portway.twin.tables import Tables
from portway.twin.vessel_rows import VesselRows

AHEAD, ENDED_KEPT, YARD_AHEAD = 30, 300, 60
MOVES_KEPT_MS = 3 * MS_PER_H
JOB_STATES = {UnitState.OPEN: "open", UnitState.ASSIGNED: "assigned", UnitState.COLLECTED: "assigned"}


class WorkRows:
    """Rows of work and of the machines that do it."""

    def __init__(self, core: Snapshot, tables: Tables) -> None:
        self._core, self._tables = core, tables
        self._ended: deque[tuple[str, dict[str, Any]]] = deque(maxlen=ENDED_KEPT)
        self._begun: dict[str, tuple[int, str]] = {}  # by crane: since, kind of what it does
        self._moves: deque[tuple[str, int]] = deque()
        self.done: dict[str, deque[int]] = {}  # ends of the handovers of the last hour, by crane
        self.total: dict[str, int] = {}  # boxes handed over, by crane
        terminal = core.scenario.terminal
        cranes = [q.id for q in terminal.quay_cranes] + [y.id for y in terminal.yard_cranes]
        self.state_of = dict.fromkeys(cranes, "idle")
        self._serving: dict[str, StartHandover] = {}  # by crane
        self._vessels = VesselRows(core, tables)
        self._stock()

    def _stock(self) -> None:
        """All boxes of the yard."""
        boxes = self._core.board.boxes
        rows = {name: _box(slot, boxes.length_ft(name)) for name, slot in boxes.at.items()}
        self._tables.replace("boxes", rows)

    # -- what happens -------------------------------------------------------------------------------------------

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Fold one entry of the journal."""
        if isinstance(event, HandoverDone):
            self._handover_done(event)
        elif isinstance(event, StockReceived):
            self._stock()
        for command in commands:
            if isinstance(command, PrepareMove):
                self._begun[command.crane] = event.at_ms, "discharge" if command.discharge else "load"
                self.state_of[command.crane] = "preparing"
            elif isinstance(command, StartHandover):
                self._serving[command.crane] = command
                self._begun.setdefault(command.crane, (event.at_ms, "collect" if command.to_truck else "deliver"))
                self.state_of[command.crane] = "handover"
            elif isinstance(command, GantryTo):
                self.state_of[command.crane] = "preparing"
            elif isinstance(command, JobOrderDone):
                self._done(command)
            elif isinstance(command, JobOrderStopped):
                self._tables.drop("jobs", command.job_order)

    def _handover_done(self, event: HandoverDone) -> None:
        since, kind = self._begun.pop(event.crane, (event.at_ms, ""))
        number = f"{event.crane}:{event.at_ms}"
        row = {"crane": event.crane, "job": event.job_orders[0], "kind": kind, "from_ms": since, "to_ms": event.at_ms,
               "truck": event.truck}  # fmt: skip
        self._tables.put("moves", number, row)
        self._moves.append((number, event.at_ms))
        self.done.setdefault(event.crane, deque()).extend([event.at_ms] * len(event.job_orders))
        self.total[event.crane] = self.total.get(event.crane, 0) + len(event.job_orders)
        self.state_of[event.crane] = "idle"
        self._serving.pop(event.crane, None)
        for job in event.job_orders:
            unit = self._core.board.unit_of_job.get(job)
            if unit is not None:
                self._box(self._core.board.job(job))

    def _box(self, job: JobOrder) -> None:
        """A box may have come to a slot or left it."""
        slot = self._core.board.boxes.at.get(job.container.id)
        if slot is None:
            self._tables.drop("boxes", job.container.id)
        else:
            self._tables.put("boxes", job.container.id, _box(slot, job.container.length_ft))

    def _done(self, command: JobOrderDone) -> None:
        job = self._core.board.job(command.job_order)
        self._box(job)
        unit = self._core.board.unit_of_job[command.job_order]
        row = self._job(job, unit, "completed") | {"truck": command.truck, "done_ms": command.delivered_ms}
        self._ended.append((job.id, row))
        self._vessels.done(job.id)

    # -- rows ---------------------------------------------------------------------------------------------------

    def refresh(self, at_ms: int) -> None:
        """Bring jobs and cranes up to date."""
        while self._moves and self._moves[0][1] < at_ms - MOVES_KEPT_MS:
            self._tables.drop("moves", self._moves.popleft()[0])
        self._tables.replace("jobs", self._job_rows())
        for crane in self._core.scenario.terminal.quay_cranes:
            self._tables.put("cranes", crane.id, self._quay_crane(crane.id, at_ms, 3600.0 / crane.cycle_s_mean))
        for yard in self._core.scenario.terminal.yard_cranes:
            row = self._crane(yard.id, at_ms) | {"kind": "yard", "plan_rate": None, "todo": None, "active": True}
            self._tables.put("cranes", yard.id, row)
        self._vessels.refresh()

    def _units(self) -> list[Unit]:
        """Units worth showing."""
        board = self._core.board
        at_work = self._core.units_at_work()
        soon = [u for q in board.in_order() for u in q.units[q.head : q.head + AHEAD]]
        yard = [u for u in board.yard_moves[: 2 * YARD_AHEAD] if u.state != UnitState.DONE][:YARD_AHEAD]
        return [*at_work, *soon, *yard]

    def _job_rows(self) -> dict[str, dict[str, Any]]:
        rows = dict(self._ended)
        for unit in self._units():
            for job in unit.jobs:
                if job.id not in self._core.board.delivered:
                    state = "collected" if job.id in unit.collected else JOB_STATES.get(unit.state, "open")
                    rows[job.id] = self._job(job, unit, state)
        return rows

    def _job(self, job: JobOrder, unit: Unit, state: str) -> dict[str, Any]:
        late = job.due_ms is not None and job.due_ms < self._core.now_ms and state != "completed"
        return {
            "kind": str(job.kind), "box": job.container.id, "ft": job.container.length_ft,
            "mass_kg": job.container.mass_kg, "from": _end(unit, True), "to": _end(unit, False), "state": state,
            "truck": unit.truck, "crane": job.quay_crane, "sequence": job.sequence, "due_ms": job.due_ms,
            "done_ms": None, "late": late,
        }  # fmt: skip

    def rate(self, crane: str, at_ms: int) -> float:
        """Boxes of the last hour; in the first hour, as many as it would be at this rate."""
        ends = self.done.get(crane, deque())
        while ends and ends[0] <= at_ms - MS_PER_H:
            ends.popleft()
        return len(ends) * MS_PER_H / min(max(at_ms, MS_PER_H // 12), MS_PER_H)

    def _crane(self, crane: str, at_ms: int) -> dict[str, Any]:
        serving = self._serving.get(crane)
        return {
            "kind": "quay", "state": self.state_of[crane], "job": serving.job_orders[0] if serving else None,
            "truck": serving.truck if serving else None, "done": self.total.get(crane, 0),
            "rate": round(self.rate(crane, at_ms), 1), "bay": serving.bay if serving else None,
        }  # fmt: skip

    def _quay_crane(self, crane: str, at_ms: int, plan: float) -> dict[str, Any]:
        row = self._crane(crane, at_ms)
        queue = self._core.board.queues.get(crane)
        if queue is None:
            return row | {"plan_rate": round(plan, 1), "todo": 0, "active": True}
        unit = queue.next_unit()
        if row["state"] == "preparing" and queue.ready:
            row["state"] = self.state_of[crane] = "ready"
        if unit is not None and row["bay"] is None:
            row |= {"bay": unit.bay, "job": unit.id}
        return row | {
            "plan_rate": round(plan, 1),
            "todo": len(queue.units) - queue.head,
            "active": queue.stop_at is None,
        }


def _box(slot: Any, feet: int) -> dict[str, Any]:
    return {"b": slot.block, "y": slot.bay, "r": slot.row, "t": slot.tier, "f": feet}


def _end(unit: Unit, first: bool) -> str:
    leg = unit.legs[0 if first else -1]
    if len(unit.legs) == 1:  # a road truck brings or fetches the box
        return (leg.crane or f"{leg.block}/{leg.bay}") if leg.collect == first else "gate"
    return leg.crane or f"{leg.block}/{leg.bay}"
