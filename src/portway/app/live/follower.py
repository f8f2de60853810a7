"""A controller that has handled a journal up to some record: what a restart makes, and what a standby keeps warm."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_run import LiveRun
from portway.adapters.storage.durable_snapshots import Snapshot
from portway.adapters.storage.entry_format import Entry
from portway.app.compose import live_parameters, truck_type
from portway.app.live.snapshot import core_version, thaw
from portway.app.map_cache import cached_map
from portway.app.subsystems import services
from portway.core.commands import Command
from portway.core.controller import Controller
from portway.core.dispatch import STRATEGIES
from portway.core.events import TruckArrived
from portway.core.routing.traffic import Traffic
from portway.core.routing.traffic_map import TrafficMap
from portway.runtime import Repeat, broke


class Kept(Protocol):
    """A journal to read from: that of a server, or the one that another server writes."""

    newest: int

    def newest_snapshot(self, version: str | None = None) -> Snapshot | None:
        """The newest whole snapshot of a version."""
        ...

    def tail(self, after: int = 0) -> Iterator[Entry]:
        """Entries behind number `after`, in sequence."""
        ...


class ReplayError(StorageError):
    """A record is answered otherwise than before: the journal is of another version of the core."""


class Follower:
    """The state behind a record of a run, brought up to the newest one whenever `follow` is called."""

    def __init__(self, run: LiveRun, journal: Kept) -> None:
        """Stands behind the newest snapshot that this version wrote, else at the beginning."""
        self.run = run
        self.map: TrafficMap = cached_map(run.scenario.terminal, truck_type(run.scenario))
        self.first: list[Command] = []  # what a run that begins tells at once
        snapshot = journal.newest_snapshot(core_version())
        if snapshot is not None and snapshot.number <= journal.newest:
            self.controller, self.number = thaw(snapshot.body, self.map), snapshot.number
        else:
            self.controller, self.number = fresh(run, self.map), 0
            self.first = [] if run.start_is_event else self.controller.start()
        self.last_ms = self.controller.state.now_ms
        self._repeat = Repeat(self.controller)

    @property
    def due(self) -> list[TruckArrived]:
        """Arrivals behind the newest record that nobody has handled."""
        return self._repeat.due

    def follow(self, journal: Kept, records_max: int | None = None) -> int:
        """Handle what has come, at most so many records; returns how many. Raises ReplayError, StorageError."""
        before = self.number
        if journal.newest < before:
            cure = "the database was restored or exchanged; start again"
            raise StorageError(f"the journal ended at record {before}, now at {journal.newest}; {cure}")
        for entry in islice(journal.tail(self.number), records_max):
            self.number += 1
            if broke(entry.commands) is not None:  # it would break the core again: a person was called, it is left out
                self._repeat.skip(entry.event)
            elif not self._repeat.answers_alike(entry.event, entry.commands):
                cure = "run the server with the version that wrote it"
                raise ReplayError(f"record {self.number} of the journal is answered otherwise; {cure}")
            self.last_ms = entry.event.at_ms
        return self.number - before


def fresh(run: LiveRun, traffic_map: TrafficMap) -> Controller:
    """The controller of a run that has not started."""
    scenario = run.scenario
    rows = len(scenario.fleet.trucks) + run.visitors
    traffic = Traffic(traffic_map, rows, live_parameters(scenario))
    return Controller(scenario, traffic, STRATEGIES[scenario.policies.dispatch](), run.visitors, services())
