"""Zones of VDA 5050 3.0: sets reach the trucks, are obeyed by the contour, and requests get the answer of the base."""

import json
import math

import jsonschema
import msgspec
import numpy as np
import pytest
from shapely.affinity import rotate, translate
from shapely.geometry import Polygon, box

from portway.adapters.vda5050.zone_ground import contour_inside, set_id, zones_of
from portway.app.config import load_scenario
from portway.core.events import RoadBlocked
from portway.core.model import Scenario
from portway.core.model.layout import Zone
from portway.testing.vda_yard import VdaYard

SLOW = Zone("school", ((100.0, 195.0), (100.0, 225.0), (180.0, 225.0), (180.0, 195.0)), 2.0)  # clockwise on purpose


def with_zone(zone: Zone) -> Scenario:
    scenario = load_scenario("huashan")
    terminal = msgspec.structs.replace(scenario.terminal, zones=(*scenario.terminal.zones, zone))
    return msgspec.structs.replace(scenario, terminal=terminal)


def close(yard: VdaYard, lanes: tuple[str, ...]) -> None:
    """As the control room does."""
    yard.handle(RoadBlocked(yard.now_ms, "oil", lanes or yard.zones_closed, bool(lanes), "room", "oil on the road"))
    yard.zones_closed = lanes
    yard.zones.close(lanes)


def footprint(yard: VdaYard, serial: str) -> Polygon:
    x, y, heading = yard.agents[serial].ground.pose
    return translate(rotate(box(-7.5, -1.5, 7.5, 1.5), heading, use_radians=True, origin=(0, 0)), x, y)


def of_3(yard: VdaYard) -> list[str]:
    return [name for name, agent in yard.agents.items() if agent.version.zones]


def test_only_trucks_of_3_get_zones_and_they_enable_them(portway_data):
    yard = VdaYard(with_zone(SLOW), 1)
    for _ in range(100):
        yard.tick()
    for name, agent in yard.agents.items():
        assert (agent.zones.enabled == yard.zones.id) == (name in of_3(yard))
    told = {m.topic.split("/")[-2] for m in yard.sent if m.topic.endswith("/zoneSet")}
    assert told == set(of_3(yard))
    schema = json.loads((portway_data / "vda5050" / "3.0" / "zoneSet.schema").read_text())
    for message in yard.sent:
        if message.topic.endswith("/zoneSet"):
            body = json.loads(message.payload)
            jsonschema.validate(body, schema)
            kinds = {z["zoneId"]: z["zoneType"] for z in body["zoneSet"]["zones"]}
            assert kinds == {"ground": "LINE_GUIDED", "school": "SPEED_LIMIT"}
            for zone in body["zoneSet"]["zones"]:
                assert Polygon([(v["x"], v["y"]) for v in zone["vertices"]]).exterior.is_ccw


def test_no_truck_is_too_fast_with_any_part_of_it_in_a_slow_zone():
    yard, area, seen = VdaYard(with_zone(SLOW), 2), Polygon(SLOW.polygon), 0
    for _ in range(6_000):
        yard.tick()
        for name in of_3(yard):
            if yard.agents[name].ground.mps > 0 and footprint(yard, name).intersection(area).area > 0.5:
                seen += 1
                assert yard.agents[name].ground.mps <= 2.0 + 0.3
    assert seen > 50


def test_closed_lanes_are_left_by_those_inside_and_entered_by_nobody_without_a_base(portway_data):
    yard = VdaYard(load_scenario("huashan"), 3)
    yard.zones_closed = ()
    lanes: tuple[str, ...] = ()
    while not lanes:  # until a base leads into lanes that the truck is not on yet
        yard.tick()
        for name in of_3(yard):
            order, agent = yard.master.trucks[name].order, yard.agents[name]
            if yard.now_ms > 60_000 and order.released in order.movements and agent.ground.left_m() > 35.0:
                last, first = order.movements[order.released], order.movements[min(order.movements)]
                lanes = tuple(sorted(set(yard.map.lanes[last]) - set(yard.map.lanes[first])))
    close(yard, lanes)
    assert len([z for z in yard.zones.zones if z.kind == "RELEASE"]) == len(lanes)
    requests, overlaps = set(), 0
    for n in range(9_000):
        yard.tick()
        requests |= {r for name in of_3(yard) for r in yard.agents[name].zones.requests.items()}
        if n % 10 == 0:
            overlaps += yard.overlaps()
        if n == 4_000:
            close(yard, ())
            done = yard.controller.state.board.jobs_done
    schemas = portway_data / "vda5050" / "3.0"
    kinds = {"state": 0, "responses": 0, "instantActions": 0}
    for message in yard.sent:
        kind = message.topic.rpartition("/")[2]
        if message.topic.split("/")[-2] in of_3(yard) and kind in kinds:
            kinds[kind] += 1
            if kind != "state" or b"zone-" in message.payload:
                schema = json.loads((schemas / f"{kind}.schema").read_text())
                jsonschema.validate(json.loads(message.payload), schema)
    assert kinds["responses"] > 0
    assert {status for _, (_, status) in requests} >= {"GRANTED"}
    assert overlaps == 0
    for name in of_3(yard):
        assert yard.agents[name].zones.enabled == yard.zones.id
        assert list(yard.agents[name].zones.sets) == [yard.zones.id], "old sets are deleted"
        assert yard.agents[name].zones.requests == {}
    assert yard.controller.state.board.jobs_done > done, "work goes on"


