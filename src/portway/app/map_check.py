"""What the compiled traffic map says about a scenario: places that no truck can drive to or from, homes in the way.

A scenario is well-formed when every truck can wait for ever at home and at every other place without shutting anybody
else's way (Cap, Vokrinek, Kleiner 2015). These findings are the compiled counterpart of `check`, which looks at lanes.
"""

import numpy as np

from portway.app.check import Finding
from portway.core.model.layout import PlaceKind
from portway.core.model.scenario import Scenario
from portway.core.routing.claims import stacked_homes
from portway.core.routing.traffic import FAR, Traffic
from portway.core.routing.traffic_map import TrafficMap

REST_KINDS = (PlaceKind.PARKING, PlaceKind.CHARGING, PlaceKind.BUFFER)


def _unreachable(traffic_map: TrafficMap, scenario: Scenario) -> list[Finding]:
    """Places that cannot be driven to from the first home, or from which it cannot be reached."""
    if not scenario.fleet.trucks:
        return []
    traffic = Traffic(traffic_map, 1)
    home = traffic_map.stop_of_place[min(scenario.fleet.trucks, key=lambda t: t.id).home]
    back = traffic.costs_to(home, False).copy()
    found = []
    for place in scenario.terminal.places:
        stop = traffic_map.stop_of_place[place.id]
        lost = [
            *(
                ["no way there"]
                if place.kind != PlaceKind.GATE_IN and traffic.costs_to(stop, False)[home] >= FAR
                else []
            ),
            *(["no way back"] if place.kind != PlaceKind.GATE_OUT and back[stop] >= FAR else []),
        ]
        if lost:
            cure = "give its lane more room before the next corner or crossing, or join it elsewhere"
            found.append(Finding("error", place.id, f"{' and '.join(lost)} that a truck can turn into", cure))
    return found


def _in_the_way(traffic_map: TrafficMap, scenario: Scenario) -> list[Finding]:
    """Places where a standing truck touches a movement that neither begins nor ends at a place: an error where trucks
    rest for as long as they like, a warning where a crane ends their stay."""
    a = traffic_map.arrays
    found: dict[str, str] = {}
    use_mv = np.repeat(np.arange(len(a.mv_from)), np.diff(a.res_ptr))
    for m, k in zip(use_mv.tolist(), a.res_id.tolist(), strict=True):
        place = traffic_map.stops[k].place if k < traffic_map.n_stops else ""
        if place and not a.private[a.mv_from[m]] and not a.private[a.mv_to[m]]:
            found.setdefault(place, traffic_map.lanes[m][0])
    rest = {p.id for p in scenario.terminal.places if p.kind in REST_KINDS}
    return [
        Finding(
            "error" if place in rest else "warning",
            place,
            f"a truck that stands there blocks through traffic on {lane}",
            "move it away from the lane or the crossing",
        )
        for place, lane in sorted(found.items())
    ]


def check_map(traffic_map: TrafficMap, scenario: Scenario) -> list[Finding]:
    """All findings of the compiled map."""
    homes = [t.home for t in scenario.fleet.trucks]
    stacked = [
        Finding("error", p, f"cannot be left or reached while a truck stands at {q}", "use homes farther apart")
        for p, q in stacked_homes(traffic_map.excludes, homes)
    ]
    return [*_unreachable(traffic_map, scenario), *_in_the_way(traffic_map, scenario), *stacked]
