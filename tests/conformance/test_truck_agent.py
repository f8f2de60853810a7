"""The truck agent against the sentences of the standard about the truck's side, in all three versions."""

import json
import math

import jsonschema
import numpy as np
import pytest

from portway.adapters.vda5050.versions import VERSIONS
from truck_alone import EDGE_M, TruckAlone


@pytest.fixture(params=list(VERSIONS))
def truck(request) -> TruckAlone:
    return TruckAlone(request.param)


@pytest.fixture
def truck_3() -> TruckAlone:
    return TruckAlone("3.0")


def refused(truck: TruckAlone, kind: str, states: list[dict]) -> None:
    """The last message was refused with an error of a kind, and nothing of it was taken."""
    assert states, "a refusal is told"
    assert truck.errors(states[-1])[-1:] == [truck.word(kind)]


def with_edge(truck: TruckAlone, **more) -> dict:
    body = truck.order_body("one", 0, 0, 1, 0, 0)
    body["edges"][0] |= more
    return body


# -- cancelling -----------------------------------------------------------------------------------------------------


def test_cancel_with_the_id_of_another_order_fails_and_the_truck_drives_on(truck):
    truck.order(base=3)
    truck.drive(4.0)
    state = truck.act("cancelOrder", "c", orderId="another")
    assert truck.statuses(state)["c"] == "FAILED"
    assert truck.errors(state)[-1] == "NO_ORDER_TO_CANCEL" if truck.version.cancel_by_id else "noOrderToCancel"
    assert truck.references()["actionId"] == "c"
    truck.drive_until_still()
    assert truck.state["lastNodeId"] == "n3"


def test_cancel_with_the_id_of_its_order_ends_it(truck):
    truck.order(base=3)
    truck.drive(3.0)
    truck.act("cancelOrder", "c", orderId="one")
    truck.drive_until_still()
    assert truck.statuses()["c"] == "FINISHED"
    assert truck.state["nodeStates"] == []
    assert truck.state["lastNodeId"] == "n1"


def test_cancel_without_an_order_or_after_its_end_fails_with_its_error(truck):
    for name in ("a", "b"):
        assert truck.statuses(truck.act("cancelOrder", name))[name] == "FAILED"
        assert truck.errors()[-1] == truck.word("noOrderToCancel")
        assert truck.references()["actionId"] == name
        truck.order()
        truck.drive_until_still()


def test_a_cancelled_order_takes_no_update_and_keeps_its_id(truck):
    truck.order(base=3, horizon=1)
    truck.drive(4.0)
    assert truck.statuses(truck.act("cancelOrder", "c"))["c"] == "RUNNING"
    kept = [n["sequenceId"] for n in truck.state["nodeStates"]]
    refused(truck, "cancelledOrderError", truck.order(update=1, first=3, base=3))
    refused(truck, "orderActiveError", truck.order("two", first=3, base=1, sequence=0))
    assert [n["sequenceId"] for n in truck.state["nodeStates"]] == kept
    truck.drive_until_still()
    assert truck.statuses()["c"] == "FINISHED"
    state = truck.state
    assert (state["orderId"], state["orderUpdateId"], state["nodeStates"], state["edgeStates"]) == ("one", 0, [], [])
    at = int(state["lastNodeId"][1:])
    refused(truck, "cancelledOrderError", truck.order(update=1, first=at, base=2))
    refused(truck, "cancelledOrderError", truck.order(base=3, horizon=1))  # the very message that was cancelled
    truck.drive(3.0)
    assert not truck.state["driving"]
    truck.order("two", first=at, base=1, sequence=0)
    truck.drive_until_still()
    assert (truck.state["orderId"], truck.state["lastNodeId"]) == ("two", f"n{at + 1}")


def test_a_cancel_stops_at_the_next_node_before_which_it_can_brake(truck):
    truck.order(base=6)
    while truck.agent.ground.mps < 6.0 or truck.agent.ground.along_m < EDGE_M - 3.0:
        truck.drive(0.1)
    before, x = truck.agent.ground.mps, truck.x_m
    truck.act("cancelOrder", "c")
    fastest = before
    while truck.agent.ground.mps > 0.0:
        truck.drive(0.1)
        assert truck.agent.ground.mps >= fastest - 0.7 * 0.1 - 0.35, "it braked harder than it can"
        fastest = truck.agent.ground.mps
    assert truck.x_m - x > before**2 / 2 / 0.7 - 2.0
    assert truck.x_m % EDGE_M == pytest.approx(0.0, abs=0.1)
    assert truck.statuses()["c"] == "RUNNING" or truck.statuses()["c"] == "FINISHED"
    truck.drive(0.2)
    assert truck.statuses()["c"] == "FINISHED"


def test_a_cancel_while_paused_is_finished_when_the_truck_may_move_again(truck):
    truck.order(base=3)
    truck.drive(4.0)
    truck.act("startPause")
    truck.drive(12.0)
    truck.act("cancelOrder", "c")
    assert truck.drive(6.0)[-1]["driving"] is False
    assert truck.statuses()["c"] == "RUNNING"
    truck.act("stopPause", "s")
    truck.drive_until_still()
    assert truck.statuses()["c"] == "FINISHED"


# -- which orders are taken -----------------------------------------------------------------------------------------


def test_a_new_order_waits_until_the_horizon_is_gone(truck):
    truck.order(base=2, horizon=1)
    truck.drive_until_still()
    assert [n["released"] for n in truck.state["nodeStates"]] == [False]
    refused(truck, "orderActiveError", truck.order("two", first=2, base=1, sequence=0))
    assert truck.order(update=1, first=2, base=0)[-1]["nodeStates"] == []  # the horizon is taken back
    assert truck.order("two", first=2, base=1, sequence=0)[-1]["orderId"] == "two"


