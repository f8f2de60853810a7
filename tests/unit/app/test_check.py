"""`check_terminal`: the built-in terminals pass, and each planted fault is found where it lies."""

import msgspec
import pytest

from portway.app.check import check_terminal
from portway.app.config import load_scenario
from portway.core.model import Fleet, Lane, Node, Place, PlaceKind, Terminal, Truck, TruckType

FLEET = Fleet((TruckType(),), (Truck("T1", "p"),))


def ring(*, lanes=(), places=(), nodes=(), away_m=30.0):
    """A one-way ring of 200 x 100 m with a rest place `p` in a lay-by `away_m` beside its lower side."""
    corners = [Node("a", 0, 0), Node("in", 50, 0), Node("out", 150, 0), Node("b", 200, 0), Node("c", 200, 100)]
    pairs = [("a", "in"), ("in", "out"), ("out", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    layby = Lane("p.lane", "in", "out", ((70, -away_m), (130, -away_m)))
    at_m = (20**2 + away_m**2) ** 0.5 + 30
    return Terminal(
        "ring",
        (*corners, Node("d", 0, 100), *nodes),
        (*(Lane(x + y, x, y) for x, y in pairs), layby, *lanes),
        (Place("p", PlaceKind.PARKING, "p.lane", at_m), *places),
    )


def found(terminal, fleet=FLEET):
    return [(f.severity, f.item) for f in check_terminal(terminal, fleet)]


@pytest.mark.parametrize("name", ["huashan", "yangluo"])
def test_built_in_terminals_have_no_findings(name):
    scenario = load_scenario(name)
    assert check_terminal(scenario.terminal, scenario.fleet) == []


def test_a_sound_ring_has_no_findings():
    assert found(ring()) == []


def test_a_dead_end_is_found():
    assert ("error", "z") in found(ring(nodes=[Node("z", 300, 0)], lanes=[Lane("bz", "b", "z")]))


def test_a_place_without_a_way_back_is_found():
    spur = ring(
        nodes=[Node("z", 300, 0)], lanes=[Lane("bz", "b", "z")], places=[Place("q", PlaceKind.BUFFER, "bz", 50)]
    )
    assert ("error", "q") in found(spur)


def test_a_forbidden_turn_can_cut_a_place_off():
    terminal = msgspec.structs.replace(ring(), turns_forbidden=(("ain", "p.lane"),))
    assert ("error", "p") in found(terminal)


def test_too_few_rest_places_and_shared_homes_are_found():
    fleet = Fleet((TruckType(),), (Truck("T1", "p"), Truck("T2", "p")))
    assert found(ring(), fleet) == [("error", "fleet"), ("error", "p")]


def test_a_truck_resting_on_a_through_lane_is_an_error_and_a_short_wait_a_warning():
    assert ("error", "p") in found(ring(away_m=2.5))
    terminal = ring(away_m=2.5)
    waiting = tuple(msgspec.structs.replace(p, kind=PlaceKind.BUFFER) for p in terminal.places)
    assert ("warning", "p") in found(msgspec.structs.replace(terminal, places=waiting), Fleet((TruckType(),), ()))


def test_lanes_closer_than_a_truck_is_wide_are_found():
    close = ring(
        nodes=[Node("x", 60, 103), Node("y", 140, 103)],
        lanes=[Lane("yx", "y", "x"), Lane("xd", "x", "d"), Lane("cy", "c", "y")],
    )
    assert ("warning", "cd") in found(close)


def test_two_places_on_one_lane_block_each_other():
    terminal = ring()
    second = Place("q", PlaceKind.PARKING, "p.lane", terminal.places[0].at_m + 18)
    assert ("error", "q") in found(msgspec.structs.replace(terminal, places=(*terminal.places, second)))


def test_overlapping_rest_places_and_places_at_a_bend_are_found():
    lane = Lane("q.lane", "in", "out", ((70, -31.0), (130, -31.0)))
    items = found(ring(lanes=[lane], places=[Place("q", PlaceKind.PARKING, "q.lane", 40.0)]))
    assert items.count(("error", "p")) >= 1
    assert ("error", "q") in items
