"""NURBS of LIF trajectories as polylines."""

import itertools
from collections.abc import Sequence

import numpy as np

from portway.adapters.layout.polyline import simplified
from portway.core.model.layout import Point
from portway.models.bspline import curve_points

SAMPLES_A_SPAN = 32
TOLERANCE_M = 0.02


def nurbs_problem(degree: int, knots: Sequence[float], controls: int) -> str | None:
    """What is wrong with the numbers of a NURBS, None when nothing is."""
    if controls < degree + 1:
        return f"{controls} control points are too few for degree {degree}; give at least {degree + 1}"
    if len(knots) != controls + degree + 1:
        return f"{len(knots)} knots for {controls} control points of degree {degree}; give {controls + degree + 1}"
    if any(b < a for a, b in itertools.pairwise(knots)):
        return "the knots fall; sort them"
    if knots[degree] >= knots[controls]:
        return "the knots span nothing; let them run from 0 to 1"
    return None


def polyline_of_nurbs(
    degree: int, knots: Sequence[float], points: Sequence[Point], weights: Sequence[float]
) -> list[Point]:
    """Points on the curve (Piegl and Tiller, The NURBS Book, eq. 4.1), within 2 cm; of degree 1 its control points."""
    if degree == 1 and len(set(weights)) == 1:
        return list(points)
    w = np.asarray(weights, float)
    homogeneous = np.column_stack((np.asarray(points, float) * w[:, None], w))
    inner = np.unique(np.asarray(knots[degree : len(points) + 1], float))
    t = np.unique(np.concatenate([np.linspace(a, b, SAMPLES_A_SPAN) for a, b in itertools.pairwise(inner)]))
    value = curve_points(knots, homogeneous, degree, t)
    xy = value[:, :2] / value[:, 2:]
    return simplified([(float(x), float(y)) for x, y in xy], TOLERANCE_M)


def knots_of_polyline(points: int) -> list[float]:
    """Clamped even knots of a degree-1 NURBS through so many points."""
    return [0.0, *(i / (points - 1) for i in range(points)), 1.0]
