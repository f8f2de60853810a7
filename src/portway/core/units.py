"""The only unit conversions of the project: SI floats inside, integer milliseconds for instants.

Names carry quantity, unit and qualifier in that order (`speed_mps_max`); see house rule 5 in `docs/architecture.md`.
"""

MS_PER_S = 1000
MS_PER_MIN = 60_000
MS_PER_H = 3_600_000


def ms_from_s(duration_s: float) -> int:
    """Integer milliseconds nearest to `duration_s` seconds."""
    return round(duration_s * MS_PER_S)


def s_from_ms(duration_ms: int) -> float:
    """Seconds in `duration_ms` milliseconds."""
    return duration_ms / MS_PER_S


def h_from_ms(duration_ms: int) -> float:
    """Hours in `duration_ms` milliseconds."""
    return duration_ms / MS_PER_H


def ms_from_h(duration_h: float) -> int:
    """Integer milliseconds nearest to `duration_h` hours."""
    return round(duration_h * MS_PER_H)