def test_the_same_update_is_ignored_and_another_under_its_number_is_refused(truck):
    truck.order(base=2)
    assert truck.order(base=2) == []
    refused(truck, "sameUpdateError", truck.order(base=3))
    assert [n["sequenceId"] for n in truck.state["nodeStates"]] == [2, 4]
    truck.order(update=1, first=2, base=1)
    assert truck.order(update=1, first=2, base=1) == []
    refused(truck, "sameUpdateError", truck.order(update=1, first=2, base=2))
    refused(truck, "orderUpdateError", truck.order(update=0, base=2))


def test_an_order_from_another_place_is_refused_whatever_its_first_node_is_called(truck):
    truck.order()
    truck.drive_until_still()
    x, y, heading = truck.agent.ground.pose
    truck.agent.ground.pose = (x + 500.0, y, heading)  # it was carried away
    refused(truck, "startNodeError", truck.order("two", first=2, base=1, sequence=0))
    assert truck.references()["orderId"] == "two"
    assert truck.agent.order_id == "one"


def test_a_first_order_500_m_away_is_refused(truck):
    refused(truck, "startNodeError", truck.order(first=25, sequence=0))


def test_a_truck_that_does_not_know_where_it_is_takes_no_order_and_does_not_drive(truck):
    truck.agent.localized = False
    refused(truck, "startNodeError", truck.order())
    truck.agent.localized = True
    truck.order()
    truck.drive(3.0)
    truck.agent.localized = False
    assert truck.drive(10.0)[-1]["driving"] is False
    assert (
        truck.state["agvPosition" if truck.version.edge_nodes else "mobileRobotPosition"][
            truck.version.names.get("position_initialized", "positionInitialized")
        ]
        is False
    )
    assert ("LOCALIZATION_ERROR" in truck.errors()) == (truck.version.name == "3.0.0")


def test_a_node_under_its_wheels_is_reachable_by_whatever_name(truck):
    truck.order()
    truck.drive_until_still()
    body = truck.order_body("two", 0, 2, 1, 0, 0)
    body["nodes"][0]["nodeId"] = "after-the-restart"
    for edge in body["edges"]:
        if "startNodeId" in edge:
            edge["startNodeId"] = "after-the-restart"
    state = truck.send("order", body)[-1]
    assert (state["orderId"], state["lastNodeId"], state["errors"]) == ("two", "after-the-restart", [])
    truck.drive_until_still()
    assert truck.state["lastNodeId"] == "n3"


def deviation(truck: TruckAlone, metres: float) -> dict:
    """As the version writes an allowed deviation."""
    return {"allowedDeviationXY": {"a": metres, "b": 1.0, "theta": 0.0} if truck.version.ellipse else metres}


def test_a_truck_between_nodes_goes_on_from_the_node_behind_it_when_its_deviation_reaches_so_far(truck):
    truck.order(base=1)
    truck.drive_until_still()
    truck.agent.ground.place((28.0, 0.3, 0.1))
    body = truck.order_body("two", 0, 1, 2, 0, 0)
    refused(truck, "startNodeError", truck.send("order", body))
    body["nodes"][0] = truck.node(1, 0, **deviation(truck, 10.0))
    assert truck.send("order", body)[-1]["orderId"] == "two"
    last = truck.x_m, truck.agent.ground.pose[1]
    while truck.agent.nodes:
        truck.drive(0.1)
        now = truck.x_m, truck.agent.ground.pose[1]
        assert math.dist(last, now) < 1.0, "it jumped onto its line"
        assert now[0] >= last[0] - 1e-9, "it drove back"
        last = now
    assert last == pytest.approx((60.0, 0.0), abs=0.05)


def test_the_ellipse_of_3_0_is_turned(truck_3):
    truck_3.agent.ground.place((0.0, 8.0, math.pi / 2))
    body = truck_3.order_body("one", 0, 0, 1, 0, 0)
    body["nodes"][0] = truck_3.node(0, 0, allowedDeviationXY={"a": 10.0, "b": 0.0, "theta": 0.0})
    refused(truck_3, "startNodeError", truck_3.send("order", body))
    body["nodes"] = [truck_3.node(0, 0, allowedDeviationXY={"a": 10.0, "b": 0.0, "theta": math.pi / 2})]
    body["edges"] = []
    assert truck_3.send("order", body)[-1]["orderId"] == "one"


def test_the_heading_counts_where_its_deviation_is_given(truck):
    body = truck.order_body("one", 0, 0, 1, 0, 0)
    body["nodes"][0] = truck.node(0, 0, theta=3.0, allowedDeviationTheta=0.1)
    refused(truck, "startNodeError", truck.send("order", body))
    body["nodes"][0] = truck.node(0, 0)
    body["nodes"][1] = truck.node(1, 2, theta=1.5, allowedDeviationTheta=0.1)
    body["edges"][0]["trajectory"] = line((0.0, 0.0), (20.0, 0.0))
    refused(truck, "routeError", truck.send("order", body))


def test_a_new_order_of_3_0_begins_with_update_0_and_sequence_0(truck_3):
    refused(truck_3, "orderUpdateError", truck_3.order(update=3))
    refused(truck_3, "validationError", truck_3.order(first=0, sequence=4))


def test_an_order_of_one_node_is_ended_at_once(truck):
    state = truck.order(base=0)[-1]
    assert (state["orderId"], state["lastNodeId"], state["nodeStates"]) == ("one", "n0", [])
    truck.order(update=1, base=2)
    truck.drive_until_still()
    assert truck.state["lastNodeId"] == "n2"


# -- what an order may say ------------------------------------------------------------------------------------------


def line(*points: tuple[float, float], degree: int = 1, knots: list[float] | None = None, weights=()) -> dict:
    """A trajectory with clamped uniform knots."""
    spans = len(points) - degree
    uniform = [0.0] * degree + [i / spans for i in range(spans + 1)] + [1.0] * degree if spans > 0 else []
    controls = [{"x": x, "y": y} for x, y in points]
    for control, weight in zip(controls, weights, strict=False):
        control["weight"] = weight
    return {"degree": degree, "knotVector": uniform if knots is None else knots, "controlPoints": controls}


