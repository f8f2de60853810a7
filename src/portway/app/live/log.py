"""The server's log: one JSON object a line on the error stream, or lines for people at a terminal.

What trucks say stands in it, so it defends itself: so many lines a minute (`log_limit.py`), no long values, no control
characters. And a log that cannot be written (its disk is full, its reader is gone) is no reason to stop a terminal.
"""

import atexit
import sys
import threading
import time
from functools import cache
from typing import Any

from portway.app.live.log_limit import WINDOW_S, LineLimit

CHARS_MAX, ITEMS_MAX = 500, 20  # of a value
TELL_S = WINDOW_S + 1.0  # how soon what was left out is told when nothing else is
_limit = LineLimit()
_lock = threading.RLock()  # threads write, too, and a signal can come in the middle of a line
_unwritten = 0  # lines that the error stream did not take
_timer: threading.Timer | None = None


def lines_left_out() -> int:
    """How many lines have not been written so far, since there were too many or since they could not be."""
    return _limit.left_out + _unwritten


@cache
def _logger() -> Any:
    import structlog

    people = sys.stderr.isatty()
    structlog.configure(
        processors=[
            _limited,
            _plain,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    atexit.register(_tell_left_out, True)
    return structlog.get_logger()


def log(event: str, **values: Any) -> None:
    """Note something that happened; never fails."""
    with _lock:
        _tell_left_out()
        _write(event, values)


def _write(event: str, values: dict[str, Any]) -> None:
    global _unwritten
    try:
        _logger().msg(event, **values)
    except (OSError, ValueError):  # a full disk, a reader that is gone, a stream that is closed
        _unwritten += 1


def _limited(_from: Any, _method: str, line: Any) -> Any:
    from structlog import DropEvent

    if line["event"] != "lines_left_out" and not _limit.takes(line["event"], line, time.monotonic()):
        _tell_later()
        raise DropEvent
    return line


def _tell_later() -> None:
    """What was left out is told even if nothing else ever happens."""
    global _timer
    if _timer is None or not _timer.is_alive():
        _timer = threading.Timer(TELL_S, _tell_left_out)
        _timer.daemon = True
        _timer.start()


def _tell_left_out(all_of_them: bool = False) -> None:
    with _lock:
        for event, subject, lines in _limit.ended(time.monotonic(), all_of_them):
            _write("lines_left_out", {"of": event, "about": subject, "lines": lines})


def _plain(_from: Any, _method: str, line: Any) -> Any:
    return {name: _short(value) for name, value in line.items()}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        text = value[:CHARS_MAX] + (f"... ({len(value)} characters)" if len(value) > CHARS_MAX else "")
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    if isinstance(value, list | tuple):
        return [_short(v) for v in value[:ITEMS_MAX]]
    if isinstance(value, dict):
        return {_short(str(k)): _short(v) for k, v in list(value.items())[:ITEMS_MAX]}
    return value
