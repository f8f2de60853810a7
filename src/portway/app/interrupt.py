"""Ctrl-C ends a run between two steps, never in the middle of a decision, so that what is written is whole."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)
Look = Callable[[int, int], None]  # (simulated ms, boxes done)


@contextmanager
def stopping_between_steps(progress: Look | None) -> Iterator[Look]:
    """Yield what a run shall call between steps: it shows the progress and raises KeyboardInterrupt after Ctrl-C.

    A second Ctrl-C raises it wherever the program is. Whoever has set another handler for Ctrl-C keeps it.
    """
    asked = False

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        print("stopping; press Ctrl-C again to stop at once", file=sys.stderr)

    def look(now_ms: int, done: int) -> None:
        if asked:
            raise KeyboardInterrupt
        if progress is not None:
            progress(now_ms, done)

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield look
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield look
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` in the running event loop when this program shall end."""
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop)
