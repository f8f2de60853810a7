"""Roads that close and open: lanes that a person closes, ground that somebody holds who is not led by us.

Trucks whose way led through get another one, or wait until there is one. What was allocated before is driven to its
end, but where an unfit truck stands on it, which `truck_fitness` sees to.
"""

from collections.abc import Callable

from portway.core.commands import Alert, DriveTo
from portway.core.controller.driving import want_place
from portway.core.controller.state import Mission, Phase, State
from portway.core.controller.visitors import Visitors
from portway.core.events import RoadBlocked
from portway.core.routing.foreign_uses import Ground


class Roads:
    """Closes and opens, and sends those anew who have lost their way."""

    def __init__(self, state: State, visitors: Visitors) -> None:
        self._state, self._visitors = state, visitors
        types = state.scenario.fleet.types
        self.size_m = max(((t.length_m, t.width_m) for t in types), default=(15.0, 3.0))  # of our longest truck

    def block(self, event: RoadBlocked) -> None:
        """Lanes are closed or opened by a person."""
        self._changed(self._state.traffic.block(event.lanes, event.blocked), event.name)

    def lock(self, name: str, grounds: list[Ground]) -> bool:
        """Somebody else holds ground under a name, none any more when it is empty; whether that changes anything."""
        return self._held(name, self._state.traffic.lock(name, grounds, self.size_m))

    def take_over(self, name: str, enter: Callable[[], bool]) -> bool:
        """A truck that held ground without being led by us is led again from there, if `enter` succeeds."""
        return self._held(name, self._state.traffic.take_over(name, enter))

    def _held(self, name: str, rows: list[int] | None) -> bool:
        if rows is None:
            return False
        own = self._state.index.get(name, -1)
        self._changed([row for row in rows if row != own], name)
        self._state.work_wanted = self._state.places_freed = True
        return True

    def _changed(self, rows: list[int], why: str) -> None:
        state = self._state
        known = set(state.astray)
        state.astray.update(state.name[row] for row in rows)
        for truck in sorted(set(self._send_astray()) - known):
            if state.missions[truck].unfit:
                continue  # a person was called for it
            state.outbox.append(Alert("no_way", truck, f"{why}: no other way to {state.claims.place_of(truck)}"))

    def retry(self) -> None:
        """Trucks that have lost their way look for one again, and those in the way of others try to leave."""
        self._send_astray()
        for mission in self._state.wanting():
            if not mission.held:
                want_place(self._state, mission)

    def _send_astray(self) -> list[str]:
        """Send trucks whose way was closed to the places that they have claimed; those that found no way."""
        lost = [truck for truck in sorted(self._state.astray) if not self._sent_again(self._state.missions[truck])]
        if lost:
            self._state.try_again()
        return lost

    def _sent_again(self, mission: Mission) -> bool:
        state, truck = self._state, mission.truck
        if mission.phase == Phase.LEAVING:
            self._visitors.leave(mission)  # it goes on trying by itself
            state.astray.discard(truck)
            return True
        place = state.claims.place_of(truck)
        assert place is not None
        eta = state.traffic.send(state.index[truck], state.book.stop(place))
        if eta < 0:
            return False
        state.astray.discard(truck)
        if not mission.held:
            mission.at_place = None
            state.outbox.append(DriveTo(truck, place, eta))
        return True
