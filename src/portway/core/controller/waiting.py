"""Why a truck waits, and who waits for whom.

Read from where the answer lies: a truck held on the road waits for the holder of the resource that it lacks, one
without a place for the trucks that have the places of its leg, one at its place for its crane.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from portway.core.controller.state import Mission, Phase, State
from portway.core.routing.inspection import first_before, lacks
from portway.core.routing.traffic import FAR

CHAIN_MAX = 12


class Why(NamedTuple):
    """What somebody waits for: a code, and who or what it is; `none` when he does not wait."""

    code: str
    subject: str = ""


def why(state: State, mission: Mission) -> Why:
    """What a truck waits for."""
    if mission.unfit:
        return Why("unfit")
    if mission.paused:
        return Why("paused")
    if mission.truck in state.astray:
        return Why("closed_road")
    if mission.serving or mission.phase == Phase.HANDOVER:
        return Why("handover", mission.served_by)
    if mission.phase in (Phase.WAIT_COLLECT, Phase.WAIT_DELIVER):
        return Why("crane", _crane_of(state, mission))
    row = state.index[mission.truck]
    if (resource := lacks(state.traffic, row)) >= 0:
        holder = first_before(state.traffic, resource, row)
        return Why("traffic", state.name[holder] if holder >= 0 else "")
    if mission.phase == Phase.WAIT_PLACE or mission.wanting_since >= 0:
        if _is_cut_off(state, mission):
            return Why("closed_road")
        return Why("place", _place_holder(state, mission))
    return Why("none")


class Whys(Mapping[str, Why]):
    """What all trucks wait for, and quay cranes that are ready for one that has not come; found when it is asked."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._found: dict[str, Why] = {}
        for queue in state.board.in_order():
            unit = queue.next_unit()
            if unit is not None and unit.truck is not None and queue.ready and not queue.serving:
                self._found[queue.crane] = Why("truck", unit.truck)
        self._names = [*sorted(state.missions), *self._found]

    def __getitem__(self, name: str) -> Why:
        if name not in self._found:
            self._found[name] = why(self._state, self._state.missions[name])
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def chain(truck: str, whys: Mapping[str, Why]) -> list[str]:
    """Who waits for whom, from a truck on; `whys` are those of all."""
    found: list[str] = []
    while truck in whys and whys[truck].subject and len(found) < CHAIN_MAX:
        truck = whys[truck].subject
        if truck in found:
            break
        found.append(truck)
    return found


def _crane_of(state: State, mission: Mission) -> str:
    leg = mission.current_leg if mission.unit is not None else None
    if leg is None or leg.crane is not None:
        return "" if leg is None else leg.crane or ""
    cranes = [y.id for y in state.scenario.terminal.yard_cranes if y.block == leg.block]
    return cranes[0] if cranes else ""


def _is_cut_off(state: State, mission: Mission) -> bool:
    """Whether a truck could have a place of its leg, and all ways there are closed."""
    if mission.unit is None:
        return False
    row, stop = state.index[mission.truck], state.stop_of(mission.truck)
    free = state.claims.grantable_among(mission.truck, state.book.for_leg(mission.current_leg))
    loaded = state.traffic.is_loaded(row)
    return bool(free) and all(state.traffic.drive_ms(stop, state.book.stop(p), loaded) >= FAR for p in free)


def _place_holder(state: State, mission: Mission) -> str:
    """A truck that has a place of this truck's leg."""
    if mission.unit is None:
        return ""
    leg = mission.current_leg
    for place in state.book.for_leg(leg):
        for taken in (place, *state.claims.shut_by(place)):
            holder = state.claims.holder_of(taken)
            if holder is not None and holder != mission.truck:
                return holder
    return leg.crane or ""
