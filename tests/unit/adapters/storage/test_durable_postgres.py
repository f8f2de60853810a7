"""The same durable state in a real PostgreSQL server, started for these tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from test_durable import CHILD

from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import StorageError
from portway.app.config import load_scenario
from portway.app.live.restore import open_run
from portway.core.commands import SetTimer
from portway.core.events import TimerFired
from postgres_server import new_database, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """A database of its own for each test."""
    return new_database(server, request.node.name)


def test_what_was_appended_is_read_back_and_one_server_has_it(database):
    state = open_durable(database)
    entries = [(TimerFired(i, f"t{i}"), [SetTimer(i + 1, "x")]) for i in range(20)]
    assert state.journal.append(entries[:5]) == 1
    assert state.journal.append(entries[5:]) == 6
    with pytest.raises(StorageError):
        open_durable(database)
    state.close()
    again = open_durable(database)
    assert [(e.event, e.commands) for e in again.journal.tail(3)] == entries[3:]
    again.close()


def test_a_process_that_is_killed_loses_nothing_that_it_was_told_is_safe(database):
    told = 0
    for rounds in (3, 17, 8):
        child = subprocess.Popen([sys.executable, "-c", CHILD, database], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(rounds):
            told = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        told = max([told, *(int(n) for n in child.stdout.read().split())])
        child.wait()
        for _ in range(50):  # until the server has noticed that the other one is gone
            try:
                state = open_durable(database)
                break
            except StorageError:
                time.sleep(0.1)
        assert state.journal.newest >= told
        assert [e.event.at_ms for e in state.journal.tail()] == list(range(1, state.journal.newest + 1))
        state.close()


def test_a_run_goes_on_from_its_snapshot_and_journal(database):
    state = open_durable(database)
    run = open_run(state.journal, load_scenario("huashan", {"fleet.trucks": "3"}))
    event = TimerFired(1_000, "retry")
    state.journal.append([(event, run.controller.handle(event))])
    state.close()
    again = open_durable(database)
    restored = open_run(again.journal, load_scenario("huashan", {"fleet.trucks": "3"}))
    assert restored.fed == 2
    assert len(restored.scenario.fleet.trucks) == 3
    assert restored.clock.now_ms() >= 1_000
    again.close()
