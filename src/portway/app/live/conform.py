"""`portway conform` from top to bottom: a truck on a broker, a way for it on the scenario's roads, the verdicts."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np

from portway.adapters.vda5050.conformance.drive import Way
from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.session import session
from portway.adapters.vda5050.conformance.talk import NoTruckError, Talk
from portway.adapters.vda5050.link import Broker, MqttLink
from portway.adapters.vda5050.road_book import RoadBook
from portway.app.compose import truck_type
from portway.app.map_cache import cached_map
from portway.core.model.scenario import Scenario
from portway.core.routing.traffic_map import TrafficMap

NEAR_M, TURNED_RAD = 2.5, 0.5
MOVEMENTS = 12
TAKE_OVER_S = 10.0
LENGTH_M_MIN = 12.0  # a shorter movement shows little


def way_from(traffic_map: TrafficMap, x: float, y: float, theta: float) -> Way | str:
    """A way of twelve movements through stops that no truck rests on, from the stop where a truck stands.

    A sentence when it stands at none, or the roads end too soon.
    """
    pose = traffic_map.stop_pose
    off = np.hypot(pose[:, 0] - x, pose[:, 1] - y)
    turned = np.abs(np.angle(np.exp(1j * (pose[:, 2] - theta))))
    off = np.where(turned > TURNED_RAD, np.inf, off)
    stop = int(off.argmin())
    if off[stop] > NEAR_M:
        return f"it stands at ({x:.1f}, {y:.1f}), at no place of the scenario; take it to one, with its heading"
    found = _search(traffic_map, stop, {stop})
    return Way(RoadBook(traffic_map), stop, found) if found else "no way of twelve movements leads from here"


def _search(traffic_map: TrafficMap, stop: int, seen: set[int], depth: int = MOVEMENTS) -> list[int]:
    """Depth first, long movements first; each stop once."""
    if depth == 0:
        return []
    a = traffic_map.arrays
    out = a.out_mv[a.out_ptr[stop] : a.out_ptr[stop + 1]].tolist()
    for movement in sorted(out, key=lambda m: (-min(float(traffic_map.length_m[m]), LENGTH_M_MIN), m)):
        end = int(a.mv_to[movement])
        if end in seen or a.private[end] or a.closed[movement]:
            continue
        rest = _search(traffic_map, end, seen | {end}, depth - 1)
        if rest or depth == 1:
            return [movement, *rest]
    return []


async def take_over(broker: Broker, client_id: str) -> None:
    """Connect under the id of another client: the broker ends that one's connection as if it had broken, last will and
    all (MQTT 3.1.1, 3.1.4-2). Then go, so that it can come back."""
    arrived = asyncio.Event()
    link = MqttLink(broker, client_id, [], lambda _topic, _payload: None, lambda up: arrived.set() if up else None)
    link.start()
    try:
        await asyncio.wait_for(arrived.wait(), TAKE_OVER_S)
        await asyncio.sleep(0.1)  # a link is not to be stopped in the middle of its connecting
    except TimeoutError:
        raise NoTruckError(f"the broker lets nobody in as {client_id}; are the certificate and key those of the truck?"
                           ) from None  # fmt: skip
    finally:
        await link.stop()


async def conform(
    scenario: Scenario, serial: str, broker: Broker, interface: str, wait_s: float, schemas: Path | None,
    client_id: str | None = None,
) -> AsyncIterator[Verdict]:  # fmt: skip
    """Verdicts as they come; `client_id` is that of the truck at the broker, to break its connection. Raises
    NoTruckError when no such truck speaks."""
    traffic_map = cached_map(scenario.terminal, truck_type(scenario))
    talk = Talk(interface, serial)
    link = MqttLink(
        broker, f"portway-conform-{serial}", talk.subscriptions(),
        lambda topic, payload: talk.received(topic, payload, link.is_kept),
    )  # fmt: skip
    talk.publish, talk.look = link.publish, link.subscribe
    link.start()
    cut = None if client_id is None else partial(take_over, broker, client_id)
    try:
        async for verdict in session(talk, lambda *pose: way_from(traffic_map, *pose), wait_s, schemas, cut):
            yield verdict
    finally:
        await link.stop()
