"""How a program ends: signals that come where an exception is lost, to a loop that does not look, or twice."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals to other processes here")
HEAD = """
import asyncio, ctypes, sys, time
from portway.app.interrupt import *
answer_signals()
def said(text):
    print(text, flush=True)
def work(seconds):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        pass
"""
TAIL = """
try:
    main()
    sys.exit(exit_code(0))
except KeyboardInterrupt:
    said("left")
    sys.exit(exit_code(130))
"""


def told(program: str, *numbers: int, ignored: int = signal.SIGINT) -> tuple[int, str, float]:
    """Exit code, words and duration of a program that gets signals once it says `ready`."""
    command = [sys.executable, "-c", HEAD + program + TAIL]
    ignoring = lambda: signal.signal(ignored, signal.SIG_IGN)  # noqa: E731
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=ignoring
    ) as run:
        assert run.stdout.readline() == "ready\n"
        began = time.monotonic()
        for number in numbers:
            time.sleep(0.2)
            os.kill(run.pid, number)
        said = run.stdout.read()
        return run.wait(30), said, time.monotonic() - began


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_program_is_left_wherever_it_is(number, code):
    assert told("def main():\n said('ready')\n work(20)\n", number)[:2] == (code, "left\n")


def test_a_signal_is_not_lost_where_compiled_code_calls_back():
    program = """
def _raw_object_cache_notify():
    said('ready')
    work(2)
    said('done')
def main():
    ctypes.CFUNCTYPE(None)(_raw_object_cache_notify)()
    work(20)
"""
    code, words, took_s = told(program, signal.SIGINT)
    assert (code, words) == (130, "done\nleft\n")
    assert took_s < 10


SERVER = """
def main():
    end_in_time({stop_s})
    async def serve():
        stopping = asyncio.Event()
        on_signals(stopping.set)
        said('ready')
        {then}
        said('in order')
    asyncio.run(serve())
"""


def test_a_loop_ends_in_order():
    program = SERVER.format(stop_s=15, then="await stopping.wait()")
    assert told(program, signal.SIGINT)[:2] == (130, "in order\n")
    assert told(program, signal.SIGTERM)[:2] == (0, "in order\n")
    assert told(program, signal.SIGHUP)[:2] == (0, "in order\n")


SLOW_END = "await stopping.wait(); await asyncio.sleep(1)"


def test_a_terminal_that_is_closed_hangs_up_twice_and_is_no_second_signal():
    program = SERVER.format(stop_s=15, then=SLOW_END)
    assert told(program, signal.SIGHUP, signal.SIGHUP)[:2] == (0, "in order\n")
    assert told(program, signal.SIGINT, signal.SIGHUP)[:2] == (130, "in order\n")
    assert told(program, signal.SIGHUP, signal.SIGTERM)[:2] == (143, "")


def test_who_was_started_with_nohup_outlives_its_terminal():
    program = SERVER.format(stop_s=15, then=SLOW_END)
    assert told(program, signal.SIGHUP, signal.SIGTERM, ignored=signal.SIGHUP)[:2] == (0, "in order\n")


def test_a_loop_that_does_not_look_is_left():
    code, words, took_s = told(SERVER.format(stop_s=15, then="work(25)"), signal.SIGTERM)
    assert (code, words) == (0, "left\n")
    assert took_s < 10


def test_who_hangs_is_ended_and_says_where():
    code, words, took_s = told(SERVER.format(stop_s=1.0, then="await asyncio.sleep(20)"), signal.SIGTERM)
    assert code == 143
    assert words.startswith("not ended within 1 s")
    assert "in serve" in words or "in main" in words
    assert took_s < 5


def test_a_second_signal_ends_at_once():
    code, words, took_s = told(SERVER.format(stop_s=15, then="await asyncio.sleep(20)"), signal.SIGINT, signal.SIGTERM)
    assert (code, words) == (143, "")
    assert took_s < 3


def test_a_wish_from_before_the_loop_is_heard_by_it():
    program = SERVER.format(stop_s=15, then="await stopping.wait()").replace(
        "    asyncio.run",
        "    try:\n     signal.raise_signal(signal.SIGINT)\n    except KeyboardInterrupt:\n     pass\n    asyncio.run",
    )
    assert told("import signal\n" + program)[:2] == (130, "in order\n")
