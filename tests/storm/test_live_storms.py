"""Trucks that lie, servers that restart, strangers who meddle: nothing touches, nothing stands still in silence."""

import pytest

from portway.app.storm_live import run_live_storm, run_restart
from portway.testing.lies import LIES

SEEDS = range(1, 51)


def test_there_are_sixty_ways_to_lie():
    assert len({lie.name for lie in LIES}) >= 60


@pytest.mark.parametrize("seed", SEEDS)
def test_a_terminal_among_liars_breaks_no_promise(seed):
    assert run_live_storm(seed).breaches == []


@pytest.mark.parametrize("seed", range(1, 25))
def test_after_a_restart_a_truck_is_led_on_or_a_person_is_called(seed):
    assert run_restart(seed).breaches == []
