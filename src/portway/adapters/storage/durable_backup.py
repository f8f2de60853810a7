"""A copy of a SQLite database beside it, made before its tables are changed.

SQLite's own backup is used, so that what still stands in the log is in the copy, too. A copy that an earlier change has
left is never written over. The copy is checked from end to end, which a damaged database does not pass.
"""

import contextlib
import os
import sqlite3
from pathlib import Path


def backed_up(database: Path, of_format: int) -> Path:
    """Copy a database of a format; returns the copy, whole and on the disk. Raises OSError and sqlite3.Error."""
    copy = _free(database.with_name(f"{database.name}.format-{of_format}"))
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(part)) as to:
            source.backup(to)
            _check(to)
        _flush(part)
        part.replace(copy)
        _flush(copy.parent)
    finally:
        part.unlink(missing_ok=True)
    return copy


def _check(copy: sqlite3.Connection) -> None:
    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(f"database disk image is malformed: {found}")


def _free(wanted: Path) -> Path:
    names = (wanted.with_name(f"{wanted.name}.{n}" if n else wanted.name) for n in range(1_000))
    return next(name for name in names if not name.exists())


def _flush(path: Path) -> None:
    """Onto the disk; a folder is flushed for the name in it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
