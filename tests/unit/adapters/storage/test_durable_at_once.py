"""The tick's own way to the disk: in the caller's thread, with the log carried over beside it."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy import bindparam, select

from portway.adapters.storage import durable_checkpoint
from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import LeadershipLost
from portway.adapters.storage.durable_lean import LeanConnection
from portway.adapters.storage.durable_tables import JOURNAL
from portway.core.events import TimerFired


def tick(at_ms):
    return [(TimerFired(at_ms, "plan"), [])]


@pytest.fixture
def durable(tmp_path):
    state = open_durable(tmp_path / "live.db")
    yield state
    state.close()


def test_a_tick_is_safe_when_submit_returns_and_nobody_else_writes(durable):
    future = durable.journal.submit(tick(1))
    assert future.done()
    assert future.result() == 1
    assert [e.event.at_ms for e in durable.journal.tail()] == [1]


def test_a_tick_queues_behind_a_write_under_way(durable):
    begun, go_on = threading.Event(), threading.Event()

    def slow(_connection, _again):
        begun.set()
        assert go_on.wait(10)

    slow_one = durable.store.write(slow)
    assert begun.wait(10)
    future = durable.journal.submit(tick(1))
    assert not future.done()
    go_on.set()
    assert slow_one.result(10) is None
    assert future.result(10) == 1


def test_a_tick_does_not_hold_its_caller_up_while_another_program_has_the_lock(durable, tmp_path):
    other = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    future = durable.journal.submit(tick(1))
    assert time.monotonic() - began < 1.0
    assert not future.done()
    other.execute("ROLLBACK")
    assert future.result(10) == 1
    other.close()


def test_a_tick_that_fails_here_is_tried_by_the_writing_thread(durable):
    threads = []

    def fails_once(_connection, again):
        threads.append((threading.current_thread().name, again))
        if not again:
            raise RuntimeError("no luck")
        return "kept"

    future = durable.store.write_at_once(fails_once)
    assert future.result(10) == "kept"
    assert [again for _, again in threads] == [False, True]
    assert threads[1][0] == "database"


def test_the_log_is_carried_over_beside_the_writers(tmp_path, monkeypatch):
    monkeypatch.setattr(durable_checkpoint, "EVERY_S", 0.02)
    monkeypatch.setattr(durable_checkpoint, "PAGES_MAX", 20)
    state, log, ticks, began = open_durable(tmp_path / "live.db"), tmp_path / "live.db-wal", 0, time.monotonic()
    while ticks < 50 or log.stat().st_size > ticks * 4096 / 2:  # each tick takes a page: the log has begun anew
        state.journal.append(tick(ticks))
        ticks += 1
        assert time.monotonic() - began < 20
    kept = sum(1 for _ in state.journal.tail())
    state.close()
    assert kept == ticks


def test_the_short_way_says_what_sqlalchemy_says(durable):
    durable.journal.submit(tick(1)).result()
    durable.journal.submit(tick(2)).result()
    asked = select(JOURNAL.c.at_ms, JOURNAL.c.body).where(JOURNAL.c.first_number == bindparam("number"))
    lean = LeanConnection(durable.store.engine)
    with durable.store.reading() as connection:
        for number in (1, 2, 3):
            usual = connection.execute(asked, {"number": number}).one_or_none()
            assert lean.execute(asked, {"number": number}).one_or_none() == (None if usual is None else tuple(usual))
    lean.close()


def test_what_fails_on_the_short_way_leaves_nothing_behind(durable):
    lean = LeanConnection(durable.store.engine)

    def half() -> None:
        with lean.begin():
            lean.execute(JOURNAL.delete())
            raise ValueError("in the middle")

    durable.journal.submit(tick(0)).result(10)
    with pytest.raises(ValueError, match="in the middle"):
        half()
    lean.close()
    assert durable.journal.submit(tick(1)).result(10) == 2
    assert [e.event.at_ms for e in durable.journal.tail()] == [0, 1]


def test_a_server_that_leads_no_longer_writes_no_tick_the_short_way_either(durable):
    other = sqlite3.connect(durable.store.url.database, isolation_level=None)
    other.execute("UPDATE portway_leader SET number = number + 1, holder = 'another' WHERE what = 'epoch'")
    with pytest.raises(LeadershipLost, match="another leads now"):
        durable.journal.submit(tick(1)).result(10)
    assert other.execute("SELECT count(*) FROM portway_journal").fetchone() == (0,)
    other.close()
