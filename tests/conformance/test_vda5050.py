"""VDA 5050 from end to end without a broker: every message against the official schema, every drive without a touch."""

import json

import jsonschema
import pytest

from portway.adapters.vda5050.facts import Link, Outgoing, TruckError
from portway.app.config import load_scenario
from portway.core.commands import ExtendBase
from portway.core.controller.outstanding import outstanding
from portway.core.events import TruckPaused
from portway.core.kernels import columns as c
from portway.testing.vda_yard import VdaYard

SCHEMA_OF = {"v3": ("3.0",), "v2": ("2.0", "2.1")}


def drive(seed: int, lost: float, minutes: float, every: int = 5) -> tuple[VdaYard, int]:
    """Huashan for some minutes; how often two footprints overlapped."""
    yard, overlaps = VdaYard(load_scenario("huashan"), seed, lost), 0
    for n in range(int(minutes * 600)):
        yard.tick()
        if n % every == 0:
            overlaps += yard.overlaps()
    return yard, overlaps


@pytest.fixture(scope="module")
def an_hour():
    return drive(1, 0.0, 60)


def test_trucks_of_three_versions_work_side_by_side(an_hour):
    yard, overlaps = an_hour
    assert yard.controller.state.board.jobs_done >= 20
    assert overlaps == 0
    assert [f for f in yard.facts if not isinstance(f, Link)] == []
    assert yard.alerts == []
    assert sum(a.rejected for a in yard.agents.values()) == 0


def test_every_message_fits_the_official_schema(an_hour, portway_data):
    yard, _ = an_hour
    version_of = {name: agent.version.name[:3] for name, agent in yard.agents.items()}
    checked: dict[tuple[str, str], int] = {}
    for message in yard.sent:
        serial, kind = message.topic.split("/")[-2:]
        key = version_of[serial], kind
        checked[key] = checked.get(key, 0) + 1
        if checked[key] > 150:
            continue
        schema = json.loads((portway_data / "vda5050" / key[0] / f"{kind}.schema").read_text())
        jsonschema.validate(json.loads(message.payload), schema)
    assert {(v, k) for v in ("2.0", "2.1", "3.0") for k in ("order", "state")} <= set(checked)


def test_factsheets_and_connections_fit_the_schema(portway_data):
    yard = VdaYard(load_scenario("huashan"), 1)
    for agent in list(yard.agents.values())[:3]:
        for message in (agent.factsheet(1.8e9), agent.connection("ONLINE", 1.8e9)):
            kind = message.topic.rpartition("/")[2]
            path = portway_data / "vda5050" / agent.version.name[:3] / f"{kind}.schema"
            jsonschema.validate(json.loads(message.payload), json.loads(path.read_text()))


@pytest.mark.parametrize("lost", [0.1, 0.3])
def test_lost_messages_delay_and_never_endanger(lost):
    yard, overlaps = drive(2, lost, 40)
    assert overlaps == 0
    assert yard.controller.state.board.jobs_done >= 8
    assert yard.alerts == []
    unheard = "a new order begins with sequenceId"
    errors = {f.kind for f in yard.facts if isinstance(f, TruckError) and not f.description.startswith(unheard)}
    # An update whose predecessor was lost is rejected, as the standard says; so is one of a new order whose first
    # message was lost, since it does not begin where the truck stands, or not with sequenceId 0.
    assert errors <= {"orderUpdateError", "OUTDATED_ORDER_UPDATE", "startNodeError", "START_NODE_OUT_OF_RANGE"}


def test_a_master_that_has_forgotten_everything_goes_on_from_what_trucks_say():
    yard = VdaYard(load_scenario("huashan"), 3)
    overlaps = 0
    for n in range(18_000):
        yard.tick()
        if n % 3_000 == 2_500:
            yard.restart_master()
            yard.tell([c for c in outstanding(yard.controller.state) if isinstance(c, ExtendBase)])
        if n % 5 == 0:
            overlaps += yard.overlaps()
    assert overlaps == 0
    assert yard.controller.state.board.jobs_done >= 8
    assert [f for f in yard.facts if isinstance(f, TruckError)] == []
    assert yard.alerts == []


def test_a_truck_that_loses_its_link_stops_at_the_end_of_its_base():
    yard = VdaYard(load_scenario("huashan"), 4)
    for _ in range(3_000):
        yard.tick()
    driving = next(a for a in yard.agents.values() if a.ground.left_m() > 10.0)
    end = [n for n in driving.nodes if n.released][-1]
    for n in range(1_200):
        driving.step(0.1, 1.9e9 + n / 10)
    assert driving.ground.mps == 0.0
    x, y, _ = driving.ground.pose
    assert abs(x - end.node_position.x) < 0.05
    assert abs(y - end.node_position.y) < 0.05


