"""Groups of arrays: one argument in kernels, plain fields outside, pickled and changed as a whole."""

import pickle

import numpy as np
import pytest
from numba import njit

from portway.core.kernels.columns import Scratch
from portway.core.kernels.grouped import changed
from portway.core.routing.traffic_map import MapArrays


def scratch(**fields) -> Scratch:
    shapes = {"labels": (3, 10), "heap": (4, 2), "best": (2, 5, 3), "stamp": (2, 5, 3), "way": (4, 5), "touched": (6,)}
    return Scratch(**{name: np.zeros(shape, np.int64) for name, shape in shapes.items()} | fields)


@njit
def touch(group):
    group.touched[2] = 7
    return group.way.shape[1]


def test_a_kernel_changes_the_arrays_that_python_sees():
    group = scratch()
    assert touch(group) == 5
    assert group.touched.tolist() == [0, 0, 7, 0, 0, 0]
    assert touch.py_func(group) == 5


def test_a_group_is_pickled_with_its_arrays():
    group = scratch(touched=np.arange(6))
    again = pickle.loads(pickle.dumps(group))
    assert isinstance(again, Scratch)
    assert again.touched.tolist() == group.touched.tolist()
    assert touch(again) == 5
    assert again.touched[2] == 7
    assert group.touched[2] == 2


def test_a_changed_group_shares_the_rest():
    group = scratch()
    other = changed(group, touched=np.ones(6, np.int64))
    assert other.way is group.way
    assert group.touched.sum() == 0
    touch(other)
    assert other.touched.tolist() == [1, 1, 7, 1, 1, 1]
    assert group.touched.sum() == 0


@pytest.mark.parametrize("fields", [{"labels": np.zeros(1)}, {"lables": np.zeros(1)}])
def test_a_field_that_is_missing_or_unknown_is_named(fields):
    with pytest.raises(TypeError, match="Scratch has the fields labels, heap, best, stamp, way, touched; given: "):
        Scratch(**fields)


def test_too_many_values_are_refused():
    with pytest.raises(TypeError, match="MapArrays has the fields"):
        MapArrays(*[np.zeros(1)] * 99)
