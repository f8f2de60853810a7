"""A waiting server, look by look, on a real PostgreSQL."""

import asyncio
import socket
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from portway.adapters.storage import durable_seat, durable_watch
from portway.adapters.storage.durable import DurableState, open_durable
from portway.adapters.storage.durable_error import LeadershipLost, StorageError
from portway.app.config import load_scenario
from portway.app.live.follower import ReplayError
from portway.app.live.opening import Opening, open_leading
from portway.app.live.restore import open_run
from portway.app.live.same_run import OtherScenarioError
from portway.app.live.standby import Standby
from portway.app.live.standby_page import standby_page
from portway.core.commands import SetTimer
from portway.core.events import TimerFired
from postgres_server import new_database, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    return new_database(server, request.node.name)


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("huashan", {"fleet.trucks": "3"})


@pytest.fixture
def leader(database, scenario) -> Iterator[DurableState]:
    """A server that leads a run and has kept one record."""
    state = open_durable(database)
    run = open_run(state.journal, scenario)
    event = TimerFired(1_000, "retry")
    state.journal.append([(event, run.controller.handle(event))])
    yield state
    state.close()


@pytest.fixture
def standby(database, scenario) -> Iterator[Standby]:
    standby = Standby(scenario, database)
    yield standby
    standby.close()


def looked(standby: Standby, seconds: float = 10.0) -> DurableState:
    until_s = time.monotonic() + seconds
    while (durable := standby.look()) is None:
        assert time.monotonic() < until_s, standby.problem
        time.sleep(0.05)
    return durable


def test_a_database_that_nobody_has_is_led_at_once(standby):
    durable = standby.look()
    assert durable is not None
    durable.close()


def test_who_waits_follows_and_leads_when_the_other_has_gone(leader, standby, scenario):
    assert standby.look() is None
    assert (standby.follower.number, standby.behind, standby.leader) == (2, 0, leader.store.holder)
    event = TimerFired(2_000, "retry")
    leader.journal.append([(event, open_run(leader.journal, scenario).controller.handle(event))])
    assert standby.look() is None
    assert standby.follower.number == 3
    leader.close()
    durable = looked(standby)
    assert open_run(durable.journal, scenario, known=standby.follower).fed == 0
    assert durable.store.leadership.epoch == leader.store.leadership.epoch + 1
    durable.close()


def test_a_leader_that_says_nothing_is_unseated_and_writes_nothing_more(leader, standby, monkeypatch):
    monkeypatch.setattr(durable_watch, "SILENT_S", 0.5)
    assert standby.look() is None
    leader.store._signs.close()  # it hangs
    durable = looked(standby)
    with pytest.raises(LeadershipLost, match="leads now"):
        leader.journal.append([(TimerFired(2_000, "retry"), [])])
    assert durable.journal.newest == 2
    durable.close()


def test_another_scenario_is_refused_while_waiting(leader, database):
    other = Standby(load_scenario("huashan", {"fleet.trucks": "4"}), database)
    with pytest.raises(OtherScenarioError, match=r"fleet\.trucks: 3 in the database, 4 given"):
        other.look()
    other.close()


def test_a_journal_that_would_be_answered_otherwise_is_refused_while_waiting(leader, standby):
    leader.journal.append([(TimerFired(3_000, "retry"), [SetTimer(4_000, "never")])])
    with pytest.raises(ReplayError, match=r"record 3 of the journal is answered otherwise"):
        standby.look()


def test_a_database_that_is_away_is_told_and_looked_for_again(scenario, tmp_path):
    standby = Standby(scenario, f"postgresql://portway:secret@/postgres?host={tmp_path}")
    assert standby.look() is None
    assert "cannot be reached" in standby.problem
    assert "secret" not in standby.problem


def test_a_leader_that_has_not_begun_its_run_is_waited_for(database, standby, scenario):
    state = open_durable(database)
    assert standby.look() is None
    assert standby.follower is None
    open_run(state.journal, scenario)
    assert standby.look() is None
    assert standby.follower.number == 1
    state.close()
    looked(standby).close()


def test_of_two_that_wait_one_leads(leader, standby, database, scenario):
    third = Standby(scenario, database)
    assert (standby.look(), third.look()) == (None, None)
    leader.close()
    durable = looked(standby)
    for _ in range(5):
        assert third.look() is None
    assert third.leader == durable.store.holder
    durable.close()
    looked(third).close()


def test_rows_that_are_missing_are_named(leader, standby, database):
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("DELETE FROM portway_leader")
    with pytest.raises(StorageError, match="rows of portway_leader are missing; restore a backup"):
        standby.look()
    with pytest.raises(LeadershipLost, match="nobody leads now"):
        leader.journal.append([(TimerFired(2_000, "retry"), [])])
    leader.close()
    with pytest.raises(StorageError, match="rows of portway_leader are missing"):
        open_durable(database)


def test_a_machine_with_an_odd_name_can_be_unseated(database, scenario, monkeypatch):
    """PostgreSQL keeps 63 bytes of ASCII of a session's name."""
    monkeypatch.setattr(durable_seat.socket, "gethostname", lambda: "码头控制服务器" * 9)
    monkeypatch.setattr(durable_watch, "SILENT_S", 0.5)
    state, standby = open_durable(database), Standby(scenario, database)
    assert standby.look() is None
    state.store._signs.close()
    looked(standby).close()
    state.close()


def asked(standby: Standby, *requests: tuple[str, str]) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(standby_page(standby))
        async with httpx.AsyncClient(transport=transport, base_url="http://standby") as client:
            return [await client.request(method, path) for method, path in requests]

    return asyncio.run(ask())


def test_the_page_of_a_waiting_server_says_that_it_waits(leader, standby):
    standby.look()
    live, ready, status, metrics = asked(
        standby, *(("GET", path) for path in ("/health/live", "/health/ready", "/status", "/metrics"))
    )
    assert live.json() == {"ok": True, "standby": True}
    assert (ready.status_code, ready.json()["state"], ready.headers["retry-after"]) == (503, "standby", "5")
    assert ready.json()["leader"] == leader.store.holder
    assert status.json()["records"] == 2
    assert "portway_standby 1.0" in metrics.text
    others = [("GET", "/"), ("GET", "/v1/progress"), ("POST", "/v1/job-orders"), ("DELETE", "/v1/x/%2e%2e")]
    assert [answer.status_code for answer in asked(standby, *others)] == [503] * 4


@pytest.mark.usefixtures("leader")
def test_a_waiting_server_is_known_by_the_names_that_it_was_given(database, scenario, monkeypatch):
    """A load balancer passes the name on that it was asked for; 421 would look like a machine that is broken."""
    monkeypatch.setattr(Standby, "warm_up", lambda self: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    how = Opening(database, 1.0, True, "127.0.0.1", port, hosts=("control.my-terminal.example",))

    async def ready(client: httpx.AsyncClient, name: str) -> httpx.Response:
        return await client.get(f"http://127.0.0.1:{port}/health/ready", headers={"host": name})

    async def ask() -> None:
        stopping = asyncio.Event()
        waiting = asyncio.create_task(open_leading(scenario, how, stopping))
        async with asyncio.timeout(20), httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=9)) as client:
            named = await ready(client, "control.my-terminal.example")
            assert (named.status_code, named.json()["state"]) == (503, "standby")
            assert (await ready(client, "evil.example")).status_code == 421
        stopping.set()
        assert await waiting is None

    asyncio.run(ask())
