"""From one mirror to many pages: every sample is encoded once, each page takes what it can.

The hub keeps the last few frames as bytes. A page that is at most `BEHIND_MAX` frames late gets the differences it has
not seen, a later one a key frame of now: what it missed is dropped, and nobody waits for it.
"""

import asyncio
import time
from collections import deque
from typing import Any, NamedTuple

import msgspec
import numpy as np

from portway.twin import wire
from portway.twin.tables import Changes, Tables

BEHIND_MAX = 3
CHANGES_KEPT = 64


class Clock(msgspec.Struct):
    """Where a run is on its time line."""

    now_ms: int = 0
    first_ms: int = 0
    last_ms: int = 0
    speed: float = 1.0
    paused: bool = False


class _Frame(NamedTuple):
    number: int
    data: bytes


class Hub:
    """The newest sample of a terminal, and how to hear of the next."""

    def __init__(self, document: dict[str, Any], tables: Tables, count: int) -> None:
        self.document, self.tables, self.clock = document, tables, Clock()
        self.values = np.full(count, np.iinfo(np.int32).min, np.int32)
        self.number = 0
        self.marks: list[tuple[int, int]] = []
        self._wall_ms = 0.0
        self._deltas: deque[_Frame] = deque(maxlen=BEHIND_MAX)
        self._key: _Frame | None = None
        self._changes: deque[tuple[int, Changes]] = deque(maxlen=CHANGES_KEPT)
        self._news = asyncio.Event()

    def publish(self, at_ms: int, values: np.ndarray, changes: Changes) -> None:
        """A sample: `values` (count,) int32 is copied."""
        body = wire.body_of(self.values, values)
        self.values[:] = values
        self.number += 1
        self.clock.now_ms = at_ms
        self.clock.last_ms = max(self.clock.last_ms, at_ms)
        self._wall_ms = 1000.0 * time.time()
        self._deltas.append(_Frame(self.number, self._frame(wire.DELTA, body)))
        self._key = None
        if changes:
            self._changes.append((self.number, changes))
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _frame(self, kind: int, body: bytes) -> bytes:
        c = self.clock
        head = wire.Head(kind, c.paused, False, self.number, len(self.values), c.now_ms, self._wall_ms, c.speed)
        return wire.frame(head, body)

    async def newer(self, than: int) -> None:
        """Return when there is a frame behind number `than`."""
        while self.number <= than:
            await self._news.wait()

    def frames_after(self, number: int) -> tuple[int, list[bytes]]:
        """Number reached and the frames that lead there from `number`: differences, or a key frame."""
        missing = [f.data for f in self._deltas if f.number > number]
        if number > 0 and len(missing) == self.number - number:
            return self.number, missing
        if self._key is None:
            self._key = _Frame(self.number, self._frame(wire.KEY, wire.body_of(None, self.values)))
        return self.number, [self._key.data]

    def changes_after(self, number: int) -> Changes | None:
        """Rows that changed behind frame `number`; None when that is not known any more: take all rows."""
        if number <= 0 or (len(self._changes) == CHANGES_KEPT and self._changes[0][0] > number + 1):
            return None
        out: Changes = {}
        for at, changes in self._changes:
            if at > number:
                for table, rows in changes.items():
                    out.setdefault(table, {}).update(rows)
        return out
