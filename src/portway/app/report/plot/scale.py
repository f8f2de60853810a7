"""Values on a line of pixels, and the round numbers along it."""

import math
from typing import NamedTuple


def round_step(least: float) -> float:
    """The least of 1, 2, 5, 10, 20, ... that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(f * power for f in (1, 2, 5, 10) if f * power >= least * (1 - 1e-9))


class Scale(NamedTuple):
    """`low` lies at `from_px`, `high` at `to_px`."""

    low: float
    high: float
    from_px: float
    to_px: float

    @property
    def factor(self) -> float:
        """Pixels a unit."""
        return (self.to_px - self.from_px) / ((self.high - self.low) or 1.0)

    def px(self, value: float) -> float:
        """Where a value lies, to a hundredth of a pixel."""
        return round(self.from_px + (value - self.low) * self.factor, 2)

    def ticks(self, apart_px: float, every: float | None = None) -> list[tuple[float, str]]:
        """Round values at least so far apart, and how they are written."""
        step = every or round_step(apart_px / abs(self.factor))
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-6), math.floor(self.high / step + 1e-6)
        return [(k * step, f"{k * step:,.{digits}f}") for k in range(first, last + 1)]