@pytest.mark.parametrize(("field", "value"), [("max_speed", 0.0), ("max_speed", -1.0), ("max_rotation_speed", 0.0)])
def test_a_limit_of_zero_is_a_limit(truck, field, value):
    refused(truck, "validationError", truck.send("order", with_edge(truck, **{truck.speed_of(field): value})))
    assert truck.references()["edgeId"] == "e0"
    assert truck.drive(2.0)[-1:] == [] or not truck.state["driving"]


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("max_height", 1.0, "parameterError"),
        ("min_height", 0.5, "parameterError"),
        ("direction", "left", "parameterError"),
        ("orientation", 1.57, "parameterError"),
        ("orientation_type", "SIDEWAYS", "validationError"),
        ("length", -1.0, "validationError"),
        ("corridor", {"leftWidth": -1.0, "rightWidth": 1.0}, "validationError"),
        ("corridor", {"leftWidth": 1.0}, "validationError"),
    ],
)
def test_what_the_truck_cannot_do_is_refused_by_name(truck, field, value, kind):
    refused(truck, kind, truck.send("order", with_edge(truck, **{truck.speed_of(field): value})))
    said = truck.references()
    assert said["edgeId"] == "e0"
    assert kind != "parameterError" or said["parameter"] == truck.speed_of(field)
    level = truck.state["errors"][-1]["errorLevel"]
    assert level == ("CRITICAL" if (truck.version.name, kind) == ("3.0.0", "parameterError") else "WARNING")


def test_what_asks_nothing_else_of_it_is_taken(truck):
    fine = {"max_height": 4.0, "min_height": 0.0, "orientation": 0.0, "orientation_type": "TANGENTIAL",
            "rotation_allowed": False, "reach_orientation_before_entering": True, "length": 20.0,
            "corridor": {"leftWidth": 1.0, "rightWidth": 1.0}}  # fmt: skip
    body = with_edge(truck, **{truck.speed_of(k): v for k, v in fine.items()})
    assert truck.send("order", body)[-1]["orderId"] == "one"


def test_another_map_and_a_zone_set_of_2_x_are_refused(truck):
    body = truck.order_body("one", 0, 0, 1, 0, 0)
    body["nodes"][1] = truck.node(1, 2, mapId="cellar")
    refused(truck, "mapError", truck.send("order", body))
    assert truck.references()["mapId"] == "cellar"
    if not truck.version.zones:
        refused(truck, "parameterError", truck.order(zoneSetId="z"))


def broken(truck: TruckAlone, how: str) -> dict:
    """An order with one fault of form."""
    body = truck.order_body("one", 0, 0, 2, 1, 0)
    nodes, edges = body["nodes"], body["edges"]
    match how:
        case "gap in the base":
            nodes[1]["released"] = edges[0]["released"] = False
        case "first node not released":
            for part in (*nodes, *edges):
                part["released"] = False
        case "edge without its node":
            edges[1]["released"] = False
        case "sequence":
            nodes[1]["sequenceId"] = 6
        case "odd first":
            for part in (*nodes, *edges):
                part["sequenceId"] += 1
        case "negative":
            for part in (*nodes, *edges):
                part["sequenceId"] -= 2
        case "no nodes":
            body |= {"nodes": [], "edges": []}
        case "one edge less":
            edges.pop()
        case "no id":
            body["orderId"] = ""
        case "long id":
            nodes[1]["nodeId"] = "n" * 10_000
        case "same action twice":
            for node in nodes[:2]:
                node["actions"] = [truck.action("wait", "w")]
        case "unknown blocking type":
            nodes[1]["actions"] = [truck.action("wait", "w", "SOMETIMES")]
        case "update number":
            body["orderUpdateId"] = -1
        case "nowhere":
            nodes[1]["nodePosition"]["x"] = 1e12
    return body


@pytest.mark.parametrize(
    "how",
    ["gap in the base", "first node not released", "edge without its node", "sequence", "odd first", "negative",
     "no nodes", "one edge less", "no id", "long id", "same action twice", "unknown blocking type", "update number",
     "nowhere"],
)  # fmt: skip
def test_an_order_with_a_fault_of_form_is_refused_whole(truck, how):
    refused(truck, "validationError", truck.send("order", broken(truck, how)))
    assert (truck.state["orderId"], truck.state["nodeStates"]) == ("", [])
    assert truck.references()["topic"] == "order"


def test_edges_of_2_x_lead_from_node_to_node(truck):
    if truck.version.edge_nodes:
        refused(truck, "validationError", truck.send("order", with_edge(truck, endNodeId="elsewhere")))
    else:
        assert truck.send("order", with_edge(truck))[-1]["orderId"] == "one"


def test_another_truck_or_another_major_version_in_the_header_is_not_heard(truck):
    for change in ({"serialNumber": "S2"}, {"manufacturer": "others"}, {"version": "9.0.0"}):
        refused(truck, "validationError", truck.order(**change))
        assert truck.act("stateRequest", f"q-{change}")["orderId"] == ""


# -- lines ----------------------------------------------------------------------------------------------------------

ARC = line((0.0, 0.0), (20.0, 0.0), (20.0, 20.0), degree=2, weights=(1.0, math.sqrt(0.5), 1.0))  # a quarter circle


