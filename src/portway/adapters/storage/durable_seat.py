"""The one seat on a database: a server that writes holds it, and it is free again when the server dies.

SQLite: a lock on a file beside it. PostgreSQL: an advisory lock of a session, which ends with the session. Neither is
enough against a server that only sleeps: the number of its leadership keeps that one out (`durable_leadership.py`).
"""

import contextlib
import os
import re
import secrets
import socket
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from portway.adapters.storage.durable_error import HeldError, StorageError

LOCK = 0x506F727477617900  # advisory lock in PostgreSQL: one server a database
HOST_CHARACTERS = 30  # the whole is the name of an application in PostgreSQL: 63 bytes, and ASCII alone


def holder_name() -> str:
    """How a server names itself to others: machine, process, and a number that no other process has."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:HOST_CHARACTERS]
    return f"portway {host}:{os.getpid()}:{secrets.token_hex(4)}"


def hold_file(stack: contextlib.ExitStack, path: Path, name: str, holder: str) -> None:
    """Take the seat on a SQLite file until `stack` is closed. Raises OSError, and StorageError when it is taken."""
    if str(path) == ":memory:":
        raise StorageError(f"{name}: memory keeps nothing over a restart; give the path of a file")
    file = stack.enter_context(os.fdopen(os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600), "rb+"))
    try:
        import fcntl
    except ImportError:  # no such lock on this system; the number of the leadership still keeps a second writer out
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        other = file.read(200).decode("utf-8", errors="replace").strip()
        raise held(name, other) from error
    file.truncate(0)
    file.write(holder.encode())
    file.flush()


def hold_session(stack: contextlib.ExitStack, engine: Engine, name: str) -> Connection:
    """Take the seat on a PostgreSQL database; gives the session that holds it. Raises StorageError when it is taken."""
    connection = stack.enter_context(engine.connect())
    stack.callback(connection.invalidate)  # closing the session gives the lock back
    if not try_lock(connection):
        raise held(name, "")
    return connection


def try_lock(connection: Connection) -> bool:
    """Whether a session has got the seat."""
    got = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar()
    connection.commit()
    return bool(got)


def is_free(connection: Connection) -> bool:
    """Whether nobody holds the seat of a PostgreSQL database; takes nothing."""
    asked = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND classid::bigint = :high AND objid::bigint = :low"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    found = connection.execute(asked, {"high": LOCK >> 32, "low": LOCK & 0xFFFFFFFF}).scalar()
    return not found


def end_sessions(connection: Connection, holder: str) -> int:
    """End all sessions of a server in PostgreSQL, which frees its seat and undoes what it has not committed; returns
    their number."""
    asked = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = :holder AND pid <> pg_backend_pid()"
    )
    ended = connection.execute(asked, {"holder": holder}).scalar()
    connection.commit()
    return int(ended or 0)


def held(name: str, holder: str) -> HeldError:
    """Somebody else has the seat."""
    who = f" ({holder})" if holder else ""
    cure = "stop that one, or give another database; on PostgreSQL, `--standby` waits for it"
    return HeldError(f"{name}: another server runs on it{who}; {cure}")
