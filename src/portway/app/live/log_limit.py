"""So many lines of a log a minute and no more, however much a truck has to say; what was left out is counted and told.

Counted by event and by whom it is about, and by event alone, so that a fleet in trouble fills no disk either. Pure: the
instant is an argument.
"""

from collections.abc import Hashable
from typing import Any, NamedTuple

WINDOW_S = 60.0
LINES_MAX, EVENT_LINES_MAX = 10, 300  # a window, about one truck and about all
WATCHED_MAX = 1000  # a stranger can call himself anything: beyond so many, all others are one
SUBJECTS = ("truck", "subject", "link", "name")  # what a line is about, the first that it has


class LeftOut(NamedTuple):
    """Lines that were not written."""

    event: str
    subject: str | None
    lines: int


class _Window:
    def __init__(self, began_s: float) -> None:
        self.began_s, self.lines, self.left_out = began_s, 0, 0


class LineLimit:
    """Says which lines are written."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, Hashable], _Window] = {}
        self.left_out = 0  # since the beginning

    def takes(self, event: str, values: dict[str, Any], now_s: float) -> bool:
        """Whether a line is written now."""
        subject = next((str(values[name]) for name in SUBJECTS if values.get(name) is not None), None)
        windows = [self._window((event, subject), now_s), self._window((event, ""), now_s)]
        limits = (EVENT_LINES_MAX if subject is None else LINES_MAX, EVENT_LINES_MAX)
        if any(w.lines >= most for w, most in zip(windows, limits, strict=True)):
            windows[0].left_out += 1
            self.left_out += 1
            return False
        for window in windows:
            window.lines += 1
        return True

    def _window(self, key: tuple[str, str | None], now_s: float) -> _Window:
        if key not in self._windows and len(self._windows) >= WATCHED_MAX:
            key = (key[0], "others")
        return self._windows.setdefault(key, _Window(now_s))

    def ended(self, now_s: float, all_of_them: bool = False) -> list[LeftOut]:
        """What was left out in windows that are over by now; they begin anew with their next line."""
        over = [k for k, w in self._windows.items() if all_of_them or now_s - w.began_s >= WINDOW_S]
        found = []
        for event, subject in over:
            window = self._windows.pop((event, subject))
            if window.left_out:
                found.append(LeftOut(event, None if subject is None else str(subject), window.left_out))
        return found
