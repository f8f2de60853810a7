"""What all events have in common."""

import msgspec


class Event(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Something that has come to the core."""

    at_ms: int


class Fact(Event, frozen=True):
    """It has happened, whatever anybody says to it."""


class Wish(Event, frozen=True):
    """Somebody wants it: it is granted as a whole, or refused with an answer."""
