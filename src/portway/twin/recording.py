"""A recording: what pages were shown, kept so that any past instant is there again in a moment.

A file of records: 1 byte kind, 4 bytes length, 4 bytes CRC-32 (both big endian), body. Bodies but the header are
compressed with zstd. A *chunk* is one `KEY` record (all values), one `DELTAS` record (the differences of each following
frame) and one `CHANGES` record (rows of tables that changed, with their instants). Every `TABLES_EVERY` chunks the rows
of all tables come before the key. A reader looks at the heads of records only, so opening a day takes milliseconds; a
file that was cut off ends with its last whole chunk.
"""

import zlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from portway.twin import wire
from portway.twin.tables import Changes, Tables

VERSION = 1
MAGIC = b"portway-recording"
HEADER, TABLES, KEY, DELTAS, CHANGES = b"HTKDC"
FRAMES_PER_CHUNK = 64
TABLES_EVERY = 10
_codec = pa.Codec("zstd", compression_level=1)
_encoder = msgspec.msgpack.Encoder()


class RecordingError(ValueError):
    """The file is no recording of this version, or not of this terminal; says what it is and what was expected."""


class RecordingHeader(msgspec.Struct, frozen=True):
    """First record: `document` is the terminal as the page is told of it, the points among it."""

    magic: str
    version: int
    count: int
    period_ms: int
    document: dict[str, Any]


class Chunk(NamedTuple):
    """Where the records of a chunk begin in the file, and how many bytes their bodies have."""

    at_ms: int
    key: tuple[int, int]
    deltas: tuple[int, int]
    changes: tuple[int, int]


class Delta(msgspec.Struct, frozen=True, array_like=True):
    """A frame behind the key of its chunk."""

    at_ms: int
    body: bytes


def packed(value: object) -> bytes:
    """A body: msgpack, its length, zstd."""
    raw = _encoder.encode(value)
    return len(raw).to_bytes(4, "big") + _codec.compress(raw, asbytes=True)


def unpacked(body: bytes) -> bytes:
    """What `packed` was given, as msgpack."""
    return _codec.decompress(body[4:], int.from_bytes(body[:4], "big"), asbytes=True)


class RecordingWriter:
    """Writes a recording while it happens. All methods raise OSError when the disk does not take it."""

    def __init__(self, path: Path, document: dict[str, Any], count: int, period_ms: int) -> None:
        self.path, self._count = path, count
        self._file: BinaryIO = path.open("wb")
        self._at = 0
        self.chunks: list[Chunk] = []
        self.snapshots: list[tuple[int, tuple[int, int]]] = []  # instant, where
        self.marks: list[tuple[int, int]] = []
        self._last: np.ndarray | None = None
        self._deltas: list[Delta] = []
        self._changes: list[tuple[int, Changes]] = []
        self._key: tuple[int, np.ndarray] | None = None
        header = RecordingHeader(MAGIC.decode(), VERSION, count, period_ms, document)
        self._write(HEADER, _encoder.encode(header))
        self._file.flush()

    def add(self, at_ms: int, values: np.ndarray, changes: Changes, tables: Tables) -> None:
        """Keep one sample: `values` (count,) int32, the rows that changed since the last one, and all rows."""
        if self._key is None:
            if len(self.chunks) % TABLES_EVERY == 0:
                where = self._write(TABLES, packed((at_ms, tables.rows)))
                self.snapshots.append((at_ms, where))
            self._key = at_ms, values.copy()
        else:
            assert self._last is not None
            self._deltas.append(Delta(at_ms, wire.body_of(self._last, values)))
        if changes:
            self._changes.append((at_ms, changes))
        self._last = values.copy()
        if len(self._deltas) + 1 == FRAMES_PER_CHUNK:
            self.flush()

    @property
    def gathered(self) -> int:
        """Frames of the chunk that is being gathered."""
        return 0 if self._key is None else 1 + len(self._deltas)

    def flush(self) -> None:
        """Write the chunk that is being gathered, if there is one."""
        if self._key is None:
            return
        at_ms, values = self._key
        key = self._write(KEY, packed((at_ms, values.astype("<i4").tobytes())))
        deltas = self._write(DELTAS, packed(self._deltas))
        changes = self._write(CHANGES, packed((self._changes, self.marks)))
        self.marks = []
        self.chunks.append(Chunk(at_ms, key, deltas, changes))
        self._key, self._deltas, self._changes = None, [], []
        self._file.flush()

    def close(self) -> None:
        """End the file."""
        self.flush()
        self._file.close()

    def _write(self, kind: int, body: bytes) -> tuple[int, int]:
        head = bytes([kind]) + len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big")
        self._file.write(head + body)
        at = self._at + len(head)
        self._at = at + len(body)
        return at, len(body)
