"""Formats of a journal's entries: each record says by which it was written, older ones are read, others are refused.

An entry is the msgpack of an event with its commands (`core/events.py`, `core/commands.py`). Whoever changes those so
that an old record would be read as something else gives NEWEST a new number and adds a reader for the one before; a new
kind of event, or a field at the end with a default, needs neither.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Union

import msgspec

from portway.core.commands import CancelOrder, Command, DriveTo, ExtendBase, HoldOrders, PauseTruck, SetTimer
from portway.core.events import (
    CraneReady,
    Event,
    FleetCondition,
    TimerFired,
    TruckArrived,
    TruckCondition,
    TruckReported,
)
from portway.core.kinds import kinds_of

# Nine of ten records hold nothing but these: how trucks are and drive, which only the core has to know again.
DRIVING_EVENTS = (TruckReported, TruckCondition, FleetCondition, TruckArrived, TimerFired, CraneReady)
DRIVING_COMMANDS = (ExtendBase, HoldOrders, PauseTruck, CancelOrder, DriveTo, SetTimer)


class Entry(NamedTuple):
    """One event and its answer."""

    event: Event
    commands: list[Command]


class UnknownFormat(ValueError):
    """A record was written by a format that this Portway does not know; the text names both."""


NEWEST = 1
_encoder = msgspec.msgpack.Encoder()


class _ByKind:
    """Reads what `written` has written. Kinds that a subsystem has brought since are looked for when one is unknown."""

    def __init__(self) -> None:
        self._kinds: tuple[tuple[type, ...], tuple[type, ...]] = ((), ())
        self._decode: Callable[[bytes], tuple[Event, list[Command]]]

    def __call__(self, body: bytes) -> Entry:
        try:
            return Entry(*self._decode(body)) if self._kinds[0] else self._again(body, None)
        except msgspec.ValidationError as error:
            return self._again(body, error)

    def _again(self, body: bytes, error: msgspec.ValidationError | None) -> Entry:
        kinds = kinds_of(Event), kinds_of(Command)
        if error is not None and kinds == self._kinds:
            raise error
        self._kinds = kinds
        commands: Any = list[Union[kinds[1]]]  # type: ignore[valid-type]  # noqa: UP007
        shape: Any = tuple[Union[kinds[0]], commands]  # type: ignore[valid-type]  # noqa: UP007
        self._decode = msgspec.msgpack.Decoder(shape).decode
        return Entry(*self._decode(body))


_READERS: dict[int, Callable[[bytes], Entry]] = {1: _ByKind()}


def written(event: Event, commands: Sequence[Command]) -> bytes:
    """An entry in the newest format."""
    return _encoder.encode((event, commands))


def is_news(event: Event, commands: Sequence[Command]) -> bool:
    """Whether a record tells of more than driving trucks: of work, roads, people, cranes or alarms."""
    return not isinstance(event, DRIVING_EVENTS) or not all(isinstance(c, DRIVING_COMMANDS) for c in commands)


def reader_of(number: object) -> Callable[[bytes], Entry]:
    """What reads entries of a format. Raises UnknownFormat; the reader raises msgspec.MsgspecError."""
    reader = _READERS.get(number) if type(number) is int else None  # `True` is no format
    if reader is None:
        known = ", ".join(str(n) for n in sorted(_READERS))
        raise UnknownFormat(f"its entries are of format {number!r:.40}, this Portway reads {known}")
    return reader
