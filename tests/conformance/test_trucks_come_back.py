"""Trucks that go off the road and come back, links that flap, vehicles that are exchanged: led on, or a person is
called, and nobody is sent where steel may be."""

import json

import msgspec
import pytest

from portway.adapters.vda5050.facts import Condition, Progress
from portway.app.compose import truck_type
from portway.app.storm_live import small_work
from portway.core.controller.waiting import Why, Whys, chain
from portway.core.events import TruckEnrolled, TruckPaused
from portway.testing.liar_yard import LiarYard
from portway.testing.lies import BY_NAME, Lie


def run(yard: LiarYard, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        yard.tick()


def codes(yard: LiarYard, truck: str) -> list[str]:
    return [a.code for a in yard.alerts if a.subject == truck]


def mission(yard: LiarYard, truck: str):
    return yard.controller.state.missions[truck]


def until(yard: LiarYard, found, seconds: float = 600.0):
    """What `found` gives once it gives something."""
    for _ in range(round(seconds * 10)):
        yard.tick()
        if what := found():
            return what
    raise AssertionError("it never happened")


def at_first_node(yard: LiarYard) -> str:
    """A truck that has just taken an order and not begun to drive."""
    fresh = (
        n for n, a in yard.agents.items()
        if a.nodes and not a.last_sequence and not a.ground.mps and yard.master.trucks[n].order.is_ours(a.order_id)
    )  # fmt: skip
    return next(fresh, "")


def under_way(yard: LiarYard, metres: float = 15.0) -> str:
    return next((n for n, a in yard.agents.items() if a.ground.left_m() > metres and a.ground.mps > 1.0), "")


def nobody_may_enter(yard: LiarYard, x: float, y: float) -> bool:
    """Whether all movements that end within a truck's length of a point are shut."""
    poses, arrays = yard.map.stop_pose, yard.controller.state.traffic.arrays
    near = [s for s in range(len(poses)) if (poses[s][0] - x) ** 2 + (poses[s][1] - y) ** 2 < 9.0]
    into = [m for m in range(len(arrays.mv_to)) if arrays.mv_to[m] in near]
    return bool(into) and bool(arrays.closed[into].all())


@pytest.mark.parametrize("lie", ["field violated", "emergency stop"])
def test_a_truck_that_leaves_the_road_before_its_first_movement_is_led_again(lie):
    yard = LiarYard(small_work(20), 2)
    name = until(yard, lambda: at_first_node(yard))
    yard.lie(name, BY_NAME[lie])
    until(yard, lambda: mission(yard, name).off_road, 300)
    run(yard, 20)
    yard.honest(name)
    before = yard.agents[name].ground.pose
    until(yard, lambda: not mission(yard, name).unfit, 60)
    until(yard, lambda: yard.agents[name].ground.pose != before, 900)
    run(yard, 60)
    assert "order_rejected" not in codes(yard, name)
    assert yard.breaches == []


def test_a_truck_that_does_not_give_up_its_order_is_an_alarm_though_nothing_else_is_wrong():
    yard = LiarYard(small_work(20), 3)
    name = until(yard, lambda: under_way(yard))
    yard.lie(name, BY_NAME["emergency stop"]._replace(hears=BY_NAME["does not cancel"].hears))
    until(yard, lambda: mission(yard, name).off_road, 300)
    yard.lie(name, BY_NAME["does not cancel"]._replace(does="stands"))
    run(yard, 100)
    assert codes(yard, name)[-1] == "no_way_back"
    assert yard.controller.persists("no_way_back", name)
    yard.honest(name)
    until(yard, lambda: not mission(yard, name).unfit, 60)
    assert not yard.controller.persists("no_way_back", name)


def test_the_ground_of_a_truck_that_does_not_know_where_it_is_stays_locked():
    yard = LiarYard(small_work(20), 4)
    name = until(yard, lambda: under_way(yard))
    yard.lie(name, BY_NAME["in manual, and lost"])
    until(yard, lambda: mission(yard, name).off_road, 60)
    x, y, _ = yard.agents[name].ground.pose
    grounds = yard.controller.state.traffic.foreign_uses()
    assert name in grounds
    shut = yard.controller.state.traffic._foreign[name]
    near = [m for m in range(len(shut)) if _passes(yard, m, x, y)]
    assert near
    assert shut[near].all(), "the steel is where it was believed"
    yard.handle(TruckPaused(yard.now_ms, name, False, "operator", "looked"))
    assert yard.controller.state.traffic._foreign[name][near].all()
    run(yard, 300)
    assert yard.breaches == []


def _passes(yard: LiarYard, movement: int, x: float, y: float) -> bool:
    paths = yard.map.paths
    rows = slice(int(paths.ptr[movement]), int(paths.ptr[movement + 1]))
    return bool(((paths.x[rows] - x) ** 2 + (paths.y[rows] - y) ** 2 < 1.0).any())


@pytest.mark.parametrize(
    "fault", [{"operatingMode": "MANUAL"}, {"errors": [{"errorType": "motor", "errorLevel": "FATAL"}]}]
)
def test_a_truck_that_says_what_is_wrong_is_not_told_its_way_in_the_answer(fault):
    yard = LiarYard(small_work(20), 5)
    name = until(yard, lambda: under_way(yard))
    master, sent = yard.master, []
    says = BY_NAME["no order"].says
    body = json.loads(yard.agents[name].state(yard.now_s).payload)
    body |= {**fault, "nodeStates": [], "edgeStates": [], "driving": False, "headerId": 10**6}
    assert says is not None
    _, sent = master.received(yard.agents[name].topic("state"), json.dumps(body).encode(), yard.now_s + 0.1)
    assert [m.topic.rpartition("/")[2] for m in sent if m.topic.endswith("/order")] == []


def test_an_order_taken_and_given_up_again_and_again_is_not_taken():
    yard = LiarYard(small_work(20), 6)
    name = until(yard, lambda: under_way(yard))
    yard.lie(name, BY_NAME["drops what it takes"])
    run(yard, 60)
    assert "order_rejected" in codes(yard, name)
    assert mission(yard, name).unfit


def test_a_truck_that_is_paused_by_its_own_button_for_long_does_no_work():
    yard = LiarYard(small_work(20), 7)
    name = until(yard, lambda: next((n for n, m in yard.controller.state.missions.items() if m.can_leave), ""))
    unit = mission(yard, name).unit
    yard.lie(name, BY_NAME["paused by its own button"])
    run(yard, 90)
    assert "paused_by_other" in codes(yard, name)
    assert mission(yard, name).unfit
    assert mission(yard, name).unit is None or mission(yard, name).unit is not unit
    yard.honest(name)
    until(yard, lambda: not mission(yard, name).unfit, 60)
    assert not yard.controller.persists("paused_by_other", name)


def test_a_link_that_comes_and_goes_without_a_word_is_an_alarm_once():
    yard = LiarYard(small_work(20), 8)
    name = until(yard, lambda: next((n for n, m in yard.controller.state.missions.items() if m.can_leave), ""))
    yard.lie(name, BY_NAME["silent"])
    agent = yard.agents[name]
    for _ in range(8):
        yard.carry([agent.connection(agent.version.broken, yard.now_s)])
        run(yard, 4)
        yard.carry([agent.connection("ONLINE", yard.now_s)])
        run(yard, 26)
    told = [code for code in codes(yard, name) if code in ("broken", "unheard", "silent")]
    assert told
    assert len(told) == len(set(told)), "once for each"
    assert not mission(yard, name).can_leave


class Exchanged(LiarYard):
    """A yard where vehicles may be enrolled that are not there yet."""

    def _hand_over(self, message) -> None:
        if message.topic.split("/")[-2] in self.agents:
            super()._hand_over(message)


def enrol(yard: LiarYard, name: str, serial: str) -> None:
    """Another vehicle speaks for a truck, as the server does it."""
    yard.handle(TruckEnrolled(yard.now_ms, name, "steel", serial, "2.1", "operator", "exchanged"))
    yard.take([yard.master.enrol(name, "steel", serial, "2.1")])


def test_the_vehicle_before_may_drive_on_and_nobody_is_sent_there():
    yard = Exchanged(small_work(20), 9)
    name = until(yard, lambda: under_way(yard))
    yard.lies[name] = Lie("speaks for nobody")  # nobody comes and looks
    enrol(yard, name, "B7")
    assert "exchanged" in codes(yard, name)
    assert mission(yard, name).off_road
    assert name in yard.controller.state.traffic.foreign_uses()
    run(yard, 240)  # it drives to the end of its base, and stands there
    assert yard.breaches == []
    x, y, _ = yard.agents[name].ground.pose
    assert nobody_may_enter(yard, x, y)
    yard.handle(TruckPaused(yard.now_ms, name, False, "operator", "the old one is where it was"))
    assert "exchanged" not in yard.controller.fitness.files[name].faults()


def test_a_truck_that_is_larger_than_the_ways_were_planned_for_is_not_led():
    yard = LiarYard(small_work(20), 13)
    run(yard, 5)
    agent, size = yard.agents["T003"], truck_type(yard.scenario)
    assert yard.master.trucks["T003"].size == "", "it was asked when it came"
    agent.type = msgspec.structs.replace(size, length_m=18.0)
    yard.carry([agent.factsheet(yard.now_s)])
    assert codes(yard, "T003") == ["too_large"]
    assert "18 x 3 m, planned for 15 x 3 m" in yard.alerts[-1].detail
    run(yard, 60)
    assert mission(yard, "T003").unfit
    sheet = agent.factsheet(yard.now_s)
    kept = [yard.master.received(sheet.topic, sheet.payload, yard.now_s, kept=True)[0] for _ in range(2)]
    assert [len(facts) for facts in kept] == [1, 0], "what the broker keeps counts, once"
    agent.type = size
    yard.carry([agent.factsheet(yard.now_s)])
    run(yard, 5)
    assert not mission(yard, "T003").unfit


@pytest.mark.parametrize(("lie", "carries"), [("never loaded", True), ("always loaded", False)])
def test_a_truck_that_says_otherwise_of_its_load_is_an_alarm_until_it_does_not(lie, carries):
    yard = LiarYard(small_work(20), 14)
    missions = yard.controller.state.missions
    name = until(yard, lambda: next((n for n, m in missions.items() if m.carries == carries and not m.serving), ""))
    yard.lie(name, BY_NAME[lie])
    until(yard, lambda: "load_differs" in codes(yard, name), 120)
    assert mission(yard, name).carries == carries
    assert ("empty, not " if carries else "loaded, not no box") in yard.alerts[-1].detail
    assert yard.controller.persists("load_differs", name)
    assert not mission(yard, name).unfit
    until(yard, lambda: mission(yard, name).carries != carries)
    run(yard, 2)
    assert not yard.controller.persists("load_differs", name), "now it is true"


def test_trucks_that_report_their_loads_as_they_are_call_nobody():
    yard = LiarYard(small_work(12), 15)

    def says(body, _rng):
        m = missions[body["serialNumber"]]
        return {**body, "loads": [{"loadId": "box"}] if m.carries else []}

    missions = yard.controller.state.missions
    for name in yard.agents:
        yard.lies[name] = Lie("tells its load", (), says)
    until(yard, lambda: yard.done, 3 * 3600)
    assert not [a for a in yard.alerts if a.code == "load_differs"]


def test_the_ground_of_a_dead_vehicle_stays_locked_when_another_speaks_for_its_truck():
    yard = Exchanged(small_work(20), 18)
    name = until(yard, lambda: under_way(yard))
    agent = yard.agents[name]
    yard.lie(name, BY_NAME["link dead"]._replace(does="stands"))
    yard.carry([agent.connection(agent.version.broken, yard.now_s)])
    until(yard, lambda: mission(yard, name).off_road, 300)
    x, y, _ = agent.ground.pose
    enrol(yard, name, "B7")
    yard.lies[name] = Lie("speaks for nobody")
    assert "exchanged" in codes(yard, name)
    condition = Condition(name, (), "none", True, False, (15.0, 180.0, 1.57), "")
    yard.take([condition])  # the new one stands in the depot, fit
    run(yard, 60)
    assert mission(yard, name).off_road
    assert nobody_may_enter(yard, x, y) or yard.controller.state.traffic._foreign[name].any()
    assert any(abs(p[0] - x) < 3.0 and abs(p[1] - y) < 3.0 for p in yard.controller.fitness.files[name].lost)
    assert yard.breaches == []


def test_the_same_vehicle_with_another_version_goes_on():
    yard = LiarYard(small_work(20), 19)
    name = until(yard, lambda: under_way(yard))
    yard.handle(TruckEnrolled(yard.now_ms, name, "steel", name, "2.0", "operator", "update", False))
    assert "exchanged" not in codes(yard, name)
    assert not mission(yard, name).off_road


def test_a_pause_of_somebody_else_that_becomes_ours_is_told_once():
    yard = LiarYard(small_work(20), 20)
    name = until(yard, lambda: next((n for n, m in yard.controller.state.missions.items() if m.can_leave), ""))
    yard.lie(name, BY_NAME["paused by its own button"])
    run(yard, 80)
    assert "paused_by_other" in yard.controller.fitness.files[name].faults()
    yard.handle(TruckPaused(yard.now_ms, name, True, "operator", "leave it"))
    run(yard, 60)
    assert codes(yard, name).count("paused_by_other") == 1
    assert "paused_by_other" not in yard.controller.fitness.files[name].faults()


def test_a_truck_that_is_too_large_is_asked_again_when_it_comes_back():
    yard = LiarYard(small_work(20), 21)
    run(yard, 5)
    agent = yard.agents["T003"]
    yard.master.trucks["T003"].size = "18 x 3 m, planned for 15 x 3 m"
    yard.carry([agent.connection("ONLINE", yard.now_s)])
    assert yard.master.trucks["T003"].size == ""


def test_what_the_broker_says_again_of_a_link_is_no_news():
    yard = LiarYard(small_work(20), 11)
    run(yard, 5)
    agent, truck = yard.agents["T002"], yard.master.trucks["T002"]
    hello = agent.connection("ONLINE", yard.now_s)
    yard.master.received(hello.topic, hello.payload, yard.now_s)
    yard.carry([agent.state(yard.now_s)])
    assert truck.stated_s is not None
    assert yard.master.received(hello.topic, hello.payload, yard.now_s, kept=True) == ([], [])
    assert truck.stated_s is not None, "it is heard as before"
    later = agent.connection("ONLINE", yard.now_s + 1)
    facts, _ = yard.master.received(later.topic, later.payload, yard.now_s + 1, kept=True)
    assert facts, "another hello is one"


def test_a_truck_that_is_not_led_is_followed_by_what_it_shows_between_its_states():
    yard = LiarYard(small_work(20), 12)
    run(yard, 5)
    yard.lie("T002", BY_NAME["manual"])
    run(yard, 5)
    agent, truck = yard.agents["T002"], yard.master.trucks["T002"]
    assert truck.held
    x, y, h = agent.ground.pose
    shown = json.loads(agent.state(yard.now_s).payload)
    key = "agvPosition" if "agvPosition" in shown else "mobileRobotPosition"
    keep = {"headerId", "timestamp", "version", "manufacturer", "serialNumber", key}
    body = {k: v for k, v in shown.items() if k in keep} | {"headerId": 0}
    body[key] = {**body[key], "x": x + 4.0}
    facts, _ = yard.master.received(agent.topic("visualization"), json.dumps(body).encode(), yard.now_s)
    assert [f.pose for f in facts if isinstance(f, Condition)] == [(x + 4.0, y, h)]
    assert not any(isinstance(f, Progress) for f in facts)


def test_a_truck_that_drives_and_says_that_it_has_no_order_keeps_the_ground_that_it_may_drive_on():
    yard = LiarYard(small_work(20), 16)
    name = until(yard, lambda: under_way(yard, 30.0))
    traffic, agent = yard.controller.state.traffic, yard.agents[name]
    way = list(traffic.standing_order(yard.controller.state.index[name]).base)
    agent._cancel = lambda order_id: ("FAILED", None)  # it does not
    yard.lie(name, BY_NAME["no order"]._replace(hears=BY_NAME["does not pause"].hears))
    yard._operator = lambda: None  # nobody comes
    until(yard, lambda: mission(yard, name).off_road or agent.ground.mps == 0.0, 300)
    if agent.ground.mps > 0.0:
        assert traffic._foreign[name][way].all(), "nobody else is let onto what it may still drive on"
    run(yard, 300)
    assert yard.breaches == []


def test_a_truck_that_drives_without_an_order_is_told_to_stop():
    yard = LiarYard(small_work(20), 16)
    name = until(yard, lambda: under_way(yard, 30.0))
    yard.lie(name, BY_NAME["no order"])
    yard._operator = lambda: None
    until(yard, lambda: yard.agents[name].paused, 120)
    assert mission(yard, name).unfit
    assert codes(yard, name)[-1] == "drives_unled"
    run(yard, 60)
    assert yard.agents[name].paused, "it stays so, though it stands now"
    assert yard.controller.state.traffic.may_go_on(yard.controller.state.index[name]), "it keeps its way"
    run(yard, 120)
    assert mission(yard, name).off_road
    assert len(yard.controller.fitness.files[name].lost) > 1, "and the ground of it"
    assert yard.breaches == []


def test_the_cause_of_a_wait_is_found_through_a_crane_that_is_ready():
    yard = LiarYard(small_work(20), 17)
    state = yard.controller.state

    def waits():
        ready = (q for q in state.board.in_order() if q.ready and not q.serving and q.next_unit().truck)
        return next(ready, None)

    queue = until(yard, waits)
    first = queue.next_unit().truck
    others = [n for n, m in state.missions.items() if m.unit and m.unit.crane == queue.crane and n != first]
    whys = dict(Whys(state))
    assert whys[queue.crane] == Why("truck", first)
    whys[others[0]] = Why("crane", queue.crane)
    assert chain(others[0], whys)[:2] == [queue.crane, first]
