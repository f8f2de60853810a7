"""What master control makes of messages: facts for the server, messages for the broker."""

from typing import NamedTuple

Pose = tuple[float, float, float]  # x, y in metres, heading in radians


class Outgoing(NamedTuple):
    """A message to be published."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class Progress(NamedTuple):
    """A truck has reached the end of movement number `step`, is `along_m` on the next one, and says where it is."""

    truck: str
    step: int
    along_m: float
    standing: bool
    pose: Pose | None


class Condition(NamedTuple):
    """How a truck is: what is wrong (codes of `core.safety.fitness`), the order it holds (`none`, `ours`, `foreign`,
    `unknown`), whether it stands, whether it is paused, whether loaded (None: it does not say), where it says it is."""

    truck: str
    faults: tuple[str, ...]
    holds: str
    standing: bool
    paused: bool | None
    pose: Pose | None
    detail: str
    loaded: bool | None = None


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


Fact = Progress | Condition | Link | RefusedMessage | UnknownTruck | TruckError
