"""A database as the durable state uses it: opened, of a known format, and with one server on it that leads."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from portway.adapters.storage.durable_backup import backed_up
from portway.adapters.storage.durable_checkpoint import Checkpoints
from portway.adapters.storage.durable_engine import database_url, make_engine
from portway.adapters.storage.durable_error import EmptyError, StorageError, explained, shown_url
from portway.adapters.storage.durable_file import check_whole
from portway.adapters.storage.durable_format import NONE, format_of, upgrade
from portway.adapters.storage.durable_leadership import Leadership, SignsOfLife, taken_lead
from portway.adapters.storage.durable_seat import hold_file, hold_session, holder_name, try_lock
from portway.adapters.storage.durable_tables import FORMAT
from portway.adapters.storage.durable_writer import GroupCommit

__all__ = ["Store", "database_url", "make_engine"]


class Store:
    """An open database. All methods may be called from any thread; every error is a StorageError."""

    def __init__(self, where: str | Path, reads_only: bool = False) -> None:
        """Take the seat, change nothing else. `reads_only`: beside a running server."""
        self.url, self.holder = database_url(where), holder_name()
        self.name = shown_url(self.url)
        self.engine = make_engine(self.url, self.holder)
        self.is_file = self.url.get_backend_name() == "sqlite"
        self._seat = contextlib.ExitStack()
        self._session: Connection | None = None  # that holds the seat in PostgreSQL
        self._writer: GroupCommit | None = None
        self._checkpoints: Checkpoints | None = None
        self._signs: SignsOfLife | None = None
        self.leadership: Leadership | None = None
        self.upgraded: tuple[int, Path | None] | None = None  # the format before, the copy of it
        with self._explained(closes=True):
            if self.is_file:
                self._open_file(Path(self.url.database or ":memory:"), reads_only)
            elif not reads_only:
                self._session = hold_session(self._seat, self.engine, self.name)
            with self.engine.connect() as connection:
                self.format = format_of(connection, self.name)
        if reads_only and self.format == NONE:
            self.close()
            raise EmptyError(f"{self.name}: this is no database of Portway; give that of `portway serve`")

    # -- leading ------------------------------------------------------------------------------------------------

    def lead(self) -> None:
        """Bring the database to today's format, then be the one that writes it."""
        with self._explained(closes=True):
            if self.format != FORMAT:
                self._upgrade()
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                self.leadership = Leadership(self.name, taken_lead(connection, self.holder))
        self._writer = GroupCommit(self.engine, self.leadership.guard)
        if self.is_file:
            self._checkpoints = Checkpoints(self.engine)
        else:
            assert self._session is not None, "the seat is held"
            self._signs = SignsOfLife(self.leadership, self._session, self._session_again)

    def still_leads(self) -> None:
        """To be called by the control loop a few times a second. Raises LeadershipLost, and from then on nothing is
        written, when another server leads or nobody can know that this one lives."""
        if self.leadership is None:
            return
        if self._signs is not None:
            self._signs.loop_lives()
            if self.leadership.lost is None and self._signs.is_late():
                self.leadership.lost = self.leadership.unheard(self._signs.silent_s)
        if self.leadership.lost is not None:
            assert self._writer is not None, "it has led"
            self._writer.abandon(self.leadership.lost)
            raise self.leadership.lost

    @property
    def silent_s(self) -> float:
        """For how long no sign of life could be given, seconds; 0 where none is needed."""
        return 0.0 if self._signs is None else self._signs.silent_s

    def _upgrade(self) -> None:
        """All steps in one transaction. A copy of a file that needed none after all is taken away again."""
        before = self.format
        copy = backed_up(Path(self.url.database or ""), before) if self.is_file and before != NONE else None
        try:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                upgrade(connection, before)
        except BaseException:
            if copy is not None:
                copy.unlink(missing_ok=True)
            raise
        self.format = FORMAT
        self.upgraded = None if before == NONE else (before, copy)

    def _session_again(self) -> Connection | None:
        """Take the seat again after its session has ended; None when it is not free. Raises LeadershipLost."""
        assert self.leadership is not None, "it has led"
        connection = self.engine.connect()
        try:
            with connection.begin():
                self.leadership.guard(connection)
            if try_lock(connection):
                self._seat.callback(connection.invalidate)
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    # -- using --------------------------------------------------------------------------------------------------

    def write(
        self, write: Callable[[Connection, bool], Any], settled: Callable[[bool], None] = lambda _: None
    ) -> Future:
        """Write soon, together with what else is waiting (`GroupCommit.submit`)."""
        assert self._writer is not None, "opened for reading only"
        return self._writer.submit(write, settled)

    def write_at_once(
        self, write: Callable[[Any, bool], Any], settled: Callable[[bool], None] = lambda _: None
    ) -> Future:
        """Write now in this thread when that is possible (`GroupCommit.at_once`)."""
        assert self._writer is not None, "opened for reading only"
        return self._writer.at_once(write, settled)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @property
    def transactions(self) -> int:
        """Transactions written so far."""
        return 0 if self._writer is None else self._writer.transactions

    def close(self) -> None:
        """Write what is waiting, then give the database back."""
        if self._writer is not None:
            self._writer.close()
        if self._signs is not None:
            self._signs.close()
        if self._checkpoints is not None:
            self._checkpoints.close()
        self.engine.dispose()
        self._seat.close()

    # -- opening ------------------------------------------------------------------------------------------------

    def _open_file(self, path: Path, reads_only: bool) -> None:
        if reads_only:
            os.stat(path)  # SQLite would make an empty file
            return
        hold_file(self._seat, path, self.name, self.holder)
        check_whole(path, self.name)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # journal and answers are nobody else's business

    @contextlib.contextmanager
    def _explained(self, closes: bool = False) -> Iterator[None]:
        """Every error in words; `closes`: it also gives the database back."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError, StorageError) as error:
            if closes:
                self.close()
            raise explained(self.url, error) from error
