"""Views of the running terminal for whoever asks over HTTP: job orders, boxes, queues, trucks, cranes."""

from collections.abc import Mapping

from portway.adapters.tos.api.instants import utc_of
from portway.adapters.tos.api.job_order import ContainerBody, JobOrderBody, slot_body
from portway.adapters.tos.api.views import (
    ContainerView,
    CraneView,
    JobOrderState,
    JobOrderView,
    RoadBlockView,
    StockBoxView,
    TerminalView,
    TruckState,
    TruckView,
    WorkQueueView,
)
from portway.adapters.vda5050.master import EnrolledTruck, MasterControl
from portway.app.live.ground_view import terminal_view
from portway.app.live.progress import WorkProgress
from portway.core.controller.state import Mission, Phase, State
from portway.core.controller.truck_file import TruckFile
from portway.core.model.work import JobOrder
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.units import Unit, UnitState

IDLE = (Phase.PARKED, Phase.TO_REST)
ENDED = (JobOrderState.COMPLETED, JobOrderState.ABORTED)


class DeskViews:
    """Reads the core's state; changes nothing."""

    def __init__(
        self, state: State, master: MasterControl, progress: WorkProgress, files: Mapping[str, TruckFile]
    ) -> None:
        """`files` are what the core holds against each truck."""
        self._state, self._master, self._progress, self._files = state, master, progress, files

    def job_order(self, name: str) -> JobOrderView | None:
        """One job order and what has become of it."""
        unit = self._state.board.unit_of_job.get(name)
        if unit is not None:
            return self._view(self._state.board.job(name), self._job_state(name, unit), unit.truck, "")
        if name not in self._progress.aborted:
            return None
        return self._view(self._progress.jobs[name], JobOrderState.ABORTED, None, self._progress.aborted[name])

    def _view(self, job: JobOrder, state: JobOrderState, truck: str | None, reason: str) -> JobOrderView:
        updated_ms, started_ms = self._progress.changed_ms.get(job.id, 0), self._progress.started_ms
        return JobOrderView(
            job_order=JobOrderBody.from_core(job, started_ms), state=state, truck=truck, reason=reason,
            updated_ms=updated_ms, updated_at=None if started_ms is None else utc_of(started_ms, updated_ms),
            unchanged=False,
        )  # fmt: skip

    def job_orders(self) -> list[JobOrderView]:
        """All, by id."""
        names = {*self._state.board.unit_of_job, *self._progress.aborted}
        return [view for name in sorted(names) if (view := self.job_order(name)) is not None]

    def _job_state(self, name: str, unit: Unit) -> JobOrderState:
        if name in self._state.board.delivered:
            return JobOrderState.COMPLETED
        if name in unit.collected:
            return JobOrderState.COLLECTED
        return JobOrderState.OPEN if unit.state == UnitState.OPEN else JobOrderState.ASSIGNED

    def container(self, name: str) -> ContainerView | None:
        """A box and where it is."""
        board = self._state.board
        mine = [j for j in sorted(self._progress.of_box.get(name, ())) if j in board.unit_of_job]
        mine = [j for j in mine if board.job(j).container.id == name]
        box = board.boxes.container.get(name) or (board.job(mine[-1]).container if mine else None)
        if box is None:
            return None
        open_jobs = [j for j in mine if j not in board.delivered]
        carried = [board.unit_of_job[j].truck for j in open_jobs if j in board.unit_of_job[j].collected]
        return ContainerView(
            id=name, length_ft=box.length_ft, mass_kg=box.mass_kg, iso_type=box.iso_type,
            slot=None if carried else slot_body(board.boxes.at.get(name)), truck=carried[0] if carried else None,
            job_orders=open_jobs,
        )  # fmt: skip

    def stock(self) -> list[StockBoxView]:
        """Boxes in the yard, by number."""
        boxes, views = self._state.board.boxes, []
        for name, slot in sorted(boxes.at.items()):
            container, where = ContainerBody.from_core(boxes.container[name]), slot_body(slot)
            assert where is not None
            views.append(StockBoxView(container=container, slot=where, confirmed=name not in boxes.word_of))
        return views

    def road_blocks(self) -> list[RoadBlockView]:
        """What is closed, by name."""
        progress, views = self._progress, []
        for name, lanes in sorted(progress.blocks.items()):
            event = progress.closings[name]
            since = None if progress.started_ms is None else utc_of(progress.started_ms, event.at_ms)
            views.append(
                RoadBlockView(
                    name=name, lanes=sorted(lanes), since_ms=event.at_ms, since=since, by=event.by, reason=event.reason
                )
            )
        return views

    def terminal(self) -> TerminalView:
        """The ground plan."""
        return terminal_view(self._state.scenario.terminal, self._state.board.boxes, self.road_blocks())

    def work_queues(self) -> list[WorkQueueView]:
        """The queue of every quay crane."""
        queues = self._state.board.queues
        return [
            _queue_view(crane.id, queues.get(crane.id))
            for crane in sorted(self._state.scenario.terminal.quay_cranes, key=lambda c: c.id)
        ]

    def trucks(self) -> list[TruckView]:
        """Our trucks."""
        return [self._truck(name, self._state.missions[name]) for name in sorted(self._state.homes)]

    def _truck(self, name: str, mission: Mission) -> TruckView:
        known = self._master.trucks[name]
        position = known.position
        return TruckView(
            id=name, state=_truck_state(mission, known), faults=self._files[name].faults(),
            is_led=not mission.off_road,
            job_orders=[] if mission.unit is None else [j.id for j in mission.unit.jobs],
            place=self._state.claims.place_of(name), x_m=None if position is None else position[0],
            y_m=None if position is None else position[1], charge_percent=known.charge_percent,
        )  # fmt: skip

    def cranes(self) -> list[CraneView]:
        """Quay and yard cranes with the handover they are at."""
        terminal = self._state.scenario.terminal
        at_work = {h.crane: h for h in self._progress.serving.values()}
        kinds = [(c.id, "quay") for c in terminal.quay_cranes] + [(c.id, "yard") for c in terminal.yard_cranes]
        views = []
        for name, kind in sorted(kinds):
            h = at_work.get(name)
            if h is None:
                views.append(CraneView(id=name, kind=kind))
            else:
                views.append(CraneView(id=name, kind=kind, job_order=h.job_orders[0], truck=h.truck, bay=h.bay))
        return views


def _queue_view(crane: str, queue: CraneQueue | None) -> WorkQueueView:
    if queue is None:
        return WorkQueueView(quay_crane=crane, active=True, job_orders=[])
    units = queue.units[queue.head :]
    begun = [j.id for u in units if u.begun or u.state == UnitState.COLLECTED for j in u.jobs]
    jobs = [j.id for u in units for j in u.jobs]
    return WorkQueueView(quay_crane=crane, active=queue.stop_at is None, job_orders=jobs, in_work=begun)


def _truck_state(mission: Mission, known: EnrolledTruck) -> TruckState:
    if known.link != "online":
        return TruckState.OFFLINE
    if mission.unfit:
        return TruckState.UNFIT
    if mission.paused:
        return TruckState.PAUSED
    if mission.withdrawn:
        return TruckState.WITHDRAWN
    return TruckState.IDLE if mission.unit is None and mission.phase in IDLE else TruckState.WORKING
