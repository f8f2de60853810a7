"""Which swept footprints touch: separating axes between oriented rectangles along sampled ways.

Footprints are rectangles centred on the way, axis along the tangent (Gottschalk, Lin, Manocha 1996, OBBTree, sec. 5:
the separating-axis test). Items are movements; a standing truck is an item with one sample.
"""

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def touch(dx, dy, ca, sa, cb, sb, half_l, half_w):
    """Whether two equal rectangles touch: centre offset (dx, dy), unit axes a and b, half length and half width."""
    dot = abs(ca * cb + sa * sb)
    cross = abs(ca * sb - sa * cb)
    reach_l = half_l + half_l * dot + half_w * cross
    reach_w = half_w + half_l * cross + half_w * dot
    return (
        abs(dx * ca + dy * sa) <= reach_l
        and abs(dy * ca - dx * sa) <= reach_w
        and abs(dx * cb + dy * sb) <= reach_l
        and abs(dy * cb - dx * sb) <= reach_w
    )


@njit(cache=True)
def last_touch(x, y, c, s, a_low, a_high, b_low, b_high, half_l, half_w):
    """Last sample of item a (relative to `a_low`) at which it touches any sample of item b; -1 if it never does."""
    reach2 = 4.0 * (half_l * half_l + half_w * half_w)
    for i in range(a_high - 1, a_low - 1, -1):
        j = b_low
        while j < b_high:
            dx, dy = x[j] - x[i], y[j] - y[i]
            d2 = dx * dx + dy * dy
            if d2 > reach2:
                # samples are at most about a metre apart: nothing can touch before the distance is made up
                skip = int((np.sqrt(d2) - np.sqrt(reach2)) / 1.05)
                j += skip if skip > 1 else 1
                continue
            if touch(dx, dy, c[i], s[i], c[j], s[j], half_l, half_w):
                return i - a_low
            j += 1
    return -1


@njit(cache=True)
def conflicts(x, y, c, s, ptr, half_l, half_w):
    """All touching pairs of items a < b: arrays a, b, last sample of a that touches b, last sample of b touching a."""
    n = len(ptr) - 1
    box = np.empty((n, 4))
    pad = np.sqrt(half_l * half_l + half_w * half_w)
    for i in range(n):
        box[i, 0] = x[ptr[i] : ptr[i + 1]].min() - pad
        box[i, 1] = x[ptr[i] : ptr[i + 1]].max() + pad
        box[i, 2] = y[ptr[i] : ptr[i + 1]].min() - pad
        box[i, 3] = y[ptr[i] : ptr[i + 1]].max() + pad
    by_x = np.argsort(box[:, 0], kind="mergesort")
    first, second, last_first, last_second = [0], [0], [0], [0]
    for p in range(n):
        i = by_x[p]
        for q in range(p + 1, n):
            j = by_x[q]
            if box[j, 0] > box[i, 1]:
                break
            if box[i, 2] > box[j, 3] or box[j, 2] > box[i, 3]:
                continue
            a, b = min(i, j), max(i, j)
            la = last_touch(x, y, c, s, ptr[a], ptr[a + 1], ptr[b], ptr[b + 1], half_l, half_w)
            if la < 0:
                continue
            lb = last_touch(x, y, c, s, ptr[b], ptr[b + 1], ptr[a], ptr[a + 1], half_l, half_w)
            first.append(a)
            second.append(b)
            last_first.append(la)
            last_second.append(lb)
    return (
        np.array(first[1:], np.int32),
        np.array(second[1:], np.int32),
        np.array(last_first[1:], np.int32),
        np.array(last_second[1:], np.int32),
    )


@njit(cache=True)
def nearest_m(x, y, heading, low, high, at_x, at_y, at_heading, rad_max):
    """Metres from a pose to the nearest sample low ... high - 1 whose heading differs by at most `rad_max`; infinite
    when there is none."""
    best = np.inf
    for i in range(low, high):
        if abs((heading[i] - at_heading + np.pi) % (2.0 * np.pi) - np.pi) <= rad_max:
            best = min(best, np.hypot(x[i] - at_x, y[i] - at_y))
    return best
