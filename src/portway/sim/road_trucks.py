"""Road trucks inside a live terminal, simulated: each follows what it has been shown and says where it is.

In a simulated run all trucks drive in kernels (`sim.driving`). Live, everything moves by single reports, so a road
truck that is simulated has to report so, too. It brakes for the end of what is released to it and drives slower than
our trucks do.
"""

import math
from collections.abc import Sequence
from typing import get_args

from portway.core.commands import AdmitRoadTruck, ExtendBase, RoadTruckCommand, RoadTruckLeft
from portway.core.events import TruckReported
from portway.core.routing.traffic_map import TrafficMap
from portway.sim.device import Device

STEP_MS = 500
SPEED_MPS, ACCEL_MPS2, BRAKE_MPS2 = 5.5, 0.6, 0.8


class RoadTruck:
    """One road truck; `step` is the movement whose end it has reached last."""

    def __init__(self, step: int = 0) -> None:
        self.step, self.at_m, self.mps = step, 0.0, 0.0
        self.way: list[tuple[int, float]] = []  # step and length, metres, of what is released ahead


class SimRoadTrucks(Device[RoadTruckCommand | ExtendBase]):
    """All road trucks inside."""

    takes = (*get_args(RoadTruckCommand), ExtendBase)

    def __init__(self, traffic_map: TrafficMap, ours: Sequence[str]) -> None:
        """What is said to `ours` is not for road trucks."""
        self._ours = frozenset(ours)
        self._length_m = traffic_map.length_m
        self.trucks: dict[str, RoadTruck] = {}
        self._moved_ms = 0

    def apply(self, command: RoadTruckCommand | ExtendBase, now_ms: int) -> None:
        """One comes in, is shown more of its way, or has left. Those that were inside before a restart are known by
        their way."""
        if command.truck in self._ours:
            return
        if not self.trucks:
            self._moved_ms = now_ms
        if isinstance(command, RoadTruckLeft):
            self.trucks.pop(command.truck, None)
        elif isinstance(command, AdmitRoadTruck):
            self.trucks[command.truck] = RoadTruck()
        elif command.base:
            truck = self.trucks.setdefault(command.truck, RoadTruck(command.step - 1))
            known = {step for step, _ in truck.way}
            new = [(command.step + i, float(self._length_m[m])) for i, m in enumerate(command.base)]
            if not truck.way:
                truck.step = command.step - 1
            truck.way += [(step, length) for step, length in new if step not in known]

    def next_ms(self) -> int:
        """When one of them will have moved."""
        return self._moved_ms + STEP_MS if any(t.way for t in self.trucks.values()) else 1 << 60

    def take(self, now_ms: int) -> list[TruckReported]:
        """Drive until now; what those say that have moved, or have just stopped."""
        if now_ms < self._moved_ms + STEP_MS:
            return []
        dt_s, self._moved_ms = min(now_ms - self._moved_ms, 2 * STEP_MS) / 1000, now_ms
        moved = [name for name, truck in sorted(self.trucks.items()) if truck.way and _move(truck, dt_s)]
        return [
            TruckReported(now_ms, name, t.step, round(t.at_m, 2), t.mps == 0.0)
            for name in moved if (t := self.trucks[name])
        ]  # fmt: skip


def _move(truck: RoadTruck, dt_s: float) -> bool:
    """Drive for a moment, never beyond what is released; whether it has moved."""
    left_m = sum(length for _, length in truck.way) - truck.at_m
    allowed = min(SPEED_MPS, math.sqrt(2 * BRAKE_MPS2 * max(0.0, left_m)))
    truck.mps = min(truck.mps + ACCEL_MPS2 * dt_s, allowed)
    way_m = min(truck.mps * dt_s, left_m)
    if left_m - way_m < 0.1:
        way_m, truck.mps = left_m, 0.0
    truck.at_m += way_m
    while truck.way and truck.at_m >= truck.way[0][1] - 1e-6:
        truck.step, length = truck.way.pop(0)
        truck.at_m = max(0.0, truck.at_m - length)
    if not truck.way:
        truck.at_m = truck.mps = 0.0
    return way_m > 0.0