def test_a_curve_is_driven_and_not_its_control_polygon(truck):
    body = with_edge(truck, trajectory=ARC)
    body["nodes"][1]["nodePosition"] |= {"x": 20.0, "y": 20.0}
    assert truck.send("order", body)[-1]["orderId"] == "one"
    seen = 0
    while truck.agent.nodes:
        truck.drive(0.1)
        x, y, heading = truck.agent.ground.pose
        assert math.dist((x, y), (0.0, 20.0)) == pytest.approx(20.0, abs=0.01)
        if 1.0 < x < 19.0:
            assert heading == pytest.approx(math.atan2(x, 20.0 - y), abs=0.02)
            seen += 1
    assert seen > 50
    assert truck.agent.ground.driven_m == pytest.approx(10.0 * math.pi, abs=0.02)


@pytest.mark.parametrize(
    "bad",
    [
        line((0.0, 0.0), (20.0, 0.0), knots=[0.0, 0.0, 1.0]),
        line((0.0, 0.0), (20.0, 0.0), knots=[0.0, 1.0, 0.0, 1.0]),
        line((0.0, 0.0), (20.0, 0.0), knots=[0.0, 0.0, 1.0, 7.0]),
        line((0.0, 0.0), (20.0, 0.0), knots=[0.0, 0.1, 0.9, 1.0]),  # not clamped: it would begin elsewhere
        line((0.0, 0.0), (10.0, 9.0), (10.0, -9.0), (20.0, 0.0), knots=[0.0, 0.0, 0.5, 0.5, 1.0, 1.0]),  # torn
        line((0.0, 0.0), (20.0, 0.0), degree=2),
        line((0.0, 0.0), (20.0, 0.0), degree=0, knots=[0.0, 0.5, 1.0]),
        line((0.0, 0.0), (10.0, 0.0), (20.0, 0.0), degree=2, weights=(1.0, -1.0, 1.0)),
        line((0.0, 0.0), (20.0, 0.0), weights=(0.0, 0.0)),
        line((0.0, 5.0), (20.0, 0.0)),
        line((0.0, 0.0), (20.0, 5.0)),
        line((0.0, 0.0), (1e9, 0.0), (20.0, 0.0)),
    ],
)  # fmt: skip
def test_a_trajectory_that_is_none_or_leads_elsewhere_is_refused(truck, bad):
    refused(truck, "validationError", truck.send("order", with_edge(truck, trajectory=bad)))
    assert truck.references()["edgeId"] == "e0"


def test_only_3_0_has_knots_by_default(truck):
    told = {"controlPoints": [{"x": 0.0, "y": 0.0}, {"x": 10.0, "y": 2.0}, {"x": 20.0, "y": 0.0}], "degree": 2}
    said = truck.send("order", with_edge(truck, trajectory=told))
    if truck.version.knots_optional:
        assert said[-1]["orderId"] == "one"
        truck.drive(5.0)
        assert 0.1 < truck.agent.ground.pose[1] < 1.1
    else:
        refused(truck, "validationError", said)


def test_lines_that_do_not_join_are_refused_though_no_node_says_where_it_is(truck):
    body = truck.order_body("one", 0, 0, 2, 0, 0)
    for node in body["nodes"][1:]:
        del node["nodePosition"]
    body["edges"][0]["trajectory"] = line((0.0, 0.0), (20.0, 0.0))
    body["edges"][1]["trajectory"] = line((26.0, 0.0), (40.0, 0.0))
    refused(truck, "validationError", truck.send("order", body))
    body["edges"][1]["trajectory"] = line((20.0, 0.0), (40.0, 0.0))
    assert truck.send("order", body)[-1]["orderId"] == "one"
    update = truck.order_body("one", 1, 2, 1, 0, 4)
    del update["nodes"][0]["nodePosition"]
    update["edges"][0]["trajectory"] = line((60.0, 0.0), (60.0, 9.0), (60.0, 0.0))
    refused(truck, "validationError", truck.send("order", update))


def test_an_edge_of_no_length_is_passed_with_the_heading_kept(truck):
    """A further node at the same place, as 6.1.2 of 3.0 has it for actions that come later."""
    truck.order(base=1)
    truck.drive_until_still()
    heading = truck.agent.ground.pose[2]
    body = truck.order_body("one", 1, 1, 1, 0, 2)
    body["nodes"][1] |= {"nodePosition": truck.node(1, 4)["nodePosition"], "actions": [truck.action("wait", "w")]}
    truck.send("order", body)
    truck.drive(3.0)
    assert (truck.state["lastNodeSequenceId"], truck.statuses()["w"]) == (4, "FINISHED")
    assert truck.agent.ground.pose == pytest.approx((20.0, 0.0, heading))


def test_a_turn_is_driven_as_slowly_as_its_rotation_speed_asks(truck):
    body = with_edge(truck, trajectory=ARC, **{truck.speed_of("max_rotation_speed"): 0.05})
    body["nodes"][1]["nodePosition"] |= {"x": 20.0, "y": 20.0}
    truck.send("order", body)
    headings = [truck.agent.ground.pose[2]]
    while truck.agent.nodes:
        truck.drive(0.1)
        headings.append(truck.agent.ground.pose[2])
    assert 0.9 * 0.05 < max(np.diff(headings[1:])) / 0.1 <= 0.05 * 1.05


# -- actions of an order --------------------------------------------------------------------------------------------


def with_actions(truck: TruckAlone, base: int = 2, **where: list[dict]) -> dict:
    """An order with actions at n0, e0, n1 and so on."""
    body = truck.order_body("one", 0, 0, base, 0, 0)
    for part in (*body["nodes"], *body["edges"]):
        part["actions"] = where.get(part.get("nodeId") or part["edgeId"], [])
    return body


def test_every_action_is_reported_from_the_moment_the_order_is_taken(truck):
    body = truck.order_body("one", 0, 0, 1, 2, 0)
    for i, part in enumerate((*body["nodes"], *body["edges"])):
        part["actions"] = [truck.action("wait", f"w{i}", durationS=1)]
    state = truck.send("order", body)[-1]
    assert {a["actionId"] for a in state["actionStates"]} == {f"w{i}" for i in range(7)}
    truck.drive_until_still()
    truck.drive(2.0)
    ended = {name for name, status in truck.statuses().items() if status == "FINISHED"}
    assert ended == {"w0", "w1", "w4"}, "nodes n0 and n1, the edge between them"
    truck.order(update=1, first=1, base=0)  # the horizon goes, and its actions with it
    assert set(truck.statuses()) == ended


