"""The bridge answers the challenge's hooks with what the strategies choose; the challenge itself is not needed here."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks/peers"))

import wsc2025
from wsc2025_bridge import Bridge, Strategies
from wsc2025_challenge import ChallengeError, Result, open_challenge

from portway.core.dispatch import Nearest, RollingHorizon
from portway.core.dispatch.berth import FirstCome, ShortestFirst, ShortestFirstParameters
from portway.core.dispatch.yard import BalancedBlock, NearestBlock

START = datetime(2025, 5, 3)

#   B0 (0,100)    B1 (400,100)        1 m/s
#   Q0 (0,0)      Q1 (400,0)


class Thing(SimpleNamespace):
    """An object of the challenge: the same only as itself."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


class Point:
    """A control point."""

    def __init__(self, x_m: float, y_m: float) -> None:
        self.x_m, self.y_m = x_m, y_m


class Truck:
    """As the challenge's: distance and speed are the class's."""

    speed = 1.0

    def __init__(self, name: str, at: Point) -> None:
        self.id, self.current_location, self.targeted_yb, self.loaded_container = name, at, None, None

    @staticmethod
    def calculate_distance(a: Point, b: Point) -> float:
        """Manhattan."""
        return abs(a.x_m - b.x_m) + abs(a.y_m - b.y_m)


class Nobody:
    """A heuristic that must not be asked."""


def box(name: str, vessel: str, at: Point | None = None, block: Thing | None = None, week: int = 0) -> Thing:
    """A box on its way to the yard, or lying in a block."""
    return Thing(
        id=name, loading_vessel_id=vessel, discharging_vessel_id="far", week=week, current_location=at,
        block_stacked=block, in_discharging=block is None,
    )  # fmt: skip


def vessel(name: str, boxes: int, hours_ago: float = 0.0, loads: dict | None = None) -> Thing:
    """A vessel in its second week; it is ten hours after the start."""
    came = START + timedelta(hours=10 - hours_ago)
    return Thing(
        id=name, week=1, arrival_time=came, required_qc_count=3, discharging_containers_information={"x": boxes},
        loading_containers_information=loads,
    )  # fmt: skip


@pytest.fixture
def port() -> Thing:
    """Two berths, two blocks, two trucks: the terminal of the drawing."""
    quay, yard = [Point(0, 0), Point(400, 0)], [Point(0, 100), Point(400, 100)]
    blocks = [Thing(id=f"B{i}", cp=p, capacity=10, reserved_slots=0, stacked_containers=[]) for i, p in enumerate(yard)]
    berths = [Thing(id=f"Q{i}", equipped_qcs=[Thing(cp=p)]) for i, p in enumerate(quay)]
    trucks = [Truck(f"T{i}", p) for i, p in enumerate(quay)]
    return Thing(
        start_time=START, clock_time=START + timedelta(hours=10), yard_blocks=blocks, berths=berths, agvs=trucks,
        berth_being_idle=Thing(completed_list=list(berths)),
        agv_being_idle=Thing(completed_list=list(trucks), containers_pending=[]),
        agv_delivering_to_yard=Thing(processing_list=[]), agv_holding_at_yard=Thing(completed_list=[]),
        container_dwelling=Thing(completed_list=[]),
    )  # fmt: skip


def test_blocks_are_spread_when_a_crane_is_busy(port):
    truck, chosen = port.agvs[0], []
    bridge = Bridge(port, Nobody(), Strategies(block=BalancedBlock()))
    for i in range(8):
        truck.loaded_container = box(f"C{i}", "v")
        chosen.append(bridge.customeized_determine_yard_block(truck).id)
    assert chosen[0] == "B0"
    assert set(chosen) == {"B0", "B1"}


def test_a_full_yard_is_left_to_the_challenge(port):
    for block in port.yard_blocks:
        block.reserved_slots = 10
    port.agvs[0].loaded_container = box("C", "v")
    assert (
        Bridge(port, Nobody(), Strategies(block=NearestBlock())).customeized_determine_yard_block(port.agvs[0]) is None
    )


