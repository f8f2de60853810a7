"""The journal in a database: nothing that was acknowledged is lost, whatever happens to the process."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_run import LiveRun
from portway.app.config import load_scenario
from portway.core.commands import SetTimer
from portway.core.events import TimerFired

CHILD = """
import sys
from portway.adapters.storage.durable import open_durable
from portway.core.events import TimerFired
journal = open_durable(sys.argv[1]).journal
while True:
    n = journal.newest
    journal.append([(TimerFired(n + i, "t"), []) for i in range(1, 8)])
    print(journal.newest, flush=True)
"""


def test_what_was_appended_is_read_back_in_order(tmp_path):
    state = open_durable(tmp_path / "run.db")
    entries = [(TimerFired(i, f"t{i}"), [SetTimer(i + 1, "x")]) for i in range(20)]
    assert state.journal.append(entries[:5]) == 1
    assert state.journal.append(entries[5:]) == 6
    state.close()
    again = open_durable(tmp_path / "run.db")
    assert again.journal.newest == 20
    assert [(e.event, e.commands) for e in again.journal.tail(3)] == entries[3:]
    again.close()


def test_a_process_killed_at_any_moment_loses_nothing_that_it_was_told_is_safe(tmp_path):
    chance, told = random.Random(1), 0
    for _ in range(6):
        where = str(tmp_path / "run.db")
        child = subprocess.Popen([sys.executable, "-c", CHILD, where], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(chance.randrange(1, 40)):
            told = int(child.stdout.readline())
        time.sleep(chance.random() * 0.02)
        os.kill(child.pid, signal.SIGKILL)
        told = max([told, *(int(n) for n in child.stdout.read().split())])
        child.wait()
        state = open_durable(where)
        assert state.journal.newest >= told
        assert [e.event.at_ms for e in state.journal.tail()] == list(range(1, state.journal.newest + 1))
        state.close()


def test_snapshots_are_found_by_version(tmp_path):
    state = open_durable(tmp_path / "run.db")
    state.journal.append([(TimerFired(i, "t"), []) for i in range(1, 60)])
    for number in (10, 20, 30, 40):
        state.journal.snapshot(number, number * 100, b"state %d" % number, "v1")
    newest = state.journal.newest_snapshot("v1")
    assert newest is not None
    assert newest[:3] == (40, 4000, b"state 40")
    assert state.journal.newest_snapshot("v2") is None
    state.close()


def test_a_run_begins_once(tmp_path):
    state = open_durable(tmp_path / "run.db")
    run = LiveRun("r1", load_scenario("huashan"), 3, 0, 1.8e9)
    state.journal.begin(run)
    state.close()
    again = open_durable(tmp_path / "run.db")
    assert again.journal.run == run
    with pytest.raises(StorageError, match="it holds the run r1"):
        again.journal.begin(run)
    again.close()


def test_a_database_that_cannot_be_used_is_named_with_its_cure(tmp_path):
    (tmp_path / "text.db").write_text("no database at all, but a text of some length\n" * 50)
    with pytest.raises(StorageError, match=r"text\.db.*give another file, or restore a backup"):
        open_durable(tmp_path / "text.db")
