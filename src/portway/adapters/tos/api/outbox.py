"""Deliveries to webhook targets that are still owed, and those given up.

An outbox is filled from the progress, which is durable, and remembers how far it has come; so nothing told is lost in a
crash, and what was sent but not marked is sent again under the same key.
"""

from typing import NamedTuple, Protocol


class Delivery(NamedTuple):
    """One event for one target. `key` names it for ever: `target:run:event id`."""

    key: str
    target: str
    event: int
    lane: str  # deliveries of one lane keep their sequence: the job order, or what else the event is about
    body: bytes
    attempts: int = 0
    last_error: str = ""


class Outbox(Protocol):
    """Keeps deliveries until they are made or given up."""

    async def owe(self, deliveries: list[Delivery]) -> None:
        """Take new deliveries; one whose key is known is not taken twice."""
        ...

    def owed(self) -> list[Delivery]:
        """Those not made, by event and target."""
        ...

    def take_owed(self, again: bool = False) -> list[Delivery]:
        """Those owed that nobody has taken here before, by event and target; `again`: all that are owed."""
        ...

    async def made(self, key: str) -> None:
        """A delivery has been made."""
        ...

    async def failed(self, delivery: Delivery, give_up: bool) -> None:
        """An attempt has failed; `delivery` carries the new count and the reason."""
        ...

    def dead(self) -> list[Delivery]:
        """Those given up, by event and target."""
        ...

    def has_given_up(self, target: str) -> bool:
        """Whether any delivery to a target was given up."""
        ...

    async def revive(self, key: str) -> bool:
        """Owe a delivery again that was given up; False when there is none of this key."""
        ...

    def newest_event(self) -> int:
        """The highest event id ever owed, 0 at the beginning."""
        ...


class OutboxInMemory:
    """For tests and trials: lost with the process."""

    def __init__(self) -> None:
        self._owed: dict[str, Delivery] = {}
        self._dead: dict[str, Delivery] = {}
        self._newest: dict[str, int] = {}
        self._fresh: list[Delivery] = []

    async def owe(self, deliveries: list[Delivery]) -> None:
        """Take new deliveries; one that is older than the newest of its target was taken before."""
        for delivery in deliveries:
            if delivery.event > self._newest.get(delivery.target, 0):
                self._newest[delivery.target] = delivery.event
                self._owed[delivery.key] = delivery
                self._fresh.append(delivery)

    def owed(self) -> list[Delivery]:
        """Those not made, by event and target."""
        return sorted(self._owed.values(), key=lambda d: (d.event, d.target))

    def take_owed(self, again: bool = False) -> list[Delivery]:
        """Those that nobody has taken."""
        fresh, self._fresh = self.owed() if again else self._fresh, []
        return fresh

    async def made(self, key: str) -> None:
        """A delivery has been made."""
        self._owed.pop(key, None)

    async def failed(self, delivery: Delivery, give_up: bool) -> None:
        """An attempt has failed."""
        self._owed.pop(delivery.key, None)
        (self._dead if give_up else self._owed)[delivery.key] = delivery

    def dead(self) -> list[Delivery]:
        """Those given up, by event and target."""
        return sorted(self._dead.values(), key=lambda d: (d.event, d.target))

    def has_given_up(self, target: str) -> bool:
        """Whether any delivery to a target was given up."""
        return any(delivery.target == target for delivery in self._dead.values())

    async def revive(self, key: str) -> bool:
        """Owe a delivery again that was given up."""
        delivery = self._dead.pop(key, None)
        if delivery is not None:
            self._owed[key] = delivery._replace(attempts=0, last_error="")
            self._fresh.append(self._owed[key])
        return delivery is not None

    def newest_event(self) -> int:
        """The highest event id ever owed."""
        return max(self._newest.values(), default=0)
