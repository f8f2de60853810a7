"""Which truck has been chosen for which job orders: told to the TOS live, whenever it changes.

Trucks are given, exchanged and taken back in several places; what has come of it is compared once an event with what
was told before. The first commands of a run answer no event, so what they assign is told with the first one. In
simulation nobody asks.
"""

from portway.core.commands import JobOrderAssigned
from portway.core.controller.state import State
from portway.core.work.units import UnitState


class Assignments:
    """Remembers what was told of each truck."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._is_live = state.traffic.parameters.announces
        self._deals = -1
        self._told: dict[str, tuple[str, ...]] = {}  # job orders by truck

    def news(self) -> list[JobOrderAssigned]:
        """What has changed since the last call, by truck; a truck that has lost its job orders says nothing."""
        if self._state.deals == self._deals:
            return []
        self._deals = self._state.deals
        found: list[JobOrderAssigned] = []
        for truck in self._state.homes if self._is_live else ():
            unit = self._state.missions[truck].unit
            if unit is None:
                self._told.pop(truck, None)
                continue
            jobs = tuple(job.id for job in unit.jobs)
            if unit.state == UnitState.ASSIGNED and self._told.get(truck) != jobs:
                found.append(JobOrderAssigned(truck, jobs))
            self._told[truck] = jobs
        return found
