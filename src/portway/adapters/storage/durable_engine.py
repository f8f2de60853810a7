"""Engines with the settings that durability needs.

SQLite: write-ahead log with a flush of the disk at every commit (`synchronous=FULL`), so that a commit outlives a power
cut as far as the disk tells the truth. PostgreSQL: the same code by its URL; a network that says nothing any more is
noticed within seconds instead of a quarter of an hour.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from portway.adapters.storage.durable_error import StorageError, shown_url

BUSY_S = 5.0  # so long another program may hold the lock of a SQLite file
CONNECT_S = 5
# libpq: a dead network is found after so long, by asking when idle and by what is not acknowledged when not
NETWORK = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 5_000}


def database_url(where: str | Path) -> URL:
    """The URL of a database; a plain path is a SQLite file. Raises StorageError for one that cannot be read."""
    written = str(where)
    if "://" not in written:
        return URL.create("sqlite", database=written)
    try:
        url = make_url(written)
    except (ArgumentError, ValueError) as error:  # a port that is none; its text may show a password
        cure = "write a path, sqlite:///PATH or postgresql://USER@HOST/NAME"
        raise StorageError(f"the database URL cannot be read; {cure}") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def make_engine(url: URL, holder: str = "portway") -> Engine:
    """An engine; connects to nothing. `holder` is the name of its sessions in PostgreSQL. Raises StorageError."""
    sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": BUSY_S, "check_same_thread": False}
    if not sqlite:
        network = {name: value for name, value in NETWORK.items() if name not in url.query}
        arguments = {"connect_timeout": CONNECT_S, "application_name": holder, **network}
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
