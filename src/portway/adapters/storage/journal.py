"""The journal of a run in one file: a header, then every event with the commands that answered it.

Record: 4 bytes length (big endian), 4 bytes CRC-32, msgpack body. The header names the format version and carries the
scenario, so a journal is all that a replay needs. Arrivals and drives follow from the decisions; the journal keeps them
as events too, so that a replay can compare. A file cut off in the middle is read up to its last whole record.
The digest is BLAKE2b over all bodies behind the header.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from portway.core.commands import Command
from portway.core.events import Event
from portway.core.model.scenario import Scenario

VERSION = 1
_encoder = msgspec.msgpack.Encoder()


class JournalHeader(msgspec.Struct, frozen=True):
    """First record of a journal."""

    version: int
    scenario: Scenario
    seed: int
    end_ms: int
    visitors: int


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One event and its answer."""

    event: Event
    commands: list[Command]


class JournalError(ValueError):
    """The file is no journal of this version; says what it is and what was expected."""


class JournalWriter:
    """Writes a journal; without a file it only keeps the digest."""

    def __init__(self, path: Path | None, header: JournalHeader) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._file: BinaryIO | None = None
        self._buffer = bytearray()
        self.records = 0
        if path is not None:
            self._file = path.open("wb")
            self._file.write(_framed(_encoder.encode(header)))

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Keep one event and the commands that answered it."""
        body = _encoder.encode((event, commands))
        self._hash.update(body)
        self.records += 1
        if self._file is not None:
            self._buffer += _framed(body)
            if len(self._buffer) > 1 << 20:
                self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        if self._file is not None:
            self._file.write(self._buffer)
            self._file.flush()
            self._buffer.clear()

    def close(self) -> None:
        """End the file."""
        self.flush()
        if self._file is not None:
            self._file.close()

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
        raise JournalError(f"{path}: this is no Portway journal; give the folder of a run (it holds `journal`)")
    try:
        version = msgspec.msgpack.decode(bodies[0], type=dict).get("version")
        if version != VERSION:
            raise JournalError(
                f"{path}: journal version {version}, this Portway reads {VERSION}; replay it with its own"
            )
        header = msgspec.msgpack.decode(bodies[0], type=JournalHeader)
        decoder = msgspec.msgpack.Decoder(Entry)
        entries = [decoder.decode(body) for body in bodies[1:]]
    except msgspec.MsgspecError as error:
        raise JournalError(f"{path}: {error}; the file was written by another program or version") from error
    whole = sum(len(b) + 8 for b in bodies) == len(data)
    return header, entries, whole
