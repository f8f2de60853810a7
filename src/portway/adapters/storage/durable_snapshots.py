"""Snapshots in pieces: a restart begins with the newest whole one.

A piece is one small transaction, so that ticks of the journal go on between them; the row that names the snapshot comes
last. A crash in between leaves pieces without a name, which the next snapshot sweeps away, and the former snapshot as
it was.
"""

import zlib
from typing import NamedTuple

from sqlalchemy import Connection, Delete, Row, Table, func, select, tuple_

from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import SNAPSHOT_PARTS, SNAPSHOTS

KEPT = 3
PART_BYTES = 1 << 18


class Snapshot(NamedTuple):
    """The state after an entry of the journal."""

    number: int
    at_ms: int
    body: bytes
    version: str


class Snapshots:
    """The last snapshots of a run."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, number: int, at_ms: int, body: bytes, version: str) -> None:
        """Keep the state after entry `number`; returns when it is safe. Raises StorageError."""
        packed = zlib.compress(body, 1)
        with self._store.reading() as connection:
            parts_max = connection.execute(select(func.max(SNAPSHOT_PARTS.c.snapshot))).scalar() or 0
            id = max(parts_max, connection.execute(select(func.max(SNAPSHOTS.c.id))).scalar() or 0) + 1
        parts = [packed[i : i + PART_BYTES] for i in range(0, len(packed), PART_BYTES)]
        for part, piece in enumerate(parts):
            self._insert(SNAPSHOT_PARTS, {"snapshot": id, "part": part, "body": piece})
        row = {"id": id, "number": number, "at_ms": at_ms, "version": version, "parts": len(parts)}
        self._insert(SNAPSHOTS, {**row, "crc": zlib.crc32(packed)})
        self._sweep()

    def newest(self, version: str | None = None) -> Snapshot | None:
        """The newest whole snapshot, of a version if one is given; a damaged one is passed over."""
        with self._store.reading() as connection:
            asked = select(SNAPSHOTS).order_by(SNAPSHOTS.c.id.desc())
            for row in connection.execute(asked).all():
                if version in (None, row.version) and (body := _body(connection, row)) is not None:
                    return Snapshot(row.number, row.at_ms, body, row.version)
        return None

    def _insert(self, table: Table, row: dict) -> None:
        keys = list(table.primary_key.columns)

        def write(connection: Connection, again: bool) -> None:
            if again:
                connection.execute(table.delete().where(*(c == row[c.name] for c in keys)))
            connection.execute(table.insert(), row)

        self._store.write(write).result()

    def _sweep(self) -> None:
        """Forget all but the newest snapshots, and pieces that a crash has left."""
        with self._store.reading() as connection:
            kept = (
                connection.execute(select(SNAPSHOTS.c.id).order_by(SNAPSHOTS.c.id.desc()).limit(KEPT)).scalars().all()
            )
            key = tuple_(SNAPSHOT_PARTS.c.snapshot, SNAPSHOT_PARTS.c.part)
            asked = select(SNAPSHOT_PARTS.c.snapshot, SNAPSHOT_PARTS.c.part).where(
                SNAPSHOT_PARTS.c.snapshot.not_in(kept)
            )
            old = [tuple(row) for row in connection.execute(asked)]
        self._forget(SNAPSHOTS.delete().where(SNAPSHOTS.c.id.not_in(kept)))
        for piece in old:
            self._forget(SNAPSHOT_PARTS.delete().where(key == piece))

    def _forget(self, delete: Delete) -> None:
        self._store.write(lambda connection, _: connection.execute(delete)).result()


def _body(connection: Connection, row: Row) -> bytes | None:
    asked = select(SNAPSHOT_PARTS.c.body).where(SNAPSHOT_PARTS.c.snapshot == row.id).order_by(SNAPSHOT_PARTS.c.part)
    packed = b"".join(connection.execute(asked).scalars())
    try:
        return zlib.decompress(packed) if zlib.crc32(packed) == row.crc else None
    except zlib.error:
        return None