def test_a_truck_without_an_answer_stops_before_a_closed_lane():
    """The server falls silent: the base leads into the lane, the release never comes."""
    yard = VdaYard(load_scenario("huashan"), 4)
    for _ in range(100):
        yard.tick()
    name = of_3(yard)[0]
    agent = yard.agents[name]
    for _ in range(3_000):
        yard.tick()
        if len(agent.ground.pieces) >= 2 and agent.ground.left_m() > 60.0:
            break
    last = agent.ground.pieces[-1]
    x, y, _ = last.at(last.length_m)
    w = agent._words
    corners = [w.Vertex(x=x + a, y=y + b) for a, b in ((-3, -3), (3, -3), (3, 3), (-3, 3))]
    zone = w.Zone(zone_id="shut", zone_type="RELEASE", vertices=corners, release_loss_behavior="STOP")
    assert agent.zones.add(w.ZoneSetBody(map_id="terminal", zone_set_id="other", zones=[zone]))
    assert not agent.zones.add(w.ZoneSetBody(map_id="terminal", zone_set_id="other", zones=[]))
    assert agent.zones.enable("other")
    area = box(x - 3, y - 3, x + 3, y + 3)
    for _ in range(600):
        agent.step(0.1, yard.now_s)
        assert footprint(yard, name).intersection(area).area == 0.0
    assert agent.ground.mps == 0.0
    (request,) = agent.zones.requests.values()
    agent.zones.respond(request[0], "QUEUED")
    agent.step(0.1, yard.now_s)
    assert agent.ground.mps == 0.0
    agent.zones.respond(request[0], "GRANTED")
    for _ in range(600):
        agent.step(0.1, yard.now_s)
    assert footprint(yard, name).intersection(area).area > 1.0


def test_corridors_and_replanning_are_refused_and_strange_zones_too():
    yard = VdaYard(load_scenario("huashan"), 5)
    for _ in range(50):
        yard.tick()
    name = of_3(yard)[0]
    agent, w = yard.agents[name], yard.agents[name]._words
    state = msgspec.json.decode(agent.state(yard.now_s).payload)
    ask = {"requestStatus": "REQUESTED", "zoneSetId": yard.zones.id}
    state["zoneRequests"] = [
        {**ask, "requestId": "a", "requestType": "REPLANNING", "zoneId": "ground"},
        {**ask, "requestId": "b", "requestType": "ACCESS", "zoneId": "nowhere"},
    ]
    state["edgeRequests"] = [
        {"requestId": "c", "requestType": "CORRIDOR", "edgeId": "e", "sequenceId": 1, "requestStatus": "REQUESTED"}
    ]
    _, answers = yard.master.received(agent.topic("state"), msgspec.json.encode(state), yard.now_s)
    (message,) = [m for m in answers if m.topic.endswith("/responses")]
    told = msgspec.json.decode(message.payload, type=w.Responses)
    assert {r.request_id: r.grant_type for r in told.responses} == dict.fromkeys("abc", "REJECTED")


@pytest.mark.parametrize("turn", [0.0, 0.7, math.pi / 2])
def test_contours_against_shapely(turn):
    rng = np.random.default_rng(7)
    x, y, heading = rng.uniform(-25, 25, 400), rng.uniform(-25, 25, 400), rng.uniform(-math.pi, math.pi, 400)
    area = rotate(box(-9, -6, 9, 6), turn, use_radians=True)
    found = contour_inside(tuple(area.exterior.coords)[:-1], x, y, heading, 15.0, 3.0)
    for a, b, h, within in zip(x, y, heading, found, strict=True):
        truck = translate(rotate(box(-7.5, -1.5, 7.5, 1.5), h, use_radians=True, origin=(0, 0)), a, b)
        overlap = truck.intersection(area).area
        assert within or overlap < 0.5
        assert not within or overlap > -1e-9


def test_the_same_zones_have_the_same_id_and_others_another():
    terminal = load_scenario("huashan").terminal
    one, two = zones_of(terminal), zones_of(terminal, [terminal.lanes[0].id])
    assert set_id(one) == set_id(zones_of(terminal))
    assert set_id(one) != set_id(two)
