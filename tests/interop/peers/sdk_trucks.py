"""Trucks of vda5050-sdk: its client, its checks of orders and its states; what it leaves to its user, driving, is here.

Argument: JSON {broker, manufacturer, speed, trucks: [{serial, x, y, theta}]}. Ends when its standard input is closed;
each error that a truck has reported is a line of standard output.
"""

import asyncio
import itertools
import json
import math
import sys

from vda5050.client.agv import VehicleClient
from vda5050.config import VehicleConfig
from vda5050.model.order import Edge, Node, Order

STEP_S, MPS = 0.1, 8.0


class Truck:
    """One truck: it drives along the trajectories of the released edges."""

    def __init__(self, told: dict, truck: dict) -> None:
        self.serial = truck["serial"]
        self.client = VehicleClient(VehicleConfig(
            broker_url=told["broker"], manufacturer=told["manufacturer"], serial_number=self.serial, state_interval=1.0,
            client_id=f"sdk-{self.serial}",
        ))  # fmt: skip
        self.client.on_order(self._order)
        self._start = truck["x"], truck["y"], truck["theta"]
        self._m_per_step = MPS * STEP_S * told["speed"]
        self._way: list[tuple[Edge, Node]] = []
        self._taken = ("", -1)
        self._along_m = 0.0

    async def run(self) -> None:
        """Connect, and drive until cancelled."""
        await self.client.connect()
        x, y, theta = self._start
        self.client.update_position(x=x, y=y, theta=theta, map_id="terminal")
        await self.client.publish_state()
        try:
            while True:
                await asyncio.sleep(STEP_S)
                await self._drive()
        finally:
            await self.client.disconnect()

    def _order(self, order: Order) -> None:
        """The client has taken an order or an update: what is released and new is driven behind what there is."""
        if order.order_id != self._taken[0]:
            assert not self._way, "an order before the end of the last one"
            self._taken = order.order_id, -1
            first = order.nodes[0]
            self.client.mark_node_traversed(first.node_id, first.sequence_id)
        for edge, node in zip(order.edges, order.nodes[1:], strict=True):
            if node.released and node.sequence_id > self._taken[1]:
                self._way.append((edge, node))
                self._taken = order.order_id, node.sequence_id

    async def _drive(self) -> None:
        publisher = self.client.publisher
        if not self._way or publisher.paused:
            publisher.set_driving(False)
            return
        publisher.set_driving(True)
        self._along_m += self._m_per_step
        while self._way and self._along_m >= (length := _length_m(self._way[0][0])):
            edge, node = self._way.pop(0)
            self._along_m -= length
            p = node.node_position
            assert p is not None
            publisher.update_position(x=p.x, y=p.y, theta=p.theta or 0.0, map_id="terminal")
            publisher.mark_edge_traversed(edge.edge_id, edge.sequence_id)
            publisher.mark_node_traversed(node.node_id, node.sequence_id)
        if self._way:
            x, y, theta = _at(self._way[0][0], self._along_m)
            publisher.update_position(x=x, y=y, theta=theta, map_id="terminal")
        else:
            self._along_m = 0.0
            publisher.set_driving(False)
        await self.client.publish_state()


def _points(edge: Edge) -> list[tuple[float, float]]:
    assert edge.trajectory is not None
    return [(p.x, p.y) for p in edge.trajectory.control_points]


def _length_m(edge: Edge) -> float:
    points = _points(edge)
    return sum(math.dist(a, b) for a, b in itertools.pairwise(points))


def _at(edge: Edge, along_m: float) -> tuple[float, float, float]:
    points = _points(edge)
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        length = math.hypot(bx - ax, by - ay)
        if along_m <= length:
            share = along_m / length if length else 0.0
            return ax + share * (bx - ax), ay + share * (by - ay), math.atan2(by - ay, bx - ax)
        along_m -= length
    return *points[-1], math.atan2(by - ay, bx - ax)


async def main() -> None:
    """All trucks until the input ends."""
    told = json.loads(sys.argv[1])
    trucks = [Truck(told, t) for t in told["trucks"]]
    tasks = [asyncio.create_task(t.run()) for t in trucks]
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    said: set[tuple[str, str]] = set()
    while not ended.done():
        await asyncio.sleep(0.2)
        for task in tasks:
            if task.done():
                task.result()
        for truck in trucks:
            for error in truck.client.publisher.errors if truck.client._publisher else ():
                key = truck.serial, str(error.error_description)
                if key not in said:
                    said.add(key)
                    print(json.dumps({"serial": truck.serial, "error": error.to_wire()}), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


asyncio.run(main())
