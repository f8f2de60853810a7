"""Handovers between crane and truck: a crane is ready, one has ended, and what becomes of truck, unit and crane."""

from typing import assert_never, get_args

from portway.core.commands import Alert
from portway.core.controller.driving import let_go
from portway.core.controller.quay import QuayService
from portway.core.controller.standstill import Standstill
from portway.core.controller.state import Mission, State
from portway.core.controller.truck_fitness import TruckFitness
from portway.core.controller.visitors import Visitors
from portway.core.controller.yard import YardService
from portway.core.events import CraneEvent, CraneReady, HandoverDone
from portway.core.model.work import MoveKind
from portway.core.service import Service
from portway.core.work.units import Unit, UnitState


class Handovers(Service[CraneEvent]):
    """What cranes report."""

    takes = get_args(CraneEvent)
    timers = ("crane",)

    def __init__(
        self, state: State, quay: QuayService, yard: YardService, visitors: Visitors, fitness: TruckFitness,
        standstill: Standstill,
    ) -> None:  # fmt: skip
        self._state, self._quay, self._yard, self._visitors = state, quay, yard, visitors
        self._fitness, self._standstill = fitness, standstill

    def on(self, event: CraneEvent) -> None:
        """A crane is ready for its next move, or has ended a handover."""
        if isinstance(event, CraneReady):
            self._crane_ready(event)
        elif isinstance(event, HandoverDone):
            self._handover_done(event)
        else:
            assert_never(event)

    def fired(self, timer: str, name: str) -> None:
        """A quay crane's work queue may be begun."""
        self._quay.prepare(self._state.board.queues[name])

    def _crane_ready(self, event: CraneReady) -> None:
        """A crane has got ready; one that has no work, or that nobody knows, is told to a person."""
        if event.crane not in self._state.board.queues:
            self._state.outbox.append(Alert("crane_unexpected", event.crane, f"ready for {event.unit}"))
            return
        self._quay.crane_ready(event)

    def _handover_done(self, event: HandoverDone) -> None:
        wrong = self._not_under_way(event)
        if wrong:
            self._state.outbox.append(Alert("handover_unexpected", event.crane, f"{event.truck}: {wrong}"))
            return
        mission = self._state.missions[event.truck]
        unit, leg = mission.unit, mission.current_leg
        assert unit is not None
        mission.serving = False
        self._standstill.served(event.crane)
        if leg.collect:
            self._collected(unit, mission, leg.jobs)
        else:
            self._delivered(unit, mission, leg.jobs)
        mission.leg += 1
        let_go(self._state, mission)
        if leg.crane is not None:
            self._quay.handed_over(self._state.board.queues[leg.crane], unit)
        else:
            self._yard.handed_over(event.crane, leg.block or "")
        if mission.is_visitor:
            self._visitors.leave(mission)
        elif mission.leg == len(unit.legs):
            self._free(mission)
        elif mission.at_place is not None:
            self.start_leg(mission)
        self._state.stands(mission)
        if mission.unfit:
            self._fitness.wake(mission.truck)
        self._fitness.handed_over(mission.truck)

    def _not_under_way(self, event: HandoverDone) -> str:
        """What speaks against the end of a handover; nothing when it is the one under way. A repeated report, one of
        another crane or of other boxes is a misbehaving world: it changes nothing."""
        mission = self._state.missions.get(event.truck)
        if mission is None or mission.unit is None or not mission.serving:
            return "it is in no handover"
        if mission.served_by != event.crane:
            return f"{mission.served_by} serves it"
        jobs = mission.current_leg.jobs
        return "" if jobs == event.job_orders else f"{', '.join(jobs)} are handed over"

    def _collected(self, unit: Unit, mission: Mission, jobs: tuple[str, ...]) -> None:
        if unit.state == UnitState.ASSIGNED:
            unit.move_to(UnitState.COLLECTED)
        if unit.kind == MoveKind.LOAD and not unit.collected:
            self._state.experience.collected(self._state.now_ms - unit.assigned_ms - unit.alone_ms)
        for job in jobs:
            self._state.board.boxes.collected(self._state.board.job(job))
            unit.collected[job] = (self._state.now_ms, mission.at_place or "")
        self._state.traffic.set_load(self._state.index[mission.truck], True)

    def _delivered(self, unit: Unit, mission: Mission, jobs: tuple[str, ...]) -> None:
        for job in jobs:
            self._state.finish_job(unit, job, mission.truck, mission.at_place or "")
        if mission.leg + 1 == len(unit.legs):
            unit.move_to(UnitState.DONE)
            self._state.traffic.set_load(self._state.index[mission.truck], False)

    def _free(self, mission: Mission) -> None:
        """The truck has done its unit."""
        assert mission.unit is not None
        self._state.experience.done(self._state.now_ms - mission.unit.assigned_ms)
        mission.unit, mission.leg, mission.idle_since = None, 0, self._state.now_ms
        self._state.work_wanted = True

    def start_leg(self, mission: Mission) -> None:
        """Send a truck towards its next handover."""
        (self._yard if mission.current_leg.crane is None else self._quay).start_leg(mission)
