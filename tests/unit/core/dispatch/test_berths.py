"""Every berth strategy moors one waiting vessel at one free berth, and the same way for the same view."""

import numpy as np
import pytest

from portway.core.dispatch.berth import BerthStrategy, BerthView, FirstCome, ShortestFirst, ShortestFirstParameters

STRATEGIES = {"first_come": FirstCome, "shortest_first": ShortestFirst}
HOUR = 3_600_000


def view(
    arrived_h: list[float], work_h: list[float], drive_ms: list[list[int]], load_ms: list[list[int]] | None = None
) -> BerthView:
    """At ten o'clock; a row of drives for each berth."""
    v = len(arrived_h)
    return BerthView(
        10 * HOUR, [f"Q{i}" for i in range(len(drive_ms))], [f"V{i}" for i in range(v)],
        np.array(np.array(arrived_h) * HOUR, np.int64), np.array(np.array(work_h) * HOUR, np.int64),
        np.array(drive_ms, np.int64).reshape(len(drive_ms), v),
        np.array(load_ms or np.zeros((len(drive_ms), v)), np.int64),
    )  # fmt: skip


@pytest.fixture(params=sorted(STRATEGIES))
def strategy(request) -> BerthStrategy:
    """Each strategy as it comes."""
    return STRATEGIES[request.param]()


@pytest.mark.parametrize(("berths", "vessels"), [(0, 0), (0, 2), (2, 0)])
def test_without_a_berth_or_a_vessel_nobody_moors(strategy, berths, vessels):
    assert strategy.choose(view([1.0] * vessels, [5.0] * vessels, [[0] * vessels] * berths)) is None


def test_one_berth_and_one_vessel_come_together(strategy):
    assert strategy.choose(view([9.0], [5.0], [[100]])) == (0, 0)


def test_a_tie_goes_to_the_first_rows(strategy):
    assert strategy.choose(view([9.0, 9.0], [5.0, 5.0], [[1, 1], [1, 1]])) == (0, 0)


def test_drawn_views_get_valid_rows_and_twice_the_same(strategy):
    rng = np.random.default_rng(3)
    for _ in range(200):
        q, v = (int(n) for n in rng.integers(1, 6, 2))
        drawn = view(
            rng.uniform(0, 10, v).tolist(), rng.uniform(1, 9, v).tolist(), rng.integers(0, 99, (q, v)).tolist()
        )
        berth, vessel = strategy.choose(drawn)
        assert (berth, vessel) == strategy.choose(drawn)
        assert 0 <= berth < q
        assert 0 <= vessel < v


def test_first_come_moors_the_vessel_that_came_first():
    assert FirstCome().choose(view([9.0, 8.0], [1.0, 9.0], [[0, 0], [0, 0]])) == (0, 1)


def test_shortest_first_moors_the_shorter_call_at_the_berth_with_the_shorter_drives():
    seen = view([9.0, 9.5], [6.0, 3.0], [[10, 50], [20, 40]], load_ms=[[0, 10], [0, 90]])
    assert ShortestFirst().choose(seen) == (1, 1)
    assert ShortestFirst(ShortestFirstParameters(load=1.0)).choose(seen) == (0, 1)


def test_a_vessel_that_has_waited_long_is_not_overtaken_for_ever():
    waiting = view([0.0, 10.0], [5.0, 4.0], [[0, 0]])
    assert ShortestFirst().choose(waiting) == (0, 0)
    assert ShortestFirst(ShortestFirstParameters(patience=0.0)).choose(waiting) == (0, 1)
