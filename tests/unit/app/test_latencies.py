"""Percentiles of durations against those of the sorted list; the clock of a rehearsal."""

import time

import numpy as np
import pytest

from portway.app.live.clock import RunClock
from portway.app.live.latencies import SHOWN_S, STEP, Latencies


def test_percentiles_are_those_of_the_list_to_a_twentieth():
    seconds = np.random.default_rng(1).lognormal(-6.0, 1.5, 20_000)
    kept = Latencies()
    for s in seconds:
        kept.add(float(s))
    for percent in (1, 50, 90, 99, 99.9):
        exact = float(np.percentile(seconds, percent))
        assert exact / STEP**2 <= kept.percentile_s(percent) <= exact * STEP**2
    assert kept.percentile_s(100) == seconds.max()
    assert kept.sum_s == pytest.approx(seconds.sum())
    for bound, count in kept.cumulated():
        assert (seconds <= bound / STEP).sum() <= count <= (seconds <= bound).sum()
    assert [b for b, _ in kept.cumulated()] == list(SHOWN_S)


def test_nothing_seen_is_nothing_and_what_is_longer_than_all_buckets_counts():
    kept = Latencies()
    assert kept.percentile_s(99) == 0.0
    kept.add(1000.0)
    assert kept.percentile_s(50) == 1000.0
    assert kept.cumulated()[-1][1] == 0


def test_the_clock_of_a_rehearsal_runs_faster_from_where_it_stood():
    began = time.time() - 50.0
    real, fast = RunClock(began), RunClock(began, 7_000, 20.0)
    assert 50_000 <= real.now_ms() < 51_000
    time.sleep(0.1)
    assert 9_000 <= fast.now_ms() < 30_000
    assert fast.wall_s() == pytest.approx(began + fast.now_ms() / 1000, abs=1.0)


def test_a_wall_clock_that_was_set_back_does_not_hold_the_run():
    clock = RunClock(time.time(), 100_000)
    first = clock.now_ms()
    time.sleep(0.05)
    assert first >= 100_000
    assert clock.now_ms() >= first + 40
