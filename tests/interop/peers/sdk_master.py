"""The master control of vda5050-sdk sends one truck through an order, more of its base, a pause and a cancellation.

Argument: JSON {broker, manufacturer, serial, nodes, edges}: positions and lines of a way of at least six edges. What
happens is told line by line as JSON.
"""

import asyncio
import json
import sys

from vda5050.client.master import MasterClient
from vda5050.config import MasterConfig
from vda5050.domain.order.builder import OrderBuilder
from vda5050.model.common import Trajectory
from vda5050.model.order import Order

FIRST, WHOLE = 3, 5  # edges released at first, edges of the order


def say(**what: object) -> None:
    """A line of what has happened."""
    print(json.dumps(what), flush=True)


def order_of(told: dict, name: str, first: int, last: int, released: int) -> Order:
    """Edges `first` to `last` of the way, the first `released` of them in the base."""
    builder = OrderBuilder(order_id=name, manufacturer=told["manufacturer"], serial_number=told["serial"])
    for i in range(first, last + 1):
        node = told["nodes"][i]
        builder.add_node(node["id"], released=i - first <= released, x=node["x"], y=node["y"], theta=node["theta"],
                         map_id="terminal")  # fmt: skip
        if i > first:
            line = Trajectory(**told["edges"][i - 1])
            builder.add_edge(told["nodes"][i - 1]["id"], node["id"], released=i - first <= released, trajectory=line)
    return builder.build()


async def main() -> None:
    """The whole session."""
    told = json.loads(sys.argv[1])
    key = f"{told['manufacturer']}/{told['serial']}"
    config = MasterConfig(broker_url=told["broker"], validate_messages=True, client_id="sdk-master")
    async with MasterClient(config) as master:
        master.on_error(lambda event: say(event="error", error=str(event)))
        master.on_vehicle_error(lambda event, _key: say(event="truck_error", kind=event.error.error_type))
        master.on_factsheet(lambda sheet, _key: say(event="factsheet", series=sheet.type_specification.series_name))

        async def reached(sequence: int) -> None:
            def there(session: object) -> bool:
                state = session.state  # type: ignore[attr-defined]
                return state is not None and state.last_node_sequence_id >= sequence and not state.driving

            assert await master.wait_for(key, there, timeout=90), f"sequence {sequence} was not reached"

        assert await master.wait_for(key, lambda s: s.state is not None, timeout=20), "no state"
        whole = order_of(told, "peer-1", 0, WHOLE, FIRST)
        say(event="dispatched", accepted=(await master.dispatch(whole, key)).accepted)
        await asyncio.sleep(1.0)
        await master.pause(key)
        say(event="paused", done=await master.wait_for_action(key, "pause", timeout=10) is not None)
        assert await master.wait_for(key, lambda s: s.state.paused and not s.state.driving, timeout=20)
        await master.resume(key)
        await reached(2 * FIRST)
        say(event="base", node=(await master.session(key)).state.last_node_id)
        rest = order_of(told, "peer-1", 0, WHOLE, WHOLE)
        result = await master.extend_base(key, rest.nodes[FIRST + 1 :], rest.edges[FIRST:])
        say(event="extended", accepted=result.accepted)
        await reached(2 * WHOLE)
        say(event="ended", node=(await master.session(key)).state.last_node_id)
        await master.request_factsheet(key)
        await master.cancel_order(key)
        await asyncio.sleep(2.0)
        say(event="metrics", **master.metrics_snapshot())


asyncio.run(main())
