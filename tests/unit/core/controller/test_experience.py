"""Experience: running means that follow what happens and are not thrown off by one stranded truck."""

import pytest

from portway.core.controller.experience import EXTRA_MS_MAX, SHARE, Experience

BOTH = pytest.mark.parametrize(("learn", "mean"), [("drove", "drive_extra_ms"), ("collected", "collect_extra_ms")])


@BOTH
def test_the_mean_comes_to_what_always_happens(learn, mean):
    seen = Experience()
    for _ in range(400):
        getattr(seen, learn)(77_000)
    assert getattr(seen, mean) == pytest.approx(77_000, rel=1e-3)


@BOTH
def test_one_observation_moves_the_mean_by_its_share_in_the_right_direction(learn, mean):
    start = getattr(Experience(), mean)
    for extra in (0, 600_000):
        seen = Experience()
        getattr(seen, learn)(extra)
        assert getattr(seen, mean) == pytest.approx(start + SHARE * (extra - start))


@BOTH
@pytest.mark.parametrize(("odd", "counts_as"), [(10**9, EXTRA_MS_MAX), (-5_000, 0)])
def test_a_stranded_truck_and_an_early_one_count_within_bounds(learn, mean, odd, counts_as):
    one, two = Experience(), Experience()
    getattr(one, learn)(odd)
    getattr(two, learn)(counts_as)
    assert getattr(one, mean) == getattr(two, mean)


def test_the_two_means_are_learned_apart():
    seen, fresh = Experience(), Experience()
    seen.drove(500_000)
    assert seen.collect_extra_ms == fresh.collect_extra_ms
    seen.collected(500_000)
    assert seen.drive_extra_ms != fresh.drive_extra_ms
    assert seen.collect_extra_ms != fresh.collect_extra_ms


def test_the_spread_is_what_collects_are_off_their_mean():
    steady, changing = Experience(), Experience()
    for n in range(400):
        steady.collected(200_000)
        changing.collected(100_000 if n % 2 else 300_000)
    assert steady.collect_spread_ms == pytest.approx(0, abs=500)
    assert changing.collect_spread_ms == pytest.approx(100_000, rel=0.1)
