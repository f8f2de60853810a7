"""Pictures of the running terminal for whoever asks over HTTP: job orders, boxes, queues, trucks, cranes."""

from portway.adapters.tos.api.job_order import JobOrderBody, slot_body
from portway.adapters.tos.api.views import (
    ContainerView,
    CraneView,
    JobOrderState,
    JobOrderView,
    TruckState,
    TruckView,
    WorkQueueView,
)
from portway.adapters.vda5050.master import EnrolledTruck, MasterControl
from portway.app.live.progress import WorkProgress
from portway.core.controller.state import Mission, Phase, State
from portway.core.dispatch.crane_queue import CraneQueue
from portway.core.dispatch.units import Unit, UnitState

IDLE = (Phase.PARKED, Phase.TO_REST)
ENDED = (JobOrderState.COMPLETED, JobOrderState.ABORTED)


class Pictures:
    """Reads the core's state; changes nothing."""

    def __init__(self, state: State, master: MasterControl, progress: WorkProgress) -> None:
        self._state, self._master, self._progress = state, master, progress

    def job_order(self, name: str) -> JobOrderView | None:
        """One job order and what has become of it."""
        unit = self._state.board.unit_of_job.get(name)
        if unit is None:
            return self._gone(name)
        view = JobOrderView(
            job_order=JobOrderBody.from_core(self._state.board.job(name)), state=self._job_state(name, unit),
            truck=unit.truck, reason="", updated_ms=self._progress.changed_ms.get(name, 0),
        )  # fmt: skip
        return view

    def _gone(self, name: str) -> JobOrderView | None:
        """One that was aborted: it is no longer on the board."""
        if name not in self._progress.aborted:
            return None
        return JobOrderView(
            job_order=JobOrderBody.from_core(self._progress.jobs[name]), state=JobOrderState.ABORTED, truck=None,
            reason=self._progress.aborted[name], updated_ms=self._progress.changed_ms.get(name, 0),
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
        jobs = [board.job(j) for j in sorted(board.unit_of_job)]
        mine = [j for j in jobs if j.container.id == name]
        if not mine:
            return None
        open_jobs = [j.id for j in mine if j.id not in board.delivered]
        carried = [board.unit_of_job[j].truck for j in open_jobs if j in board.unit_of_job[j].collected]
        box = mine[-1].container
        return ContainerView(
            id=name, length_ft=box.length_ft, mass_kg=box.mass_kg, iso_type=box.iso_type,
            slot=None if carried else slot_body(board.boxes.at.get(name)), truck=carried[0] if carried else None,
            job_orders=open_jobs,
        )  # fmt: skip

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
            id=name, state=_truck_state(mission, known),
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
    if mission.paused:
        return TruckState.PAUSED
    if mission.withdrawn:
        return TruckState.WITHDRAWN
    return TruckState.IDLE if mission.unit is None and mission.phase in IDLE else TruckState.WORKING
