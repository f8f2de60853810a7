"""What all commands have in common."""

import msgspec


class Command(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Something that the core wants done, or wants to be known."""
