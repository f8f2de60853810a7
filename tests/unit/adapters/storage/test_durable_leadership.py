"""Only one server writes: a second one waits, and a first one that wakes up too late is kept out."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine

from portway.adapters.storage import durable_leadership, durable_store
from portway.adapters.storage.durable import DurableState, open_durable
from portway.adapters.storage.durable_engine import database_url
from portway.adapters.storage.durable_error import AwayError, HeldError, LeadershipLost, StorageError
from portway.adapters.storage.durable_format import upgrade
from portway.adapters.storage.durable_reading import JournalReader
from portway.adapters.storage.durable_seat import end_sessions, is_free
from portway.adapters.storage.durable_store import Store
from portway.core.events import TimerFired
from postgres_server import new_database, postgres_server

WRITER = """
import sys
from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import StorageError
from portway.core.events import TimerFired
journal = open_durable(sys.argv[1]).journal
print("leads", flush=True)
while True:
    n = journal.newest
    try:
        journal.append([(TimerFired(n + 1, "t"), [])])
    except StorageError as error:
        print(type(error).__name__, error, flush=True)
        break
    print(journal.newest, flush=True)
"""

LEADER = """
import sys, time
from portway.adapters.storage import durable_leadership
from portway.adapters.storage.durable import open_durable
durable_leadership.LEASE_S, durable_leadership.BEAT_S, durable_leadership.GRACE_S = 1.0, 0.2, 0.4
store = open_durable(sys.argv[1]).store
print("leads", flush=True)
for _ in range(40):
    store.still_leads()
    time.sleep(0.1)
