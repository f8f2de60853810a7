"""Simulated trucks: told by traffic control what they may drive, they drive it and report, many in one kernel call.

Where they are, and why they are late, is theirs; the core learns of it by what they report.
"""

from typing import NamedTuple

import numpy as np

from portway.core.routing.inspection import has_plan
from portway.core.routing.traffic import Traffic
from portway.sim import driving
from portway.sim.driving import Fleet

LOG_ROWS = 16_384
EVENTS_PER_TRUCK = 64
ROAD_TRUCK_SLOW_PCT = 40  # road trucks drive as they like: a movement takes up to so much longer than planned


class Lateness(NamedTuple):
    """How often a movement takes how much longer than its profile says; each truck has a stream of its own."""

    probability: float = 0.0
    delay_ms: int = 20_000
    seed: int = 0


PUNCTUAL = Lateness()


class SimTrucks:
    """The trucks of a terminal, by their rows in traffic control: ours, and behind them the road trucks."""

    def __init__(self, traffic: Traffic, lateness: Lateness = PUNCTUAL, ours: int | None = None) -> None:
        """`ours` rows are not road trucks; all of them when it is left out."""
        count = len(traffic.trucks)
        self._traffic = traffic
        self._fleet = Fleet(
            np.zeros((count, driving.F_COLUMNS), np.int64), np.zeros((count * EVENTS_PER_TRUCK + 64, 2), np.int64),
            np.zeros(driving.K_COLUMNS, np.int64), np.zeros((LOG_ROWS, driving.LOG_COLUMNS), np.int64),
        )  # fmt: skip
        self._fleet.trucks[count if ours is None else ours :, driving.F_SLOW_PCT] = ROAD_TRUCK_SLOW_PCT
        self.be_late(lateness)
        self._driven: list[np.ndarray] = []

    def be_late(self, lateness: Lateness) -> None:
        """From now on movements are late as that says."""
        self._fleet.known[driving.K_SEED] = lateness.seed
        self._fleet.known[driving.K_LATE_PPM] = round(1e6 * lateness.probability)
        self._fleet.known[driving.K_LATE_MS] = lateness.delay_ms

    def drive(self, until_ms: int) -> None:
        """Drive and report up to an instant, or until some have come to the end of their plans."""
        known, log = self._fleet.known, self._fleet.log
        while True:
            table, roads = self._traffic.link()
            driving.drive(table, roads, self._fleet, until_ms)
            if known[driving.K_LOGGED] < len(log):
                return
            self._drain_log()
            if table.clock[driving.C_ENDED]:
                return

    def next_ms(self) -> int:
        """When the next thing happens to one of them; `driving.FOREVER` if nothing will."""
        if self._traffic.clock[driving.C_TOLD]:
            return self._traffic.now_ms
        return int(self._fleet.agenda[0, 0]) if self._fleet.known[driving.K_EVENTS] else driving.FOREVER

    def stuck(self) -> list[int]:
        """Rows of trucks with a way before them that never go on: nothing is going to happen any more."""
        if self.next_ms() < driving.FOREVER:
            return []
        return [n for n in range(len(self._fleet.trucks)) if has_plan(self._traffic, n)]

    # -- what they have done ------------------------------------------------------------------------------------

    def _drain_log(self) -> None:
        self._driven.append(self._fleet.log[: self._fleet.known[driving.K_LOGGED]].copy())
        self._fleet.known[driving.K_LOGGED] = 0

    def drives(self) -> np.ndarray:
        """Movements that have ended, rows (truck, movement, start_ms, end_ms, profile, extra_ms)."""
        self._drain_log()
        self._driven = [np.concatenate(self._driven)]
        return self._driven[0]

    def under_way(self) -> np.ndarray:
        """Movements under way in rows of the same kind, with their expected ends."""
        rows = np.flatnonzero(self._fleet.trucks[:, driving.F_MOVING])
        _, movement, start, profile, extra = self._fleet.trucks[rows, : driving.F_DRAWS].T
        durations = self._traffic.map.arrays.dur_ms
        duration = durations[profile, movement]
        spare = duration * extra // durations[profile - profile % 3, movement]
        return np.column_stack((rows, movement, start, start + duration + spare, profile, extra))

    # -- where they are -----------------------------------------------------------------------------------------

    def at(self, at_ms: int) -> np.ndarray:
        """x, y (m), heading (rad), speed (m/s) of every row (N, 4), as `Positions`: exact."""
        traffic, out = self._traffic, np.zeros((len(self._fleet.trucks), 4))
        stops, durations = traffic.map.stop_pose, traffic.map.arrays.dur_ms
        driving.where(traffic.link()[0], self._fleet, traffic.map.paths, durations, stops, at_ms, out)
        return out

    def quality(self, at_ms: int) -> np.ndarray:
        """All good."""
        return np.zeros(len(self._fleet.trucks))