def test_without_a_truck_or_with_one_far_away_a_box_waits_or_takes_what_comes_first(port):
    trucks = port.agv_being_idle
    near, far = port.agvs
    bridge = Bridge(port, Nobody(), Strategies(truck=RollingHorizon(), block=NearestBlock()))
    near.loaded_container = box("C0", "v")
    near.targeted_yb = bridge.customeized_determine_yard_block(near)  # on its way to B0, free in 100 s
    port.agv_delivering_to_yard.processing_list.append(near)
    trucks.completed_list, trucks.containers_pending = [far], [box("C1", "v", at=Point(0, 0))]
    assert bridge.customeized_allocated_agvs(trucks.containers_pending[0]) is near  # 200 s against 400 s
    assert bridge.customeized_allocated_agvs(trucks.containers_pending[0]) is far  # asked again: an idle one must go
    trucks.completed_list = []
    trucks.containers_pending.append(box("C2", "v", at=Point(0, 0)))
    assert bridge.customeized_allocated_agvs(trucks.containers_pending[-1]) is None


@pytest.mark.parametrize("strategy", [Nearest(), RollingHorizon()])
def test_the_nearest_idle_truck_fetches_a_box_from_its_block(port, strategy):
    port.agv_being_idle.containers_pending = [box("C", "v", block=port.yard_blocks[1])]
    bridge = Bridge(port, Nobody(), Strategies(truck=strategy))
    assert bridge.customeized_allocated_agvs(port.agv_being_idle.containers_pending[0]).id == "T1"


@pytest.mark.parametrize(("load", "berth"), [(0.0, 0), (10.0, 1)])
def test_a_vessel_is_moored_where_there_is_room_or_near_its_boxes(port, load, berth):
    block = port.yard_blocks[1]
    block.stacked_containers = [box(f"C{i}", "v", block=block) for i in range(7)]
    port.container_dwelling.completed_list = list(block.stacked_containers)
    waiting = [vessel("long", 300), vessel("v", 6, loads={"far": 7})]
    bridge = Bridge(port, Nobody(), Strategies(berth=ShortestFirst(ShortestFirstParameters(load=load))))
    assert bridge.customeized_allocated_berth(waiting) == (port.berths[berth], waiting[1])
    first = Bridge(port, Nobody(), Strategies(berth=FirstCome())).customeized_allocated_berth(waiting)
    assert first == (port.berths[0], waiting[0])


def test_a_strategy_may_let_all_vessels_wait(port):
    waiting = [vessel("v", 100)]
    bridge = Bridge(port, Nobody(), Strategies(berth=Thing(choose=lambda view: None)))
    assert bridge.customeized_allocated_berth(waiting) == (None, waiting[0])


def test_a_folder_that_is_no_checkout_is_named_with_the_cure(tmp_path):
    with pytest.raises(ChallengeError, match=r"git clone .*WSCSimulationChallenge2025") as caught:
        open_challenge(tmp_path / "wsc")
    assert str(tmp_path / "wsc") in str(caught.value)


def test_rows_and_shares_come_from_the_runs():
    totals = {("heuristic", 0): 17.0, ("block", 0): 9.0, ("all", 0): 7.0, ("heuristic", 1): 5.0, ("all", 1): 6.0}
    runs = {key: Result(0.0, total, 0.0, total) for key, total in totals.items()}
    assert wsc2025.shares(runs, 0) == {"block": 80.0, "all": 100.0}
    total, better = wsc2025.rows_of(runs)
    assert (total.id, total.value, total.ok) == ("wsc_total", 7.0, True)
    assert (better.id, better.value, better.ok) == ("wsc_better", 50.0, False)


def test_a_row_without_a_checkout_says_what_to_set(monkeypatch):
    monkeypatch.delenv("PORTWAY_WSC", raising=False)
    for measurement in wsc2025.wsc_measurements():
        value, remark = measurement.measure(True)
        assert value is None
        assert "PORTWAY_WSC" in remark