@pytest.mark.parametrize("where", ["n0", "n1", "e0"])
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("pick", {}), ("wait", {"durationS": -1}), ("wait", {"durationS": "long"}), ("wait", {"until": "noon"}),
     ("wait", {"durationS": True})],
)  # fmt: skip
def test_an_action_that_it_cannot_do_refuses_the_order(truck, where, kind, parameters):
    body = with_actions(truck, **{where: [truck.action(kind, "a", **parameters)]})
    refused(truck, "orderActionError", truck.send("order", body))
    assert truck.references()["actionId"] == "a"
    assert truck.state["actionStates"] == []


@pytest.mark.parametrize("blocking", ["NONE", "SOFT", "HARD"])
def test_a_blocking_action_holds_the_truck_at_its_node(truck, blocking):
    truck.send("order", with_actions(truck, base=3, n1=[truck.action("wait", "w", blocking, durationS=5)]))
    running_at = set()
    for _ in range(400):
        truck.drive(0.1)
        if truck.statuses()["w"] == "RUNNING":
            running_at.add((round(truck.x_m, 1), truck.agent.ground.mps > 0.0))
    assert truck.state["lastNodeId"] == "n3"
    assert truck.statuses()["w"] == "FINISHED"
    if blocking == "NONE":
        assert any(moves for _, moves in running_at)
    else:
        assert running_at == {(20.0, False)}


def test_hard_is_alone_and_soft_is_not(truck):
    told = {"n": "NONE", "s": "SOFT", "h": "HARD", "l": "NONE"}
    actions = [truck.action("wait", name, blocking, durationS=3) for name, blocking in told.items()]
    truck.send("order", with_actions(truck, n0=actions))
    seen = []
    for _ in range(120):
        truck.drive(0.1)
        running = "".join(n for n, s in truck.statuses().items() if s == "RUNNING")
        if running and running not in seen[-1:]:
            seen.append(running)
    assert seen == ["ns", "h", "l"]


def test_single_of_3_0_lets_the_truck_drive(truck_3):
    actions = [truck_3.action("wait", "a", "SINGLE", durationS=3), truck_3.action("wait", "b", "SINGLE", durationS=3)]
    truck_3.send("order", with_actions(truck_3, n0=actions))
    truck_3.drive(1.0)
    assert truck_3.statuses() == {"a": "RUNNING", "b": "WAITING"}
    assert truck_3.state["driving"]


def test_single_is_unknown_to_2_x():
    truck = TruckAlone("2.1")
    refused(
        truck, "validationError", truck.send("order", with_actions(truck, n0=[truck.action("wait", "a", "SINGLE")]))
    )


def test_an_action_of_an_edge_ends_with_the_edge(truck):
    told = with_actions(truck, e0=[truck.action("wait", "long", durationS=600)],
                        e1=[truck.action("wait", "hard", "HARD", durationS=4)])  # fmt: skip
    truck.send("order", told)
    stood = 0
    for _ in range(400):
        truck.drive(0.1)
        if truck.statuses()["hard"] == "RUNNING":
            assert (truck.state["driving"], truck.state["lastNodeId"]) == (False, "n1")
            stood += 1
        elif truck.x_m < 20.0 and truck.state["driving"]:
            assert truck.statuses()["long"] == "RUNNING"
    assert 38 <= stood <= 42
    assert truck.statuses() == {"long": "FINISHED", "hard": "FINISHED"}


def test_a_pause_pauses_actions_and_a_cancel_fails_them(truck):
    truck.send("order", with_actions(truck, n0=[truck.action("wait", "w", "HARD", durationS=5)],
                                     n2=[truck.action("wait", "later")]))  # fmt: skip
    truck.drive(2.0)
    truck.act("startPause", "p")
    truck.drive(20.0)
    assert truck.statuses() == {"w": "PAUSED", "later": "WAITING", "p": "FINISHED"}
    truck.act("stopPause", "s")
    truck.drive(0.2)
    assert truck.statuses()["w"] == "RUNNING"
    truck.act("cancelOrder", "c")
    assert {k: truck.statuses()[k] for k in ("w", "later", "c")} == {"w": "FAILED", "later": "FAILED", "c": "FINISHED"}
    assert truck.drive(3.0)[-1:] == [] or not truck.state["driving"]


def test_an_order_is_under_way_as_long_as_its_last_action(truck):
    truck.send("order", with_actions(truck, base=0, n0=[truck.action("wait", "w", durationS=5)]))
    refused(truck, "orderActiveError", truck.order("two"))
    truck.drive(6.0)
    state = truck.order("two")[-1]
    assert (state["orderId"], state["actionStates"]) == ("two", [])


def test_a_node_that_is_sent_again_gets_no_new_actions_and_repeats_none(truck):
    truck.send("order", with_actions(truck, base=1, n1=[truck.action("wait", "w")]))
    truck.drive_until_still()
    body = truck.order_body("one", 1, 1, 1, 0, 2)
    body["nodes"][0]["actions"] = [truck.action("wait", "w"), truck.action("wait", "new")]
    refused(truck, "validationError", truck.send("order", body))
    body["nodes"][0]["actions"].pop()
    assert truck.send("order", body)[-1]["orderUpdateId"] == 1
    truck.drive_until_still()
    assert truck.statuses() == {"w": "FINISHED"}
    again = truck.order_body("one", 2, 2, 1, 0, 4)
    again["nodes"][1]["actions"] = [truck.action("wait", "w")]
    refused(truck, "validationError", truck.send("order", again))


