"""Points on B-spline curves against what can be worked out otherwise."""

import numpy as np
import pytest

from portway.models.bspline import curve_points

SQUARE = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]])


def bezier(points: np.ndarray, u: np.ndarray) -> np.ndarray:
    """De Casteljau's construction, point by point."""
    out = []
    for x in u:
        row = points.copy()
        while len(row) > 1:
            row = (1 - x) * row[:-1] + x * row[1:]
        out.append(row[0])
    return np.array(out)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_one_span_is_a_bezier_curve(degree):
    points, u = SQUARE[: degree + 1], np.linspace(0.0, 1.0, 23)
    knots = [0.0] * (degree + 1) + [1.0] * (degree + 1)
    assert np.allclose(curve_points(knots, points, degree, u), bezier(points, u))


def test_it_begins_and_ends_at_its_ends_and_bends_between_spans():
    knots = [0, 0, 0, 0.4, 1, 1, 1]
    got = curve_points(knots, SQUARE, 2, [0.0, 0.4, 1.0])
    assert np.allclose(got[0], SQUARE[0])
    assert np.allclose(got[1], 0.6 * SQUARE[1] + 0.4 * SQUARE[2]), "the joint lies on the leg of the polygon"
    assert np.allclose(got[2], SQUARE[3])


def test_a_straight_polygon_with_even_knots_is_driven_evenly():
    line = np.column_stack((np.arange(6.0), 2 * np.arange(6.0)))
    u = np.linspace(0.0, 1.0, 50)
    x, y = curve_points([0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1], line, 1, u).T
    assert np.allclose(x, 5 * u)
    assert np.allclose(y, 2 * x)


def test_a_knot_as_often_as_the_degree_is_a_corner():
    knots = [0, 0, 0, 0.5, 0.5, 1, 1, 1]
    points = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [2.0, 2.0]])
    assert np.allclose(curve_points(knots, points, 2, [0.5])[0], [2.0, 0.0])


def test_a_quarter_of_a_circle_is_one_in_homogeneous_coordinates():
    w = np.array([1.0, np.sqrt(0.5), 1.0])
    points = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]) * w[:, None]
    curve = curve_points([0, 0, 0, 1, 1, 1], points, 2, np.linspace(0, 1, 40))
    assert np.allclose(np.hypot(*(curve[:, :2] / curve[:, 2:]).T), 1.0)


def test_the_sum_of_all_influences_is_one_everywhere():
    rng = np.random.default_rng(1)
    for degree in (2, 3, 5, 9):
        inner = np.sort(rng.random(7))
        knots = np.concatenate(([0.0] * (degree + 1), inner, [1.0] * (degree + 1)))
        ones = np.ones((len(knots) - degree - 1, 1))
        assert np.allclose(curve_points(knots, ones, degree, rng.random(200)), 1.0)
