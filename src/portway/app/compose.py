"""Where a core meets a world: one function a program, read from top to bottom."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from portway.adapters.storage.journal import JournalHeader, JournalWriter
from portway.app.map_cache import cached_map
from portway.app.subsystems import devices, services
from portway.app.timed_traffic import TimedTraffic
from portway.core.controller import Controller
from portway.core.dispatch import STRATEGIES
from portway.core.model.scenario import Scenario
from portway.core.model.truck import TruckType
from portway.core.model.work import MoveKind
from portway.core.routing.traffic import TrafficParameters
from portway.core.units import ms_from_h, ms_from_s
from portway.runtime import Runtime
from portway.sim.trucks import Lateness, SimTrucks
from portway.sim.world import SimWorld

VISITORS_MAX = 24
AHEAD_STEPS = 3
CHUNK_MS = 600_000  # simulated time between two looks at progress


class Run(NamedTuple):
    """A simulated run with everything that can be asked of it."""

    scenario: Scenario
    controller: Controller
    world: SimWorld
    journal: JournalWriter
    seed: int
    end_ms: int
    hours_asked: float
    wall_s: float
    finished: bool
    deadlocks: int  # trucks that lock each other; only first come, first served can
    plan_us: list[float]  # durations of single plans

    @property
    def trucks(self) -> SimTrucks:
        """The trucks that drove."""
        assert self.world.trucks is not None
        return self.world.trucks

    @property
    def truck_type(self) -> TruckType:
        """The type whose footprint rules the roads."""
        return truck_type(self.scenario)


def truck_type(scenario: Scenario) -> TruckType:
    """The type whose footprint rules the roads: the longest of the fleet."""
    return max(scenario.fleet.types, key=lambda t: (t.length_m, t.width_m, t.id), default=TruckType())


def visitors_of(scenario: Scenario) -> int:
    """Rows for road trucks, none when no work comes through a gate."""
    by_road = any(j.kind in (MoveKind.RECEIVE, MoveKind.DELIVER) for j in scenario.work.job_orders)
    wanted = scenario.policies.road_trucks and bool(scenario.terminal.gates) and by_road
    return VISITORS_MAX if wanted else 0


def traffic_parameters(scenario: Scenario) -> TrafficParameters:
    """Traffic parameters from the scenario's policies."""
    return TrafficParameters(mode=scenario.policies.traffic, weight=scenario.policies.weight)


def live_parameters(scenario: Scenario) -> TrafficParameters:
    """Those of trucks that report one by one, over links: they are told of steps ahead, so that none brakes for want of
    an answer."""
    return msgspec.structs.replace(traffic_parameters(scenario), ahead_steps=AHEAD_STEPS, announces=True)


def make_controller(scenario: Scenario, visitors: int) -> Controller:
    """A decision core for a scenario."""
    traffic = TimedTraffic(
        cached_map(scenario.terminal, truck_type(scenario)),
        len(scenario.fleet.trucks) + visitors,
        traffic_parameters(scenario),
    )
    return Controller(scenario, traffic, STRATEGIES[scenario.policies.dispatch](), visitors, services())


def make_world(scenario: Scenario, seed: int, controller: Controller) -> SimWorld:
    """A simulated terminal around a core, its trucks included."""
    return SimWorld(scenario, seed, make_trucks(scenario, seed, controller), more=devices())


def make_trucks(scenario: Scenario, seed: int, controller: Controller) -> SimTrucks:
    """The simulated trucks of a scenario, late as its policies say."""
    p = scenario.policies
    lateness = Lateness(p.delay_probability, ms_from_s(p.delay_s), seed)
    return SimTrucks(controller.state.traffic, lateness, len(scenario.fleet.trucks))


def simulate(
    scenario: Scenario,
    seed: int = 0,
    hours: float = 8.0,
    journal_path: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    controller: Controller | None = None,
) -> Run:
    """Run a scenario in the simulator until its work is done or `hours` are over; Ctrl-C ends it early and whole."""
    end_ms, visitors = ms_from_h(hours), visitors_of(scenario)
    controller = controller or make_controller(scenario, visitors)
    world = make_world(scenario, seed, controller)
    journal = JournalWriter(journal_path, JournalHeader(1, scenario, seed, end_ms, visitors))
    runtime = Runtime(controller, world, journal)
    board, finished = controller.state.board, True
    began = time.perf_counter()
    try:
        runtime.start()
        look_ms = CHUNK_MS
        while runtime.step(end_ms) and board.jobs_done < board.jobs_total:
            if runtime.now_ms >= look_ms and progress is not None:
                progress(runtime.now_ms, board.jobs_done)
                look_ms = runtime.now_ms + CHUNK_MS
    except KeyboardInterrupt:
        finished = False
    finally:
        journal.close()  # a defect of ours is replayed from it
    wall_s = time.perf_counter() - began
    plan_us = getattr(controller.state.traffic, "plan_us", [])
    run = Run(scenario, controller, world, journal, seed, runtime.now_ms, hours, wall_s, finished, 0, plan_us)
    return run._replace(deadlocks=len(run.trucks.stuck()))


def replace_policies(scenario: Scenario, **changes: object) -> Scenario:
    """A scenario with other policies."""
    return msgspec.structs.replace(scenario, policies=msgspec.structs.replace(scenario.policies, **changes))