# -- instant actions ------------------------------------------------------------------------------------------------


def test_a_pause_is_finished_when_the_truck_stands(truck):
    truck.order(base=5)
    truck.drive(8.0)
    state = truck.act("startPause", "p")
    assert (truck.statuses(state)["p"], state["paused"], state["driving"]) == ("RUNNING", False, True)
    for said in truck.drive(15.0):
        assert (truck.statuses(said)["p"] == "FINISHED") == (not said["driving"]) == said["paused"]
    assert truck.state["paused"]
    truck.act("stopPause", "s")
    assert truck.statuses() == {"p": "FINISHED", "s": "FINISHED"}
    truck.drive_until_still()
    assert truck.state["lastNodeId"] == "n5"


def test_a_pause_that_is_taken_back_before_the_truck_stands_has_failed(truck):
    truck.order(base=5)
    truck.drive(8.0)
    truck.act("startPause", "p")
    truck.drive(0.5)
    truck.act("stopPause", "s")
    assert truck.statuses() == {"p": "FAILED", "s": "FINISHED"}


def test_an_instant_action_is_carried_out_once_however_late_it_comes_again(truck):
    truck.act("factsheetRequest", "f")
    for i in range(500):
        truck.act("stateRequest", f"q{i}")
    before = len([1 for kind, _ in truck.said if kind == "factsheet"])
    truck.act("factsheetRequest", "f")
    truck.order()
    truck.drive(5.0)
    truck.act("startPause", "q7")  # another action under an id that is taken
    truck.act("factsheetRequest", "f")
    assert len([1 for kind, _ in truck.said if kind == "factsheet"]) == before
    assert truck.errors()[-1] == truck.word("unsupportedAction")
    assert truck.references()["actionId"] == "q7"
    assert not truck.agent.paused


def test_states_of_instant_actions_go_with_a_new_order_in_2_x_and_when_cleared_in_3_0(truck):
    truck.act("stateRequest", "q")
    truck.order()
    if truck.version.instant_states:
        assert "q" in truck.statuses()
        truck.act("clearInstantActions", "c")
        assert truck.statuses() == {"c": "FINISHED"}
    else:
        assert truck.statuses() == {}
        assert truck.statuses(truck.act("clearInstantActions", "c"))["c"] == "FAILED"


def test_too_many_states_are_shortened_and_it_is_said(truck):
    for i in range(150):
        truck.act("stateRequest", f"q{i}")
    assert len(truck.statuses()) == 100
    assert truck.errors().count(truck.word("actionStatesFull")) == 1


def test_an_unknown_action_and_a_wrong_parameter_fail_with_their_error(truck):
    for name, (kind, parameters) in {
        "a": ("doAHandstand", {}), "b": ("startPause", {"softly": True}), "c": ("cancelOrder", {"orderId": 7}),
    }.items():  # fmt: skip
        state = truck.act(kind, name, **parameters)
        assert truck.statuses(state)[name] == "FAILED"
        assert truck.errors(state)[-1] == truck.word("unsupportedAction")
        assert truck.references()["actionId"] == name
    truck.act("stateRequest", "d")
    assert truck.errors() == [], "the error is over with the next action that is accepted"


def test_a_message_of_too_many_actions_is_refused_whole(truck):
    actions = [truck.action("stateRequest", f"q{i}") for i in range(51)]
    refused(truck, "validationError", truck.send("instantActions", {truck._list: actions}))
    assert truck.statuses() == {}


def test_the_truck_is_told_where_it_is(truck):
    kind = truck.version.actions.get("initPosition", "initPosition")
    pose = {"x": 100.0, "y": 50.0, "theta": 1.0, "mapId": "terminal", "lastNodeId": "n5"}
    truck.agent.localized = False
    for name, wrong in {"a": {"mapId": "cellar"}, "b": {"theta": 9.0}, "c": {"x": "here"}, "d": {"x": 1e12}}.items():
        assert truck.statuses(truck.act(kind, name, **(pose | wrong)))[name] == "FAILED"
    less = {k: v for k, v in pose.items() if k != "lastNodeId"}
    assert truck.statuses(truck.act(kind, "e", **less))["e"] == "FAILED"
    state = truck.act(kind, "f", **pose)
    assert truck.statuses(state)["f"] == "FINISHED"
    position = state["agvPosition" if "agvPosition" in state else "mobileRobotPosition"]
    assert (position["x"], position["y"], position["theta"], state["lastNodeId"]) == (100.0, 50.0, 1.0, "n5")
    truck.agent.ground.place((0.0, 0.0, 0.0))
    truck.order()
    assert truck.statuses(truck.act(kind, "g", **pose))["g"] == "FAILED", "it has an order"


# -- errors ---------------------------------------------------------------------------------------------------------


def test_a_refused_order_names_itself(truck):
    truck.order(update=0, base=1)
    truck.order(update=0, base=2)
    said = truck.references()
    assert said == said | {"topic": "order", "orderId": "one", "orderUpdateId": "0", "headerId": "2"}


def test_a_message_that_cannot_be_read_names_what_can(truck):
    said = truck.send("order", {"orderId": "one", "orderUpdateId": 3, "nodes": "none", "edges": []})
    refused(truck, "validationError", said)
    assert truck.references() == {"topic": "order", "headerId": "1", "orderId": "one", "orderUpdateId": "3"}
    half = (
        b'{"orderId": "\\ud800", "headerId": 1}'  # half a character: readable as JSON, and nothing that can be written
    )
    for payload in (b"", b"[" * 5_000, b"\xff\xfe", b'"x"', b"null", half):
        (state,) = truck.agent.received(truck.agent.topic("order"), payload, truck.now_s)
        assert json.loads(state.payload)["errors"][-1]["errorReferences"][0]["referenceValue"] == "order"


