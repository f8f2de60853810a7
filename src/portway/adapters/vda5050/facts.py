"""What master control makes of messages: facts for the server, messages for the broker."""

from typing import NamedTuple


class Outgoing(NamedTuple):
    """A message to be published."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class Progress(NamedTuple):
    """A truck has reached the end of movement number `step` and is `along_m` on the next one."""

    truck: str
    step: int
    along_m: float
    standing: bool


class Link(NamedTuple):
    """A truck's connection as it says itself, or its last will: online, offline, broken."""

    truck: str
    state: str


class RefusedMessage(NamedTuple):
    """A message that was not taken; `truck` is None for one that nobody knows."""

    truck: str | None
    topic: str
    reason: str


class UnknownTruck(NamedTuple):
    """Somebody speaks who is not enrolled."""

    manufacturer: str
    serial: str
    version: str


class TruckError(NamedTuple):
    """A truck reports an error that it did not report before."""

    truck: str
    kind: str
    level: str
    description: str


class Jumped(NamedTuple):
    """A truck's position has moved further than it can have driven: it is not where it says, or was not."""

    truck: str
    metres: float


class Lost(NamedTuple):
    """A truck drives an order that is not ours, or has forgotten ours."""

    truck: str
    order_id: str


Fact = Progress | Link | RefusedMessage | UnknownTruck | TruckError | Jumped | Lost
