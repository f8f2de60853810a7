"""Deliveries that are owed, in memory and in a database: each is taken once, and again after a start."""

import asyncio

import pytest

from portway.adapters.storage.durable import open_durable
from portway.adapters.tos.api.outbox import Delivery, OutboxInMemory


def owed(event: int, target: str = "navis") -> Delivery:
    return Delivery(f"{target}:run:{event}", target, event, f"J{event}", b"{}")


@pytest.fixture(params=["memory", "file"])
def outbox(request, tmp_path):
    if request.param == "memory":
        yield OutboxInMemory()
        return
    state = open_durable(tmp_path / "run.db")
    yield state.outbox
    state.close()


def events(deliveries: list[Delivery]) -> list[int]:
    return [d.event for d in deliveries]


def test_what_is_owed_is_taken_once_and_all_of_it_again_after_a_failure(outbox):
    async def go() -> None:
        await outbox.owe([owed(1), owed(2)])
        assert events(outbox.take_owed()) == [1, 2]
        assert outbox.take_owed() == []
        await outbox.owe([owed(2), owed(3)])  # the second was owed before
        await outbox.made("navis:run:1")
        assert events(outbox.take_owed(again=True)) == [2, 3]
        assert outbox.take_owed() == []

    asyncio.run(go())


def test_what_was_given_up_is_known_by_its_target_and_taken_when_it_is_revived(outbox):
    async def go() -> None:
        await outbox.owe([owed(1), owed(2, "gate")])
        (first, _) = outbox.take_owed()
        await outbox.failed(first._replace(attempts=20, last_error="status 503"), True)
        assert (outbox.has_given_up("navis"), outbox.has_given_up("gate")) == (True, False)
        assert await outbox.revive("navis:run:1")
        assert not outbox.has_given_up("navis")
        assert [(d.event, d.attempts, d.last_error) for d in outbox.take_owed()] == [(1, 0, "")]

    asyncio.run(go())


def test_a_start_takes_what_was_owed_before_it(tmp_path):
    state = open_durable(tmp_path / "run.db")
    asyncio.run(state.outbox.owe([owed(1), owed(2)]))
    state.close()
    state = open_durable(tmp_path / "run.db")
    assert state.outbox.take_owed() == []
    assert events(state.outbox.take_owed(again=True)) == [1, 2]
    state.close()
