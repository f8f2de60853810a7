"""The assignment kernel against all permutations."""

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from portway.core.kernels.assignment import assign

costs = st.tuples(st.integers(1, 4), st.integers(0, 2)).flatmap(
    lambda n: arrays(np.float64, (n[0], n[0] + n[1]), elements=st.integers(-3, 9).map(float) | st.floats(-1e9, 1e9))
)


def total(cost: np.ndarray, columns) -> float:
    return float(cost[np.arange(len(cost)), list(columns)].sum())


@settings(max_examples=300, deadline=None)
@given(costs)
def test_no_permutation_is_cheaper(cost):
    columns = assign(cost)
    assert len(set(columns.tolist())) == len(cost)
    best = min(total(cost, p) for p in permutations(range(cost.shape[1]), len(cost)))
    assert total(cost, columns) <= best + 1e-6 * max(1.0, abs(best))


@settings(max_examples=60, deadline=None)
@given(costs, st.floats(-1e6, 1e6))
def test_the_same_cost_on_all_pairs_of_a_row_changes_no_total(cost, more):
    dearer = cost.copy()
    dearer[0] += more
    assert abs(total(cost, assign(cost)) - total(cost, assign(dearer))) <= 1e-3
