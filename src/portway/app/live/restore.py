"""How a live run begins, or goes on after its server has died."""

import time
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portway.adapters.storage.durable import DurableJournal
from portway.adapters.storage.durable_run import LiveRun
from portway.app.compose import VISITORS_MAX
from portway.app.live.clock import RunClock
from portway.app.live.follower import Follower, ReplayError
from portway.app.live.same_run import check_same
from portway.core.commands import Command
from portway.core.controller import Controller
from portway.core.controller.outstanding import outstanding
from portway.core.events import RunStarted, TruckArrived
from portway.core.model.scenario import Scenario
from portway.core.routing.traffic_map import TrafficMap

__all__ = ["OpenedRun", "ReplayError", "begun", "open_run"]


class OpenedRun(NamedTuple):
    """A run at the moment at which its server takes over."""

    scenario: Scenario
    map: TrafficMap
    controller: Controller
    clock: RunClock
    first: list[Command]  # to be told at once: all that was told before and has not been answered
    fed: int  # records that were handled again
    due: Sequence[TruckArrived] = ()  # arrivals that nobody has handled


def open_run(
    journal: DurableJournal, scenario: Scenario, seed: int = 0, speed: float = 1.0, known: Follower | None = None,
    linked_cranes: Iterable[str] = (),
) -> OpenedRun:  # fmt: skip
    """Begin a run in a new database, or go on with the one in it. Raises OtherScenarioError when that is the run of
    another scenario, ReplayError when this version would have decided otherwise, StorageError.

    `speed` is that of its clock; a rehearsal runs faster than the wall. `known` has followed the run so far: a standby.
    `linked_cranes` report over the API, all others are simulated, from the beginning of a run to its end.
    """
    run = journal.run
    if run is None:
        run = begun(scenario, seed, linked_cranes)
        journal.begin(run)
        state, began = Follower(run, journal), RunStarted(0)
        first = state.controller.handle(began)
        journal.append([(began, first)])
        return OpenedRun(run.scenario, state.map, state.controller, RunClock(run.started_at_s, 0, speed), first, 0)
    check_same(run, scenario, linked_cranes, journal.name)
    state = known if known is not None and known.run == run else Follower(run, journal)
    fed = state.follow(journal)
    clock, told = RunClock(run.started_at_s, state.last_ms, speed), outstanding(state.controller.state)
    return OpenedRun(run.scenario, state.map, state.controller, clock, told, fed, state.due)


def begun(scenario: Scenario, seed: int = 0, linked_cranes: Iterable[str] = ()) -> LiveRun:
    """The run that a scenario begins now, with room for road trucks where there is a gate."""
    visitors = VISITORS_MAX if scenario.policies.road_trucks and scenario.terminal.gates else 0
    return LiveRun(uuid.uuid4().hex, scenario, seed, visitors, time.time(), True, tuple(sorted(linked_cranes)))
