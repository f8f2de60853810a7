"""Points on a B-spline curve.

Carl de Boor, *A Practical Guide to Splines*, 1978, chapter X (his recurrence, evaluated for all parameters at once).
A rational curve is one in homogeneous coordinates, divided by its last (Piegl and Tiller, *The NURBS Book*, eq. 4.5).
"""

import numpy as np
from numpy.typing import ArrayLike


def curve_points(knots: ArrayLike, controls: ArrayLike, degree: int, at: ArrayLike) -> np.ndarray:
    """Points (K, D) of the curve of `controls` (N, D) over `knots` (N + degree + 1,) at parameters `at` (K,), which lie
    between the knots `degree` and N. Knots do not fall; nothing else is checked."""
    t, points, u = np.asarray(knots, float), np.asarray(controls, float), np.asarray(at, float)
    span = np.clip(np.searchsorted(t, u, side="right") - 1, degree, len(points) - 1)
    near = [points[span - degree + j] for j in range(degree + 1)]
    for level in range(1, degree + 1):
        for j in range(degree, level - 1, -1):
            low, high = t[span - degree + j], t[span + 1 + j - level]
            width = high - low
            share = np.divide(u - low, width, out=np.zeros_like(u), where=width > 0.0)[:, None]
            near[j] = (1.0 - share) * near[j - 1] + share * near[j]
    return near[degree]
