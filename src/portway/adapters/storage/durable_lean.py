"""SQLAlchemy's statements on the driver of SQLite itself, for the one write on which the control loop waits.

A tick writes one row. On a machine that was idle for some milliseconds, SQLAlchemy's own way through that transaction
takes longer than the disk: 2.4 ms against 1.0 ms in all at 60 ms between two ticks. The statements stay those of
`durable_tables.py`; only their text is worked out once.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Engine, Executable


class LeanRows:
    """What a statement has found or done, as far as `Result` of SQLAlchemy says it; a row is a plain tuple."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.rowcount = cursor.rowcount

    def one_or_none(self) -> tuple | None:
        """The only row; None when there is none."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return row


class LeanConnection:
    """A connection that does not wait for another program's lock: its caller must not be held up. Errors are those of
    `sqlite3`."""

    def __init__(self, engine: Engine) -> None:
        self._dialect, self._held = engine.dialect, engine.raw_connection()
        driver = self._held.driver_connection
        assert isinstance(driver, sqlite3.Connection), "only SQLite is written without a network between"
        self._driver = driver
        self._driver.execute("PRAGMA busy_timeout=0")

    @contextlib.contextmanager
    def begin(self) -> Iterator[None]:
        """A transaction that has the lock to write from its beginning."""
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._driver.execute("COMMIT")
        except BaseException:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            raise

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> LeanRows:
        """Carry out a statement of integers, texts and bytes."""
        text, names, constants = _text(statement, self._dialect)
        values = constants if parameters is None else {**constants, **parameters}
        return LeanRows(self._driver.execute(text, [values[name] for name in names]))

    def close(self) -> None:
        """Give the connection back."""
        self._held.close()


@lru_cache(16)
def _text(statement: Any, dialect: Dialect) -> tuple[str, list[str], dict[str, Any]]:
    """Text, names of its parameters in sequence, and the values of those that are part of the statement."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), list(compiled.positiontup or ()), dict(compiled.params)
