"""The past of one page: its own cursor in a recording, moved by the time that passes."""

import time

import numpy as np

from portway.twin import wire
from portway.twin.recording_reader import Recording
from portway.twin.tables import Changes

JUMP_CHUNKS = 40  # farther than this, rows are read anew instead of folded


class Player:
    """A cursor in a recording."""

    def __init__(self, recording: Recording, at_ms: int, number: int) -> None:
        self._recording, self.at_ms, self._number = recording, float(at_ms), number
        self.speed, self.paused = 1.0, False
        self._chunk = -1
        self._frames: list[tuple[int, np.ndarray]] = []
        self._shown: tuple[int, np.ndarray] | None = None
        self._tables_ms = -1
        self.end_ms = recording.end_ms()

    def seek(self, at_ms: float) -> None:
        """Go to an instant; what lies outside is cut to the first or last."""
        self.at_ms = min(max(at_ms, self._recording.first_ms), self.end_ms)
        self._tables_ms = -1

    def go_on(self, wall_s: float) -> None:
        """Time passes."""
        if not self.paused:
            self.at_ms = min(self.at_ms + 1000.0 * wall_s * self.speed, self.end_ms)

    def refresh_end(self) -> None:
        """The recording may have grown."""
        self._recording.follow()
        self.end_ms = self._recording.end_ms()
        self._chunk = -1

    def next_mark(self, back: bool) -> None:
        """Go to the next alarm that was raised, or the one before."""
        times = sorted(at for at, _ in self._recording.marks)
        found = [t for t in times if (t < self.at_ms - 1000 if back else t > self.at_ms + 1)]
        if found:
            self.seek(found[-1] if back else found[0])

    def frame(self) -> bytes:
        """The frame at the cursor: a key frame first, then differences."""
        values = self._values()
        kind = wire.KEY if self._shown is None else wire.DELTA
        body = wire.body_of(None if self._shown is None else self._shown[1], values)
        self._shown = (0, values)
        self._number += 1
        head = wire.Head(
            kind, self.paused, True, self._number, len(values), self.at_ms, 1000.0 * time.time(), self.speed
        )  # fmt: skip
        return wire.frame(head, body)

    def _values(self) -> np.ndarray:
        at = round(self.at_ms)
        number = self._recording.chunk_at(at)
        if number != self._chunk:
            self._frames = [(ms, values.copy()) for ms, values in self._recording.frames(number)]
            self._chunk = number
        i = max(0, sum(ms <= at for ms, _ in self._frames) - 1)
        self.at_ms = max(self.at_ms, self._frames[0][0])
        return self._frames[i][1]

    def tables(self) -> tuple[bool, Changes | dict]:
        """Whether these are all rows, and the rows that have changed since the last call."""
        at, old = round(self.at_ms), self._tables_ms
        self._tables_ms = at
        first, last = self._recording.chunk_at(old), self._recording.chunk_at(at)
        if old < 0 or at < old or last - first > JUMP_CHUNKS:
            return True, self._recording.tables_at(at).rows
        changed: Changes = {}
        for number in range(first, last + 1):
            for ms, changes in self._recording.changes(number):
                if old < ms <= at:
                    for table, rows in changes.items():
                        changed.setdefault(table, {}).update(rows)
        return False, changed
