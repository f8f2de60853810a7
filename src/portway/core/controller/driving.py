"""Getting trucks to the places of their legs: claim and go, or wait in a buffer, or rest at home."""

import numpy as np

from portway.core.controller.state import Mission, Phase, State
from portway.core.model.layout import PlaceKind

ONWARD_WEIGHT = 4  # a second from the buffer to the place counts as so many on the way to the buffer


def leg_phase(mission: Mission) -> Phase:
    """Driving empty to collect, or loaded to deliver."""
    return Phase.TO_COLLECT if mission.current_leg.collect else Phase.TO_DELIVER


def go_to_leg(state: State, mission: Mission, places: list[str]) -> bool:
    """Send a truck to the first place it can claim (nearest first); it may stand there already."""
    truck = mission.truck
    free = state.claims.grantable_among(truck, places)
    if len(free) > 1:
        start, loaded = state.stop_of(truck), not mission.current_leg.collect
        free.sort(key=lambda p: state.traffic.drive_ms(start, state.book.stop(p), loaded))
    for place in free:
        if mission.at_place == place:
            mission.wanting_since = -1
            return True
        if state.drive(mission, place):
            mission.wanting_since = -1
            state.set_phase(mission, leg_phase(mission))
            return True
    return False


def want_place(state: State, mission: Mission) -> None:
    """The truck needs a place of its leg and has none: note since when, and get it out of the way."""
    if mission.wanting_since < 0:
        mission.wanting_since = state.now_ms
    if mission.is_visitor:
        return
    state.set_phase(mission, Phase.WAIT_PLACE)
    claimed = state.claims.place_of(mission.truck)
    if claimed is not None and state.book.kind(claimed) in (PlaceKind.BUFFER, PlaceKind.PARKING, PlaceKind.CHARGING):
        return
    for place in _buffers_near(state, mission)[:3]:
        if state.drive(mission, place):
            return
    state.drive(mission, state.homes[mission.truck])


def _buffers_near(state: State, mission: Mission) -> list[str]:
    """Free buffers, best first: near the leg's place above all, because the wait in the buffer hides the way there."""
    if not state.book.buffers:
        return []
    traffic, loaded = state.traffic, not mission.current_leg.collect
    goal = state.book.stop(state.book.for_leg(mission.current_leg)[0])
    onward = traffic.costs_to(goal, loaded)[state.book.buffer_stops]
    rows = [traffic.cost_row(int(s)) for s in state.book.buffer_stops]
    there = traffic.costs[int(loaded)][rows, state.stop_of(mission.truck)]
    ranked = np.argsort(ONWARD_WEIGHT * onward.astype(np.int64) + there, kind="stable")
    return [p for p in (state.book.buffers[i] for i in ranked) if state.claims.grantable(mission.truck, p)]


def rest(state: State, mission: Mission) -> None:
    """Send a truck without work home."""
    home = state.homes[mission.truck]
    if state.claims.place_of(mission.truck) != home:
        if state.drive(mission, home):
            state.set_phase(mission, Phase.TO_REST)
    elif mission.at_place == home:
        state.set_phase(mission, Phase.PARKED)
