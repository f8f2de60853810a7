"""Make a core's machinery ready before anybody is connected: compiled kernels loaded, distances to goals computed.

None of it changes what the core will decide; without it the first seconds of a server would be slow.
"""

import math

from portway.core.controller import Controller
from portway.core.routing.foreign_uses import Ground
from portway.core.routing.inspection import goals, granted_step
from portway.core.routing.traffic import Traffic, TrafficParameters
from portway.core.routing.traffic_map import TrafficMap
from portway.core.routing.whereabouts import spots


def warm(controller: Controller) -> None:
    """Load what live traffic needs, and the distances to where trucks are bound now."""
    traffic = controller.state.traffic
    _drive_once(traffic.map)
    for goal in goals(traffic):
        traffic.cost_row(goal)


def _drive_once(traffic_map: TrafficMap) -> None:
    """Two trucks on an empty terminal: planned, led, taken off the road and brought back."""
    places = sorted(traffic_map.stop_of_place.values())
    if len(places) < 2:
        return
    traffic = Traffic(traffic_map, 2, TrafficParameters(ahead_steps=3, announces=True))
    traffic.place(0, places[0])
    traffic.place(1, places[1])
    traffic.send(0, places[-1])
    pose = tuple(float(v) for v in traffic_map.stop_pose[traffic.stop_of(0)])
    step = granted_step(traffic, 0)
    traffic.off_way_m(0, step, (pose[0], pose[1], pose[2]), 1.0)
    traffic.report(0, step, 0.0, True, 1_000)
    traffic.hold(1, 60_000)
    traffic.renew()
    traffic.improve()
    traffic.advance(2_000, lambda until_ms: None)
    traffic.extensions()
    traffic.leave(0)
    traffic.lock("warm", [Ground(pose[0], pose[1], math.remainder(pose[2], math.tau), 8.0, 2.0)], (15.0, 3.0))
    traffic.lock("warm", [], (15.0, 3.0))
    for spot in spots(traffic_map, (pose[0], pose[1], pose[2]))[:1]:
        traffic.enter(0, spot, places[0])
