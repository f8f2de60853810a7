"""Which yard block takes a box: what a block strategy sees, what it answers, and two strategies.

A truck with a box asks once, when it is about to drive. The answer decides three things: how long this drive is, how
long the truck stands under the yard crane, and what the box costs when it is loaded: boxes for one vessel that all lie
in one block are handed out one after the other by one crane, while the quay cranes wait.
"""

from typing import NamedTuple, Protocol

import numpy as np


class YardView(NamedTuple):
    """The state when one box needs a block. B blocks in the terminal's own order; times in milliseconds.

    All arrays are read-only.
    """

    block_ids: list[str]  # B
    free_slots: np.ndarray  # (B,) int64: slots neither taken nor promised; 0 or less: the block is full
    slots: np.ndarray  # (B,) int64: all slots, above 0
    drive_ms: np.ndarray  # (B,) int64: loaded drive from the truck to the block
    crane_wait_ms: np.ndarray  # (B,) int64: wait for the yard crane if the truck drove there now
    same_vessel: np.ndarray  # (B,) int64: boxes in the block that leave with the same vessel
    load_drive_ms: np.ndarray  # (B,) int64: drive from the block to the quay where the box is expected to be loaded


class BlockStrategy(Protocol):
    """Chooses a block for a box."""

    def choose(self, view: YardView) -> int | None:
        """Row of a block with a free slot; None when there is none. Ties go to the first row."""
        ...


class NearestBlock:
    """The nearest block with a free slot; all other costs are left out."""

    def choose(self, view: YardView) -> int | None:
        """Row of the nearest block that is not full."""
        return _least(view, view.drive_ms.astype(float))


class BalancedBlockParameters(NamedTuple):
    """Weights of the cost, in milliseconds per millisecond, and two prices in milliseconds."""

    drive: float = 1.0
    crane_wait: float = 1.0  # of the truck under the yard crane
    load_drive: float = 0.0  # of the later drive to the vessel
    same_vessel_ms: float = 1_000.0  # a box of the same vessel in the block
    full_ms: float = 0.0  # the last slot of a block; falls steeply with free space
    full_power: float = 60.0  # how steeply


class BalancedBlock:
    """The block with the least drive, wait for its crane and crowding by the same vessel.

    The queue at each yard crane is weighed against the way to it, so trucks spread over the near blocks before a queue
    forms; the third cost spreads one vessel's boxes, so that its loading is not one crane's work.
    """

    def __init__(self, parameters: BalancedBlockParameters | None = None) -> None:
        self._p = parameters or BalancedBlockParameters()

    def choose(self, view: YardView) -> int | None:
        """Row of the cheapest block that is not full."""
        p = self._p
        cost = p.drive * view.drive_ms + p.crane_wait * view.crane_wait_ms + p.load_drive * view.load_drive_ms
        filled = 1.0 - np.maximum(view.free_slots, 0) / view.slots
        cost = cost + p.same_vessel_ms * view.same_vessel + p.full_ms * filled**p.full_power
        return _least(view, cost)


def _least(view: YardView, cost: np.ndarray) -> int | None:
    """Row of the least cost among blocks with a free slot."""
    open_rows = np.flatnonzero(view.free_slots > 0)
    return int(open_rows[np.argmin(cost[open_rows])]) if len(open_rows) else None
