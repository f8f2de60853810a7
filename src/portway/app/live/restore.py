"""How a live run begins, or goes on after its server has died."""

import time
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from portway.adapters.storage.durable import DurableJournal
from portway.adapters.storage.durable_run import LiveRun
from portway.adapters.storage.journal import Entry
from portway.app.compose import VISITORS_MAX, traffic_parameters, truck_type
from portway.app.live.clock import RunClock
from portway.app.live.core_loop import broke, feed
from portway.app.live.snapshot import core_version, thaw
from portway.app.map_cache import cached_map
from portway.core.commands import Command
from portway.core.controller import Controller
from portway.core.controller.outstanding import outstanding
from portway.core.dispatch import STRATEGIES
from portway.core.model.scenario import Scenario
from portway.core.routing.live_traffic import LiveTraffic
from portway.core.routing.traffic_map import TrafficMap


class OpenedRun(NamedTuple):
    """A run at the moment at which its server takes over."""

    scenario: Scenario
    map: TrafficMap
    controller: Controller
    clock: RunClock
    first: list[Command]  # to be told at once: all that was told before and has not been answered
    fed: int  # records that were handled again


class ReplayError(AssertionError):
    """A record is answered otherwise than before: the journal is of another version of the core."""


def open_run(journal: DurableJournal, scenario: Scenario, seed: int = 0, speed: float = 1.0) -> OpenedRun:
    """Begin a run in a new database, or go on with the one in it (its scenario counts, not the one given).

    `speed` is that of its clock; a rehearsal runs faster than the wall.
    """
    run = journal.run
    is_new = run is None
    if run is None:
        visitors = VISITORS_MAX if scenario.policies.road_trucks and scenario.terminal.gates else 0
        run = LiveRun(uuid.uuid4().hex, scenario, seed, visitors, time.time())
        journal.begin(run)
    traffic_map = cached_map(run.scenario.terminal, truck_type(run.scenario))
    if is_new:
        controller = _fresh(run, traffic_map)
        return OpenedRun(
            run.scenario, traffic_map, controller, RunClock(run.started_at_s, 0, speed), controller.start(), 0
        )
    controller, number, entries = _known(journal, run, traffic_map)
    first, last_ms = number, controller.state.now_ms
    for entry in entries:
        number += 1
        if broke(entry.commands) is not None:  # it would break the core again: a person was called, and it is left out
            controller.advance(entry.event.at_ms)
        elif feed(controller, entry.event) != entry.commands:
            raise ReplayError(f"record {number} is answered otherwise; run the server with the version that wrote it")
        last_ms = entry.event.at_ms
    clock, told = RunClock(run.started_at_s, last_ms, speed), outstanding(controller.state)
    return OpenedRun(run.scenario, traffic_map, controller, clock, told, number - first)


def _fresh(run: LiveRun, traffic_map: TrafficMap) -> Controller:
    scenario = run.scenario
    rows = len(scenario.fleet.trucks) + run.visitors
    traffic = LiveTraffic(traffic_map, rows, traffic_parameters(scenario, run.seed))
    return Controller(scenario, traffic, STRATEGIES[scenario.policies.dispatch](), run.visitors)


def _known(journal: DurableJournal, run: LiveRun, traffic_map: TrafficMap) -> tuple[Controller, int, Iterator[Entry]]:
    """A controller, the number of the record behind which it stands, and the records that follow."""
    snapshot = journal.newest_snapshot(core_version())
    if snapshot is not None and snapshot.number <= journal.newest:
        return thaw(snapshot.body, traffic_map), snapshot.number, journal.tail(snapshot.number)
    controller = _fresh(run, traffic_map)
    controller.start()
    return controller, 0, journal.tail(0)
