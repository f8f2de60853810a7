"""Which vessel goes to which berth: what a berth strategy sees, what it answers, and two strategies.

It is asked whenever a vessel has come or a berth has become free. An answer moors one vessel; it is asked again while
berths and vessels are left.
"""

from typing import NamedTuple, Protocol

import numpy as np


class BerthView(NamedTuple):
    """The state at one decision. Q free berths and V waiting vessels; times in milliseconds. Arrays are read-only."""

    now_ms: int
    berth_ids: list[str]  # Q, sorted by the terminal's own order
    vessel_ids: list[str]  # V, in the order in which they came
    arrived_ms: np.ndarray  # (V,) int64: when the vessel came
    work_ms: np.ndarray  # (V,) int64: time at the berth that the vessel's boxes need at the cranes' full pace
    discharge_ms: np.ndarray  # (Q, V) int64: drives of the boxes that come off, to the free slots nearest to the berth
    load_ms: np.ndarray  # (Q, V) int64: drives of the boxes that go on board, from where they lie; both added up


class BerthStrategy(Protocol):
    """Chooses a berth and a vessel."""

    def choose(self, view: BerthView) -> tuple[int, int] | None:
        """(berth row, vessel row); None: all wait, always so without a free berth or a vessel. Ties: first row."""
        ...


class FirstCome:
    """The vessel that came first, at the first free berth."""

    def choose(self, view: BerthView) -> tuple[int, int] | None:
        """(berth row, vessel row)."""
        if not view.berth_ids or not view.vessel_ids:
            return None
        return 0, int(np.argmin(view.arrived_ms))


class ShortestFirstParameters(NamedTuple):
    """How far a short call may overtake, and what makes a berth near."""

    patience: float = 0.25  # milliseconds of work that a millisecond of waiting makes up for
    load: float = 0.0  # weight of a drive to the vessel against one from it


class ShortestFirst:
    """The vessel with the least work, at the free berth with room in the yard near it.

    Shortest processing time first has the least mean time in port on one machine (Smith 1956, "Various optimizers for
    single-stage production", Naval Research Logistics Quarterly 3). What a vessel has waited is taken off its work, so
    that a long call is not overtaken for ever. Drives from the vessel count more than drives to it: a quay crane waits
    for the truck to come back, while boxes to be loaded are asked for ahead.
    """

    def __init__(self, parameters: ShortestFirstParameters | None = None) -> None:
        self._p = parameters or ShortestFirstParameters()

    def choose(self, view: BerthView) -> tuple[int, int] | None:
        """(berth row, vessel row)."""
        if not view.berth_ids or not view.vessel_ids:
            return None
        vessel = int(np.argmin(view.work_ms - self._p.patience * (view.now_ms - view.arrived_ms)))
        drive_ms = view.discharge_ms[:, vessel] + self._p.load * view.load_ms[:, vessel]
        return int(np.argmin(drive_ms)), vessel