@pytest.mark.parametrize("depth", [100, 900, 5_000])
def test_a_parameter_of_any_depth_is_answered(truck, depth):
    body = with_actions(truck, n0=[truck.action("wait", "w", durationS="@")])
    payload = json.dumps(truck._header() | body).replace('"@"', "[" * depth + "]" * depth).encode()
    (state,) = truck._hear(truck.agent.received(truck.agent.topic("order"), payload, truck.now_s))
    assert truck.errors(state)[-1] in (truck.word("orderActionError"), truck.word("validationError"))
    told = {truck._list: [truck.action("startPause", "p", x="@")]}
    payload = json.dumps(truck._header() | told).replace('"@"', "[" * depth + "]" * depth).encode()
    for _ in range(2):
        truck._hear(truck.agent.received(truck.agent.topic("instantActions"), payload, truck.now_s))
    assert not truck.agent.paused


def test_more_than_it_can_keep_is_refused(truck):
    body = truck.order_body("one", 0, 0, 40, 0, 0)
    for node in body["nodes"]:
        node["actions"] = [truck.action("wait", f"{node['nodeId']}-{i}") for i in range(20)]
    refused(truck, "memoryError", truck.send("order", body))
    body["nodes"][0]["actions"] *= 2
    refused(truck, "memoryError", truck.send("order", body))
    refused(truck, "memoryError", truck.order(base=1_001))
    far = [(0.0, 0.0), *((300_000.0 * (i % 2), 0.0) for i in range(9)), (20.0, 0.0)]
    refused(truck, "memoryError", truck.send("order", with_edge(truck, trajectory=line(*far, degree=9))))
    truck.order(base=900)
    refused(truck, "memoryError", truck.order(update=1, first=900, base=900))


def test_a_clock_that_goes_back_silences_nobody(truck):
    truck.drive(1.0)
    truck.now_s -= 3_600.0
    assert len(truck.drive(20.0)) >= 4


def test_errors_are_over_with_the_next_order_and_never_more_than_twenty(truck):
    for i in range(60):
        truck.order(f"far-{i}", first=90, sequence=0)
    assert len(truck.errors()) == 20
    assert truck.references()["orderId"] == "far-59"
    truck.order()
    assert truck.errors() == []


# -- what the vehicle itself does -----------------------------------------------------------------------------------


def test_manual_driving_clears_the_order(truck):
    truck.send("order", with_actions(truck, base=4, n3=[truck.action("wait", "w")]))
    truck.drive(5.0)
    truck.agent.mode = "MANUAL"
    state = truck.drive(0.1)[-1]
    assert (state["operatingMode"], state["nodeStates"], state["edgeStates"]) == ("MANUAL", [], [])
    assert (state["orderId"], state["actionStates"][0]["actionStatus"]) == ("one", "FAILED")
    truck.drive_until_still()
    assert truck.x_m < 40.0
    refused(truck, "modeError", truck.order("two"))
    assert truck.statuses(truck.act("startPause", "p"))["p"] == "FAILED"
    assert truck.statuses(truck.act("stateRequest", "q"))["q"] == "FINISHED"
    truck.agent.mode = "AUTOMATIC"
    assert (truck.word("modeError") in truck.errors()) == (truck.version.name != "3.0.0")
    refused(truck, "cancelledOrderError", truck.order(update=1, first=4, base=1))


def test_a_truck_driven_away_by_hand_forgets_its_node_in_3_0(truck):
    truck.order(base=1)
    truck.drive_until_still()
    truck.agent.mode = "MANUAL"
    truck.drive(1.0)
    assert truck.state["lastNodeId"] == "n1"
    truck.agent.ground.place((25.0, 9.0, 0.0))
    truck.drive(1.0)
    assert truck.state["lastNodeId"] == ("" if truck.version.name == "3.0.0" else "n1")


@pytest.mark.parametrize("mode", ["SERVICE", "TEACHIN", "SEMIAUTOMATIC", "STARTUP", "INTERVENED"])
def test_each_mode_does_what_its_version_says(truck, mode):
    rule = truck.version.modes.get(mode)
    if rule is None:
        with pytest.raises(ValueError, match="MANUAL"):
            truck.agent.mode = mode
        return
    truck.order(base=4)
    truck.drive(5.0)
    truck.agent.mode = mode
    truck.drive_until_still() if mode != "SEMIAUTOMATIC" else truck.drive(1.0)
    state = truck.state
    three = truck.version.name == "3.0.0"
    assert state["operatingMode"] == ("TEACH_IN" if three and mode == "TEACHIN" else mode)
    assert state["driving"] == (mode == "SEMIAUTOMATIC")
    assert (state["nodeStates"] == []) == (three and mode in ("SERVICE", "TEACHIN", "STARTUP"))
    assert (state["lastNodeId"] == "") == (three and mode in ("SERVICE", "TEACHIN", "STARTUP"))
    if mode == "INTERVENED":
        assert truck.order(update=1, first=4, base=1)[-1]["orderUpdateId"] == 1
        assert truck.statuses(truck.act("startPause", "p"))["p"] == "FAILED"
        truck.agent.mode = "AUTOMATIC"
        truck.drive_until_still()
        assert truck.state["lastNodeId"] == "n5"


def test_a_cancel_while_a_person_drives_ends_the_order_where_it_is(truck_3):
    truck_3.order(base=4)
    truck_3.drive(5.0)
    truck_3.agent.mode = "INTERVENED"
    truck_3.act("cancelOrder", "c")
    truck_3.drive_until_still()
    assert (truck_3.statuses()["c"], truck_3.state["nodeStates"]) == ("FINISHED", [])
    assert truck_3.x_m % EDGE_M > 1.0


