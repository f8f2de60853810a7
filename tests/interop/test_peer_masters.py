"""Our truck agent under two master controls that nobody here wrote: vda-5050-lib (2.0) and vda5050-sdk (2.1)."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from peer_packages import PEERS, node

from live_processes import TRUCKS, Processes
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.live.conform import way_from
from portway.app.map_cache import cached_map

SPEED = 4.0


@contextmanager
def our_trucks(folder):
    """The broker and our agents, and nobody to control them."""
    terminal = Processes(folder, speed=SPEED)
    terminal.start("broker")
    time.sleep(0.5)
    try:
        terminal.start("trucks")
        yield terminal
    finally:
        for name in list(terminal.running):
            terminal.end(name)


def way(serial: str) -> tuple[list[dict], list[dict]]:
    """Nodes and lines of a way from a truck's home."""
    scenario = load_scenario("huashan", {"fleet.trucks": str(TRUCKS)})
    traffic_map = cached_map(scenario.terminal, truck_type(scenario))
    home = next(t.home for t in scenario.fleet.trucks if t.id == serial)
    x, y, theta = traffic_map.stop_pose[traffic_map.stop_of_place[home]]
    found = way_from(traffic_map, float(x), float(y), float(theta))
    assert not isinstance(found, str), found
    stretches = [found.road.stretch(m) for m in found.movements]
    start = found.road.node(found.stop)
    nodes = [dict(zip(("id", "x", "y", "theta"), start, strict=True))]
    nodes += [{"id": s.node_id, "x": s.x, "y": s.y, "theta": s.theta} for s in stretches]
    return nodes, [{"points": s.line, "speed": s.speed_mps_max} for s in stretches]


def session(terminal: Processes, command: list[str]) -> list[dict]:
    """What a master told of its session."""
    done = subprocess.run(command, cwd=PEERS, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr[-2000:], terminal.log("trucks")[-1000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def lib_order(nodes: list[dict], edges: list[dict], name: str, update: int, span: tuple[int, int, int]) -> dict:
    """An order of edges `span[0]` to `span[1]`, released to `span[2]`; without trajectories, as this peer writes it."""
    first, last, released = span
    return {
        "orderId": name,
        "orderUpdateId": update,
        "nodes": [
            {
                "nodeId": n["id"],
                "sequenceId": 2 * i,
                "released": i <= released,
                "actions": [],
                "nodePosition": {"x": n["x"], "y": n["y"], "theta": n["theta"], "mapId": "terminal"},
            }
            for i, n in enumerate(nodes)
            if first <= i <= last
        ],
        "edges": [
            {
                "edgeId": f"e{i}",
                "sequenceId": 2 * i + 1,
                "released": i < released,
                "actions": [],
                "startNodeId": nodes[i]["id"],
                "endNodeId": nodes[i + 1]["id"],
                "maxSpeed": edge["speed"],
            }
            for i, edge in enumerate(edges)
            if first <= i < last
        ],
    }


@pytest.mark.slow
def test_a_master_control_of_vda_5050_lib_drives_our_truck(tmp_path):
    node_js = node()
    nodes, edges = way("T001")
    told = {
        "manufacturer": "portway",
        "serial": "T001",
        "order": lib_order(nodes, edges, "one", 0, (0, 4, 2)),
        "update": lib_order(nodes, edges, "one", 1, (2, 4, 4)),
        "cancelled": lib_order(nodes[4:], edges[4:], "two", 0, (0, 5, 5)),
    }
    with our_trucks(tmp_path) as terminal:
        said = session(terminal, [node_js, "master.js", json.dumps({**told, "broker": terminal.url})])
    processed = [s for s in said if s["event"] == "processed"]
    assert [(s["name"], s["active"], s["byCancelation"], s["error"]) for s in processed] == [
        ("order", True, False, None),
        ("update", False, False, None),
        ("cancelled", False, True, None),
    ]
    passed = [s["node"] for s in said if s["event"] == "node" and s["name"] != "cancelled"]
    assert passed == [n["id"] for n in nodes[:5]]
    actions = {s["actionType"]: s["status"] for s in said if s["event"] == "action"}
    assert actions == {
        "startPause": "FINISHED",
        "stopPause": "FINISHED",
        "cancelOrder": "FINISHED",
        "stateRequest": "FINISHED",
        "doTheTwist": "FAILED",
    }


@pytest.mark.slow
def test_a_master_control_of_vda5050_sdk_drives_our_truck(tmp_path):
    nodes, edges = way("T002")
    points = [[{"x": x, "y": y} for x, y in e["points"]] for e in edges]
    lines = [
        {"degree": 1, "knotVector": [0.0, *(i / (len(p) - 1) for i in range(len(p))), 1.0], "controlPoints": p}
        for p in points
    ]
    told = {"manufacturer": "portway", "serial": "T002", "nodes": nodes, "edges": lines}
    with our_trucks(tmp_path) as terminal:
        script = [sys.executable, str(PEERS / "sdk_master.py")]
        said = session(terminal, [*script, json.dumps({**told, "broker": terminal.url})])
    by_event = {s["event"]: s for s in said}
    assert by_event["dispatched"]["accepted"]
    assert by_event["paused"]["done"]
    assert by_event["base"]["node"] == nodes[3]["id"]
    assert by_event["extended"]["accepted"]
    assert by_event["ended"]["node"] == nodes[5]["id"]
    assert by_event["factsheet"]["series"] == "four_axle"
    assert "error" not in by_event, "the peer checks every state by the official schema"
    assert {s["kind"] for s in said if s["event"] == "truck_error"} <= {"noOrderToCancel"}
