"""The clock of a live run: milliseconds since the run began, going on over restarts and never back."""

import time


class RunClock:
    """Wall time since `began_s` (seconds of the Unix epoch), from `last_ms` on if the wall clock was set back.

    With a `speed` other than 1 it is a rehearsal: time goes on from `last_ms`, so many times faster than the wall.
    """

    def __init__(self, began_s: float, last_ms: int = 0, speed: float = 1.0) -> None:
        self.speed = speed
        self._began_s = began_s
        self._at_ms = max(last_ms, round(1000 * (time.time() - began_s))) if speed == 1.0 else last_ms
        self._since_s = time.monotonic()

    def now_ms(self) -> int:
        """Milliseconds since the run began."""
        return self._at_ms + round(1000 * self.speed * (time.monotonic() - self._since_s))

    def wall_s(self) -> float:
        """The same instant in seconds of the Unix epoch."""
        return self._began_s + self.now_ms() / 1000
