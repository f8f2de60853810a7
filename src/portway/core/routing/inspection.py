"""What those who watch ask of traffic: who waits for what, which way lies ahead, who is under way. Reads only."""

import numpy as np

from portway.core.kernels import columns as c
from portway.core.routing.traffic import Traffic


def lacks(traffic: Traffic, truck: int) -> int:
    """The resource that a truck with a plan waits for, -1 when it waits for none."""
    row = traffic.trucks[truck]
    waits = row[c.T_GRANTED] + 1 < row[c.T_END]
    return int(row[c.T_BLOCKED]) if waits else -1


def first_before(traffic: Traffic, resource: int, truck: int) -> int:
    """The other truck whose turn comes first on a resource, -1 when there is none."""
    uses = traffic.uses[resource, : int(traffic.count[resource]), c.WHO]
    return next((int(who) for who in uses if int(who) != truck), -1)


def has_plan(traffic: Traffic, truck: int) -> bool:
    """Whether a truck has a way to drive that is not allocated to it."""
    row = traffic.trucks[truck]
    return bool(row[c.T_GRANTED] + 1 < row[c.T_END])


def progress(traffic: Traffic) -> list[list[int]]:
    """By truck, what changes whenever it is allocated a movement, or has driven one."""
    return traffic.trucks[:, [c.T_GRANTED, c.T_PASSED]].tolist()


def way_ahead(traffic: Traffic, truck: int, horizon: int) -> tuple[list[int], list[int]]:
    """Movements that a truck may drive, and up to `horizon` that it has claimed behind them; none for one that stands
    at the end of its plan."""
    row, steps = traffic.trucks[truck], traffic.plan_mv[truck]
    first = int(row[c.T_STEP]) + (0 if row[c.T_MOVING] else 1)
    granted, end = int(row[c.T_GRANTED]), int(row[c.T_END])
    if first >= end:
        return [], []
    base = [int(steps[s % c.RING]) for s in range(first, granted + 1)]
    return base, [int(steps[s % c.RING]) for s in range(granted + 1, min(end, granted + horizon))]


def goals(traffic: Traffic) -> list[int]:
    """Stops where plans end, each once."""
    return np.unique(traffic.trucks[:, c.T_GOAL]).tolist()


def granted_step(traffic: Traffic, truck: int) -> int:
    """The last step that is allocated to a truck."""
    return int(traffic.trucks[truck, c.T_GRANTED])
