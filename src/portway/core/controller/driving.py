"""Getting trucks to the places of their legs: claim and go, or wait in a buffer, or rest at home.

A truck in a handover whose end is in sight is *held*: its way on is planned before it may leave, so that its slot on
the road is kept and its place is promised to the next truck. That is safe, because such a handover ends without any
other truck's help; when it ends late, those behind wait, and the order of passage holds.
"""

import numpy as np

from portway.core.commands import DriveTo
from portway.core.controller.state import Mission, Phase, State
from portway.core.model.layout import PlaceKind

ONWARD_WEIGHT = 4  # a second from the buffer to the place counts as so many on the way to the buffer
STAY_MS = 300_000  # a truck waits so long for its next work before it goes home
WAITING_KINDS = (PlaceKind.BUFFER, PlaceKind.PARKING, PlaceKind.CHARGING)


def leg_phase(mission: Mission) -> Phase:
    """Driving empty to collect, or loaded to deliver."""
    return Phase.TO_COLLECT if mission.current_leg.collect else Phase.TO_DELIVER


def go_to_leg(state: State, mission: Mission, places: list[str]) -> bool:
    """Send a truck to the first of the places of its leg ahead that it can claim (nearest first); it may stand there
    already. A held truck gets its plan and leaves when its handover ends."""
    truck, leg = mission.truck, mission.leg_ahead
    assert leg is not None
    free = state.claims.grantable_among(truck, places)
    if len(free) > 1:
        start, loaded = state.stop_of(truck), not leg.collect
        free.sort(key=lambda p: state.traffic.drive_ms(start, state.book.stop(p), loaded))
    for place in free:
        if mission.at_place == place:
            mission.wanting_since = -1
            return not mission.held
        if state.drive(mission, place):
            mission.wanting_since = -1
            mission.ahead_is_leg = mission.held
            if not mission.held:
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
    if not is_aside(state, mission):
        step_aside(state, mission)


def is_aside(state: State, mission: Mission) -> bool:
    """Whether a truck waits, or is going to wait, in nobody's way: in a buffer, at home, or where it stands in the
    yard, until somebody wants that place (`make_way`)."""
    claimed = state.claims.place_of(mission.truck)
    if claimed is None:
        return False
    kind = state.book.kind(claimed)
    return kind in WAITING_KINDS or (kind == PlaceKind.YARD_TRANSFER and mission.at_place == claimed)


def make_way(state: State, places: list[str]) -> bool:
    """Have a truck step aside that waits, served by nobody, at one of some places or at one that shuts it; whether one
    is on its way."""
    for place in dict.fromkeys(q for p in places for q in (p, *state.claims.shut_by(p))):
        mission = state.missions.get(state.claims.holder_of(place) or "")
        if mission is None or mission.at_place != place or not mission.only_waits:
            continue
        step_aside(state, mission)
        if mission.at_place is None:
            return True
    return False


def step_aside(state: State, mission: Mission) -> None:
    """Send a truck to a good free buffer, or home."""
    for place in _buffers_near(state, mission)[:3]:
        if state.drive(mission, place):
            return
    state.drive(mission, state.homes[mission.truck])


def _buffers_near(state: State, mission: Mission) -> list[str]:
    """Free buffers, best first: near the leg's place above all, because the wait in the buffer hides the way there."""
    if not state.book.buffers:
        return []
    traffic, leg = state.traffic, None if mission.unit is None else mission.leg_ahead or mission.current_leg
    loaded = leg is not None and not leg.collect
    rows = [traffic.cost_row(int(s)) for s in state.book.buffer_stops]
    cost = traffic.costs[int(loaded)][rows, state.stop_of(mission.truck)].astype(np.int64)
    if leg is not None:
        goal = state.book.stop(state.book.for_leg(leg)[0])
        cost += ONWARD_WEIGHT * traffic.costs_to(goal, loaded)[state.book.buffer_stops].astype(np.int64)
    ranked = np.argsort(cost, kind="stable")
    return [p for p in (state.book.buffers[i] for i in ranked) if state.claims.grantable(mission.truck, p)]


def hold(state: State, mission: Mission, until_ms: int) -> None:
    """The end of a truck's handover is in sight: from now on its way on may be planned."""
    if mission.is_visitor or not state.plans_ahead:
        return
    index, unit = state.index[mission.truck], mission.unit
    assert unit is not None
    if not mission.held:
        mission.held = True
        state.traffic.set_load(index, mission.current_leg.collect or mission.leg + 1 < len(unit.legs))
    state.traffic.hold(index, until_ms)


def let_go(state: State, mission: Mission) -> None:
    """The handover has ended: the truck follows the plan that it has got meanwhile, if any."""
    if not mission.held:
        return
    index, place = state.index[mission.truck], mission.ahead
    mission.held, mission.ahead, mission.ahead_is_leg = False, None, False
    state.traffic.release(index)
    if place is None:
        return
    mission.at_place = None
    state.outbox.append(DriveTo(mission.truck, place, state.traffic.eta_ms(index)))
    unit = mission.unit
    if unit is None or mission.leg >= len(unit.legs):
        return
    if place in state.book.for_leg(mission.current_leg):
        state.set_phase(mission, leg_phase(mission))
    else:
        want_place(state, mission)
        state.places_freed = True  # it asks at once


def rest(state: State, mission: Mission) -> None:
    """Send a truck without work home, but not at once: where it stands, or is going, in nobody's way, it waits for some
    time for work."""
    home = state.homes[mission.truck]
    may_stay = not mission.withdrawn and state.now_ms < mission.idle_since + STAY_MS
    if state.claims.place_of(mission.truck) == home or (may_stay and is_aside(state, mission)):
        state.set_phase(mission, Phase.TO_REST if mission.at_place is None else Phase.PARKED)
    elif state.drive(mission, home):
        state.set_phase(mission, Phase.TO_REST)
