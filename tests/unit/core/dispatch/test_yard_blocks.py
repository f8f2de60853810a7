"""Every block strategy answers with a block that has room, and the same way for the same view."""

import numpy as np
import pytest

from portway.core.dispatch.yard import BalancedBlock, BalancedBlockParameters, BlockStrategy, NearestBlock, YardView

STRATEGIES = {"nearest": NearestBlock, "balanced": BalancedBlock}


def view(drive_ms: list[int], free: list[int] | None = None, **columns: list[int]) -> YardView:
    """Blocks of ten slots; what is not given is zero."""
    n = len(drive_ms)
    given = {name: np.array(columns.get(name, [0] * n), np.int64) for name in YardView._fields[4:]}
    return YardView(
        [f"B{i}" for i in range(n)], np.array(free if free is not None else [10] * n, np.int64),
        np.full(n, 10, np.int64), np.array(drive_ms, np.int64), **given,
    )  # fmt: skip


@pytest.fixture(params=sorted(STRATEGIES))
def strategy(request) -> BlockStrategy:
    """Each strategy as it comes."""
    return STRATEGIES[request.param]()


def test_an_even_yard_gives_the_nearest_block(strategy):
    assert strategy.choose(view([30_000, 20_000, 40_000])) == 1


def test_a_tie_goes_to_the_first_row(strategy):
    assert strategy.choose(view([20_000, 20_000, 20_000])) == 0


def test_a_full_or_overfull_block_is_left_out(strategy):
    assert strategy.choose(view([1_000, 2_000, 90_000], free=[0, -1, 1])) == 2


@pytest.mark.parametrize("blocks", [0, 3])
def test_no_room_gives_no_block(strategy, blocks):
    assert strategy.choose(view([1_000] * blocks, free=[0] * blocks)) is None


def test_drawn_yards_get_a_block_with_room_and_twice_the_same(strategy):
    rng = np.random.default_rng(7)
    for _ in range(200):
        n = int(rng.integers(1, 20))
        free = rng.integers(-1, 10, n).tolist()
        columns = {name: rng.integers(0, 300_000, n).tolist() for name in YardView._fields[4:]}
        drawn = view(rng.integers(0, 300_000, n).tolist(), free, **columns)
        row = strategy.choose(drawn)
        assert row == strategy.choose(drawn)
        assert row is None if max(free) <= 0 else free[row] > 0


def test_the_view_is_not_changed(strategy):
    seen = view([3, 1, 2], crane_wait_ms=[1, 2, 3])
    before = [np.copy(column) for column in seen[1:]]
    strategy.choose(seen)
    assert all(np.array_equal(a, b) for a, b in zip(before, seen[1:], strict=True))


def test_balanced_drives_on_when_the_crane_of_the_nearest_block_is_busy():
    assert BalancedBlock().choose(view([20_000, 50_000], crane_wait_ms=[90_000, 0])) == 1
    assert BalancedBlock().choose(view([20_000, 200_000], crane_wait_ms=[90_000, 0])) == 0


def test_balanced_spreads_the_boxes_of_one_vessel():
    assert BalancedBlock().choose(view([20_000, 25_000], same_vessel=[20, 0])) == 1


def test_balanced_weighs_what_its_parameters_say():
    later = BalancedBlock(BalancedBlockParameters(load_drive=1.0))
    assert later.choose(view([20_000, 30_000], load_drive_ms=[90_000, 10_000])) == 1
    spared = BalancedBlock(BalancedBlockParameters(full_ms=60_000.0, full_power=2.0))
    assert spared.choose(view([20_000, 30_000], free=[1, 9])) == 1
