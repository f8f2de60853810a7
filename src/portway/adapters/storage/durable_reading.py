"""The journal of a database read again: for a restart, and as a file that `portway replay` reads.

Rows are read in pages of their own transactions, so that a reader holds nobody up.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select

from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_run import read_run
from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import JOURNAL
from portway.adapters.storage.journal import VERSION, Entry, JournalHeader, _bodies, _framed

PAGE_ROWS = 500


def newest_number(connection: Connection) -> int:
    """Number of the last entry, 0 when there is none."""
    asked = select(JOURNAL.c.first_number, JOURNAL.c.entries).order_by(JOURNAL.c.first_number.desc()).limit(1)
    last = connection.execute(asked).one_or_none()
    return 0 if last is None else last.first_number + last.entries - 1


def entries_after(store: Store, after: int, newest: int) -> Iterator[Entry]:
    """Entries behind number `after` up to `newest`. Raises StorageError at one that is damaged or missing."""
    decoder = msgspec.msgpack.Decoder(Entry)
    for number, bodies in _ticks(store, after, newest):
        for body in bodies[max(0, after + 1 - number) :]:
            try:
                yield decoder.decode(body)
            except msgspec.MsgspecError as error:
                raise _damaged(store, number, str(error)) from error


def export_journal(store: Store, path: Path) -> int:
    """Write the run of a database as a file journal, whole or not at all; returns the number of entries. A running
    server is not disturbed. Raises OSError, and StorageError when there is no run."""
    run = read_run(store)
    if run is None:
        raise StorageError(f"{store.name}: it holds no run; give the database of a server that has run")
    with store.reading() as connection:
        newest = newest_number(connection)
        end_ms = connection.execute(select(func.max(JOURNAL.c.at_ms))).scalar() or 0
    header = JournalHeader(VERSION, run.scenario, run.seed, end_ms, run.visitors)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(_framed(msgspec.msgpack.encode(header)))
        for _, bodies in _ticks(store, 0, newest):
            file.writelines(_framed(body) for body in bodies)
    part.replace(path)
    return newest


def _ticks(store: Store, after: int, newest: int) -> Iterator[tuple[int, list[bytes]]]:
    """Number of the first entry and bodies of every tick that reaches beyond `after`."""
    number = JOURNAL.c.first_number
    with store.reading() as connection:
        due = connection.execute(select(func.max(number)).where(number <= after + 1)).scalar() or 1
    while due <= newest:
        asked = select(JOURNAL).where(number >= due).order_by(number).limit(PAGE_ROWS)
        with store.reading() as connection:
            rows = connection.execute(asked).all()
        if not rows:
            raise _damaged(store, due, "it is missing")
        for row in rows:
            bodies = list(_bodies(bytes(row.body)))
            if row.first_number != due:
                raise _damaged(store, due, "it is missing")
            if len(bodies) != row.entries:
                raise _damaged(store, due, "its check sum is wrong")
            yield due, bodies
            due += row.entries


def _damaged(store: Store, number: int, why: str) -> StorageError:
    cure = "restore a backup of the database; `portway doctor` checks the disk"
    return StorageError(f"{store.name}: the tick of entry {number} cannot be read: {why}; {cure}")
