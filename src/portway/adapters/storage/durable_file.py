"""A SQLite file before it is opened: whether all of it is there.

SQLite notices a missing page when it reads it, which may be days later, and takes an empty file for a new database. The
first 100 bytes say how many pages there are (https://www.sqlite.org/fileformat.html, section 1.3).
"""

from pathlib import Path

from portway.adapters.storage.durable_error import StorageError

HEADER_BYTES = 100
MAGIC = b"SQLite format 3\0"


def check_whole(path: Path, name: str) -> None:
    """Raise StorageError, with `name`, when a file has been cut off; a file that is not there is no error."""
    if not path.exists():
        return
    size, head = path.stat().st_size, _head(path)
    cure = "restore a backup"
    if size == 0:
        raise StorageError(f"{name}: the file is empty, cut off or never finished; {cure}, or delete it to begin anew")
    if not head.startswith(MAGIC) or _has_log(path):
        return  # SQLite itself refuses the one, and completes the other from its log
    wanted = _page_bytes(head) * int.from_bytes(head[28:32], "big")
    counts = head[24:28] == head[92:96]  # a program older than SQLite 3.7 does not keep the number of pages
    if len(head) < HEADER_BYTES or (counts and size < wanted):
        raise StorageError(f"{name}: the file is cut off, it has {size} of {wanted} bytes; {cure}")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _page_bytes(head: bytes) -> int:
    said = int.from_bytes(head[16:18], "big")
    return 65_536 if said == 1 else said
