"""A link stops in bounded time, whatever the broker does and whenever it is told to."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import STOP_S, Broker, MqttLink

CONNACK = b"\x20\x02\x00\x00"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def broker(answer: Answer):
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield Broker(port=server.sockets[0].getsockname()[1])
    server.close()


async def silent(reader, _writer) -> None:
    while await reader.read(1000):
        pass


async def welcomes(reader, writer) -> None:
    await reader.read(1000)
    writer.write(CONNACK)


async def welcomes_and_reads_no_more(reader, writer) -> None:
    await welcomes(reader, writer)
    writer.transport.pause_reading()
    await asyncio.sleep(60)


def link_to(where: Broker) -> MqttLink:
    return MqttLink(where, "test", ["a/b"], lambda *_: None)


async def stop_s(link: MqttLink) -> float:
    began = time.monotonic()
    await link.stop()
    return time.monotonic() - began


def test_a_broker_that_does_not_answer_keeps_nobody():
    async def run() -> float:
        async with broker(silent) as where:
            link = link_to(where)
            link.start()
            await asyncio.sleep(0.2)
            return await stop_s(link)

    assert asyncio.run(run()) < 2 * STOP_S + 1


def test_a_broker_that_reads_nothing_keeps_nobody():
    async def run() -> float:
        async with broker(welcomes_and_reads_no_more) as where:
            link = link_to(where)
            link.start()
            while not link.is_up:
                await asyncio.sleep(0.01)
            link.publish([Outgoing("a", bytes(1_000_000), 0) for _ in range(20)])
            await asyncio.sleep(0.1)
            return await stop_s(link)

    assert asyncio.run(run()) < 2 * STOP_S + 1


@pytest.mark.parametrize("answer", [welcomes, silent])
def test_a_link_stops_at_any_instant_of_its_connecting(answer):
    said = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
        async with broker(answer) as where:
            for steps in range(40):
                link = link_to(where)
                link.start()
                for _ in range(steps):
                    await asyncio.sleep(0)
                await stop_s(link)
                assert not link.is_up
                assert link._task.done()
            assert len(asyncio.all_tasks()) < 70  # the broker's, and ours

    asyncio.run(asyncio.wait_for(run(), 60))
    gc.collect()
    assert said == []
