"""Crane pace: when a quay crane is expected to be ready for its next handover."""

import pytest

from portway.app.config import load_scenario
from portway.core.controller.crane_pace import CranePace
from portway.core.model.work import Container, JobOrder, MoveKind, YardSlot
from portway.core.work.units import Unit

# QC01 of huashan: 120 s a cycle, 25 s of them over the truck, so 95 s over the ship; 14.5 m a bay at 0.75 m/s.
SHIP_MS, HANDOVER_MS, BAY_MS = 95_000, 25_000, 14.5 / 0.75 * 1000


def unit(kind: MoveKind, bay: int | None = None) -> Unit:
    """A unit of QC01."""
    return Unit((JobOrder("J", kind, Container("B"), quay_crane="QC01", quay_bay=bay, slot=YardSlot("A1", 1, 1, 1)),))


DISCHARGE, LOAD = MoveKind.DISCHARGE, MoveKind.LOAD


@pytest.fixture
def pace() -> CranePace:
    """A crane that has done nothing yet."""
    return CranePace(load_scenario("huashan").terminal, "QC01")


def test_a_discharge_needs_the_way_over_the_ship_and_a_load_does_not(pace):
    assert pace.handover_ms == HANDOVER_MS
    pace.prepare(unit(DISCHARGE, 4), 10_000)
    assert pace.ready_ms == 10_000 + SHIP_MS
    pace.prepare(unit(LOAD, 4), 10_000)
    assert pace.ready_ms == 10_000


def test_after_a_load_the_crane_goes_to_the_ship_first(pace):
    pace.handed_over(unit(LOAD), 100_000)
    pace.prepare(unit(LOAD), 110_000)
    assert pace.ready_ms == 100_000 + SHIP_MS
    pace.prepare(unit(DISCHARGE), 110_000)
    assert pace.ready_ms == 100_000 + 2 * SHIP_MS


def test_after_a_discharge_it_is_free_at_once(pace):
    pace.handed_over(unit(LOAD), 100_000)
    pace.handed_over(unit(DISCHARGE), 300_000)
    pace.prepare(unit(LOAD), 300_000)
    assert pace.ready_ms == 300_000


def test_a_crane_told_long_after_it_became_free_starts_then(pace):
    pace.handed_over(unit(LOAD), 100_000)
    pace.prepare(unit(LOAD), 900_000)
    assert pace.ready_ms == 900_000


@pytest.mark.parametrize(("to_bay", "bays"), [(7, 3), (1, 3), (4, 0)])
def test_travel_along_the_rail_counts_in_both_directions(pace, to_bay, bays):
    pace.prepare(unit(LOAD, 4), 0)
    pace.prepare(unit(LOAD, to_bay), 0)
    assert pace.ready_ms == round(bays * BAY_MS)


def test_the_first_bay_and_an_unknown_bay_cost_no_travel_and_the_last_known_one_is_remembered(pace):
    pace.prepare(unit(LOAD, 12), 0)
    assert pace.ready_ms == 0
    pace.prepare(unit(LOAD), 0)
    assert pace.ready_ms == 0
    pace.prepare(unit(LOAD, 14), 0)
    assert pace.ready_ms == round(2 * BAY_MS)
