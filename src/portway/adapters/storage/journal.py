"""The journal of a run in one file: a header, then every event with the commands that answered it.

Record: 4 bytes length (big endian), 4 bytes CRC-32, msgpack body. The header names the format of the entries
(`entry_format.py`) and carries the scenario, so a journal is all that a replay needs. Arrivals and drives follow from
the decisions; the journal keeps them as events too, so that a replay can compare. A file cut off in the middle is read
up to its last whole record.
The digest is BLAKE2b over all bodies behind the header.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from portway.adapters.storage.entry_format import NEWEST, Entry, UnknownFormat, reader_of, written
from portway.core.commands import Command
from portway.core.events import Event
from portway.core.model.scenario import Scenario

VERSION = NEWEST
FLUSH_BYTES = 1 << 16  # so much is lost at most when the program is killed
_encoder = msgspec.msgpack.Encoder()


class JournalHeader(msgspec.Struct, frozen=True):
    """First record of a journal."""

    version: int
    scenario: Scenario
    seed: int
    end_ms: int
    visitors: int


class JournalError(ValueError):
    """The file is no journal of this version; says what it is and what was expected."""


class JournalWriter:
    """Writes a journal; without a file it only keeps the digest.

    All methods raise OSError with the file's name when it cannot be written; what is written by then stays.
    """

    def __init__(self, path: Path | None, header: JournalHeader) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._file: BinaryIO | None = None
        self._buffer = bytearray()
        self.records = 0
        if path is not None:
            self._file = path.open("wb", buffering=0)
            self._write(_framed(_encoder.encode(header)))

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Keep one event and the commands that answered it."""
        body = written(event, commands)
        self._hash.update(body)
        self.records += 1
        if self._file is not None:
            self._buffer += _framed(body)
            if len(self._buffer) > FLUSH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        data = bytes(self._buffer)
        self._buffer.clear()
        self._write(data)

    def close(self) -> None:
        """End the file; once closed, also by an error, nothing more is written."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, data: bytes) -> None:
        """A full disk takes a part and refuses the rest, so the file ends inside a record."""
        if self._file is None:
            return
        try:
            at = 0
            while at < len(data):
                at += self._file.write(data[at:])
        except OSError as error:
            file, self._file = self._file, None
            file.close()
            raise OSError(error.errno, error.strerror, file.name) from error

    @property
    def digest(self) -> str:
        """Digest of all records so far."""
        return self._hash.hexdigest()


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body


def _bodies(data: bytes) -> Iterator[bytes]:
    """Whole records of a journal; stops at the first broken or cut one."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : at + 8 + size]
        if len(body) < size or zlib.crc32(body) != int.from_bytes(data[at + 4 : at + 8], "big"):
            return
        yield body
        at += 8 + size


def read_journal(path: Path) -> tuple[JournalHeader, list[Entry], bool]:
    """Header, entries, and whether the file ended with a whole record.

    Raises JournalError when the file is no journal or of another version.
    """
    data = path.read_bytes()
    bodies = list(_bodies(data))
    if not bodies:
        message = (
            "this is no Portway journal, or one cut off in its header; give the folder of a run (it holds `journal`)"
        )
        raise JournalError(f"{path}: {message}")
    try:
        read = reader_of(msgspec.msgpack.decode(bodies[0], type=dict).get("version"))
        header = msgspec.msgpack.decode(bodies[0], type=JournalHeader)
        entries = [read(body) for body in bodies[1:]]
    except UnknownFormat as error:
        raise JournalError(f"{path}: {error}; replay it with the version that wrote it") from error
    except msgspec.MsgspecError as error:
        raise JournalError(f"{path}: {error}; the file was written by another program or version") from error
    whole = sum(len(b) + 8 for b in bodies) == len(data)
    return header, entries, whole
