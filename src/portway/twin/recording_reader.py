"""Reading a recording: its index at once, any instant on request; one that is still being written can be followed."""

import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from portway.twin import wire
from portway.twin.recording import (
    CHANGES,
    DELTAS,
    HEADER,
    KEY,
    MAGIC,
    TABLES,
    VERSION,
    Chunk,
    Delta,
    RecordingError,
    RecordingHeader,
    unpacked,
)
from portway.twin.tables import Changes, Row, Tables

HEAD_BYTES = 9
_rows = msgspec.msgpack.Decoder(tuple[int, dict[str, dict[str, Row]]])
_key = msgspec.msgpack.Decoder(tuple[int, bytes])
_deltas = msgspec.msgpack.Decoder(list[Delta])
_changes = msgspec.msgpack.Decoder(tuple[list[tuple[int, Changes]], list[tuple[int, int]]])


class Recording:
    """One file of the past."""

    def __init__(self, path: Path) -> None:
        """Raises RecordingError when the file is no recording of this version, OSError when it cannot be read."""
        self.path = path
        self._file = path.open("rb")
        self.header = self._header()
        self.chunks: list[Chunk] = []
        self.snapshots: list[tuple[int, tuple[int, int]]] = []
        self.marks: list[tuple[int, int]] = []
        self.whole = True
        self._scanned = self._file.tell()
        self._open: dict[int, tuple[int, int]] = {}
        self.last_ms = 0
        self.follow()

    # -- the index ----------------------------------------------------------------------------------------------

    def _header(self) -> RecordingHeader:
        body = self._record(HEADER)
        try:
            raw = msgspec.msgpack.decode(body) if body is not None else None
        except msgspec.DecodeError:
            raw = None
        if not isinstance(raw, dict) or raw.get("magic") != MAGIC.decode():
            raise RecordingError(f"{self.path}: this is no recording of Portway; give the folder of a run")
        if raw.get("version") != VERSION:
            raise RecordingError(
                f"{self.path}: recording version {raw.get('version')}, this Portway reads {VERSION}; "
                "delete the file and it is made anew from the journal"
            )
        return msgspec.convert(raw, RecordingHeader)

    def _record(self, kind: int) -> bytes | None:
        """The record that begins here, when it is whole and of a kind."""
        head = self._file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or head[0] != kind:
            return None
        size = int.from_bytes(head[1:5], "big")
        body = self._file.read(size)
        return body if len(body) == size and zlib.crc32(body) == int.from_bytes(head[5:9], "big") else None

    def follow(self) -> None:
        """Look for chunks that have been written since; `whole` tells whether the file ends with one."""
        end = os.fstat(self._file.fileno()).st_size  # the file may have got another name
        at = self._scanned
        while at + HEAD_BYTES <= end:
            self._file.seek(at)
            head = self._file.read(HEAD_BYTES)
            where = at + HEAD_BYTES, int.from_bytes(head[1:5], "big")
            if where[0] + where[1] > end or head[0] not in (TABLES, KEY, DELTAS, CHANGES):
                break
            self._open[head[0]] = where
            at = where[0] + where[1]
            if head[0] == CHANGES:
                if not self._close_chunk():
                    break
                self._scanned = at
        self.whole = self._scanned == end

    def _close_chunk(self) -> bool:
        """The records gathered make a chunk, unless one of them is damaged."""
        if KEY not in self._open or DELTAS not in self._open:
            return False
        try:
            at_ms, _ = _key.decode(self._body(self._open[KEY]))
            _, marks = _changes.decode(self._body(self._open[CHANGES]))
            if TABLES in self._open:
                self.snapshots.append((at_ms, self._open[TABLES]))
        except RecordingError:
            return False
        self.chunks.append(Chunk(at_ms, self._open[KEY], self._open[DELTAS], self._open[CHANGES]))
        self.marks += marks
        self.last_ms = at_ms
        self._open = {}
        return True

    def _body(self, where: tuple[int, int]) -> bytes:
        """The content of a record; RecordingError when it is damaged."""
        self._file.seek(where[0] - 4)
        check = self._file.read(4)
        body = self._file.read(where[1])
        if len(body) != where[1] or zlib.crc32(body) != int.from_bytes(check, "big"):
            raise RecordingError(f"{self.path}: damaged at byte {where[0]}")
        return unpacked(body)

    # -- times --------------------------------------------------------------------------------------------------

    @property
    def first_ms(self) -> int:
        """First instant that is kept."""
        return self.chunks[0].at_ms if self.chunks else 0

    def end_ms(self) -> int:
        """Last instant that is kept."""
        if not self.chunks:
            return 0
        deltas = _deltas.decode(self._body(self.chunks[-1].deltas))
        return deltas[-1].at_ms if deltas else self.chunks[-1].at_ms

    def chunk_at(self, at_ms: int) -> int:
        """Number of the chunk that holds an instant; the first or last for one outside."""
        return max(0, bisect_right(self.chunks, at_ms, key=lambda c: c.at_ms) - 1)

    # -- contents -----------------------------------------------------------------------------------------------

    def frames(self, number: int) -> Iterator[tuple[int, np.ndarray]]:
        """Instants and values (count,) int32 of a chunk, one after the other; the array is the same, changed."""
        at_ms, raw = _key.decode(self._body(self.chunks[number].key))
        values = np.frombuffer(raw, "<i4").copy()
        yield at_ms, values
        for delta in _deltas.decode(self._body(self.chunks[number].deltas)):
            wire.apply_body(values, delta.body, wire.DELTA)
            yield delta.at_ms, values

    def values_at(self, at_ms: int) -> tuple[int, np.ndarray]:
        """The last frame not behind an instant (the first of all before it)."""
        found: tuple[int, np.ndarray] | None = None
        for frame_ms, values in self.frames(self.chunk_at(at_ms)):
            if found is not None and frame_ms > at_ms:
                break
            found = frame_ms, values.copy()
        assert found is not None
        return found

    def tables_at(self, at_ms: int) -> Tables:
        """All rows as they were at an instant."""
        tables = Tables()
        start = max(0, bisect_right(self.snapshots, at_ms, key=lambda s: s[0]) - 1)
        snapshot_ms, rows = _rows.decode(self._body(self.snapshots[start][1]))
        tables.restore(rows)
        for number in range(self.chunk_at(snapshot_ms), self.chunk_at(at_ms) + 1):
            for changed_ms, changes in self.changes(number):
                if snapshot_ms < changed_ms <= at_ms:
                    tables.apply(changes)
        tables.take_changes()
        return tables

    def changes(self, number: int) -> list[tuple[int, Changes]]:
        """Rows that changed in a chunk, with their instants."""
        return _changes.decode(self._body(self.chunks[number].changes))[0]

    def history(self, point: int, from_ms: int, to_ms: int, most: int = 2_000) -> tuple[list[int], list[int]]:
        """Instants and values of one point; every frame of a short stretch, one a chunk (the key) of a long one."""
        first, last = self.chunk_at(from_ms), self.chunk_at(to_ms)
        at: list[int] = []
        value: list[int] = []
        if not self.chunks:
            return at, value
        every = max(1, -(-(last - first + 1) // most))
        for number in range(first, last + 1, every):
            if last - first <= 12:
                for frame_ms, values in self.frames(number):
                    at.append(frame_ms)
                    value.append(int(values[point]))
            else:
                frame_ms, raw = _key.decode(self._body(self.chunks[number].key))
                at.append(frame_ms)
                value.append(int(np.frombuffer(raw, "<i4")[point]))
        kept = [(a, v) for a, v in zip(at, value, strict=True) if from_ms <= a <= to_ms]
        return [a for a, _ in kept], [v for _, v in kept]

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
