"""A truck that was off the road comes back: from a stop or a way that it stands on, bound for a place of its own."""

from portway.core.controller.state import Mission, Phase, State
from portway.core.routing.whereabouts import Pose, Spot, spots

SPOTS_MAX = 8  # tried


def back_on_road(state: State, mission: Mission, pose: Pose) -> bool:
    """Whether a truck is led again from its pose. It then has claimed where it stands, or its home and a plan there."""
    state.traffic.set_load(state.index[mission.truck], mission.carries)
    return any(_enter(state, mission, spot) for spot in spots(state.traffic.map, pose)[:SPOTS_MAX])


def _enter(state: State, mission: Mission, spot: Spot) -> bool:
    """Try one spot."""
    traffic = state.traffic
    here = state.traffic.map.stops[spot.stop].place if spot.movement < 0 else ""
    stays = bool(here) and state.claims.grantable(mission.truck, here)
    for place in [here] if stays else [state.homes[mission.truck], *state.book.buffers]:
        if not state.claims.grantable(mission.truck, place):
            continue
        if traffic.enter(state.index[mission.truck], spot, state.book.stop(place)):
            state.claims.claim(mission.truck, place)
            mission.at_place = place if stays else None
            mission.idle_since = state.now_ms
            state.set_phase(mission, Phase.PARKED if stays else Phase.TO_REST)
            return True
        if not stays:
            return False  # whoever cannot be led home is in the way of somebody who cannot go around
    return False
