"""A second server that waits until the first one is gone, and then goes on with its run.

While it waits it does all that a restart would have to do: the map is loaded, the kernels are compiled, and the journal
of the first server is handled record by record as it grows. So a take-over is: take the seat, handle the last records,
link to broker and TOS. Who may take the seat, and how the one before is kept from writing, is the business of
`adapters/storage/durable_watch.py` and `durable_leadership.py`; the reasons are in `docs/decisions/0009-standby.md`.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator

from portway.adapters.storage.durable import DurableState, open_durable
from portway.adapters.storage.durable_engine import database_url
from portway.adapters.storage.durable_error import AwayError, EmptyError, HeldError, StorageError, shown_url
from portway.adapters.storage.durable_run import LiveRun
from portway.adapters.storage.durable_snapshots import Snapshot
from portway.adapters.storage.durable_watch import LeaderWatch
from portway.adapters.storage.entry_format import Entry
from portway.app.live.follower import Follower
from portway.app.live.log import log
from portway.app.live.restore import begun
from portway.app.live.same_run import check_same
from portway.app.live.standby_page import standby_page
from portway.app.web.serving import PageServer, started
from portway.core.model.scenario import Scenario

LOOK_S = 0.25
RECORDS_MAX = 2_000  # handled between two looks at the leader


class _NothingKept:
    """The journal of a run that has not begun."""

    newest = 0

    def newest_snapshot(self, version: str | None = None) -> Snapshot | None:
        return None

    def tail(self, after: int = 0) -> Iterator[Entry]:
        return iter(())


class Standby:
    """A waiting server. `look` and `warm_up` block: they are called in a thread, one call at a time."""

    def __init__(self, scenario: Scenario, database: str, linked_cranes: frozenset[str] = frozenset()) -> None:
        """Raises StorageError for a database that cannot have a standby."""
        url = database_url(database)
        self._name = shown_url(url)
        if url.get_backend_name() == "sqlite":
            cure = "give --db postgresql://USER@HOST/NAME, or leave --standby out"
            raise StorageError(f"{self._name}: a standby needs PostgreSQL, a file is on one machine; {cure}")
        self._scenario, self._database, self._linked_cranes = scenario, database, linked_cranes
        self._watch: LeaderWatch | None = None
        self.follower: Follower | None = None
        self.problem = ""  # why the leader cannot be seen now
        self.leader = ""
        self.silent_s = 0.0
        self.behind = 0  # records that the leader has written and this one has not handled

    def warm_up(self) -> None:
        """Load the map and compile the kernels, on a run that nobody will ever see."""
        Follower(begun(self._scenario), _NothingKept())

    def look(self) -> DurableState | None:
        """Handle what has come; gives the opened database as soon as this server leads. Raises StorageError when this
        server could not go on with the run, ReplayError among them."""
        try:
            durable = self._looked()
        except AwayError as error:  # the database's server is being restarted: the leader cannot reach it either
            self._forget_watch()
            if not self.problem:
                log("standby_cannot_look", why=str(error))
            self.problem = str(error)
            return None
        self.problem = ""
        return durable

    def close(self) -> None:
        """Wait no more."""
        self._forget_watch()

    def _looked(self) -> DurableState | None:
        try:
            watch = self._watch = self._watch or LeaderWatch(self._database)
        except EmptyError:
            return self.lead()
        if watch.has_gone(time.monotonic()) and (durable := self.lead()) is not None:
            return durable
        self.leader, self.silent_s = watch.leader, watch.silent_s
        if watch.is_silent:
            log("leader_silent", leader=watch.leader, silent_s=round(watch.silent_s, 1), sessions=watch.unseat())
        self._follow(watch)
        return None

    def lead(self) -> DurableState | None:
        """The database to write, unless somebody else was quicker; then all is looked at anew, its format, too."""
        self._forget_watch()
        try:
            return open_durable(self._database, self._fits)
        except HeldError:
            return None

    def _follow(self, watch: LeaderWatch) -> None:
        if self.follower is None:
            if (run := watch.journal.run) is None:
                return
            self._fits(run)
            watch.journal.look()
            self.follower = Follower(run, watch.journal)
        newest = watch.journal.look()
        self.follower.follow(watch.journal, RECORDS_MAX)
        self.behind = newest - self.follower.number

    def _fits(self, run: LiveRun) -> None:
        check_same(run, self._scenario, self._linked_cranes, self._name)

    def _forget_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None


async def stand_by(
    standby: Standby, host: str, port: int, stopping: asyncio.Event, hosts: Iterable[str] = ()
) -> DurableState | None:
    """Wait until this server leads; the opened database, or None when `stopping` has ended the waiting. Who asks for
    the one that leads asks this one by the same names (`hosts`)."""
    page = PageServer(standby_page(standby), host, port, hosts)
    serving = asyncio.create_task(page.serve())
    try:
        await started(page, serving)
        log("standby", http=port)
        await asyncio.to_thread(standby.warm_up)
        while not stopping.is_set():
            durable = await asyncio.to_thread(standby.look)
            if durable is not None and not stopping.is_set():
                log("takes_over", leader_before=standby.leader, behind=standby.behind)
                return durable
            if durable is not None:
                durable.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), 0 if standby.behind else LOOK_S)
        return None
    finally:
        standby.close()
        page.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