def test_emergency_stop_and_protective_field_stop_it_and_are_told(truck):
    truck.order(base=4)
    truck.drive(5.0)
    field = truck.version.names.get("e_stop", "eStop")
    for name, value, free in (("e_stop", "MANUAL", "NONE"), ("field_violation", True, False)):
        setattr(truck.agent, name, value)
        state = truck.drive(0.1)[-1]
        assert state["safetyState"] == {field: truck.agent.e_stop, "fieldViolation": truck.agent.field_violation}
        truck.drive_until_still()
        assert truck.state["nodeStates"], "the order stays"
        setattr(truck.agent, name, free)
        assert truck.drive(1.0)[-1]["driving"]
    with pytest.raises(ValueError, match="REMOTE"):
        truck.agent.e_stop = "SOMETIMES"
    truck.drive_until_still()
    assert truck.state["lastNodeId"] == "n4"


def test_every_change_that_matters_is_told_at_once(truck):
    truck.order(base=1, horizon=1)
    told = [(s["driving"], s["lastNodeId"], s["paused"]) for s in truck.drive(40.0)]
    assert (True, "n0", False) in told
    assert (False, "n1", False) in told
    for change in (("e_stop", "REMOTE"), ("field_violation", True), ("localized", False), ("mode", "SEMIAUTOMATIC")):
        setattr(truck.agent, *change)
        assert len(truck.drive(0.1)) == 1, change


def test_what_it_says_fits_the_official_schemas(truck, portway_data):
    kind = truck.version.actions.get("initPosition", "initPosition")
    truck.order(first=90, sequence=0)
    truck.send("order", with_actions(truck, base=3, n0=[truck.action("wait", "w", "HARD", durationS=2)]))
    truck.drive(6.0)
    truck.act("factsheetRequest")
    truck.act("startPause")
    truck.drive(10.0)
    truck.act("stopPause")
    truck.act("cancelOrder", "c")
    truck.drive_until_still()
    truck.act(kind, x=1.0, y=2.0, theta=0.5, mapId="terminal", lastNodeId="n9")
    for mode in truck.version.modes:
        truck.agent.mode = mode
        truck.drive(0.2)
    truck.agent.localized, truck.agent.e_stop, truck.agent.field_violation = False, "REMOTE", True
    truck.drive(0.2)
    kinds = set()
    for message, payload in truck.said:
        path = portway_data / "vda5050" / truck.version.name[:3] / f"{message}.schema"
        jsonschema.validate(json.loads(payload), json.loads(path.read_text(encoding="utf-8-sig")))
        kinds.add(message)
    assert kinds == {"state", "factsheet"}


# -- zones ----------------------------------------------------------------------------------------------------------


def zone_set(name: str = "z", map_id: str = "terminal", **more) -> dict:
    corners = [{"x": x, "y": y} for x, y in ((30.0, -9.0), (50.0, -9.0), (50.0, 9.0), (30.0, 9.0))]
    zone = {"zoneId": "room", "zoneType": "RELEASE", "vertices": corners, "releaseLossBehavior": "STOP"} | more
    return {"zoneSet": {"mapId": map_id, "zoneSetId": name, "zones": [zone]}}


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (zone_set(zoneType="ACTION"), "validationError"),
        (zone_set(zoneType="SPEED_LIMIT"), "validationError"),
        (zone_set(vertices=[]), "validationError"),
        (zone_set(vertices=[{"x": 1e300, "y": 0.0}, {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 1.0}]), "validationError"),
        (zone_set(zoneId=""), "validationError"),
        (zone_set(map_id="cellar"), "mapError"),
    ],
)
def test_zones_that_it_cannot_obey_are_refused(truck_3, bad, kind):
    refused(truck_3, kind, truck_3.send("zoneSet", bad))
    assert truck_3.state["zoneSets"] == []
    state = truck_3.act("enableZoneSet", "e", zoneSetId="z")
    assert truck_3.statuses(state)["e"] == "FAILED"


def in_the_room(truck: TruckAlone, **lease: str) -> dict:
    """Into a release zone, let in by a response."""
    truck.send("zoneSet", zone_set())
    truck.act("enableZoneSet", "e", zoneSetId="z")
    truck.order(base=5)
    truck.drive(3.0)
    (request,) = truck.state["zoneRequests"]
    response = {"requestId": request["requestId"], "grantType": "GRANTED"}
    truck.send("responses", {"responses": [response | lease]})
    while truck.x_m < 28.0:
        truck.drive(0.1)
    return response


def test_a_release_that_is_lost_inside_stops_the_truck_until_it_is_granted_again(truck_3):
    response = in_the_room(truck_3)
    truck_3.send("responses", {"responses": [response | {"grantType": "REVOKED"}]})
    truck_3.drive_until_still()
    assert truck_3.x_m < 60.0
    assert truck_3.state["errors"][-1]["errorType"] == "RELEASE_LOST"
    assert truck_3.state["zoneRequests"][0]["requestStatus"] == "REVOKED"
    truck_3.send("responses", {"responses": [response]})
    assert truck_3.errors() == []
    truck_3.drive_until_still()
    assert (truck_3.state["lastNodeId"], truck_3.state["zoneRequests"]) == ("n5", [])


def test_a_lease_ends(truck_3):
    in_the_room(truck_3, leaseExpiry="2027-01-15T08:00:09.000Z")
    truck_3.drive_until_still()
    assert truck_3.x_m < 70.0
    assert truck_3.errors() == ["RELEASE_LOST"]
    assert truck_3.state["zoneRequests"][0]["requestStatus"] == "EXPIRED"


def test_a_response_that_is_none_is_refused(truck_3):
    for bad in ({"grantType": "PERHAPS"}, {"grantType": "GRANTED", "leaseExpiry": "tomorrow"}):
        refused(truck_3, "validationError", truck_3.send("responses", {"responses": [{"requestId": "a"} | bad]}))
    many = [{"requestId": f"{i}", "grantType": "GRANTED"} for i in range(51)]
    refused(truck_3, "validationError", truck_3.send("responses", {"responses": many}))
