"""The talk with one truck: what it says is kept with its time, what it is told is counted."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.master import stamp
from portway.adapters.vda5050.versions import MESSAGES_FROM_TRUCK, VERSIONS, Version, topic

KEPT = 60_000


class NoTruckError(ValueError):
    """The truck does not speak, or says more than can be judged; says which, and who else speaks."""


class Heard(NamedTuple):
    """One message of the truck; `body` is None when it does not fit, `refusal` says why."""

    kind: str
    body: Any
    refusal: str
    payload: bytes
    at_s: float


class Talk:
    """Listens on all topics of a serial number; the first message tells manufacturer and version."""

    def __init__(self, interface: str, serial: str) -> None:
        self.interface, self.serial = interface, serial
        self.manufacturer = ""
        self.version: Version | None = None
        self.heard: list[Heard] = []
        self.kept: list[tuple[str, str, str, bytes]] = []  # kind, major version, manufacturer, payload
        self.others: set[str] = set()
        self.publish: Callable[[Sequence[Outgoing]], None] = lambda _messages: None
        self.look: Callable[[], None] = lambda: None  # ask the broker again for what it has kept
        self._headers: dict[str, int] = {}
        self._news = asyncio.Event()
        self._actions = 0
        self._is_full = False

    def subscriptions(self) -> list[str]:
        """Everything that trucks say; others are only noted by name."""
        return [f"{self.interface}/+/+/+/{kind}" for kind in MESSAGES_FROM_TRUCK]

    def received(self, topic_name: str, payload: bytes, kept: bool = False) -> None:
        """A message from the broker; `kept` (retained) ones may be left over from another day, and tell no version."""
        parts = topic_name.split("/")
        if len(parts) < 5:
            return
        major, manufacturer, serial, kind = parts[-4:]
        if serial != self.serial:
            self.others.add(serial)
            return
        if kept:
            self.kept.append((kind, major, manufacturer, payload))
            return
        if self.version is None:
            self.version, self.manufacturer = self._version_of(major, payload), manufacturer
        if self.version is not None and len(self.heard) < KEPT:
            self.heard.append(self._heard(self.version, kind, payload))
            news, self._news = self._news, asyncio.Event()
            news.set()
        self._is_full = len(self.heard) >= KEPT

    def _heard(self, version: Version, kind: str, payload: bytes) -> Heard:
        try:
            return Heard(kind, wire.decode(version, kind, payload), "", payload, time.monotonic())
        except wire.RefusedError as error:
            return Heard(kind, None, str(error), payload, time.monotonic())

    def kept_of(self, kind: str, after: int = 0) -> list[Heard]:
        """What the broker had kept of a kind on the truck's topic, of its version, from a position in `kept` on."""
        assert self.version is not None
        topic = kind, self.version.topic, self.manufacturer
        mine = [(kind, payload) for *where, payload in self.kept[after:] if tuple(where) == topic]
        return [h for h in (self._heard(self.version, *m) for m in mine) if h.body is not None
                and h.body.version[:3] == self.version.name[:3]]  # fmt: skip

    def _version_of(self, major: str, payload: bytes) -> Version | None:
        """The version whose topic this is and whose name the header says."""
        fitting = [v for v in VERSIONS.values() if v.topic == major]
        said = [v for v in fitting if f'"{v.name[:3]}'.encode() in payload.replace(b" ", b"")]
        return next(iter(said or fitting), None)

    # -- hearing ------------------------------------------------------------------------------------------------

    def of(self, kind: str, after: int = 0) -> list[Heard]:
        """Messages of a kind, from a position in `heard` on."""
        return [h for h in self.heard[after:] if h.kind == kind]

    def last(self, kind: str) -> Any:
        """The last message of a kind that fits."""
        return next((h.body for h in reversed(self.heard) if h.kind == kind and h.body is not None), None)

    def state(self) -> Any:
        """The last state that fits."""
        return self.last("state")

    async def until(self, kind: str, holds: Callable[[Any], bool], seconds: float, after: int | None = None) -> Any:
        """The first message of a kind behind position `after` (now) for which something holds; None in vain."""
        at, end = len(self.heard) if after is None else after, time.monotonic() + seconds
        while True:
            for heard in self.heard[at:]:
                if heard.kind == kind and heard.body is not None and holds(heard.body):
                    return heard.body
            at = len(self.heard)
            if self._is_full:
                raise NoTruckError(f"the truck has said {KEPT} messages; let it say less on `visualization`")
            left = end - time.monotonic()
            if left <= 0:
                return None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    async def begin(self, seconds: float) -> None:
        """Wait for the truck's first message; NoTruckError names those that speak instead."""
        end = time.monotonic() + seconds
        while self.version is None:
            if time.monotonic() > end:
                others = ", ".join(sorted(self.others)[:12]) or "nobody"
                raise NoTruckError(f"no truck {self.serial} in {seconds:.0f} s; heard: {others}; is it connected?")
            await asyncio.sleep(0.05)

    # -- speaking -----------------------------------------------------------------------------------------------

    @property
    def words(self) -> Any:
        """Structs of the truck's version."""
        assert self.version is not None
        return wire.of(self.version)

    def _header(self, message: str) -> dict[str, Any]:
        assert self.version is not None
        number = self._headers[message] = self._headers.get(message, -1) + 1
        return {
            "header_id": number, "timestamp": stamp(time.time()), "version": self.version.name,
            "manufacturer": self.manufacturer, "serial_number": self.serial,
        }  # fmt: skip

    def _send(self, message: str, body: Any) -> None:
        assert self.version is not None
        where = topic(self.interface, self.version, self.manufacturer, self.serial, message)
        self.publish([Outgoing(where, wire.encode(body), self.version.reliable)])

    def order(self, order_id: str, update_id: int, nodes: list[Any], edges: list[Any]) -> None:
        """Send an order or an update of one."""
        body = self.words.Order(
            **self._header("order"), order_id=order_id, order_update_id=update_id, nodes=nodes, edges=edges
        )
        self._send("order", body)

    def act(self, kind: str, name: str = "", **parameters: Any) -> str:
        """Send an instant action, under a new id if none is given; its id."""
        assert self.version is not None
        self._actions += 1
        name = name or f"conform-{kind}-{self._actions}-{int(time.time())}"
        blocking = "NONE" if self.version.instant_states else "HARD"
        listed = [self.words.ActionParameter(key=k, value=v) for k, v in parameters.items()]
        action = self.words.Action(
            action_type=kind, action_id=name, blocking_type=blocking, action_parameters=listed or None
        )
        body = self.words.InstantActions(**self._header("instantActions"), **{self.version.instant_actions: [action]})
        self._send("instantActions", body)
        return name

    def action_status(self, state: Any, action: str) -> str:
        """How the state reports an action; empty when it does not."""
        found = [*state.action_states, *(state.instant_action_states or [])]
        return next((a.action_status for a in found if a.action_id == action), "")

    def error_word(self, kind: str) -> str:
        """The word of the truck's version for an error."""
        assert self.version is not None
        return self.version.errors.get(kind, kind)

    def demanded_word(self, kind: str) -> str | None:
        """The word for an error where the text prescribes one; None where any will do."""
        assert self.version is not None
        return self.error_word(kind) if kind in self.version.named_errors else None
