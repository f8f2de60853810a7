"""To our trucks."""

from portway.core.commands.base import Command


class DriveTo(Command, frozen=True):
    """Send a truck to a place; traffic control has planned it (`eta_ms`)."""

    truck: str
    place: str
    eta_ms: int


class ExtendBase(Command, frozen=True):
    """Live: what a truck may drive. `base` are the movements (indices of the traffic map) that have been allocated to
    it since the last such command, the first of them with number `step`; numbers grow by one for the life of the
    truck. `horizon` are those that it has claimed behind them; they replace all announced before."""

    truck: str
    step: int
    base: tuple[int, ...]
    horizon: tuple[int, ...]


class PauseTruck(Command, frozen=True):
    """Live: a truck shall stop at once, or go on (`paused` false)."""

    truck: str
    paused: bool


class HoldOrders(Command, frozen=True):
    """Live: a truck is told nothing of its way until it is fit again (`held` false). A link begins with all held."""

    truck: str
    held: bool


class CancelOrder(Command, frozen=True):
    """Live: whatever order a truck holds shall be cancelled; `void` says that it is led no longer, so that nothing told
    before counts."""

    truck: str
    void: bool


TruckCommand = DriveTo | ExtendBase | PauseTruck | HoldOrders | CancelOrder
