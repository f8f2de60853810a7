"""What is wrong with a database, said so that somebody at a terminal can cure it; a password is never shown."""

import errno
import re

from sqlalchemy.engine import URL

# pattern in the driver's text (SQLite, libpq, PostgreSQL), what it means, what to do
CAUSES = [
    (r"disk is full|No space left|could not extend file", "the disk is full",
     "free space or move the database to another disk, then start again; nothing acknowledged is lost"),
    (r"database is locked|database table is locked", "another program holds its lock",
     "end the program that has the file open (a backup, a database browser), then start again"),
    (r"unable to open database file", "the file cannot be opened",
     "make its folder and let this user write there"),
    (r"readonly database|read-only transaction|read-only file", "it can only be read",
     "let this user write the file and its folder (PostgreSQL: give the primary server, not a standby)"),
    (r"file is not a database|malformed|file is encrypted", "the file is damaged, cut off or no SQLite database",
     "give another file, or restore a backup"),
    (r"disk I/O error|Input/output error", "the disk reports an error", "check the disk; restore a backup if need be"),
    (r"password authentication failed|no password supplied|Ident authentication|Peer authentication",
     "user or password is refused", "correct the URL, or set PGPASSWORD or a ~/.pgpass file"),
    (r"database \S+ does not exist", "the server has no such database", "create it: `createdb NAME`"),
    (r"permission denied", "this user may not use it", "grant the user the rights to create and write tables"),
    (r"too many (clients|connections)|remaining connection slots", "the server takes no more connections",
     "raise max_connections or end other clients"),
]  # fmt: skip
AWAY = (r"Connection refused|could not translate host|Name or service|timeout expired|timed out"
     r"|No route to host|server closed the connection|terminating connection|the connection is closed"
     r"|connection to server .* failed|connection failed|could not receive data|the database system is")  # fmt: skip
AWAY_CURE = "start it, or correct host and port; trucks stop inside what is allocated to them until it is back"


class StorageError(RuntimeError):
    """A database cannot be used, or refuses; the text names its URL without password, the reason and the cure."""


class HeldError(StorageError):
    """Another server has the database."""


class EmptyError(StorageError):
    """The database holds nothing of ours yet."""


class AwayError(StorageError):
    """The database's server cannot be reached now."""


class LeadershipLost(StorageError):
    """Another server leads, or nobody can know any more that this one does: it must not write or send anything."""


def shown_url(url: URL) -> str:
    """A URL without its password, wherever that stands."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)


def explained(url: URL, error: BaseException) -> StorageError:
    """A driver's error in words: which database, what is wrong, what to do."""
    if isinstance(error, StorageError):
        return error
    if isinstance(error, OSError):
        if error.errno == errno.ENOSPC:
            return StorageError(f"{shown_url(url)}: the disk is full; free space, or give another database")
        cure = "make its folder and let this user write there"
        return StorageError(f"{shown_url(url)}: the file cannot be opened ({error.strerror or error}); {cure}")
    text = re.sub(r"\s+", " ", str(getattr(error, "orig", None) or error)).strip()
    if url.password:
        text = text.replace(str(url.password), "***")
    if "lock timeout" in text:
        cure = "end that session, then start again"
        return HeldError(f"{shown_url(url)}: another session has not ended its transaction; {cure}")
    for pattern, what, cure in CAUSES:
        if re.search(pattern, text, re.IGNORECASE):
            return StorageError(f"{shown_url(url)}: {what} ({text[:200]}); {cure}")
    if re.search(AWAY, text, re.IGNORECASE) or getattr(error, "connection_invalidated", False):
        return AwayError(f"{shown_url(url)}: the server cannot be reached ({text[:200]}); {AWAY_CURE}")
    return StorageError(f"{shown_url(url)}: {text[:300]}; `portway doctor` checks the database")
