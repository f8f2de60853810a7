"""Pages that are connected and have not said who they are: few, and not for long.

A person may need longer to find the key: the page connects again by itself and sends it then.
"""

import asyncio
from typing import NamedTuple

KEY_S = 30.0


class Newcomer(NamedTuple):
    """A page without a key; `leave` is set when it has to go."""

    leave: asyncio.Event


class Lobby:
    """At most `most` newcomers; the oldest makes room for the next one."""

    def __init__(self, most: int = 32, key_s: float = KEY_S) -> None:
        self._most, self.key_s = most, key_s
        self._waiting: list[Newcomer] = []

    def enter(self) -> Newcomer:
        """Somebody has come without a key."""
        newcomer = Newcomer(asyncio.Event())
        self._waiting.append(newcomer)
        while len(self._waiting) > self._most:
            self._waiting.pop(0).leave.set()
        return newcomer

    def out(self, newcomer: Newcomer) -> None:
        """It has a key now, or is gone."""
        if newcomer in self._waiting:
            self._waiting.remove(newcomer)
