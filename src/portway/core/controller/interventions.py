"""What a person in the control room does: pause, resume and withdraw trucks, close roads, move job orders.

Who, when and why stand in the event, and so in the journal. A paused truck is sent nowhere and served by nobody; what
it has not collected goes to others. A withdrawn one ends what it has and goes home. A closed road is entered by nobody;
trucks whose way led through get another one, or wait until there is one.
"""

from typing import assert_never

from portway.core.commands import PauseTruck
from portway.core.controller.dispatching import WINDOW, Dispatching
from portway.core.controller.driving import want_place
from portway.core.controller.quay import QuayService
from portway.core.controller.roads import Roads
from portway.core.controller.state import Mission, State
from portway.core.controller.taking_back import give_to_others, take_back
from portway.core.controller.yard import YardService
from portway.core.events import Intervention, JobOrderMoved, RoadBlocked, TruckPaused, TruckWithdrawn
from portway.core.model.work import MoveKind
from portway.core.work.problems import WorkProblem
from portway.core.work.units import Unit, UnitState


class Interventions:
    """Carries out what a person wants, or says why not."""

    def __init__(
        self, state: State, quay: QuayService, yard: YardService, roads: Roads, dispatching: Dispatching
    ) -> None:
        self._state, self._quay, self._yard = state, quay, yard
        self._roads, self._dispatching = roads, dispatching
        self._lanes = {lane.id for lane in state.scenario.terminal.lanes}

    # -- what cannot be done ------------------------------------------------------------------------------------

    def refusals(self, event: Intervention) -> list[WorkProblem]:
        """Why something cannot be done; empty when it can."""
        if isinstance(event, RoadBlocked):
            return [
                WorkProblem("", "unknown_lane", "lanes", lane, "no such lane", "correct it")
                for lane in event.lanes
                if lane not in self._lanes
            ]
        if event.truck not in self._state.homes:
            return [WorkProblem("", "unknown_truck", "truck", event.truck, "no such truck", "correct it")]
        return self._not_to_be_moved(event) if isinstance(event, JobOrderMoved) else []

    def _not_to_be_moved(self, event: JobOrderMoved) -> list[WorkProblem]:
        unit, mission = self._state.board.unit_of_job.get(event.job_order), self._state.missions[event.truck]
        if unit is not None and unit.truck == event.truck and unit.state == UnitState.ASSIGNED:
            return []  # it has it already
        message = "no such job order" if unit is None else self._why_not_now(unit)
        if not message and (mission.unit is not None or not mission.is_at_work):
            message = f"{event.truck} is not free"
        code = "unknown_job_order" if unit is None else "not_possible"
        cure = "take another truck, or wait"
        return [WorkProblem(event.job_order, code, "job_order", event.job_order, message, cure)] if message else []

    def _why_not_now(self, unit: Unit) -> str:
        """Why no other truck can take a unit now; nothing when one can."""
        if unit.state == UnitState.ASSIGNED:
            return "" if self._state.missions[unit.truck or ""].can_leave else "it has begun"
        if unit.state != UnitState.OPEN:
            return "it has begun"
        return "" if self._dispatchable(unit) else "it cannot be dispatched yet"

    def _dispatchable(self, unit: Unit) -> bool:
        """Whether a truck that got an open unit now would not have to wait for another unit that nobody brings."""
        state = self._state
        if unit.kind == MoveKind.YARD:
            return unit.release_ms <= state.now_ms and state.board.collectable(unit)
        if unit.crane is None:
            return False
        horizon = state.now_ms + round(state.scenario.policies.look_ahead_s * 1000)
        first = [u for u, queue, _ in state.board.open_quay_units(WINDOW, horizon) if queue.crane == unit.crane]
        return first[:1] == [unit]

    # -- what is done -------------------------------------------------------------------------------------------

    def handle(self, event: Intervention) -> None:
        """Do what nothing speaks against."""
        if isinstance(event, TruckPaused):
            self._paused(event)
        elif isinstance(event, TruckWithdrawn):
            self._state.missions[event.truck].withdrawn = event.withdrawn
        elif isinstance(event, RoadBlocked):
            self._roads.block(event)
        elif isinstance(event, JobOrderMoved):
            self._moved(event)
        else:
            assert_never(event)
        self._state.work_wanted = self._state.places_freed = True

    def _paused(self, event: TruckPaused) -> None:
        """Stop a truck, or let it go on; said twice, it is told twice: the first time may have got lost."""
        state, mission = self._state, self._state.missions[event.truck]
        wanted = event.paused or mission.stopped
        state.outbox.append(PauseTruck(event.truck, wanted))
        if mission.paused_by_person == event.paused:
            return
        was_paused, mission.paused_by_person = mission.paused, event.paused
        state.traffic.pause(state.index[event.truck], mission.paused)
        if mission.paused:
            give_to_others(state, self._yard, mission)
        elif was_paused:
            self.resumed(mission)

    def begin_leg(self, mission: Mission) -> None:
        """It sets out for the handover of its leg."""
        (self._yard if mission.current_leg.crane is None else self._quay).start_leg(mission)

    def resumed(self, mission: Mission) -> None:
        """It takes up what it was doing: waiting for a place, or standing for a crane."""
        if mission.unit is None or mission.serving or mission.at_place is None:
            return
        if mission.wanting_since >= 0:
            want_place(self._state, mission)
        elif mission.current_leg.crane is not None:
            self._quay.arrived(mission)
        else:
            self._yard.serve(mission.current_leg.block or "")

    def _moved(self, event: JobOrderMoved) -> None:
        """Another truck takes over."""
        state, mission = self._state, self._state.missions[event.truck]
        unit = state.board.unit_of_job[event.job_order]
        if unit.truck == event.truck:
            return
        if unit.state == UnitState.ASSIGNED:
            take_back(state, self._yard, state.missions[unit.truck or ""])
        self._dispatching.assign(mission, unit)
        self.begin_leg(mission)
