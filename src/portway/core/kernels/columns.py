"""What kernels share: the table of traffic control, the names of its columns, and how long "for ever" is.

N trucks, R resources, CAP uses each, S stops. All integers; instants in milliseconds since the start of the run.
"""

import numpy as np
from numba import njit

from portway.core.kernels.grouped import grouped, made_by


@grouped
class Table:
    """Who uses what in which order, and what is known and wanted of every truck.

    One owner (`core.routing.Traffic`) makes it; kernels change it in place.
    """

    uses: np.ndarray  # (R, CAP, 4): the uses of each resource in their order of passage; columns TIN..STEP_NO
    used: np.ndarray  # (R,) of them
    trucks: np.ndarray  # (N, T_COLUMNS)
    plan_mv: np.ndarray  # (N, RING) int32: movement of step i at i % RING
    plan_level: np.ndarray  # (N, RING) int8: level at which it ends
    clock: np.ndarray  # (CLOCK_COLUMNS,)
    told: np.ndarray  # (4N + 16,): trucks told to set out, `clock[C_TOLD]` of them, that have not been looked up yet
    ended: np.ndarray  # (4N + 16,): trucks at the end of their plans, `clock[C_ENDED]` of them, not looked up yet


@made_by(Table)
@njit(cache=True)
def make_table(*fields):
    """See `grouped`."""
    return Table(*fields)


@grouped
class Scratch:
    """Room for a search, filled and forgotten; L labels, S stops."""

    labels: np.ndarray  # (L, search.L_COLUMNS)
    heap: np.ndarray  # (L + 1, 2)
    best: np.ndarray  # (S, CAP + 1, 3): earliest label of (stop, gap, level)
    stamp: np.ndarray  # (S, CAP + 1, 3): the search that wrote `best`
    way: np.ndarray  # (steps, 5): the plan found, as `uses.commit` takes it
    touched: np.ndarray  # (T,): resources that a withdrawn plan used


@made_by(Scratch)
@njit(cache=True)
def make_scratch(*fields):
    """See `grouped`."""
    return Scratch(*fields)


TIN, TOUT, WHO, STEP_NO = 0, 1, 2, 3  # columns of `uses`

T_MOVING = 0  # 1 while a movement is under way, as far as is known
T_STOP = 1  # stop where it stands, or the end of its movement
T_STEP = 2  # step under way, or the last one done
T_END = 3  # first step after the plan
T_GRANTED = 4  # last step whose resources it holds
T_START_MS = 5  # start of the movement
T_PROFILE = 6  # profile of the movement (final once decided)
T_DECIDED = 7  # 1 once it is known whether it rolls on
T_LOAD = 8
T_BLOCKED = 9  # resource that it waits for, -1 none
T_SINCE_MS = 10  # waiting since
T_LEVEL_IN = 11
T_DONE = 12  # 1 once the end of the plan was reported
T_HELD_MS = 13  # time spent held on the road so far
T_ETA_MS = 14  # expected arrival at the end of the plan
T_GOAL = 15  # stop where the plan ends
T_STAY_MS = 16  # road trucks: how long they stand at the end of the plan before they are gone; 0 = for ever
T_RETRY_MS = 17  # no better plan is looked for before this instant
T_PATIENCE_MS = 18  # how long it was left alone last time
T_HELD_UNTIL_MS = 19  # a standing truck in a handover: expected end; it leaves only when released. 0 = not held
T_PAUSED = 20  # 1 while it may be allocated nothing
T_PASSED = 21  # last step whose end the truck has reported
T_COLUMNS = 22

RING = 256
FOREVER = 1 << 60

C_NOW, C_DIRTY, C_MODE, C_TOLD, C_ENDED = 0, 1, 2, 3, 4
C_AHEAD = 5  # so many steps are allocated beyond the last one passed, before a truck asks
CLOCK_COLUMNS = 6

BY_PLAN, FIRST_COME = 0, 1  # C_MODE
