"""A standby's state follows a journal record by record, and is the one that a restart would have."""

from collections.abc import Iterator

import msgspec
import pytest

from portway.adapters.storage.durable import DurableState, open_durable
from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_reading import JournalReader
from portway.adapters.storage.durable_store import Store
from portway.app.config import load_scenario
from portway.app.live.follower import Follower, ReplayError
from portway.app.live.restore import begun, open_run
from portway.app.live.snapshot import core_version, freeze
from portway.core.commands import SetTimer
from portway.core.controller.outstanding import outstanding
from portway.core.events import Event, TruckReported
from portway.testing.live_yard import LiveYard

SECONDS = 60


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("huashan", {"fleet.trucks": "3"})


@pytest.fixture(scope="module")
def entries(scenario) -> list:
    """A minute at a terminal."""
    yard = LiveYard(scenario, 0)
    for _ in range(10 * SECONDS):
        yard.tick()
    assert len(yard.journal) > 50
    return [(_plain(event), commands) for event, commands in yard.journal]


def _plain(event: Event) -> Event:
    """As a report comes out of JSON."""
    if not isinstance(event, TruckReported):
        return event
    return msgspec.structs.replace(event, along_m=float(event.along_m), standing=bool(event.standing))


@pytest.fixture
def leader(tmp_path, scenario) -> Iterator[DurableState]:
    state = open_durable(tmp_path / "live.db")
    state.journal.begin(begun(scenario))
    yield state
    state.close()


@pytest.fixture
def reader(tmp_path, leader) -> Iterator[JournalReader]:
    store = Store(tmp_path / "live.db", reads_only=True)
    yield JournalReader(store)
    store.close()


def test_a_state_that_has_followed_piece_by_piece_is_that_of_a_restart(leader, reader, entries, scenario):
    follower = Follower(reader.run, reader)
    for at in range(0, len(entries), 7):
        leader.journal.append(entries[at : at + 7])
        reader.look()
        while follower.follow(reader, records_max=3):
            pass
    assert follower.number == leader.journal.newest == len(entries)
    restarted = open_run(leader.journal, scenario)
    taken_over = open_run(leader.journal, scenario, known=follower)
    assert taken_over.controller is follower.controller
    assert (restarted.fed, taken_over.fed) == (len(entries), 0)
    assert taken_over.first == restarted.first == outstanding(follower.controller.state) != []
    assert taken_over.clock.now_ms() >= entries[-1][0].at_ms


def test_the_records_since_the_last_look_are_handled_at_the_take_over(leader, reader, entries, scenario):
    leader.journal.append(entries[:40])
    reader.look()
    follower = Follower(reader.run, reader)
    follower.follow(reader)
    leader.journal.append(entries[40:])
    assert open_run(leader.journal, scenario, known=follower).fed == len(entries) - 40


def test_following_begins_behind_a_snapshot_of_this_version(leader, reader, entries, scenario):
    leader.journal.append(entries)
    reader.look()
    first = Follower(reader.run, reader)
    first.follow(reader, 30)
    leader.journal.snapshot(30, entries[29][0].at_ms, freeze(first.controller), core_version())
    leader.journal.snapshot(40, entries[39][0].at_ms, b"nothing that can be read", "another version")
    second = Follower(reader.run, reader)
    assert second.number == 30
    first.follow(reader)
    second.follow(reader)
    assert outstanding(second.controller.state) == outstanding(first.controller.state)


def test_a_record_that_is_answered_otherwise_is_named(leader, reader, entries):
    event, commands = entries[10]
    leader.journal.append([*entries[:10], (event, [*commands, SetTimer(1, "never")])])
    reader.look()
    with pytest.raises(ReplayError, match="record 11 of the journal is answered otherwise; run the server with"):
        Follower(reader.run, reader).follow(reader)


def test_a_journal_that_has_become_shorter_is_refused(leader, reader, entries):
    leader.journal.append(entries)
    reader.look()
    follower = Follower(reader.run, reader)
    follower.follow(reader)
    reader.newest = 10  # as after a restore
    with pytest.raises(StorageError, match=rf"ended at record {len(entries)}, now at 10; the database was restored"):
        follower.follow(reader)


def test_a_follower_of_another_run_is_not_used(leader, reader, entries, scenario):
    leader.journal.append(entries)
    other = Follower(begun(scenario), JournalReader(leader.store))
    opened = open_run(leader.journal, scenario, known=other)
    assert opened.controller is not other.controller
    assert opened.fed == len(entries)
