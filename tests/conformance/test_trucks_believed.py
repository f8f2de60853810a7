"""What the server believes is where the steel is: each fault that was found live, with the right answer."""

import json

import pytest

from portway.adapters.vda5050.agent import TruckAgent
from portway.adapters.vda5050.enrolled_truck import instant_s
from portway.adapters.vda5050.stretch_order import OrderName, name_of, order_id
from portway.adapters.vda5050.versions import VERSIONS
from portway.adapters.vda5050.wire import RefusedError
from portway.app.compose import truck_type
from portway.app.storm_live import small_work
from portway.core.controller.state import Phase
from portway.core.events import TruckPaused, TruckWithdrawn
from portway.core.kernels import columns as c
from portway.testing.liar_yard import LiarYard
from portway.testing.lies import BY_NAME


def run(yard: LiarYard, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        yard.tick()


def codes(yard: LiarYard, truck: str) -> set[str]:
    return {a.code for a in yard.alerts if a.subject == truck}


def driving(yard: LiarYard, metres: float = 15.0) -> str:
    """A truck of ours that is under way, far from its goal."""
    return next(n for n, a in yard.agents.items() if a.ground.left_m() > metres and a.ground.mps > 1.0)


def mission(yard: LiarYard, truck: str):
    return yard.controller.state.missions[truck]


def placed(yard: LiarYard, truck: str, pose: tuple[float, float, float], serial: str | None = None) -> TruckAgent:
    """Another on-board unit for a truck, without an order, at a pose."""
    agent = TruckAgent("steel", truck, yard.agents[truck].version, pose, truck_type(yard.scenario))
    yard.agents[truck] = agent
    return agent


def test_a_truck_in_manual_elsewhere_at_the_start_gets_nothing_and_nobody_is_sent_through_it():
    yard = LiarYard(small_work(20), 1)
    lane = next(i for i, s in enumerate(yard.map.stops) if not s.place)
    pose = tuple(float(v) for v in yard.map.stop_pose[lane])
    placed(yard, "T001", pose)
    yard.lie("T001", BY_NAME["manual"])
    yard.carry([yard.agents["T001"].connection("ONLINE", yard.now_s), yard.agents["T001"].state(yard.now_s)])
    run(yard, 60)
    assert {"manual", "elsewhere"} <= codes(yard, "T001")
    assert mission(yard, "T001").unit is None
    assert mission(yard, "T001").off_road
    stop_users = yard.controller.state.traffic.arrays
    into = [m for m in range(len(stop_users.mv_to)) if stop_users.mv_to[m] == lane]
    assert into
    assert stop_users.closed[into].all(), "the ground where it stands is locked"
    run(yard, 1200)
    assert yard.breaches == []
    yard.honest("T001")
    run(yard, 5)
    yard.handle(TruckPaused(yard.now_ms, "T001", False, "operator", "it is there"))
    run(yard, 5)
    assert not mission(yard, "T001").unfit, "it comes back from the lane on which it stands"
    assert not yard.controller.state.traffic.foreign_uses()


def test_a_truck_in_manual_that_has_dropped_its_order_gives_back_its_place_in_the_order_of_passage():
    yard = LiarYard(small_work(28), 2)
    run(yard, 120)
    name = driving(yard)
    yard.lie(name, BY_NAME["manual"])
    yard.restart_truck(name)
    run(yard, 5)
    row = yard.controller.state.index[name]
    traffic = yard.controller.state.traffic
    assert mission(yard, name).off_road
    assert not any((traffic.uses[k, : traffic.count[k], 2] == row).any() for k in range(len(traffic.count)))
    done = yard.controller.state.board.jobs_done
    run(yard, 1500)
    assert yard.controller.state.board.jobs_done > done, "the others work on"
    assert yard.breaches == []


@pytest.mark.parametrize("lie", ["rejects every order", "rejects every order, urgently", "deaf to orders"])
def test_an_order_that_is_not_taken_is_an_alarm_and_others_do_the_work(lie):
    yard = LiarYard(small_work(12), 3)
    yard.lie("T002", BY_NAME[lie])
    run(yard, 240)
    assert "order_rejected" in codes(yard, "T002")
    assert mission(yard, "T002").unit is None
    while not yard.done and yard.now_ms < 3 * 3_600_000:
        yard.tick()
    assert yard.done
    assert yard.breaches == []


def test_a_last_will_older_than_the_hello_breaks_the_link_and_calls():
    yard = LiarYard(small_work(12), 4)
    run(yard, 30)
    agent = yard.agents["T003"]
    yard.lie("T003", BY_NAME["silent"])
    yard.carry([agent.connection(agent.version.broken, yard.now_s - 3_600)])
    assert yard.master.trucks["T003"].link == "broken"
    run(yard, 10)
    assert "broken" in codes(yard, "T003")


def test_order_ids_are_of_one_run():
    assert order_id("a1b2", "T002", OrderName(140, 0)) != order_id("c3d4", "T002", OrderName(140, 0))
    assert name_of("a1b2", "T002", "a1b2-T002-140.3") == OrderName(140, 3)
    for foreign in ("T002-140", "c3d4-T002-140", "a1b2-T003-140", "a1b2-T002-", "a1b2-T002-1.x", "a1b2-T002-1.2.3", ""):
        assert name_of("a1b2", "T002", foreign) is None


@pytest.mark.parametrize("lie", ["finished foreign order", "order of yesterday"])
def test_an_order_of_yesterday_is_no_progress_of_today(lie):
    yard = LiarYard(small_work(12), 5)
    yard.lie("T002", BY_NAME[lie])
    run(yard, 40)
    row = yard.controller.state.index["T002"]
    assert yard.controller.state.traffic.trucks[row, c.T_PASSED] == 0, "nothing is believed to have been driven"
    assert not mission(yard, "T002").stopped


def test_a_step_that_disagrees_with_its_last_node_is_not_believed():
    yard = LiarYard(small_work(12), 6)
    run(yard, 60)
    name = driving(yard, 30.0)
    row = yard.controller.state.index[name]
    before = int(yard.controller.state.traffic.trucks[row, c.T_PASSED])
    yard.lie(name, BY_NAME["a node ahead"])
    run(yard, 1.1)
    passed = int(yard.controller.state.traffic.trucks[row, c.T_PASSED])
    assert passed <= before + 1


def test_one_wrong_position_and_a_restart_stop_one_truck_until_a_person_has_looked():
    yard = LiarYard(small_work(12), 8)
    run(yard, 60)
    name = driving(yard)
    yard.lie(name, BY_NAME["400 m away"])
    run(yard, 1.2)
    yard.honest(name)
    run(yard, 2)
    assert "jumped" in codes(yard, name)
    assert mission(yard, name).stopped
    yard.restart_server()
    run(yard, 20)
    assert yard.agents[name].paused, "the core repeats its word after a restart"
    assert sum(a.paused for a in yard.agents.values()) == 1
    yard.handle(TruckPaused(yard.now_ms, name, False, "operator", "antenna"))
    run(yard, 20)
    assert not yard.agents[name].paused
    assert mission(yard, name).phase != Phase.PARKED


def test_a_truck_without_an_order_whose_position_was_wrong_for_a_moment_comes_back_without_a_person():
    yard = LiarYard(small_work(4), 8)
    yard._operator = lambda: None  # nobody comes
    run(yard, 60)
    name = next(n for n, m in sorted(yard.controller.state.missions.items()) if m.phase is Phase.PARKED)
    yard.lie(name, BY_NAME["8 m to the side"])
    run(yard, 2.5)
    assert mission(yard, name).off_road
    assert codes(yard, name) == {"elsewhere"}
    assert len(yard.controller.state.traffic.foreign_uses()) == 1
    yard.honest(name)
    run(yard, 2.5)
    assert not mission(yard, name).unfit
    assert not yard.controller.state.traffic.foreign_uses()
    assert codes(yard, name) == {"elsewhere"}
    run(yard, 600)
    assert yard.breaches == []


def test_a_truck_that_was_moved_by_hand_does_not_come_back_before_a_person_has_looked():
    yard = LiarYard(small_work(4), 8)
    yard._operator = lambda: None
    run(yard, 60)
    name = next(n for n, m in sorted(yard.controller.state.missions.items()) if m.phase is Phase.PARKED)
    yard.lie(name, BY_NAME["8 m to the side"])
    run(yard, 300)
    assert mission(yard, name).off_road
    assert mission(yard, name).unfit


def test_a_pause_of_somebody_else_is_an_alarm_and_is_repaired():
    yard = LiarYard(small_work(12), 9)
    run(yard, 60)
    yard.foreign_pause()
    run(yard, 40)  # a truck says that it is paused once it stands
    assert {a.code for a in yard.alerts} == {"paused_by_other"}
    assert not any(a.paused for a in yard.agents.values())


def test_a_standstill_is_told_with_the_chain_of_who_waits_for_whom():
    yard = LiarYard(small_work(28), 10)
    run(yard, 90)
    for name in list(yard.agents):
        yard.handle(TruckPaused(yard.now_ms, name, True, "operator", "fog"))
    yard._operator = lambda: None  # nobody comes
    run(yard, 420)
    told = {a.code: a for a in yard.alerts}
    assert "standstill" in told
    assert "paused" in told["standstill"].detail


def test_what_was_told_of_a_truck_persists_until_it_is_fit_again():
    yard = LiarYard(small_work(12), 6)
    yard._operator = lambda: None
    run(yard, 60)
    name = driving(yard)
    core = yard.controller
    assert not core.persists("emergency_stop", name)
    yard.lie(name, BY_NAME["emergency stop"])
    run(yard, 5)
    assert core.persists("emergency_stop", name)
    assert not core.persists("emergency_stop", "T999")
    yard.honest(name)
    run(yard, 5)
    assert not core.persists("emergency_stop", name)


def test_a_standstill_persists_until_something_moves():
    yard = LiarYard(small_work(28), 10)
    yard._operator = lambda: None
    run(yard, 90)
    terminal = yard.scenario.terminal.id
    for name in list(yard.agents):
        yard.handle(TruckPaused(yard.now_ms, name, True, "operator", "fog"))
    run(yard, 420)
    assert yard.controller.persists("standstill", terminal)
    for name in list(yard.agents):
        yard.handle(TruckPaused(yard.now_ms, name, False, "operator", "sun"))
    run(yard, 90)
    assert not yard.controller.persists("standstill", terminal)


def test_withdrawing_an_unfit_truck_frees_what_it_holds_at_once():
    yard = LiarYard(small_work(20), 11)
    run(yard, 90)
    name = driving(yard)
    yard.lie(name, BY_NAME["emergency stop"])
    run(yard, 3)
    assert mission(yard, name).unfit
    assert not mission(yard, name).off_road, "a short stop costs nobody a new plan"
    yard.handle(TruckWithdrawn(yard.now_ms, name, True, "operator", "tyre"))
    assert mission(yard, name).off_road


def test_a_repeated_end_of_a_handover_delivers_nothing():
    yard = LiarYard(small_work(12), 12)
    while not any(type(e).__name__ == "HandoverDone" for e, _ in yard.journal[-20:]):
        yard.tick()
    event = next(e for e, _ in reversed(yard.journal) if type(e).__name__ == "HandoverDone")
    done, legs = yard.controller.state.board.jobs_done, {n: m.leg for n, m in yard.controller.state.missions.items()}
    for change in ({}, {"crane": "QC02"}, {"truck": "T999"}, {"job_orders": ("NO",)}):
        import msgspec

        yard.handle(msgspec.structs.replace(event, at_ms=yard.now_ms, **change))
    assert yard.controller.state.board.jobs_done == done
    assert {n: m.leg for n, m in yard.controller.state.missions.items()} == legs
    assert [a.code for a in yard.alerts] == ["handover_unexpected"] * 4


def test_instants_are_compared_as_instants():
    assert instant_s("2026-11-27T12:00:00+02:00") == instant_s("2026-11-27T10:00:00.000Z") == 1795773600.0
    assert instant_s("2026-11-27T10:00:00.250") == 1795773600.25
    for rubbish in ("noon", "", "2026-13-01T00:00:00Z", "9" * 100):
        with pytest.raises(RefusedError):
            instant_s(rubbish)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_broker_had_in_store_is_no_news_but_of_a_connection(version):
    yard = LiarYard(small_work(12), 13)
    run(yard, 5)
    agent = next(a for a in yard.agents.values() if a.version is VERSIONS[version])
    state = agent.state(yard.now_s + 60)
    assert yard.master.received(state.topic, state.payload, yard.now_s, kept=True) == ([], [])
    hello = agent.connection("OFFLINE", yard.now_s - 900)
    facts, _ = yard.master.received(hello.topic, hello.payload, yard.now_s, kept=True)
    assert [f.state for f in facts if type(f).__name__ == "Link"] == ["offline"]
    assert yard.master.received(hello.topic, b"", yard.now_s, kept=True) == ([], [])


def test_a_constant_header_id_does_not_silence_a_truck():
    yard = LiarYard(small_work(12), 14)
    yard.lie("T001", BY_NAME["constant header"])
    run(yard, 90)
    assert codes(yard, "T001") == set()
    assert json.loads(yard.agents["T001"].state(yard.now_s).payload)["headerId"] > 50


def test_an_order_of_another_master_is_cancelled_and_the_truck_works_again():
    yard = LiarYard(small_work(12), 15)
    run(yard, 60)
    name = driving(yard, 30.0)
    agent = yard.agents[name]
    agent.order_id = "acme-17"  # as if somebody else had given it what it drives
    run(yard, 60)
    assert "foreign_order" in codes(yard, name) or not agent.nodes
    while not yard.done and yard.now_ms < 3 * 3_600_000:
        yard.tick()
    assert yard.done
    assert yard.breaches == []


def test_a_truck_whose_order_ends_while_it_is_cancelled_is_led_on_from_there():
    """It had nodes ahead when it was taken off the road, and drove to the last of them before it gave its order up."""
    yard = LiarYard(small_work(12), 334)
    run(yard, 331)
    yard.lie("T002", BY_NAME["manual"])
    run(yard, 400)
    assert mission(yard, "T002").off_road
    yard.honest("T002")
    run(yard, 60)
    assert not mission(yard, "T002").unfit
    assert not yard.agents["T002"].nodes or yard.agents["T002"].ground.mps > 0.0
    for _ in range(6000):
        yard.tick()
    assert mission(yard, "T002").unit is None or mission(yard, "T002").unit.id != "DI418"
    assert yard.breaches == []


def test_a_truck_that_was_moved_while_a_crane_serves_it_has_the_ground_where_it_is():
    yard = LiarYard(small_work(20), 72)
    state = yard.controller.state
    while not any(m.serving for m in state.missions.values()):
        yard.tick()
    name = next(n for n, m in sorted(state.missions.items()) if m.serving)
    yard.restart_truck(name, along_m=30.0)
    x, y, _ = yard.agents[name].ground.pose
    yard.tick()
    assert mission(yard, name).serving
    assert mission(yard, name).unfit
    assert name in state.traffic.foreign_uses()
    near = [m for m in range(len(yard.map.lanes)) if min(abs(yard.map.paths.x[yard.map.paths.ptr[m]] - x)
            + abs(yard.map.paths.y[yard.map.paths.ptr[m]] - y), 99.0) < 1.0]  # fmt: skip
    assert state.traffic.arrays.closed[near].all()
    run(yard, 900)
    assert yard.breaches == []
    assert name not in state.traffic.foreign_uses()


def is_on_its_last_base(yard: LiarYard, name: str, agent: TruckAgent) -> bool:
    row = yard.controller.state.traffic.trucks[yard.controller.state.index[name]]
    has_all = row[c.T_GRANTED] == row[c.T_END] - 1 and mission(yard, name).unit is not None
    return bool(has_all) and agent.ground.mps > 1.0 and agent.ground.left_m() > 10.0


def test_a_truck_that_does_not_drive_is_named_and_led_anew_when_a_person_has_looked():
    yard = LiarYard(small_work(20), 161)
    while not (ending := [n for n, a in yard.agents.items() if is_on_its_last_base(yard, n, a)]):
        yard.tick()
    (name,) = ending[:1]
    yard.restart_truck(name, with_order=True)  # it has all of its order and does nothing
    assert yard.agents[name].nodes
    yard._operator = lambda: None
    run(yard, 400)
    assert not mission(yard, name).unfit
    assert "does_not_drive: " + name in {a.detail for a in yard.alerts if a.subject == name}
    yard.handle(TruckPaused(yard.now_ms, name, False, "operator", "begun anew"))
    run(yard, 60)
    assert not yard.controller.persists("truck_waits", name) or yard.agents[name].ground.mps > 0.0
    assert not mission(yard, name).off_road


def test_a_truck_whose_order_cannot_go_on_gets_a_new_one_when_a_person_has_looked():
    yard = LiarYard(small_work(20), 69)
    run(yard, 96)
    yard.restart_truck("T002", along_m=10.0, with_order=True)
    yard._operator = lambda: None
    run(yard, 60)
    assert "order_rejected" in codes(yard, "T002")
    yard.handle(TruckPaused(yard.now_ms, "T002", False, "operator", "towed"))
    run(yard, 20)
    assert not mission(yard, "T002").unfit
    assert yard.breaches == []


def test_a_truck_that_cannot_be_told_its_way_is_an_alarm_and_its_work_goes_to_others():
    yard = LiarYard(small_work(12), 8)
    yard._operator = lambda: None  # nobody comes
    run(yard, 60)
    name = driving(yard)
    order = yard.master.trucks[name].order
    order.extend = lambda command: None  # what the core allocates from now on is lost
    order.movements = {order.told + 3: next(iter(order.movements.values()))}  # and what came before this step
    order.released = order.told + 3
    run(yard, 120)
    assert "no_beginning" in codes(yard, name)
    assert mission(yard, name).unfit
