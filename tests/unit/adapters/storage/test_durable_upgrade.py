"""A database of any released format is brought to today's, whole or not at all; any other is refused by name.

`format_1.sql` is what a server of commit 1ba6ee9 kept of a small run.
"""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from portway.adapters.storage import durable_store, entry_format
from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import HeldError, StorageError
from portway.adapters.storage.durable_format import STEPS
from portway.adapters.storage.durable_reading import export_journal
from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import ALL, FORMAT
from portway.adapters.storage.journal import JournalError, read_journal
from portway.app.live.doctor_database import check_database
from portway.core.commands import ExtendBase, PrepareMove, SetTimer
from portway.core.events import CraneReady, JobOrderReceived, TimerFired, TroubleReported, TruckReported

OLD = Path(__file__).with_name("format_1.sql")
KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from portway.adapters.storage import durable_store
from portway.adapters.storage.durable import open_durable
real = durable_store.upgrade
def upgrade(connection, found):
    real(connection, found)
    os.kill(os.getpid(), signal.SIGKILL)
durable_store.upgrade = upgrade
open_durable(sys.argv[1])
"""


def rows(path: Path, statement: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def format_in(path: Path) -> object:
    ((value,),) = rows(path, "SELECT value FROM portway_meta WHERE name = 'format'")
    return msgspec.msgpack.decode(value)


@pytest.fixture
def old(tmp_path) -> Path:
    path = tmp_path / "run.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD.read_text())
    return path


def test_a_database_of_the_first_format_is_opened_with_all_that_is_in_it(old):
    state = open_durable(old)
    entries = list(state.journal.tail())
    kinds = [type(e.event) for e in entries]
    assert kinds == [TimerFired, CraneReady, JobOrderReceived, TruckReported, TroubleReported]
    assert entries[0].commands == [SetTimer(11_000, "plan"), PrepareMove("QC1", "J1", 2, True, False)]
    assert entries[3].commands == [ExtendBase("T001", 0, (1, 2, 3), (4, 5))]
    assert [t.id for t in state.journal.run.scenario.fleet.trucks] == ["T001", "T002"]
    assert [(d.key, d.body) for d in state.outbox.owed()] == [("tos:1", b'{"kind":"accepted"}')]
    assert asyncio.run(state.answers.get("test", "key-1")).status == 201
    snapshot = state.journal.newest_snapshot()
    assert (snapshot.number, snapshot.body) == (2, b"state of another version")
    assert state.journal.append([(TimerFired(6_000, "plan"), [])]) == 6
    state.close()
    assert rows(old, "SELECT first_number, format FROM portway_journal") == [(1, 1), (3, 1), (5, 1), (6, 1)]


def test_a_database_of_the_second_format_is_opened_and_all_its_ticks_count_as_news(old):
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.stamp(config, "0001")
        command.upgrade(config, "0002")
    engine.dispose()
    say(old, "format", 2)
    state = open_durable(old)
    assert state.store.upgraded[0] == 2
    assert list(state.journal.news()) == list(state.journal.tail())
    state.journal.append([(TimerFired(6_000, "plan"), [])])
    state.journal.append([(TroubleReported(7_000, "off_schema", "T001", ""), [])])
    assert [e.event.at_ms for e in state.journal.news()][5:] == [7_000]
    state.close()


def test_a_copy_of_the_old_format_is_made_once_and_never_written_over(old, tmp_path):
    kept = tmp_path / "run.db.format-1"
    kept.write_text("of another time")
    state = open_durable(old)
    copy = tmp_path / "run.db.format-1.1"
    assert state.store.upgraded == (1, copy)
    state.close()
    again = open_durable(old)
    assert again.store.upgraded is None
    again.close()
    assert kept.read_text() == "of another time"
    assert (format_in(old), format_in(copy)) == (FORMAT, 1)
    assert rows(copy, "SELECT count(*) FROM portway_journal") == [(3,)]
    assert copy.stat().st_mode & 0o077 == 0
    assert sorted(p.name for p in tmp_path.glob("run.db.format*")) == ["run.db.format-1", "run.db.format-1.1"]


def test_what_still_stands_in_the_log_is_in_the_copy(old, tmp_path):
    writer = sqlite3.connect(old)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("INSERT INTO portway_outbox_newest VALUES ('late', 7)")
    writer.commit()
    for name in ("run.db", "run.db-wal"):  # as a crash leaves them
        (tmp_path / f"crashed-{name}").write_bytes((tmp_path / name).read_bytes())
    writer.close()
    state = open_durable(tmp_path / "crashed-run.db")
    state.close()
    copied = rows(tmp_path / "crashed-run.db.format-1", "SELECT * FROM portway_outbox_newest WHERE target = 'late'")
    assert copied == [("late", 7)]


@pytest.mark.parametrize("begins", ["new", "old"])
def test_all_steps_lead_to_the_tables_that_the_program_uses(begins, old, tmp_path):
    state = open_durable(old if begins == "old" else tmp_path / "new.db")
    with state.store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [d for d in compare_metadata(context, ALL) if "portway_schema" not in repr(d)]
    state.close()
    assert found == []
    heads = ScriptDirectory(str(STEPS)).get_heads()
    assert [int(head) for head in heads] == [FORMAT]


def test_a_step_that_fails_leaves_the_old_format_and_no_copy(old, tmp_path, monkeypatch):
    real, before = durable_store.upgrade, rows(old, "SELECT * FROM portway_journal")

    def fails(connection, found):
        real(connection, found)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(durable_store, "upgrade", fails)
    with pytest.raises(StorageError, match=r"run\.db: the disk is full.*free space"):
        open_durable(old)
    assert format_in(old) == 1
    assert rows(old, "SELECT * FROM portway_journal") == before
    assert list(tmp_path.glob("*.format*")) == []
    monkeypatch.undo()
    open_durable(old).close()
    assert format_in(old) == FORMAT


def test_a_server_killed_in_the_middle_of_a_step_leaves_the_old_format(old, tmp_path):
    child = subprocess.run([sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(old)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert format_in(old) == 1
    assert format_in(tmp_path / "run.db.format-1") == 1
    state = open_durable(old)
    assert state.journal.newest == 5
    state.close()


def test_nothing_but_a_server_upgrades(old, tmp_path):
    assert check_database(str(old)).state != "error"
    store = Store(old, reads_only=True)
    assert export_journal(store, tmp_path / "journal") == 5
    store.close()
    header, entries, whole = read_journal(tmp_path / "journal")
    assert (header.scenario.id, len(entries), whole) == ("small", 5, True)
    assert format_in(old) == 1


def say(path: Path, name: str, value: object) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("REPLACE INTO portway_meta VALUES (?, ?)", (name, msgspec.msgpack.encode(value)))


def test_a_newer_format_is_refused_with_the_version_that_wrote_it(old):
    say(old, "format", FORMAT + 1)
    say(old, "written_by", "7.3.1")
    with pytest.raises(StorageError, match=rf"format {FORMAT + 1}, written by Portway 7\.3\.1.*start that one"):
        open_durable(old)
    with pytest.raises(StorageError, match="written by Portway"):
        Store(old, reads_only=True)
    assert format_in(old) == FORMAT + 1


@pytest.mark.parametrize("value", [0, -1, "1", True, None, 1.0, {"format": 1}])
def test_a_format_that_is_no_format_is_refused(old, value):
    say(old, "format", value)
    with pytest.raises(StorageError, match="names no format; restore a backup"):
        open_durable(old)


def test_a_table_without_its_format_is_refused(old):
    with contextlib.closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE portway_meta")
    with pytest.raises(StorageError, match="portway_answers, but not portway_meta; restore a backup"):
        open_durable(old)


def test_another_programs_database_is_left_alone(tmp_path):
    path = tmp_path / "places.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE moz_places (url)")
    with pytest.raises(StorageError, match="another program's database, with a table moz_places; give another file"):
        open_durable(path)
    assert rows(path, "SELECT name FROM sqlite_master") == [("moz_places",)]


def test_entries_of_an_unknown_format_are_refused_by_number(old):
    state = open_durable(old)
    state.close()
    with contextlib.closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE portway_journal SET format = 9 WHERE first_number = 3")
    again = open_durable(old)
    assert len(list(zip(range(2), again.journal.tail(), strict=False))) == 2
    with pytest.raises(StorageError, match=r"entry 3 cannot be read: its entries are of format 9.*reads 1; start the"):
        list(again.journal.tail())
    again.close()


def test_older_entries_are_read_and_exported_in_todays_format(old, tmp_path, monkeypatch):
    """An older format that had the commands first."""

    def older(body: bytes) -> entry_format.Entry:
        commands, event = msgspec.msgpack.decode(body)
        return entry_format.reader_of(1)(msgspec.msgpack.encode([event, commands]))

    state = open_durable(old)
    state.journal.append([(TimerFired(6_000, "plan"), [SetTimer(7_000, "plan")])])
    state.close()
    monkeypatch.setitem(entry_format._READERS, 0, older)
    body = msgspec.msgpack.encode(([["SetTimer", 7_000, "plan"]], ["TimerFired", 6_000, "plan"]))
    frame = framed(body)
    with contextlib.closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE portway_journal SET format = 0, body = ? WHERE first_number = 6", (frame,))
    again = open_durable(old)
    expected = entry_format.Entry(TimerFired(6_000, "plan"), [SetTimer(7_000, "plan")])
    assert list(again.journal.tail(5)) == [expected]
    again.journal.export(tmp_path / "journal")
    again.close()
    assert read_journal(tmp_path / "journal")[1][5] == expected


def framed(body: bytes) -> bytes:
    import zlib

    return len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("version", [0, 2, "1", None, True])
def test_a_file_journal_of_an_unknown_format_is_refused_by_number(tmp_path, version):
    header = msgspec.msgpack.encode({"version": version})
    (tmp_path / "journal").write_bytes(framed(header))
    with pytest.raises(JournalError, match=rf"of format {version!r}, this Portway reads 1; replay it with the version"):
        read_journal(tmp_path / "journal")


def test_a_damaged_file_is_not_upgraded(old):
    body = bytearray(old.read_bytes())
    page = int.from_bytes(body[16:18], "big")
    body[3 * page : 4 * page] = b"\xff" * page
    old.write_bytes(body)
    with pytest.raises(StorageError, match=r"run\.db: .*damaged.*restore a backup"):
        open_durable(old)
    assert list(old.parent.glob("*.format*")) == []


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.5, 0.95, 0.9999])
def test_a_file_that_was_cut_off_is_refused_with_its_cure(old, share):
    whole = old.read_bytes()
    old.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StorageError, match=r"run\.db: .*(cut off).*restore a backup"):
        open_durable(old)


def test_a_database_of_a_running_server_is_refused_and_the_server_named(old):
    state = open_durable(old)
    with pytest.raises(HeldError, match=rf"another server runs on it \(portway .*:{os.getpid()}:.*\); stop that one"):
        open_durable(old)
    state.journal.append([(TimerFired(6_000, "plan"), [])])
    state.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody without rights")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_folder_or_file_that_can_only_be_read_is_refused_with_its_cure(old, tmp_path, what):
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)
    if what == "file":
        old.chmod(0o444)
        tmp_path.chmod(0o777)
    os.seteuid(65_534)
    try:
        with pytest.raises(StorageError, match=r"Permission denied.*let this user write there"):
            open_durable(old)
    finally:
        os.seteuid(0)
