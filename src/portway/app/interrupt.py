"""How this program ends when it is told to, by Ctrl-C or by a signal.

The first signal asks. A run that works in steps ends between two of them, never in the middle of a decision, so that
what is written is whole; what has an event loop ends it in order; anything else (a start, an import) is left by an
exception wherever it is. The second signal ends the program at once: databases and journals are whole at any instant.

The handlers are ours from the first moment on. Python's own would let SIGTERM end a server in the middle of its start,
without its children, and a shell starts its background processes with SIGINT ignored. A hang-up is a wish to end like
SIGTERM, unless it was ignored when we began: then somebody (nohup) wants this program to outlive the terminal. One
closed terminal hangs up more than once, the shell first and then the kernel, so a hang-up is never the second signal.

Three things keep a wish from being lost, and a thread sees to them. Where compiled code calls back into Python, an
exception is thrown away by who called: there the handler raises nothing and is called again a moment later. A loop that
does not look (it compiles a kernel) is left by an exception, too, after a while. And whoever serves until it is told to
end has ended in time, or says where it hangs and is gone.
"""

import _thread
import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPING = tuple(getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, n))
HANG_UP = getattr(signal, "SIGHUP", None)  # the terminal is gone, or the connection over which somebody looked at it
STOP_S = 15.0  # service managers wait for 20 s and longer
LOOP_S = 3.0  # an event loop has looked by then
AGAIN_S = 0.05
# Functions whose exceptions are thrown away: finalizers, and what weak references, imports and LLVM call back.
CALLED_BACK = {"__del__", "cb", "remove", "_remove", "_raw_object_cache_notify", "_raw_object_cache_getbuffer"}
Look = Callable[[int, int], None]  # (simulated ms, boxes done)


class Stopped(KeyboardInterrupt):
    """This program shall end."""


class _Wish:
    """What was asked of this process, and what answers it; one a process, as signals are."""

    def __init__(self) -> None:
        self.answered = False  # our handlers stand
        self.number = 0  # of the signal that came first
        self.act: Callable[[], None] | None = None  # what ends the program in order; None: an exception
        self.unheard = False  # an event loop was told and has not looked yet
        self.serves = False  # until it is told to end, so that SIGTERM is no failure
        self.stop_s = 0.0  # to have ended in; 0: as long as it takes
        self.again = self.raised = False  # our thread calls the handler; it has raised
        self.asked = threading.Event()


_wish = _Wish()


def answer_signals() -> None:
    """Answer signals from now on; only the main thread of a program can, and in others nothing changes."""
    if _wish.answered or threading.current_thread() is not threading.main_thread():
        return
    _wish.answered = True
    for number in STOPPING:
        if number != HANG_UP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _told)
    threading.Thread(target=_see_to_it, daemon=True, name="see to the end").start()


def _told(number: int, frame: FrameType | None) -> None:
    if _wish.number and not _wish.again:
        if number == HANG_UP:
            return
        os._exit(128 + number)
    if not _wish.number:
        _wish.number = number
        _wish.asked.set()
        if _wish.act is not None:
            _wish.act()
            return
    _wish.again = _wish.again or _is_called_back(frame)
    if not _wish.raised and not _is_called_back(frame):
        _wish.raised = True
        raise Stopped


def _is_called_back(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name in CALLED_BACK:
            return True
        frame = frame.f_back
    return False


def _see_to_it() -> None:
    _wish.asked.wait()
    asked_s = time.monotonic()
    while True:
        time.sleep(AGAIN_S)
        waited_s = time.monotonic() - asked_s
        if _wish.again and _wish.raised:
            time.sleep(AGAIN_S)  # a call of ours that is still under way is no second signal
            _wish.again = False
        elif _wish.again or (_wish.unheard and waited_s > LOOP_S and not _wish.raised):
            _wish.again = True
            _thread.interrupt_main(signal.Signals(_wish.number))
        if 0.0 < _wish.stop_s < waited_s:
            _end_here()


def _end_here() -> None:
    with contextlib.suppress(Exception):  # an error stream that is gone, too, must not keep the program
        print(f"not ended within {_wish.stop_s:g} s: ended now, where it is:", file=sys.stderr, flush=True)
        faulthandler.dump_traceback(file=sys.stderr)
    os._exit(128 + _wish.number)


def ask() -> None:
    """Ask this program to end as SIGTERM would, from any of its threads; nothing if it has been asked before."""
    if not _wish.number:
        signal.raise_signal(signal.SIGTERM)


def end_in_time(seconds: float = STOP_S) -> None:
    """Of a program that serves until it is told to end: it has ended so many seconds after the first signal."""
    _wish.serves, _wish.stop_s = True, seconds


def on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` in the running event loop when this program shall end; at once when it was asked before."""
    import asyncio

    loop = asyncio.get_running_loop()

    def heard() -> None:
        _wish.unheard = False
        stop()

    def act() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the end has come already
            loop.call_soon_threadsafe(heard)
            _wish.unheard = True

    answer_signals()
    _wish.serves, _wish.act = True, act
    if _wish.number:
        act()


def exit_code(code: Any) -> Any:
    """With what a program ends that would end with `code`: 130 after Ctrl-C; after SIGTERM or a hang-up 0 if it serves
    until it is told to end, else 143 or 129. Errors keep their code, and so does a command that was done anyway."""
    stopped = code == 130 or (code in (0, None) and _wish.serves)
    if not _wish.number or not stopped:
        return code
    return 0 if _wish.serves and _wish.number in (signal.SIGTERM, HANG_UP) else 128 + _wish.number


@contextmanager
def stopping_between_steps(progress: Look | None) -> Iterator[Look]:
    """Yield what a run shall call between steps: it shows the progress and raises KeyboardInterrupt once the program
    was asked to end. Where signals are answered by somebody else, by Python for a start, that stays so."""

    def note() -> None:
        with contextlib.suppress(RuntimeError, OSError):  # somebody may be in the middle of writing there
            print("stopping; press Ctrl-C again to stop at once", file=sys.stderr)

    def look(now_ms: int, done: int) -> None:
        if _wish.number:
            raise Stopped
        if progress is not None:
            progress(now_ms, done)

    before, _wish.act = _wish.act, note
    try:
        yield look
    finally:
        _wish.act = before
