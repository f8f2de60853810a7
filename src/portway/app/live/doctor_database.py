"""Whether the database can be opened, its disk has room, and how long a commit takes."""

import os
import shutil
import sqlite3
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

from portway.adapters.storage.durable_engine import database_url
from portway.adapters.storage.durable_error import HeldError, StorageError, shown_url
from portway.adapters.storage.durable_store import Store
from portway.app.live.finding import Finding

COMMIT_MS_MAX = 10.0
FREE_BYTES_FEW, FREE_BYTES_MIN = 5_000_000_000, 200_000_000  # a busy day of 200 trucks writes a few gigabytes
MEGABYTE = 1_000_000


def check_database(where: str) -> Finding:
    """Whether a server could open it now, and how long a commit takes beside it."""
    return look_at_database(where)[0]


def look_at_database(where: str) -> tuple[Finding, bool]:
    """The finding, and whether another server has it open now."""
    try:
        url = database_url(where)
        path = url.database if url.get_backend_name() == "sqlite" else None
        if path is not None and not Path(path).exists():
            return check_folder("database", Path(path).absolute().parent), False
        if path is not None and Path(path).is_dir():
            return Finding("database", "error", f"{path} is a folder", "give --db a file in it"), False
        Store(where).close()
    except HeldError as error:
        return Finding("database", "error", str(error)), True
    except (StorageError, ValueError, OSError) as error:
        return Finding("database", "error", str(error)), False
    if path is None:
        return Finding("database", "ok", shown_url(url)), False
    if not os.access(path, os.W_OK):
        return Finding("database", "error", f"{path} can only be read", "let this user write it"), False
    return check_folder("database", Path(path).resolve().parent), False


def check_folder(part: str, folder: Path) -> Finding:
    """Whether a folder is there, or could be made, and how its disk is."""
    if (problem := unusable(folder)) is not None:
        return Finding(part, "error", problem, "give another --db, or let this user write there, or free space")
    there = existing(folder)
    try:
        took_ms = _commit_ms(there)
    except (OSError, sqlite3.Error) as error:
        return Finding(part, "error", f"{there} cannot be written: {error}", "give another --db, or free space")
    if (full := nearly_full(part, there)) is not None:
        return full
    if took_ms > COMMIT_MS_MAX:
        return Finding(part, "warning", f"a commit takes {took_ms:.1f} ms", "use a local SSD for --db")
    return Finding(part, "ok", f"a commit takes {took_ms:.1f} ms")


def existing(folder: Path) -> Path:
    """The folder, or what there is of the way to it."""
    while not os.path.lexists(folder):
        folder = folder.parent
    return folder


def unusable(folder: Path) -> str | None:
    """Why a folder can neither be used nor made; None if it can."""
    there = existing(folder)
    if not there.is_dir():
        what = "a link that leads nowhere" if there.is_symlink() and not there.exists() else "no folder"
        return f"{folder} cannot be: {there} is {what}"
    try:
        with NamedTemporaryFile(dir=there, suffix=".doctor"):
            return None
    except OSError as error:
        return f"{folder} cannot be written: {there}: {error.strerror or error}"


def nearly_full(part: str, folder: Path) -> Finding | None:
    """What there is to say of the room on a folder's disk."""
    free = shutil.disk_usage(folder).free
    if free >= FREE_BYTES_FEW:
        return None
    detail = f"the disk of {folder} has {free // MEGABYTE} MB left"
    return Finding(part, "error" if free < FREE_BYTES_MIN else "warning", detail, "free space, or give another disk")


def _commit_ms(folder: Path) -> float:
    """The median of some commits into a database of its own."""
    with NamedTemporaryFile(dir=folder, suffix=".doctor") as file:
        connection = sqlite3.connect(file.name, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (n)")
        took = []
        for n in range(11):
            began = time.perf_counter()
            connection.execute("INSERT INTO t VALUES (?)", (n,))
            took.append(1000 * (time.perf_counter() - began))
        connection.close()
    return sorted(took)[len(took) // 2]
