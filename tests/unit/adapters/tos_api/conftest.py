"""An interface in front of a desk in memory, and callers in each role."""

import asyncio

import httpx
import pytest
from tos_desk import NOW_S, SECRET, DeskInMemory

from portway.adapters.tos.api.answers import AnswersInMemory
from portway.adapters.tos.api.app import make_api
from portway.adapters.tos.api.bearer import TokenRule
from portway.adapters.tos.api.keys import Role, load_keys, new_key
from portway.adapters.tos.api.outbox import OutboxInMemory


class Site:
    """The application with its parts, and a client for each role."""

    def __init__(self, folder) -> None:
        self.desk, self.answers, self.outbox = DeskInMemory(), AnswersInMemory(), OutboxInMemory()
        made = {role: new_key(f"{role}-1", [role]) for role in Role}
        file = folder / "keys.toml"
        file.write_text("".join(entry for _, entry in made.values()), encoding="utf-8")
        self.keys = {role: key for role, (key, _) in made.items()}
        rule = TokenRule("HS256", SECRET, "portway")
        self.app = make_api(
            self.desk, load_keys(file), self.answers, tokens=rule, outbox=self.outbox, now_s=lambda: NOW_S,
            heartbeat_s=0.05, body_bytes_max=200_000,
        )  # fmt: skip

    def call(self, method: str, path: str, body=None, role: Role | None = Role.TOS, **more) -> httpx.Response:
        """One request in a role; None: without a key."""

        async def send() -> httpx.Response:
            headers = {} if role is None else {"X-API-Key": self.keys[role]}
            headers |= more.pop("headers", {})
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://tos") as client:
                if body is not None:
                    more["json"] = body
                return await client.request(method, path, headers=headers, **more)

        return asyncio.run(send())


@pytest.fixture
def site(tmp_path) -> Site:
    """A fresh one."""
    return Site(tmp_path)
