"""Trucks, cranes and a clock around a live core, without a network: steel that does not always do as planned.

A truck follows its base along the ground, brakes for its end, is slower than planned now and then, and says where it is
about once a second. Reports get lost, come twice, or come late, from a seeded stream.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from portway.app.compose import live_parameters, truck_type
from portway.app.map_cache import cached_map
from portway.core.commands import Alert, Command, ExtendBase, PauseTruck
from portway.core.controller import Controller
from portway.core.dispatch import STRATEGIES
from portway.core.events import Event, RunStarted, TruckReported
from portway.core.model import Scenario
from portway.core.routing.traffic import Traffic
from portway.core.routing.traffic_map import TrafficMap
from portway.runtime import Runtime
from portway.sim.overlaps import overlapping_pairs
from portway.sim.world import SimWorld

TICK_MS = 100
LOST, TWICE, LATE = 0.2, 0.1, 0.1  # shares of reports
BRAKE_MPS2, ACCEL_MPS2, SPEED_MPS_MAX = 0.7, 0.5, 8.3


class SteelTruck:
    """One truck on the ground."""

    def __init__(self, traffic_map: TrafficMap, stop: int, rng: np.random.Generator) -> None:
        self._map, self._rng = traffic_map, rng
        self.stop, self.step, self.at_m, self.mps = stop, 0, 0.0, 0.0
        self.base: list[int] = []
        self.paused = False
        self._slow_ms = 0

    def extend(self, command: ExtendBase) -> None:
        """Take over newly released movements; they must follow those it has."""
        if command.base:
            assert command.step == self.step + len(self.base) + 1, "a gap in the base"
            self.base += command.base

    def pose(self) -> tuple[float, float, float]:
        """Centre and heading."""
        if not self.base:
            x, y, heading = self._map.stop_pose[self.stop]
            return x, y, heading
        m, paths = self.base[0], self._map.paths
        i = int(paths.ptr[m]) + min(int(self.at_m / paths.step_m[m]), int(paths.ptr[m + 1]) - int(paths.ptr[m]) - 1)
        return float(paths.x[i]), float(paths.y[i]), float(paths.heading[i])

    def move(self, dt_s: float) -> None:
        """Drive for a moment, never beyond the end of the base."""
        if self._rng.random() < 0.002:
            self._slow_ms = int(self._rng.integers(2_000, 30_000))
        self._slow_ms = max(0, self._slow_ms - TICK_MS)
        left_m = sum(self._map.length_m[m] for m in self.base) - self.at_m
        stop_mps = np.sqrt(2 * BRAKE_MPS2 * max(0.0, left_m))
        wish = 0.0 if self.paused or self._slow_ms else SPEED_MPS_MAX
        self.mps = max(min(self.mps + ACCEL_MPS2 * dt_s, wish, stop_mps), self.mps - BRAKE_MPS2 * dt_s, 0.0)
        self.at_m += min(self.mps * dt_s, left_m)
        if left_m - self.mps * dt_s < 0.05 and self.mps < 0.5:
            self.at_m, self.mps = self.at_m + max(0.0, left_m - self.mps * dt_s), 0.0
        while self.base and self.at_m >= self._map.length_m[self.base[0]] - 1e-6:
            m = self.base.pop(0)
            self.at_m, self.step, self.stop = (
                self.at_m - self._map.length_m[m],
                self.step + 1,
                int(self._map.arrays.mv_to[m]),
            )
        if not self.base:
            self.at_m = self.mps = 0.0


class Around:
    """A yard as the loop sees it: a world, and a journal."""

    def __init__(self, yard: "LiveYard") -> None:
        self._yard = yard

    def next_ms(self) -> int:
        """As cranes and timers say."""
        return self._yard.world.next_ms()

    def drive(self, until_ms: int) -> None:
        """Trucks of steel drive by themselves."""

    def take(self, now_ms: int) -> Sequence[Event]:
        """As cranes and timers say."""
        return self._yard.world.take(now_ms)

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Carry out commands."""
        self._yard.tell(commands)

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Keep an event and its answer."""
        self._yard.note(event, commands)


class LiveYard:
    """A live core between steel trucks and simulated cranes."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        policies = msgspec.structs.replace(scenario.policies, road_trucks=False)
        self.scenario = msgspec.structs.replace(scenario, policies=policies)
        self.map = cached_map(scenario.terminal, truck_type(scenario))
        traffic = Traffic(self.map, len(scenario.fleet.trucks), live_parameters(scenario))
        self.controller = Controller(self.scenario, traffic, STRATEGIES[policies.dispatch](), 0)
        self.world = SimWorld(self.scenario, seed)
        self.now_ms = 0
        self.alerts: list[Alert] = []
        self.journal: list[tuple[Event, list[Command]]] = []
        self._rng = np.random.default_rng((seed, 5))
        state = self.controller.state
        self.trucks = {
            name: SteelTruck(self.map, traffic.stop_of(row), np.random.default_rng((seed, 6, row)))
            for name, row in state.index.items()
        }
        self._late: list[tuple[int, TruckReported]] = []
        self.runtime = self.loop()
        self.handle(RunStarted(0))

    def loop(self) -> Runtime:
        """The loop around the core that there is now."""
        around = Around(self)
        return Runtime(self.controller, around, around)

    def tell(self, commands: Sequence[Command]) -> None:
        """Carry out commands."""
        self.world.apply(commands, self.now_ms)
        for command in commands:
            if isinstance(command, ExtendBase):
                self.trucks[command.truck].extend(command)
            elif isinstance(command, PauseTruck):
                self.trucks[command.truck].paused = command.paused
            elif isinstance(command, Alert):
                self.alerts.append(command)

    def handle(self, event: Event) -> list[Command]:
        """Hand an event to the core, and its answer to the yard."""
        return self.runtime.handle(event)

    def note(self, event: Event, answer: Sequence[Command]) -> None:
        """Keep an event and its answer."""
        self.journal.append((event, list(answer)))

    def _reports(self) -> Iterator[TruckReported]:
        """What arrives now of what trucks say."""
        due = [r for at, r in self._late if at <= self.now_ms]
        self._late = [(at, r) for at, r in self._late if at > self.now_ms]
        yield from (msgspec.structs.replace(r, at_ms=self.now_ms) for r in due)
        for n, (name, truck) in enumerate(self.trucks.items()):
            if (self.now_ms // TICK_MS + n) % 10:
                continue
            report = TruckReported(self.now_ms, name, truck.step, truck.at_m, truck.mps == 0.0)
            luck = self._rng.random()
            if luck > LOST:
                yield report
            if luck > 1 - TWICE:
                yield report
            elif luck > 1 - TWICE - LATE:
                self._late.append((self.now_ms + 3_000, report))

    def tick(self) -> None:
        """A tenth of a second."""
        self.now_ms += TICK_MS
        for truck in self.trucks.values():
            truck.move(TICK_MS / 1000)
        for report in self._reports():
            self.handle(report)
        self.runtime.turn(self.now_ms)

    def poses(self) -> list[tuple[float, float, float]]:
        """Where all trucks are."""
        return [truck.pose() for truck in self.trucks.values()]

    def overlaps(self) -> int:
        """Pairs of trucks whose footprints overlap now."""
        truck = truck_type(self.scenario)
        x, y, heading = (np.array(column) for column in zip(*self.poses(), strict=True))
        ptr = np.array([0, len(x)])
        return int(overlapping_pairs(x, y, heading, ptr, truck.length_m / 2, truck.width_m / 2))

    @property
    def done(self) -> bool:
        """Whether every box has arrived."""
        return self.controller.state.board.jobs_done == self.controller.state.board.jobs_total
