"""Orders, updates, cancels, pauses, switches and modes in any sequence: the truck never jumps nor leaves its line."""

import math
import random

import pytest

from portway.adapters.vda5050.versions import VERSIONS
from truck_alone import DT_S, EDGE_M, TruckAlone

STEPS = 150
OFTEN = {"order": 3, "from here": 4, "update": 6, "work": 3, "cancel": 2, "pause": 2, "switch": 1, "mode": 1, "free": 6}
FASTEST_MPS, BRAKE_MPS2 = 8.3, 0.7


def tell(truck: TruckAlone, draw: random.Random, step: int) -> None:
    """One thing at random, good or not."""
    agent, here = truck.agent, round(truck.x_m / EDGE_M)
    (kind,) = draw.choices(list(OFTEN), list(OFTEN.values()))
    if kind == "order":
        truck.order(f"o{step}", 0, here, draw.randint(0, 4), draw.randint(0, 2), sequence=0)
    elif kind == "from here":  # a node of its own where it stands, between two nodes perhaps (section 6.6.3.1)
        body = truck.order_body(f"h{step}", 0, int(truck.x_m // EDGE_M), draw.randint(1, 4), draw.randint(0, 2), 0)
        body["nodes"][0]["nodePosition"]["x"] = truck.x_m
        truck.send("order", body)
    elif kind == "update":
        name, sequence = agent._end()
        first = int(name[1:]) if name else here
        number = agent.update_id + draw.choice([-1, 0, 1, 1, 2])
        truck.order(agent.order_id or "x", number, first, draw.randint(0, 3), draw.randint(0, 2), sequence=sequence)
    elif kind == "work":
        body = truck.order_body(f"w{step}", 0, here, 2, 0, 0)
        for i, part in enumerate((*body["nodes"], *body["edges"])):
            blocking = draw.choice(truck.version.blocking)
            part["actions"] = [truck.action("wait", f"w{step}-{i}", blocking, durationS=draw.randint(0, 4))]
        truck.send("order", body)
    elif kind == "cancel":
        truck.act("cancelOrder", f"c{step}")
    elif kind == "pause":
        truck.act(draw.choice(["startPause", "stopPause"]), f"p{step}")
    elif kind == "switch":
        agent.e_stop, agent.field_violation = draw.choice(truck.version.stops), draw.random() < 0.5
        agent.localized = draw.random() < 0.7
    elif kind == "mode":
        agent.mode = draw.choice(list(truck.version.modes))
    elif kind == "free":
        agent.mode, agent.e_stop, agent.field_violation, agent.localized = "AUTOMATIC", "NONE", False, True
        truck.act("stopPause", f"s{step}")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(6))
def test_whatever_it_is_told_it_never_jumps_and_never_leaves_its_line(version, seed):
    draw, truck = random.Random(seed), TruckAlone(version)
    ground, driven = truck.agent.ground, 0.0
    for step in range(STEPS):
        tell(truck, draw, step)
        for _ in range(draw.randint(0, 40)):
            (x, y, _), mps = ground.pose, ground.mps
            truck.drive(DT_S)
            moved = math.dist(ground.pose[:2], (x, y))
            driven += moved
            assert moved <= FASTEST_MPS * DT_S + 0.03
            assert mps - ground.mps <= BRAKE_MPS2 * DT_S + 0.32, "the last moment before a stop is cut short"
            assert abs(ground.pose[1]) < 1e-6
    assert driven > 10 * EDGE_M, "it was told something that it could do"
    for state in truck.states:
        assert [e["sequenceId"] + 1 for e in state["edgeStates"]] == [n["sequenceId"] for n in state["nodeStates"]]
