"""A page server whose terminal is only figures: any number of points that all move at every frame.

    python synthetic.py PORT POINTS HZ

The terminal is Yangluo's ground plan with 200 trucks that drive in circles; the other points are of network nodes.
"""

import asyncio
import sys
import time

import numpy as np

from portway.app.config import load_scenario
from portway.app.map_cache import cached_map
from portway.app.web.document import document
from portway.app.web.hub import Hub
from portway.app.web.page import make_page
from portway.app.web.serving import PageServer
from portway.app.web.stage import Stage
from portway.twin import point_list
from portway.twin.points import Catalogue
from portway.twin.tables import Tables

TRUCKS = 200


def catalogue(count: int) -> Catalogue:
    """200 trucks, and as many network nodes as are needed for `count` points."""
    trucks = TRUCKS * len(point_list.TRUCK)
    nodes = max(0, -(-(count - trucks) // len(point_list.NETWORK_NODE)))
    return Catalogue([
        ("truck", [f"T{i + 1:03d}" for i in range(TRUCKS)], point_list.TRUCK),
        ("road_truck", [], point_list.ROAD_TRUCK),
        ("quay_crane", [], point_list.QUAY_CRANE),
        ("yard_crane", [], point_list.YARD_CRANE),
        ("network_node", [f"N{i + 1:04d}" for i in range(nodes)], point_list.NETWORK_NODE),
    ])  # fmt: skip


class Circles:
    """All points move at every step, trucks on circles at 5 m/s."""

    def __init__(self, points: Catalogue) -> None:
        self.points, self._rng = points, np.random.default_rng(1)
        self._phase = self._rng.random(TRUCKS) * 6.28
        for group in points.groups.values():
            group.now[:] = 50.0

    def step(self, at_s: float) -> None:
        """The values at an instant."""
        for group in self.points.groups.values():
            group.now[:-1] += self._rng.normal(0.0, 1.0, group.now[:-1].shape) * 0.1
        trucks = self.points["truck"]
        angle = self._phase + at_s * 5.0 / 40.0
        trucks.of("position.x")[:] = 60.0 + 40.0 * (np.arange(TRUCKS) % 20) + 40.0 * np.cos(angle)
        trucks.of("position.y")[:] = 20.0 + 24.0 * (np.arange(TRUCKS) // 20) + 40.0 * np.sin(angle)
        trucks.of("position.heading")[:] = np.angle(1j * np.exp(1j * angle))
        trucks.of("quality")[:] = trucks.of("fault.code")[:] = trucks.of("job.phase")[:] = 0.0


async def main(port: int, count: int, hz: float) -> None:
    """Publish until killed."""
    scenario = load_scenario("yangluo")
    points = catalogue(count)
    doc = document(scenario, cached_map(scenario.terminal, scenario.fleet.types[0]), points, "simulation")
    doc |= {"quay_cranes": [], "yard_cranes": []}
    hub, circles = Hub(doc, Tables(), points.count), Circles(points)
    server = PageServer(make_page(Stage(doc, None, hub)), "127.0.0.1", port)
    serving = asyncio.create_task(server.serve())
    values, began, n = np.empty(points.count, np.int32), time.monotonic(), 0
    while not serving.done():
        circles.step(n / hz)
        hub.publish(round(1000 * n / hz), points.quantise(values), {})
        n += 1
        await asyncio.sleep(max(0.0, began + n / hz - time.monotonic()))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
