"""A database as the durable state uses it: opened, of the right format, and with one server on it.

SQLite: write-ahead log with a flush of the disk at every commit (`synchronous=FULL`), so that a commit outlives a power
cut as far as the disk tells the truth. PostgreSQL: the same code by its URL.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from portway.adapters.storage.durable_checkpoint import Checkpoints
from portway.adapters.storage.durable_error import StorageError, explained, shown_url
from portway.adapters.storage.durable_tables import FORMAT, META, create_tables
from portway.adapters.storage.durable_writer import GroupCommit

BUSY_S = 5.0  # so long another program may hold the lock of a SQLite file
CONNECT_S = 5
SERVER_LOCK = 0x506F727477617900  # advisory lock in PostgreSQL: one server a database


def database_url(where: str | Path) -> URL:
    """The URL of a database; a plain path is a SQLite file. Raises StorageError for one that cannot be read."""
    written = str(where)
    if "://" not in written:
        return URL.create("sqlite", database=written)
    try:
        url = make_url(written)
    except ArgumentError as error:
        cure = "write a path, sqlite:///PATH or postgresql://USER@HOST/NAME"
        raise StorageError(f"the database URL cannot be read; {cure}") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def make_engine(url: URL) -> Engine:
    """An engine with the settings that durability needs; connects to nothing. Raises StorageError."""
    sqlite = url.get_backend_name() == "sqlite"
    arguments = {"timeout": BUSY_S, "check_same_thread": False} if sqlite else {"connect_timeout": CONNECT_S}
    try:
        engine = create_engine(url, connect_args=arguments)
    except NoSuchModuleError as error:
        raise StorageError(f"{shown_url(url)}: no such kind of database; use sqlite or postgresql") from error
    except ModuleNotFoundError as error:
        cure = "install the driver: `pip install 'portway[postgres]'`"
        raise StorageError(f"{shown_url(url)}: the module {error.name} is missing; {cure}") from error
    if sqlite:
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
    else:
        event.listen(engine, "connect", _postgresql_connected)
    return engine


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # this module says BEGIN itself
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):  # `Checkpoints` does that
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begins(connection: Connection) -> None:
    # Taking the write lock at once lets a writer wait for another program instead of failing in the middle.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _postgresql_connected(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        # Only strengthens: `off` would acknowledge what a crash can lose.
        cursor.execute("SELECT set_config('synchronous_commit', 'on', false)"
                       " WHERE current_setting('synchronous_commit') = 'off'")  # fmt: skip
    connection.commit()


class Store:
    """An open database. All methods may be called from any thread; every error is a StorageError."""

    def __init__(self, where: str | Path, reads_only: bool = False) -> None:
        """`reads_only`: beside a running server; nothing is created."""
        self.url = database_url(where)
        self.name = shown_url(self.url)
        self.engine = make_engine(self.url)
        self._lock = contextlib.ExitStack()
        try:
            if not reads_only:
                self._lock_out_others()
            elif self.url.get_backend_name() == "sqlite":
                os.stat(self.url.database or "")  # SQLite would make an empty file
            options = {"writes": not reads_only}
            with self.engine.connect().execution_options(**options) as connection, connection.begin():
                self._check_format(connection, reads_only)
        except (SQLAlchemyError, OSError, StorageError) as error:
            self._lock.close()
            self.engine.dispose()
            raise explained(self.url, error) from error
        self._writer = None if reads_only else GroupCommit(self.engine)
        keeps_log = not reads_only and self.url.get_backend_name() == "sqlite"
        self._checkpoints = Checkpoints(self.engine) if keeps_log else None

    def write(
        self, write: Callable[[Connection, bool], Any], settled: Callable[[bool], None] = lambda _: None
    ) -> Future:
        """Write soon, together with what else is waiting (`GroupCommit.submit`)."""
        assert self._writer is not None, "opened for reading only"
        return self._writer.submit(write, settled)

    def write_at_once(
        self, write: Callable[[Connection, bool], Any], settled: Callable[[bool], None] = lambda _: None
    ) -> Future:
        """Write now in this thread when that is possible (`GroupCommit.at_once`)."""
        assert self._writer is not None, "opened for reading only"
        return self._writer.at_once(write, settled)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explained(self.url, error) from error

    @property
    def transactions(self) -> int:
        """Transactions written so far."""
        return 0 if self._writer is None else self._writer.transactions

    def close(self) -> None:
        """Write what is waiting, then give the database back."""
        if self._writer is not None:
            self._writer.close()
        if self._checkpoints is not None:
            self._checkpoints.close()
        self.engine.dispose()
        self._lock.close()

    def _lock_out_others(self) -> None:
        """Two servers on one journal would both drive the trucks."""
        if self.url.get_backend_name() == "sqlite":
            self._lock_file(Path(self.url.database or ":memory:"))
            return
        connection = self._lock.enter_context(self.engine.connect())
        held = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": SERVER_LOCK}).scalar()
        connection.commit()
        self._lock.callback(connection.invalidate)  # closing the session gives the lock back
        if not held:
            raise StorageError(f"{self.name}: another server runs on it; stop that one, or give another database")

    def _lock_file(self, path: Path) -> None:
        if str(path) == ":memory:":
            raise StorageError(f"{self.name}: memory keeps nothing over a restart; give the path of a file")
        file = self._lock.enter_context(os.fdopen(os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600), "rb+"))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # journal and answers are nobody else's business
        try:
            import fcntl
        except ImportError:  # no such lock on this system; the journal's numbers still refuse a second writer
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            cure = "stop that one, or give another database"
            raise StorageError(f"{self.name}: another server runs on it; {cure}") from error

    def _check_format(self, connection: Connection, reads_only: bool) -> None:
        if not inspect(connection).has_table(META.name):
            if reads_only:
                raise StorageError(f"{self.name}: this is no database of Portway; give that of `portway serve`")
            create_tables(connection)
            connection.execute(META.insert(), {"name": "format", "value": msgspec.msgpack.encode(FORMAT)})
            return
        found = connection.execute(select(META.c.value).where(META.c.name == "format")).scalar()
        written = None if found is None else msgspec.msgpack.decode(found)
        if written != FORMAT:
            cure = "start the Portway that wrote it and `portway export journal`, or give a new database"
            raise StorageError(
                f"{self.name}: database format {written}, this Portway reads and writes {FORMAT}; {cure}"
            )
