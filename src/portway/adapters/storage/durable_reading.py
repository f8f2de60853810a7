"""The journal of a database read again: for a restart, and as a file that `portway replay` reads.

Rows are read in pages of their own transactions, so that a reader holds nobody up.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, func, literal, select

from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_lean import LeanConnection
from portway.adapters.storage.durable_run import LiveRun, read_run
from portway.adapters.storage.durable_snapshots import Snapshot, Snapshots
from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import JOURNAL, LEADER
from portway.adapters.storage.entry_format import NEWEST, Entry, UnknownFormat, reader_of, written
from portway.adapters.storage.journal import JournalHeader, _bodies, _framed

PAGE_ROWS = 500


def newest_number(connection: Connection | LeanConnection) -> int:
    """Number of the last entry, 0 when there is none."""
    asked = select(JOURNAL.c.first_number, JOURNAL.c.entries).order_by(JOURNAL.c.first_number.desc()).limit(1)
    last = connection.execute(asked).one_or_none()
    return 0 if last is None else last[0] + last[1] - 1


class JournalReader:
    """The journal of a database that another server writes: what there is of it now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.newest = 0

    @property
    def name(self) -> str:
        """Of the database, without a password."""
        return self._store.name

    @property
    def run(self) -> LiveRun | None:
        """The run of the database; None while it has not begun."""
        return read_run(self._store)

    def look(self) -> int:
        """See how far the journal has come; `tail` goes up to there."""
        with self._store.reading() as connection:
            self.newest = newest_number(connection)
        return self.newest

    def sign_of_life(self) -> tuple[int, str]:
        """A number that grows while the server that leads lives, and its name; (-1, "") where a format has none."""
        if self._store.format < 2:
            return -1, ""
        with self._store.reading() as connection:
            rows = {row.what: row for row in connection.execute(select(LEADER))}
        if rows.keys() < {"beat", "epoch"}:
            raise StorageError(f"{self.name}: rows of {LEADER.name} are missing; restore a backup")
        return rows["beat"].number, rows["epoch"].holder

    def newest_snapshot(self, version: str | None = None) -> Snapshot | None:
        """The newest whole snapshot, of a version if one is given."""
        return Snapshots(self._store).newest(version)

    def tail(self, after: int = 0) -> Iterator[Entry]:
        """Entries behind number `after`, up to where `look` has seen. Raises StorageError."""
        return entries_after(self._store, after, self.newest)


def entries_after(store: Store, after: int, newest: int) -> Iterator[Entry]:
    """Entries behind number `after` up to `newest`. Raises StorageError at one that is damaged or missing."""
    for tick in _ticks(store, after, newest):
        for body in tick.bodies[max(0, after + 1 - tick.number) :]:
            yield _read(store, tick, body)


def news_of(store: Store, newest: int) -> Iterator[Entry]:
    """Entries up to `newest` of the ticks that tell of more than driving trucks. Raises StorageError at one that is
    damaged."""
    number, seen = JOURNAL.c.first_number, 0
    while True:
        asked = select(JOURNAL).where(JOURNAL.c.news, number > seen, number <= newest).order_by(number)
        with store.reading() as connection:
            rows = connection.execute(asked.limit(PAGE_ROWS)).all()
        if not rows:
            return
        for row in rows:
            tick = _tick(store, row)
            yield from (_read(store, tick, body) for body in tick.bodies)
        seen = rows[-1].first_number


def export_journal(store: Store, path: Path) -> int:
    """Write the run of a database as a file journal, whole or not at all; returns the number of entries. A running
    server is not disturbed. Raises OSError, and StorageError when there is no run."""
    run = read_run(store)
    if run is None:
        raise StorageError(f"{store.name}: it holds no run; give the database of a server that has run")
    with store.reading() as connection:
        newest = newest_number(connection)
        end_ms = connection.execute(select(func.max(JOURNAL.c.at_ms))).scalar() or 0
    header = JournalHeader(NEWEST, run.scenario, run.seed, end_ms, run.visitors)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(_framed(msgspec.msgpack.encode(header)))
        for tick in _ticks(store, 0, newest):
            file.writelines(_framed(_in_newest(store, tick, body)) for body in tick.bodies)
    part.replace(path)
    return newest


class _Tick(NamedTuple):
    number: int  # of its first entry
    format: int
    bodies: list[bytes]


def _ticks(store: Store, after: int, newest: int) -> Iterator[_Tick]:
    """Every tick that reaches beyond `after`."""
    number = JOURNAL.c.first_number
    with store.reading() as connection:
        due = connection.execute(select(func.max(number)).where(number <= after + 1)).scalar() or 1
    while due <= newest:
        asked = _rows(store).where(number >= due).order_by(number).limit(PAGE_ROWS)
        with store.reading() as connection:
            rows = connection.execute(asked).all()
        if not rows:
            raise _damaged(store, due, "it is missing")
        for row in rows:
            if row.first_number != due:
                raise _damaged(store, due, "it is missing")
            yield _tick(store, row)
            due += row.entries


def _tick(store: Store, row: Row) -> _Tick:
    bodies = list(_bodies(bytes(row.body)))
    if len(bodies) != row.entries:
        raise _damaged(store, row.first_number, "its check sum is wrong")
    return _Tick(row.first_number, row.format, bodies)


def _rows(store: Store) -> Select:
    """Ticks as today's table has them, but for what only `news_of` asks; before format 2 there was one format of
    entries."""
    known = [c for c in JOURNAL.c if c.name not in ("format", "news")]
    return select(*known, JOURNAL.c.format if store.format >= 2 else literal(1).label("format"))


def _read(store: Store, tick: _Tick, body: bytes) -> Entry:
    try:
        return reader_of(tick.format)(body)
    except UnknownFormat as error:
        cure = "start the Portway that wrote it, or give another database"
        raise StorageError(f"{store.name}: the tick of entry {tick.number} cannot be read: {error}; {cure}") from error
    except msgspec.MsgspecError as error:
        raise _damaged(store, tick.number, str(error)) from error


def _in_newest(store: Store, tick: _Tick, body: bytes) -> bytes:
    """The bytes themselves where they are of today's format: a file journal has one format for all its entries."""
    if tick.format == NEWEST:
        return body
    entry = _read(store, tick, body)
    return written(entry.event, entry.commands)


def _damaged(store: Store, number: int, why: str) -> StorageError:
    cure = "restore a backup of the database; `portway doctor` checks the disk"
    return StorageError(f"{store.name}: the tick of entry {number} cannot be read: {why}; {cure}")
