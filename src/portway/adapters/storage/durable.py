"""The journal of a live run in a database: what has been acknowledged outlives the program.

One tick is one row, written in one transaction (`durable_tables.py`). Entries are numbered from 1 without gaps. The
core has already moved on when its tick is written, so after a failed append only the same tick may follow: any other
would leave a hole that a restart cannot bridge.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from portway.adapters.storage.durable_answers import DurableAnswers
from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_format import NONE
from portway.adapters.storage.durable_lean import LeanConnection
from portway.adapters.storage.durable_outbox import DurableOutbox
from portway.adapters.storage.durable_reading import entries_after, export_journal, newest_number, news_of
from portway.adapters.storage.durable_run import LiveRun, read_run, write_run
from portway.adapters.storage.durable_snapshots import Snapshot, Snapshots
from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import JOURNAL
from portway.adapters.storage.entry_format import NEWEST, Entry, is_news, written
from portway.adapters.storage.journal import _framed
from portway.adapters.tos.api.outbox import Delivery
from portway.core.commands import Command
from portway.core.events import Event

_values = {c.name: bindparam(c.name, type_=c.type) for c in JOURNAL.c}
_ended = select(JOURNAL.c.first_number + JOURNAL.c.entries - 1).order_by(JOURNAL.c.first_number.desc()).limit(1)
# One statement, so that looking for a hole costs no way to the server and back.
_insert_next = (
    JOURNAL.insert()
    .from_select(
        list(_values),
        select(*_values.values()).where(func.coalesce(_ended.scalar_subquery(), 0) == bindparam("before")),
    )
    .execution_options(preserve_rowcount=True)
)


class DurableJournal:
    """Events and commands of one live run. Every error is a StorageError with its cure."""

    def __init__(self, store: Store, outbox: DurableOutbox) -> None:
        self._store, self._outbox, self._snapshots = store, outbox, Snapshots(store)
        self._unsure: bytes | None = None  # the tick whose append has failed
        self._busy = False
        with store.reading() as connection:
            self.newest = newest_number(connection)  # of the last entry that is safe
        self.run = read_run(store)

    @property
    def name(self) -> str:
        """Of the database, without a password."""
        return self._store.name

    def begin(self, run: LiveRun) -> None:
        """Make a new database that of a run; returns when that is safe."""
        write_run(self._store, run, self.run)
        self.run = run

    # -- ticks --------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[tuple[Event, Sequence[Command]]], outbox: Sequence[Delivery] = ()) -> int:
        """Keep the entries of one tick and what is owed for them, all or none; returns the number of the first once
        they are safe."""
        return self.submit(entries, outbox).result()

    def submit(
        self, entries: Sequence[tuple[Event, Sequence[Command]]], outbox: Sequence[Delivery] = ()
    ) -> Future[int]:
        """`append`, whose future is done at once when this thread could write by itself; one tick at a time."""
        assert not self._busy, "the tick before is still being written"
        first = self.newest + 1
        if not entries and not outbox:
            nothing: Future[int] = Future()
            nothing.set_result(first)
            return nothing
        body = b"".join([_framed(written(event, commands)) for event, commands in entries])
        if self._unsure not in (None, body):
            cure = "restart the server: it goes on from what is safe"
            raise StorageError(f"{self._store.name}: the tick before could not be written; {cure}")
        repeated = self._unsure is not None
        self._busy, self._unsure = True, body
        at_ms = entries[-1][0].at_ms if entries else 0
        news = any(is_news(event, commands) for event, commands in entries)
        row = {"first_number": first, "entries": len(entries), "at_ms": at_ms, "format": NEWEST, "news": news}

        def write(connection: Connection | LeanConnection, again: bool) -> int:
            if entries and not ((again or repeated) and self._is_there(connection, first, body)):
                self._insert(connection, {**row, "body": body})
            if isinstance(connection, Connection):
                self._outbox.insert(connection, outbox, again or repeated)
            return first

        def settled(safe: bool) -> None:
            if safe:
                self.newest += len(entries)
                self._unsure = None
            self._outbox.took(outbox, safe)
            self._busy = False

        return self._store.write(write, settled) if outbox else self._store.write_at_once(write, settled)

    def _insert(self, connection: Connection | LeanConnection, row: dict) -> None:
        first = row["first_number"]
        if connection.execute(_insert_next, {**row, "before": first - 1}).rowcount == 1:
            return
        ended = newest_number(connection)
        if ended >= first:
            cure = "stop it; two servers on one database are not allowed"
            raise StorageError(f"{self._store.name}: another server has written entry {first}; {cure}")
        cure = "it was restored under a running server; stop the server, then start it again"
        raise StorageError(f"{self._store.name}: its journal ended at {ended}, expected {first - 1}; {cure}")

    def _is_there(self, connection: Connection | LeanConnection, first: int, body: bytes) -> bool:
        """Whether an attempt that looked failed was committed after all."""
        kept = connection.execute(select(JOURNAL.c.body).where(JOURNAL.c.first_number == first)).one_or_none()
        return kept is not None and bytes(kept[0]) == body

    # -- restart ------------------------------------------------------------------------------------------------

    def snapshot(self, number: int, at_ms: int, body: bytes, version: str) -> None:
        """Keep the state after entry `number`; blocks, ticks go on meanwhile (call it in a thread of its own)."""
        self._snapshots.write(number, at_ms, body, version)

    def newest_snapshot(self, version: str | None = None) -> Snapshot | None:
        """The newest whole snapshot, of a version if one is given."""
        return self._snapshots.newest(version)

    def tail(self, after: int = 0) -> Iterator[Entry]:
        """Entries behind number `after`, in sequence. Raises StorageError at one that is damaged or missing."""
        return entries_after(self._store, after, self.newest)

    def news(self) -> Iterator[Entry]:
        """Entries of all ticks that tell of more than driving trucks, in sequence. Raises StorageError."""
        return news_of(self._store, self.newest)

    def export(self, path: Path) -> int:
        """Write the run as a file journal; returns the number of entries. Raises OSError, and StorageError when there
        is no run."""
        return export_journal(self._store, path)


class DurableState(NamedTuple):
    """Everything that a server keeps."""

    store: Store
    journal: DurableJournal
    answers: DurableAnswers
    outbox: DurableOutbox

    def close(self) -> None:
        """Write what is waiting and give the database back."""
        self.store.close()


def open_durable(where: str | Path, fits: Callable[[LiveRun], None] = lambda _: None) -> DurableState:
    """Open a database to lead its run: a new one gets its tables, an older one is brought to today's format (`Store.
    upgraded` tells). `where` is a path of a SQLite file or a URL; `fits` may raise a StorageError about the run that is
    in it, before anything is changed. Raises StorageError; HeldError when another server has it."""
    store = Store(where)
    try:
        if store.format != NONE and (run := read_run(store)) is not None:
            fits(run)
        store.lead()
        outbox = DurableOutbox(store)
        return DurableState(store, DurableJournal(store, outbox), DurableAnswers(store), outbox)
    except BaseException:
        store.close()
        raise