def test_a_truck_that_jumps_is_stopped_and_keeps_what_it_holds_until_a_person_has_looked():
    yard = VdaYard(load_scenario("huashan"), 5)
    for _ in range(3_000):
        yard.tick()
    name = next(n for n, a in yard.agents.items() if a.ground.left_m() > 10.0)
    agent, row = yard.agents[name], yard.controller.state.index[name]
    held = int(yard.controller.state.traffic.trucks[row, c.T_GRANTED])
    x, y, heading = agent.ground.pose
    agent.ground.pose = (x + 400.0, y, heading)
    yard.carry([agent.state(yard.now_s)])
    assert [a.code for a in yard.alerts if a.subject == name] == ["elsewhere", "jumped"]
    assert agent.paused
    for _ in range(10):
        yard.carry([agent.state(yard.now_s)])
    assert int(yard.controller.state.traffic.trucks[row, c.T_GRANTED]) == held
    agent.ground.pose = (x, y, heading)
    for _ in range(50):
        yard.tick()
    assert agent.paused, "nobody has looked"
    yard.handle(TruckPaused(yard.now_ms, name, False, "operator", "it was its antenna"))
    for _ in range(50):
        yard.tick()
    assert not agent.paused
    assert not yard.controller.state.missions[name].unfit


def test_repeated_and_overtaken_states_change_nothing():
    yard = VdaYard(load_scenario("huashan"), 6)
    for _ in range(3_000):
        yard.tick()
    assert yard.master is not None
    states = [m for m in yard.sent if m.topic.endswith("/state")][-30:]
    before = len(yard.journal)
    for message in reversed(states):
        assert yard.master.received(message.topic, message.payload, yard.now_s) == ([], [])
    assert len(yard.journal) == before


def test_orders_repeated_out_of_date_or_with_a_gap_are_handled_as_the_standard_says():
    yard = VdaYard(load_scenario("huashan"), 7)
    for _ in range(3_000):
        yard.tick()
    name = next(n for n, a in yard.agents.items() if a.update_id >= 1 and a.nodes)
    agent = yard.agents[name]
    orders = [m for m in yard.sent if m.topic == agent.topic("order")]
    nodes = [n.node_id for n in agent.nodes]
    assert agent.received(orders[-1].topic, orders[-1].payload, yard.now_s) == []  # repeated: ignored
    body = json.loads(orders[-1].payload)
    for change, wanted in (
        ({"orderUpdateId": agent.update_id - 1}, "orderUpdateError"),
        ({"orderUpdateId": agent.update_id + 1, "nodes": [], "edges": []}, "validationError"),
        ({"orderId": f"{name}-999999", "orderUpdateId": 0}, "orderActiveError"),
    ):
        agent.errors = []
        payload = json.dumps({**body, **change}).encode()
        (state,) = agent.received(orders[-1].topic, payload, yard.now_s)
        assert json.loads(state.payload)["errors"][0]["errorType"] == agent.version.errors.get(wanted, wanted)
    assert [n.node_id for n in agent.nodes] == nodes


def test_what_a_stranger_says_is_shown_and_moves_nothing():
    yard = VdaYard(load_scenario("huashan"), 8)
    assert yard.master is not None
    agent = next(iter(yard.agents.values()))
    message = agent.state(yard.now_s)
    stranger = Outgoing(message.topic.replace(agent.serial, "X99"), message.payload)
    assert yard.master.received(*stranger[:2], yard.now_s)[0][0] == ("steel", "X99", agent.version.topic)
    assert list(yard.master.unknown) == [("steel", "X99")]


def test_a_truck_whose_clock_was_ahead_is_heard_again():
    yard = VdaYard(load_scenario("huashan"), 1)
    for _ in range(30):
        yard.tick()
    name, agent = next(iter(yard.agents.items()))
    wrong = json.loads(agent.state(yard.now_s).payload)
    wrong |= {"timestamp": "2099-01-01T00:00:00.000Z", "headerId": wrong["headerId"] + 500}
    yard.master.received(agent.topic("state"), json.dumps(wrong).encode(), yard.now_s)
    seen = []
    for n in range(15):
        now_s = yard.now_s + 1 + n
        yard.master.received(agent.topic("state"), agent.state(now_s).payload, now_s)
        seen.append(yard.master.trucks[name].last_state_s == now_s)
    assert seen == [False] * 9 + [True] * 6
