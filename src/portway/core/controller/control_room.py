"""What a person in the control room wants, and what the truck concerned has to show for it."""

from typing import get_args

from portway.core.controller.interventions import Interventions
from portway.core.controller.standstill import Standstill
from portway.core.controller.truck_fitness import TruckFitness
from portway.core.events import Intervention, TruckPaused, TruckWithdrawn
from portway.core.service import Service
from portway.core.work.problems import WorkProblem


class ControlRoom(Service[Intervention]):
    """Interventions in a terminal whose trucks may not follow."""

    takes = get_args(Intervention)

    def __init__(self, interventions: Interventions, fitness: TruckFitness, standstill: Standstill) -> None:
        self._interventions, self._fitness, self._standstill = interventions, fitness, standstill

    def refusals(self, event: Intervention) -> list[WorkProblem]:
        """See `Interventions.refusals`."""
        return self._interventions.refusals(event)

    def on(self, event: Intervention) -> None:
        """Do it. A truck that was paused or withdrawn, or for which that was taken back, follows, and who lets it go on
        has looked."""
        self._interventions.handle(event)
        if isinstance(event, TruckPaused | TruckWithdrawn):
            self._fitness.told(event.truck)
        if isinstance(event, TruckPaused) and not event.paused:
            self._fitness.looked(event.truck, self._standstill.persists("truck_waits", event.truck))
        elif isinstance(event, TruckWithdrawn):
            self._fitness.wake(event.truck)