print("led to the end", flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    return new_database(server, request.node.name)


def tick(at_ms: int) -> list:
    return [(TimerFired(at_ms, "t"), [])]


def lead_for(state: DurableState, seconds: float) -> None:
    """What a control loop does."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        state.store.still_leads()
        time.sleep(0.05)


def take_over(where: str) -> DurableState:
    """As a standby does when the leader says nothing: end its sessions, then lead."""
    watcher = Store(where, reads_only=True)
    _, holder = JournalReader(watcher).sign_of_life()
    with watcher.reading() as connection:
        assert end_sessions(connection, holder) >= 1
    watcher.close()
    began = time.monotonic()
    while True:
        try:
            return open_durable(where)
        except HeldError:
            assert time.monotonic() - began < 10
            time.sleep(0.05)


def test_a_leader_whose_successor_writes_can_write_nothing_more(database):
    first = open_durable(database)
    first.journal.append(tick(1))
    second = take_over(database)
    second.journal.append(tick(2))
    with pytest.raises(LeadershipLost, match=r"portway .*leads now; nothing more is sent; on PostgreSQL, start"):
        first.journal.append(tick(2))
    with pytest.raises(LeadershipLost):
        first.store.write(lambda c, _: c.exec_driver_sql("DELETE FROM portway_journal")).result(10)
    with pytest.raises(LeadershipLost):
        first.store.still_leads()
    assert [e.event.at_ms for e in second.journal.tail()] == [1, 2]
    second.store.still_leads()
    first.close()
    second.journal.append(tick(3))
    second.close()


def test_a_leader_that_sleeps_and_wakes_up_after_the_take_over_is_told_so_and_writes_nothing(database):
    child = subprocess.Popen([sys.executable, "-c", WRITER, database], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        for _ in range(20):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGSTOP)  # in the middle of whatever it is doing
        second = take_over(database)
        newest = second.journal.newest
        second.journal.append(tick(1_000_000))
        os.kill(child.pid, signal.SIGCONT)
        told = child.stdout.read().split("\n")
        assert child.wait(20) == 0
    finally:
        child.kill()
    assert told[-2].startswith("LeadershipLost"), told[-3:]
    safe = [int(line) for line in told[:-2] if line.isdigit()]
    assert max(safe, default=0) <= newest, "it was never told that something is safe that is not there"
    assert [e.event.at_ms for e in second.journal.tail()] == [*range(1, newest + 1), 1_000_000]
    second.close()


def test_a_leader_that_sleeps_and_is_not_missed_goes_on(database):
    child = subprocess.Popen([sys.executable, "-c", LEADER, database], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "leads\n"
        time.sleep(1.0)
        os.kill(child.pid, signal.SIGSTOP)
        time.sleep(3.0)
        os.kill(child.pid, signal.SIGCONT)
        assert child.stdout.read() == "led to the end\n"
        assert child.wait(20) == 0
    finally:
        child.kill()


def test_a_transaction_that_a_dead_leader_left_open_does_not_hold_its_successor_up(database):
    first = open_durable(database)
    begun = first.store.engine.connect()
    first.store.leadership.guard(begun)  # the row is held and will not be given back
    second = take_over(database)
    second.journal.append(tick(1))
    assert second.journal.newest == 1
    begun.invalidate()
    first.close()
    second.close()


def test_the_seat_is_free_only_while_nobody_has_it(database):
    first = open_durable(database)
    watcher = Store(database, reads_only=True)
    with watcher.reading() as connection:
        assert not is_free(connection)
    with pytest.raises(HeldError, match=r"another server runs on it; stop that one.*--standby"):
        open_durable(database)
    first.close()
    began = time.monotonic()
    with watcher.reading() as connection:
        while not is_free(connection):
            assert time.monotonic() - began < 5
    watcher.close()


def test_a_leader_gives_signs_of_life_only_while_its_loop_lives(database, monkeypatch):
    monkeypatch.setattr(durable_leadership, "BEAT_S", 0.05)
    monkeypatch.setattr(durable_leadership, "LEASE_S", 0.5)
    state = open_durable(database)
    watcher = Store(database, reads_only=True)
    reader = JournalReader(watcher)
    state.store.still_leads()
    seen, holder = reader.sign_of_life()
    time.sleep(0.3)
    assert reader.sign_of_life()[0] > seen
    assert holder == state.store.holder
    time.sleep(0.6)  # the loop says nothing
    silent = reader.sign_of_life()
    time.sleep(0.3)
    assert reader.sign_of_life() == silent
    watcher.close()
    state.close()


def test_a_leader_that_cannot_give_a_sign_of_life_gives_up_by_itself(database, monkeypatch):
    monkeypatch.setattr(durable_leadership, "BEAT_S", 0.05)
    monkeypatch.setattr(durable_leadership, "LEASE_S", 1.0)
    monkeypatch.setattr(durable_leadership, "GRACE_S", 0.3)
    state = open_durable(database)
    state.store.still_leads()
    with psycopg.connect(database, autocommit=False) as other:
        other.execute("LOCK TABLE portway_leader IN ACCESS EXCLUSIVE MODE")  # as if the network were gone
        hanging = state.store.write(lambda c, _: None)
        began = time.monotonic()
        with pytest.raises(LeadershipLost, match=r"no sign of life could be given for \d s; look at the network"):
            lead_for(state, 10.0)
        assert time.monotonic() - began < 3
        with pytest.raises(LeadershipLost):
            hanging.result(1)
        with pytest.raises(LeadershipLost):
            state.journal.append(tick(1))
        began = time.monotonic()
        state.close()
        assert time.monotonic() - began < 5, "what hangs is left behind"


def test_a_leader_whose_lock_session_ends_takes_the_seat_again(database, monkeypatch):
    monkeypatch.setattr(durable_leadership, "BEAT_S", 0.05)
    state = open_durable(database)
    with psycopg.connect(database, autocommit=True) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    assert ended == (1,)
    time.sleep(0.5)
    state.store.still_leads()
    assert state.store.silent_s < 0.4
    with pytest.raises(HeldError):
        open_durable(database)
    state.journal.append(tick(1))
    state.close()


def test_a_format_without_leaders_is_upgraded_and_led(database):
    engine = create_engine(database_url(database))
    with engine.begin() as connection:
        upgrade_to_first(connection)
    state = open_durable(database)
    assert state.store.upgraded == (1, None)
    assert [e.event.at_ms for e in state.journal.tail()] == [1]
    state.journal.append(tick(2))
    state.close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT first_number, format FROM portway_journal").all() == [(1, 1), (2, 1)]
    engine.dispose()


def upgrade_to_first(connection) -> None:
    """A PostgreSQL database as format 1 had it."""
    upgrade(connection, 0)
    connection.exec_driver_sql("DROP TABLE portway_schema, portway_leader")
    connection.exec_driver_sql("ALTER TABLE portway_journal DROP COLUMN format, DROP COLUMN news")
    connection.exec_driver_sql("DELETE FROM portway_meta")
    connection.exec_driver_sql("INSERT INTO portway_meta VALUES ('format', '\\x01')")
    body = b"\x92\x93\xaaTimerFired\x01\xa1t\x90"
    import zlib

    frame = len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body
    connection.exec_driver_sql("INSERT INTO portway_journal VALUES (1, 1, 1, %s)", (frame,))


def test_a_step_that_fails_on_postgresql_leaves_the_old_format(database, monkeypatch):
    engine = create_engine(database_url(database))
    with engine.begin() as connection:
        upgrade_to_first(connection)

    def fails(connection, found):
        upgrade(connection, found)
        raise OSError("the network is gone")

    monkeypatch.setattr(durable_store, "upgrade", fails)
    with pytest.raises(StorageError):
        open_durable(database)
    watcher = Store(database, reads_only=True)
    assert watcher.format == 1
    assert JournalReader(watcher).sign_of_life() == (-1, "")
    watcher.close()
    engine.dispose()


def test_a_write_nobody_waits_for_any_more_does_not_stop_the_others(database):
    state = open_durable(database)
    slow = state.store.write(lambda c, _: c.exec_driver_sql("SELECT pg_sleep(0.3)"))
    given_up = state.store.write(lambda c, _: None)
    assert given_up.cancel()
    slow.result(10)
    assert state.journal.append(tick(1)) == 1
    state.close()


def test_a_server_of_postgresql_that_is_not_there_is_away(tmp_path):
    with pytest.raises(AwayError, match=r"cannot be reached.*start it, or correct host and port"):
        open_durable(f"postgresql://portway@/postgres?host={tmp_path}")


def test_a_file_has_a_leader_too(tmp_path):
    """A lock file that somebody has deleted lets a second server in; the first one notices."""
    first = open_durable(tmp_path / "run.db")
    first.journal.append(tick(1))
    (tmp_path / "run.db.lock").unlink()
    second = open_durable(tmp_path / "run.db")
    with pytest.raises(LeadershipLost, match="leads now"):
        first.journal.append(tick(2))
    with pytest.raises(LeadershipLost):
        first.store.still_leads()
    second.store.still_leads()
    second.journal.append(tick(2))
    first.close()
    assert [e.event.at_ms for e in second.journal.tail()] == [1, 2]
    second.close()
