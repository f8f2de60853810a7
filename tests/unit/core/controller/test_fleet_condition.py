"""A fleet's condition as one event means the same as that of each of its trucks."""

import pytest

from portway.app.config import load_scenario
from portway.core.commands import HoldOrders
from portway.core.events import FleetCondition, TruckCondition
from portway.testing.vda_yard import VdaYard


def _unheard(truck, at_ms):
    return TruckCondition(at_ms, truck, ("unheard",), "unknown", True, None, None)


def _files(core):
    return {
        truck: (file.faults(), file.since_ms, file.told, core.state.missions[truck].unfit)
        for truck, file in core.fitness.files.items()
    }


@pytest.fixture
def cores():
    """Two alike, whose trucks have been heard."""
    yards = [VdaYard(load_scenario("huashan", {"fleet.trucks": "6"}), 1) for _ in range(2)]
    for yard in yards:
        yard.tick()
    return [(yard.controller, yard.now_ms) for yard in yards]


def test_one_event_for_all_is_that_of_each(cores):
    (alone, at_ms), (together, _) = cores
    names = sorted(alone.fitness.files)
    assert not any(unfit for *_, unfit in _files(alone).values())
    one_by_one = [c for n in names for c in alone.handle(_unheard(n, at_ms))]
    at_once = together.handle(FleetCondition(at_ms, tuple(_unheard(n, at_ms) for n in names)))
    assert one_by_one == at_once
    assert {c.truck for c in at_once if isinstance(c, HoldOrders)} == set(names)
    assert all(unfit for *_, unfit in _files(together).values())
    assert _files(alone) == _files(together)
