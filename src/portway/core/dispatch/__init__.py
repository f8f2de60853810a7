"""Which truck does which job order, and when. Strategies are one-method classes; add yours to `STRATEGIES`."""

from portway.core.dispatch.gangs import Gangs
from portway.core.dispatch.nearest import Nearest
from portway.core.dispatch.rolling_horizon import RollingHorizon, RollingHorizonParameters
from portway.core.dispatch.strategy import DispatchStrategy, DispatchView

STRATEGIES: dict[str, type[DispatchStrategy]] = {
    "nearest": Nearest,
    "gangs": Gangs,
    "rolling_horizon": RollingHorizon,
}

__all__ = [
    "STRATEGIES",
    "DispatchStrategy",
    "DispatchView",
    "Gangs",
    "Nearest",
    "RollingHorizon",
    "RollingHorizonParameters",
]
