"""The clock of a live run: milliseconds since the run began, going on over restarts and never back."""

import time


class RunClock:
    """Wall time since `began_s` (seconds of the Unix epoch), held if the wall clock is set back."""

    def __init__(self, began_s: float, last_ms: int = 0) -> None:
        self._offset_s = time.time() - began_s - time.monotonic()
        self._last_ms = last_ms

    def now_ms(self) -> int:
        """Milliseconds since the run began."""
        self._last_ms = max(self._last_ms, round(1000 * (time.monotonic() + self._offset_s)))
        return self._last_ms
