"""Trucks that lie, servers that restart, strangers who meddle: nothing touches, nothing stands still in silence."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor

from portway.app.storm_live import LiveStorm, run_live_storm, run_restart
from portway.testing.lies import LIES

STORMS, RESTARTS = range(1, 51), range(1, 17)
BROKE_ONCE, RESTARTS_BROKE_ONCE = (334, 435), (69, 72, 80, 97, 159, 161, 176)


def breaches(run: Callable[[int], LiveStorm], seeds: Iterable[int]) -> dict[int, list[str]]:
    """What was broken, by seed; two storms at a time."""
    with ProcessPoolExecutor(2) as pool:
        return {storm.seed: storm.breaches for storm in pool.map(run, seeds) if storm.breaches}


def test_there_are_sixty_ways_to_lie():
    assert len({lie.name for lie in LIES}) >= 60


def test_a_terminal_among_liars_breaks_no_promise():
    assert breaches(run_live_storm, (*STORMS, *BROKE_ONCE)) == {}


def test_after_a_restart_a_truck_is_led_on_or_a_person_is_called():
    assert breaches(run_restart, (*RESTARTS, *RESTARTS_BROKE_ONCE)) == {}
