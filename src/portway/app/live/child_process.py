"""A process of our own that ends with us, however we end.

Its standard input is a pipe that nothing is ever written to. The operating system closes our end of it when we are
gone, with `kill -9`, too; the child reads the end of the input and ends in order. This needs no signal, so a child that
was told by Ctrl-C already, like everything in a terminal's foreground, is not told a second time.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from portway.app.interrupt import ask
from portway.app.live.log import log

END_S = 8.0  # trucks whose broker hangs need half of it
INPUT = 0  # descriptor of the standard input


@contextmanager
def child_process(
    name: str, command: Sequence[str], variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    """Run a command that calls `end_with_parent`, with more variables in its environment; its end is waited for, and
    told when it comes by itself."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, **(variables or {})})
    ending = threading.Event()

    def watch() -> None:
        code = child.wait()
        if not ending.is_set():
            log("child_ended", child=name, exit_code=code)

    threading.Thread(target=watch, daemon=True, name=f"watch {name}").start()
    try:
        yield child
    finally:
        ending.set()
        _end(child)


def _end(child: subprocess.Popen) -> None:
    assert child.stdin is not None
    with contextlib.suppress(OSError):
        child.stdin.close()
    try:
        child.wait(END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def end_with_parent() -> None:
    """Of a child: end in order when our standard input ends, that is when the process that started us is gone."""
    # Python's own object for the input is left alone: a thread that waits in it would keep the interpreter from ending.
    threading.Thread(target=_wait_for_end, daemon=True, name="end with parent").start()


def _wait_for_end() -> None:
    try:
        while os.read(INPUT, 4096):
            pass
    except OSError as error:
        print(f"the standard input cannot be read ({error}): ended with it", file=sys.stderr)
    ask()
