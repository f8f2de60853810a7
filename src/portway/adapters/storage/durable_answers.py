"""Answers by idempotency key in the durable state (`adapters/tos/api/answers.py`)."""

import asyncio
import time

import msgspec
from sqlalchemy import Connection, select

from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import ANSWERS
from portway.adapters.tos.api.answers import StoredAnswer

KEPT_S = 2 * 86_400
SWEEP_S = 600.0


class DurableAnswers:
    """Keeps answers for two days. An answer put is safe when `put` returns; both raise StorageError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._swept_s = 0.0

    async def get(self, caller: str, key: str) -> StoredAnswer | None:
        """The answer given to a caller under a key."""
        return await asyncio.to_thread(self._get, caller, key)

    async def put(self, caller: str, key: str, answer: StoredAnswer) -> None:
        """Keep an answer, and forget those that are too old."""
        now_s, named = time.time(), (ANSWERS.c.caller == caller, ANSWERS.c.key == key)
        sweeps, self._swept_s = self._due(now_s)
        row = {
            "caller": caller, "key": key, "digest": answer.digest, "status": answer.status,
            "headers": msgspec.msgpack.encode(answer.headers), "body": answer.body, "at_s": int(now_s),
        }  # fmt: skip

        def write(connection: Connection, _again: bool) -> None:
            if sweeps:
                connection.execute(ANSWERS.delete().where(ANSWERS.c.at_s < int(now_s) - KEPT_S))
            connection.execute(ANSWERS.delete().where(*named))
            connection.execute(ANSWERS.insert(), row)

        await asyncio.wrap_future(self._store.write(write))

    def _due(self, now_s: float) -> tuple[bool, float]:
        return (True, now_s) if now_s > self._swept_s + SWEEP_S else (False, self._swept_s)

    def _get(self, caller: str, key: str) -> StoredAnswer | None:
        with self._store.reading() as connection:
            named = (ANSWERS.c.caller == caller, ANSWERS.c.key == key)
            row = connection.execute(select(ANSWERS).where(*named)).one_or_none()
        if row is None:
            return None
        headers = msgspec.msgpack.decode(row.headers, type=tuple[tuple[bytes, bytes], ...])
        return StoredAnswer(row.digest, row.status, headers, row.body)
