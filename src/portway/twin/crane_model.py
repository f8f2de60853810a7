"""Where gantry, trolley and hoist of every crane are, what they draw and how warm their motors get.

A command to a crane becomes a few way-points; the three axes go to each at the speed of their drive (kinematics without
ramps) and hold at the last. Power is weight times speed over efficiency for the hoist and rolling resistance for the
others; motors are lumped heat capacities. Waiting, cycle and handover times are the world's; the model only follows.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from portway.twin.points import Group

WAY_POINTS_MAX = 12
GANTRY, TROLLEY, HOIST = 0, 1, 2
KEEP = -1.0  # load of a way-point that changes nothing


class CraneParameters(NamedTuple):
    """One kind of crane; speeds in m/s, masses in kg."""

    gantry_mps: float
    trolley_mps: float = 2.5
    hoist_mps_loaded: float = 1.2
    hoist_mps_empty: float = 2.2
    gantry_kg: float = 900_000.0
    trolley_kg: float = 28_000.0
    spreader_kg: float = 9_500.0
    rolling: float = 0.006
    efficiency: float = 0.85
    standby_kw: float = 18.0
    motor_capacity: float = 90_000.0  # J/K
    motor_cooling: float = 160.0  # W/K
    ambient: float = 20.0


class WayPoint(NamedTuple):
    """Where the axes shall be, m; `load_kg` on the spreader once they are there, KEEP for no change."""

    gantry: float
    trolley: float
    hoist: float
    load_kg: float = KEEP


NAMES = (
    "gantry.position", "trolley.position", "hoist.position", "gantry.speed", "trolley.speed", "hoist.speed",
    "gantry.power", "trolley.power", "hoist.power", "gantry.motor_temperature", "trolley.motor_temperature",
    "hoist.motor_temperature", "spreader.load", "spreader.locked", "supply.power", "supply.energy",
)  # fmt: skip
AT, SPEED, POWER, MOTOR, LOAD, LOCKED, SUPPLY, ENERGY = 0, 3, 6, 9, 12, 13, 14, 15


class CraneModel:
    """All cranes of one kind; the group's points are theirs."""

    def __init__(self, group: Group, parameters: CraneParameters, at: np.ndarray) -> None:
        """`at` (devices, 3): gantry, trolley and hoist at the start."""
        self._group, self._parameters = group, parameters
        self._rows = np.array([group.row[name] for name in NAMES], np.int64)
        self._index = {name: i for i, name in enumerate(group.devices)}
        self._way = np.zeros((len(group.devices), WAY_POINTS_MAX, 4))
        self._left = np.zeros((len(group.devices), 2), np.int64)  # next way-point, way-points in all
        group.now[:] = 0.0
        for axis in range(3):
            group.now[self._rows[AT + axis]] = at[:, axis]
            group.now[self._rows[MOTOR + axis]] = parameters.ambient
        if group.devices:  # compiled now: a live server has no time for it later
            _step(group.now.copy(), self._rows, self._way.copy(), self._left.copy(), parameters, 1.0)

    def send(self, crane: str, way: list[WayPoint]) -> None:
        """Give a crane other way-points instead of those it had."""
        n = self._index[crane]
        self._way[n, : len(way)] = way
        self._left[n] = 0, len(way)

    def at(self, crane: str) -> WayPoint:
        """Where a crane is, and its load."""
        n = self._index[crane]
        return WayPoint(*(float(self._group.now[self._rows[i], n]) for i in (AT, AT + 1, AT + 2, LOAD)))

    def step(self, dt_s: float) -> None:
        """All cranes go on."""
        if self._group.devices:
            _step(self._group.now, self._rows, self._way, self._left, self._parameters, dt_s)


@njit(cache=True)
def _step(now, r, way, left, p, dt_s):
    for n in range(now.shape[1]):
        rest_s, moved = dt_s, np.zeros(3)
        while rest_s > 1e-9 and left[n, 0] < left[n, 1]:
            target = way[n, left[n, 0]]
            hoist = p.hoist_mps_loaded if now[r[LOAD], n] > 0 else p.hoist_mps_empty
            speed = (p.gantry_mps, p.trolley_mps, hoist)
            needed = 0.0
            for axis in range(3):
                needed = max(needed, abs(target[axis] - now[r[AT + axis], n]) / speed[axis])
            go = min(rest_s, needed)
            for axis in range(3):
                gap = target[axis] - now[r[AT + axis], n]
                part = min(max(gap, -speed[axis] * go), speed[axis] * go)
                now[r[AT + axis], n] += part
                moved[axis] += part
            rest_s -= go
            if go >= needed:
                if target[3] >= 0.0:
                    now[r[LOAD], n], now[r[LOCKED], n] = target[3], 1.0 if target[3] > 0 else 0.0
                left[n, 0] += 1
        _draw(now, r, n, p, moved / dt_s, dt_s)


@njit(cache=True)
def _draw(now, r, n, p, speed, dt_s):
    """Power and heat of the three drives; what the hoist gives back while lowering is used by the others."""
    hung_n = 9.81 * (p.spreader_kg + now[r[LOAD], n])
    resist_n = (9.81 * p.rolling * p.gantry_kg, 9.81 * p.rolling * (p.trolley_kg + hung_n / 9.81), hung_n)
    total = 1000.0 * p.standby_kw
    for axis in range(3):
        v = speed[axis] if axis == HOIST else abs(speed[axis])
        watts = resist_n[axis] * v
        watts = watts / p.efficiency if watts > 0.0 else watts * p.efficiency
        motor = now[r[MOTOR + axis], n]
        lost = (1.0 - p.efficiency) * abs(watts)
        now[r[MOTOR + axis], n] = motor + (lost - p.motor_cooling * (motor - p.ambient)) * dt_s / p.motor_capacity
        now[r[SPEED + axis], n], now[r[POWER + axis], n] = speed[axis], 0.001 * watts
        total += watts
    now[r[SUPPLY], n] = 0.001 * total
    now[r[ENERGY], n] += max(total, 0.0) * dt_s / 3.6e6
