"""A trajectory of an edge (NURBS, section 6.6.6 of 2.1 and 7.3 of 3.0) as a line of points on the ground.

A curve of degree 1 is its control polygon, whatever its weights. Any other is evaluated in homogeneous coordinates,
so that weights come out as the standard has them, and cut into chords of equal length.
"""

import itertools
import math
from typing import Any

import numpy as np

from portway.adapters.vda5050.versions import Version
from portway.models.bspline import curve_points

DEGREE_MAX = 9
POINTS_MAX = 5_000
CHORD_M = 0.5
FINE_M, FINE_MIN, FINE_MAX = 0.1, 24, 40_000  # the curve is evaluated so densely before it is cut
COORDINATE_M_MAX = 1e7
WAY_M_MAX = 100_000.0  # of all the trajectories of one order

Line = list[tuple[float, float]]


def trajectory_fault(trajectory: Any, version: Version) -> str:
    """What is wrong with a trajectory by itself; empty when nothing is."""
    points = trajectory.control_points
    degree = 1 if trajectory.degree is None else trajectory.degree
    if not 1 <= degree <= DEGREE_MAX:
        return f"degree {degree} of its trajectory; 1 to {DEGREE_MAX} can be driven"
    if not degree + 1 <= len(points) <= POINTS_MAX:
        return f"{len(points)} control points of a trajectory of degree {degree}; {degree + 1} to {POINTS_MAX} are read"
    if not all(abs(v) <= COORDINATE_M_MAX for p in points for v in (p.x, p.y)):
        return f"a control point beyond {COORDINATE_M_MAX:.0f} m is nowhere"
    least = 0.0 if not version.knots_optional else math.ulp(0.0)
    if not all(p.weight is None or least <= p.weight <= 1e9 for p in points):
        return "a weight of its trajectory is out of range"
    if min(_weight(points[0]), _weight(points[-1])) <= 0.0:
        return "the first or last control point has no weight"
    if trajectory.knot_vector is None:
        return "" if version.knots_optional else "its trajectory has no knotVector"
    return _knots_fault(trajectory.knot_vector, len(points), int(degree))


def _knots_fault(knots: list[float], points: int, degree: int) -> str:
    """Length, range, order and multiplicities: a clamped curve in one piece."""
    if len(knots) != points + degree + 1:
        return f"{len(knots)} knots for {points} control points of degree {degree}; {points + degree + 1} are needed"
    if knots[0] < 0.0 or knots[-1] > 1.0 or any(b < a for a, b in itertools.pairwise(knots)):
        return "the knots do not rise from 0 to 1"
    if knots[degree] != knots[0] or knots[-degree - 1] != knots[-1] or knots[0] == knots[-1]:
        return f"its first and last knot must each be there {degree + 1} times"
    inner = knots[degree + 1 : -degree - 1]
    if any(len(list(same)) > degree for _, same in itertools.groupby(inner)):
        return f"a knot is there more than {degree} times: the curve has a gap"
    return "" if not inner or (knots[0] < inner[0] and inner[-1] < knots[-1]) else "the curve has a gap at its end"


def line_of(trajectory: Any) -> Line:
    """Points from the begin to the end of a trajectory that is well formed."""
    points = trajectory.control_points
    degree = int(trajectory.degree or 1)
    if degree == 1:
        return [(p.x, p.y) for p in points]
    knots = np.array(trajectory.knot_vector or _uniform(len(points), degree))
    weight = np.array([_weight(p) for p in points])
    homogeneous = np.array([(p.x, p.y, 1.0) for p in points]) * weight[:, None]
    spans = np.unique(knots)
    fine = max(FINE_MIN, math.ceil(min(FINE_MAX, way_m(trajectory) / FINE_M) / (len(spans) - 1)))
    at = np.unique(np.concatenate([np.linspace(a, b, fine) for a, b in itertools.pairwise(spans)]))
    curve = curve_points(knots, homogeneous, degree, at)
    return _equal_chords(curve[:, :2] / curve[:, 2:])


def way_m(trajectory: Any) -> float:
    """Length of the control polygon, which is at least that of the line."""
    return sum(math.dist((a.x, a.y), (b.x, b.y)) for a, b in itertools.pairwise(trajectory.control_points))


def _equal_chords(line: np.ndarray) -> Line:
    upto = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    count = min(POINTS_MAX, max(2, math.ceil(upto[-1] / CHORD_M) + 1))
    at = np.linspace(0.0, upto[-1], count)
    x, y = np.interp(at, upto, line[:, 0]), np.interp(at, upto, line[:, 1])
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _uniform(points: int, degree: int) -> list[float]:
    """Equidistant knots of a clamped curve, the default of 3.0."""
    spans = points - degree
    return [0.0] * degree + [i / spans for i in range(spans + 1)] + [1.0] * degree


def _weight(point: Any) -> float:
    return 1.0 if point.weight is None else float(point.weight)


def straight(words: Any, start: Any, end: Any) -> Any:
    """The trajectory of an edge that has none: from one node's position to the other's."""
    points = [words.ControlPoint(x=p.x, y=p.y) for p in (start, end)]
    return words.Trajectory(degree=1, knot_vector=[0.0, 0.0, 1.0, 1.0], control_points=points)
