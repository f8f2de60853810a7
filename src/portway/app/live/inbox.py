"""Messages from the broker, handled in the sequence in which they came and in small portions.

A broker hands over what has gathered in one piece: hundreds of messages when all trucks come back at once. A message
that comes alone is handled at once; of many, a portion is, and between two portions the core gets its turn, so that
what the first message has led to does not wait for the last.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

PORTION_S = 0.002


class Letter(NamedTuple):
    """A message, whether the broker had kept it for us (retained), and when it came (`time.perf_counter`)."""

    topic: str
    payload: bytes
    is_kept: bool
    came_s: float


class Inbox:
    """To be used from the thread of an event loop."""

    def __init__(self, handle: Callable[[Letter], None], portion_s: float = PORTION_S) -> None:
        self._handle, self._portion_s = handle, portion_s
        self._letters: deque[Letter] = deque()
        self._is_due = False
        self._until_s: float | None = None  # of the portion under way

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, topic: str, payload: bytes, is_kept: bool) -> None:
        """A message has come."""
        now_s = time.perf_counter()
        if self._until_s is None:
            self._until_s = now_s + self._portion_s
            self._go_on()
        letter = Letter(topic, payload, is_kept, now_s)
        if self._letters or now_s >= self._until_s:
            self._letters.append(letter)
        else:
            self._handle(letter)

    def flush(self) -> None:
        """Handle all that is there: what comes next may not be mixed with it."""
        while self._letters:
            self._handle(self._letters.popleft())

    def _go_on(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._portion)

    def _portion(self) -> None:
        """All others had their turn: a new portion begins."""
        self._is_due = False
        if not self._letters:
            self._until_s = None
            return
        self._until_s = time.perf_counter() + self._portion_s
        try:
            self._handle(self._letters.popleft())
            while self._letters and time.perf_counter() < self._until_s:
                self._handle(self._letters.popleft())
        finally:
            self._go_on()  # a message that breaks us holds up none of the others
