"""Carries a SQLite log over into its database file beside the writers.

SQLite would do that inside whichever commit makes the log too long, and that commit would take tens of milliseconds.
Here a thread does it; passive checkpoints keep nobody waiting. A log that only grows, since somebody is always
reading or writing when a checkpoint ends, is cut off by force.
"""

import threading
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

EVERY_S = 30.0  # a commit beside it waits for the disk: seldom enough to leave the 99th of 100 alone
PAGES_MAX = 8_000  # 32 MB: from here on the log begins anew, for which writers wait some milliseconds


class Checkpoints:
    """A thread that keeps the log short."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; the last connection that closes carries over what is left."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            while not self._closing.wait(EVERY_S):
                try:
                    _checkpoint(raw)
                except (SQLAlchemyError, OSError, raw.OperationalError):
                    continue  # the disk is full or busy: the writers will say so, and the log waits


def _checkpoint(raw: Any) -> None:  # the connection of the driver, outside any transaction
    _, pages, _ = raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if pages > PAGES_MAX:
        raw.execute("PRAGMA wal_checkpoint(RESTART)")
