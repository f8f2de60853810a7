"""Kernels equal their `.py_func`, and obey what they promise."""

import math

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import affinity, geometry

from portway.core.kernels import agenda, profile
from portway.core.kernels.geometry import nearest_m, touch

number = st.floats(-20, 20, allow_nan=False)
angle = st.floats(-math.pi, math.pi)


def _rectangle(x: float, y: float, heading: float, half_l: float, half_w: float) -> geometry.Polygon:
    box = geometry.box(-half_l, -half_w, half_l, half_w)
    return affinity.translate(affinity.rotate(box, heading, origin=(0, 0), use_radians=True), x, y)


@settings(max_examples=300, deadline=None)
@given(number, number, angle, angle)
def test_touching_rectangles_are_those_that_shapely_finds(x, y, a, b):
    ours = touch(x, y, math.cos(a), math.sin(a), math.cos(b), math.sin(b), 7.5, 1.5)
    one, two = _rectangle(0, 0, a, 7.5, 1.5), _rectangle(x, y, b, 7.5, 1.5)
    if one.distance(two) > 1e-9 or one.intersection(two).area > 1e-9:
        assert bool(ours) == one.intersects(two)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1.0, 8.0), min_size=5, max_size=40), st.floats(0, 6), st.floats(0, 6))
def test_speeds_keep_every_limit_and_equal_the_python_function(limit, v0, v1):
    limits = np.array(limit)
    out, plain = np.zeros(len(limits)), np.zeros(len(limits))
    args = (limits, 0, len(limits), 1.0, v0, v1, 0.6, 0.7)
    assert profile.speeds_mps(*args, out) == profile.speeds_mps.py_func(*args, plain)
    assert np.allclose(out, plain)
    if profile.speeds_mps(*args, out):
        assert (out <= limits + 1e-6).all()
        assert out[-1] == v1
        assert (np.diff(out**2) <= 2 * 0.6 + 1e-9).all()
        assert (-np.diff(out**2) <= 2 * 0.7 + 1e-9).all()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=60))
def test_the_agenda_gives_events_back_in_order(events):
    heap, size = np.zeros((64, 2), np.int64), 0
    for at, code in events:
        size = agenda.push(heap, size, at, code)
    back = []
    while size:
        back.append((int(heap[0, 0]), int(heap[0, 1])))
        size = agenda.pop(heap, size)
    assert back == sorted(events)


@given(
    st.lists(st.tuples(number, number, st.floats(-10, 10)), max_size=30),
    number,
    number,
    st.floats(-10, 10),
    st.floats(0.01, 3.2),
)
def test_the_nearest_sample_is_that_of_those_that_lead_the_same_way(samples, x, y, heading, rad_max):
    px, py, ph = (np.array([s[i] for s in samples], np.float64) for i in range(3))
    turned = np.abs(np.remainder(ph - heading + math.pi, math.tau) - math.pi)
    assume((np.abs(turned - rad_max) > 1e-9).all())
    wanted = np.where(turned <= rad_max, np.hypot(px - x, py - y), np.inf).min(initial=math.inf)
    for kernel in (nearest_m, nearest_m.py_func):
        found = kernel(px, py, ph, 0, len(samples), x, y, heading, rad_max)
        assert found == wanted or math.isclose(found, wanted, rel_tol=1e-12)
