"""Webhook deliveries in the durable state (`adapters/tos/api/outbox.py`), with a copy in memory to read from.

`DurableJournal.append(entries, outbox)` writes new deliveries in the tick's own transaction, so that progress and
what is owed for it are either both there after a crash or neither.
"""

import asyncio
import threading
from collections.abc import Sequence

from sqlalchemy import Connection, select

from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import OUTBOX, OUTBOX_NEWEST
from portway.adapters.tos.api.outbox import Delivery


class DurableOutbox:
    """Keeps deliveries until they are made or given up. Everything awaited raises StorageError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mirror = threading.Lock()  # the writing thread fills what others read
        self._owed: dict[str, Delivery] = {}
        self._dead: dict[str, Delivery] = {}
        self._fresh: list[Delivery] = []  # owed, and not taken by whoever delivers
        with store.reading() as connection:
            self._newest = {row.target: row.event for row in connection.execute(select(OUTBOX_NEWEST))}
            for row in connection.execute(select(OUTBOX)):
                delivery = Delivery(*(getattr(row, name) for name in Delivery._fields))
                (self._dead if row.dead else self._owed)[row.key] = delivery

    async def owe(self, deliveries: list[Delivery]) -> None:
        """Take new deliveries; one that is older than the newest of its target was taken before."""
        await asyncio.wrap_future(
            self._store.write(
                lambda c, again: self.insert(c, deliveries, again), lambda safe: self.took(deliveries, safe)
            )
        )

    def insert(self, connection: Connection, deliveries: Sequence[Delivery], again: bool) -> None:
        """Write those that are new; part of a transaction of the writing thread, `took` follows its commit."""
        new = self._new(deliveries)
        if not new:
            return
        if again:  # an attempt before may have been committed unseen
            connection.execute(OUTBOX.delete().where(OUTBOX.c.key.in_([d.key for d in new])))
        connection.execute(OUTBOX.insert(), [{**d._asdict(), "dead": False} for d in new])
        newest = {d.target: d.event for d in sorted(new, key=lambda d: d.event)}
        connection.execute(OUTBOX_NEWEST.delete().where(OUTBOX_NEWEST.c.target.in_(sorted(newest))))
        connection.execute(OUTBOX_NEWEST.insert(), [{"target": t, "event": e} for t, e in sorted(newest.items())])

    def took(self, deliveries: Sequence[Delivery], safe: bool) -> None:
        """The transaction is over: show them if they are safe."""
        if not safe:
            return
        with self._mirror:
            for delivery in self._new(deliveries):
                self._owed[delivery.key] = delivery
                self._fresh.append(delivery)
            for d in deliveries:
                self._newest[d.target] = max(d.event, self._newest.get(d.target, 0))

    def _new(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        return [d for d in deliveries if d.event > self._newest.get(d.target, 0)]

    def owed(self) -> list[Delivery]:
        """Those not made, by event and target."""
        return self._sorted(self._owed)

    def take_owed(self, again: bool = False) -> list[Delivery]:
        """Those owed that nobody has taken here before, by event and target; `again`: all that are owed."""
        with self._mirror:
            fresh, self._fresh = [*self._owed.values()] if again else self._fresh, []
        return sorted(fresh, key=lambda d: (d.event, d.target))

    def dead(self) -> list[Delivery]:
        """Those given up, by event and target."""
        return self._sorted(self._dead)

    def has_given_up(self, target: str) -> bool:
        """Whether any delivery to a target was given up; asked often, so nothing is sorted."""
        with self._mirror:
            return any(delivery.target == target for delivery in self._dead.values())

    def newest_event(self) -> int:
        """The highest event id ever owed, 0 at the beginning."""
        with self._mirror:
            return max(self._newest.values(), default=0)

    async def made(self, key: str) -> None:
        """A delivery has been made."""
        await asyncio.wrap_future(self._store.write(lambda c, _: c.execute(OUTBOX.delete().where(OUTBOX.c.key == key))))
        with self._mirror:
            self._owed.pop(key, None)

    async def failed(self, delivery: Delivery, give_up: bool) -> None:
        """An attempt has failed; `delivery` carries the new count and the reason."""
        await self._change(delivery, give_up)
        with self._mirror:
            self._owed.pop(delivery.key, None)
            (self._dead if give_up else self._owed)[delivery.key] = delivery

    async def revive(self, key: str) -> bool:
        """Owe a delivery again that was given up; False when there is none of this key."""
        with self._mirror:
            delivery = self._dead.pop(key, None)
        if delivery is None:
            return False
        fresh = delivery._replace(attempts=0, last_error="")
        await self._change(fresh, False)
        with self._mirror:
            self._owed[key] = fresh
            self._fresh.append(fresh)
        return True

    async def _change(self, delivery: Delivery, dead: bool) -> None:
        values = {"attempts": delivery.attempts, "last_error": delivery.last_error, "dead": dead}
        update = OUTBOX.update().where(OUTBOX.c.key == delivery.key).values(**values)
        await asyncio.wrap_future(self._store.write(lambda c, _: c.execute(update)))

    def _sorted(self, deliveries: dict[str, Delivery]) -> list[Delivery]:
        with self._mirror:
            return sorted(deliveries.values(), key=lambda d: (d.event, d.target))
