"""What a quay crane logs: work, gantry travel and waits, one that is not over included."""

import pytest

from portway.core.commands import PrepareMove, StartHandover
from portway.core.model import QuayCrane
from portway.sim.cranes import CraneState, SimQuayCrane
from portway.sim.device import Agenda


@pytest.fixture
def crane():
    machine = QuayCrane("QC01", 1, 9, gantry_mps=1.0, cycle_s_mean=120.0, cycle_s_sd=0.0, handover_s=20.0)
    return SimQuayCrane(machine, 10.0, 1, Agenda())


def _seconds(log, state):
    return sum(to - since for since, to, kind in log if kind == state) / 1000


def test_a_wait_that_is_not_over_counts_up_to_the_end(crane):
    crane.prepare(PrepareMove("QC01", "U1", 5, True, False), 0)
    assert _seconds(crane.log_until(90_000), CraneState.WAITING_TRUCK) == 0
    assert _seconds(crane.log_until(500_000), CraneState.WAITING_TRUCK) == 400
    assert _seconds(crane.log, CraneState.WAITING_TRUCK) == 0


def test_a_wait_that_is_over_counts_once(crane):
    crane.prepare(PrepareMove("QC01", "U1", 5, True, False), 0)
    crane.hand_over(StartHandover("QC01", "T1", ("J1",), True, 5), 150_000)
    assert _seconds(crane.log_until(500_000), CraneState.WAITING_TRUCK) == 50


def test_travel_to_another_bay_is_gantry_time(crane):
    crane.prepare(PrepareMove("QC01", "U1", 8, True, False), 0)
    assert _seconds(crane.log, CraneState.GANTRY) == 30
    assert _seconds(crane.log, CraneState.WORKING) == 100
