"""What trucks do and how they are: each report goes to whom it concerns."""

from typing import assert_never, get_args

from portway.core.controller.quay import QuayService
from portway.core.controller.state import Phase, State
from portway.core.controller.truck_fitness import TruckFitness
from portway.core.controller.visitors import Visitors
from portway.core.controller.yard import YardService
from portway.core.events import (
    FleetCondition,
    TruckArrived,
    TruckCondition,
    TruckEnrolled,
    TruckEvent,
    TruckReported,
)
from portway.core.service import Service


class Trucks(Service[TruckEvent]):
    """Our trucks, and road trucks where they arrive."""

    takes = get_args(TruckEvent)
    timers = ("fitness",)

    def __init__(
        self, state: State, fitness: TruckFitness, quay: QuayService, yard: YardService, visitors: Visitors
    ) -> None:
        self._state, self._fitness = state, fitness
        self._quay, self._yard, self._visitors = quay, yard, visitors

    def on(self, event: TruckEvent) -> None:
        """A truck stands where it was sent, says how far or how it is, or another vehicle speaks for it."""
        if isinstance(event, TruckArrived):
            self._arrived(event)
        elif isinstance(event, TruckReported):
            self._reported(event)
        elif isinstance(event, TruckCondition):
            self._fitness.condition(event)
        elif isinstance(event, FleetCondition):
            for condition in event.trucks:
                self._fitness.condition(condition)
        elif isinstance(event, TruckEnrolled):
            if event.is_other:
                self._fitness.exchanged(event.truck)
        else:
            assert_never(event)

    def fired(self, timer: str, name: str) -> None:
        """A truck has something to prove by now."""
        self._fitness.wake(name)

    def _reported(self, event: TruckReported) -> None:
        """Ours are believed when what they say fits; a road truck that has left says nothing."""
        if event.truck in self._fitness.files:
            self._fitness.reported(event)
        elif event.truck in self._state.index:
            row = self._state.index[event.truck]
            self._state.traffic.report(row, event.step, event.along_m, event.standing, event.at_ms)

    def _arrived(self, event: TruckArrived) -> None:
        mission = self._state.missions[event.truck]
        if not self._state.traffic.done(self._state.index[event.truck]):
            return  # sent on at the same instant
        mission.at_place = event.place
        self._state.stands(mission)
        if mission.phase == Phase.LEAVING:
            self._visitors.gone(mission)
        elif mission.unit is None:
            self._state.set_phase(mission, Phase.PARKED)
        elif mission.wanting_since >= 0:
            return
        elif mission.current_leg.crane is not None:
            self._quay.arrived(mission)
        else:
            self._yard.arrived(mission)
