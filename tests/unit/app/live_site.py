"""A live server as it runs, with its desk and its interface, but without a broker: trucks are silent."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import asynccontextmanager

import httpx
import msgspec

from portway.adapters.storage.durable import open_durable
from portway.adapters.tos.api.app import make_api
from portway.adapters.tos.api.keys import KeyRing, Role, load_keys, new_key
from portway.adapters.vda5050.link import Broker
from portway.app.config import load_scenario
from portway.app.live.live_desk import LiveDesk
from portway.app.live.ops_page import ops_page
from portway.app.live.restore import open_run
from portway.app.live.server import LiveServer, ServerOptions
from portway.core.model import Scenario, WorkList, YardSlot


def yard(*jobs) -> Scenario:
    """Huashan with two quay cranes, four trucks and this work."""
    base = load_scenario("huashan", {"fleet.trucks": "4", "terminal.quay_cranes": "2"})
    return msgspec.structs.replace(base, work=WorkList(jobs))


def slot(number: int, tier: int = 1, block: str = "A1") -> YardSlot:
    """The slot of a number, none twice up to 75."""
    return YardSlot(block, number % 15 + 1, number // 15 % 5 + 1, tier)


class LiveSite:
    """The parts, and callers of the interface."""

    def __init__(
        self, folder, scenario: Scenario, speed: float = 1.0, linked_cranes: Collection[str] | None = None
    ) -> None:
        """Without `linked_cranes` all are."""
        terminal = scenario.terminal
        every = [*(c.id for c in terminal.quay_cranes), *(c.id for c in terminal.yard_cranes)]
        cranes = frozenset(every if linked_cranes is None else linked_cranes)
        self.durable = open_durable(str(folder / "live.db"))
        self.run = open_run(self.durable.journal, scenario, speed=speed, linked_cranes=cranes)
        self.server = LiveServer(self.run, self.durable, ServerOptions(Broker("127.0.0.1", 1), linked_cranes=cranes))
        self.desk = LiveDesk(self.server)
        self.core = self.run.controller
        self.key, self.keys = _key(folder)
        self.api = make_api(self.desk, self.keys, self.durable.answers, outbox=self.durable.outbox)
        self.page = ops_page(self.server, self.api)

    async def call(self, method: str, path: str, body=None, **more) -> httpx.Response:
        """One request of somebody who may do everything."""
        if body is not None:
            more["json"] = body
        headers = {"X-API-Key": self.key, **more.pop("headers", {})}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.page), base_url="http://localhost") as client:
            return await client.request(method, "/v1" + path, headers=headers, **more)


def _key(folder) -> tuple[str, KeyRing]:
    key, entry = new_key("all", list(Role))
    file = folder / "keys.toml"
    file.write_text(entry, encoding="utf-8")
    return key, load_keys(file)


@asynccontextmanager
async def running(folder, scenario: Scenario, speed: float = 1.0, linked_cranes: Collection[str] | None = None):
    """A site whose loop ticks; closed at the end, so that the next one goes on with its database."""
    site = LiveSite(folder, scenario, speed, linked_cranes)
    loop = asyncio.create_task(site.server.loop.run(site.run.first))
    try:
        yield site
    finally:
        site.server.stop()
        await loop
        site.durable.close()


def at_work(
    folder, scenario: Scenario, act: Callable[[LiveSite], Awaitable[None]], speed: float = 1.0,
    linked_cranes: Collection[str] | None = None,
) -> None:  # fmt: skip
    """Do something at a running site."""

    async def go() -> None:
        async with running(folder, scenario, speed, linked_cranes) as site:
            await act(site)

    asyncio.run(go())
