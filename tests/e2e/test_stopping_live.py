"""Servers and trucks that are told to end: at any moment, by any signal, together with all that they have started."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from live_processes import MOSQUITTO, Processes, free_port, need

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals to other processes here")
ROOT = Path(__file__).resolve().parents[2]
END_S = 12.0  # far below the time after which a program is ended where it hangs
# run.py would install itself; what is looked at is how it hands over
RUN = "import sys, run; run.install = lambda: None; run.PYTHON = sys.executable; sys.exit(run.main())"


def ignoring() -> None:
    """What a shell does with what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def start(command: list[str], log: Path) -> subprocess.Popen:
    with log.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, preexec_fn=ignoring, cwd=ROOT)


def served(folder: Path, *more: str) -> list[str]:
    """`serve` of four trucks with a broker of its own and its own trucks."""
    files = ["--db", str(folder / "live.db"), "--port", str(free_port())]
    return ["serve", "huashan", "--trucks", "4", "--with-trucks", *files, *more]


def portway(*words: str) -> list[str]:
    return [sys.executable, "-m", "portway", *words]


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip() not in ("", "Z", "Zs")


def wait_for(what, seconds: float = 60.0) -> None:
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it has not come"
        time.sleep(0.05)


def ended(process: subprocess.Popen, number: int) -> tuple[int, list[int]]:
    """The exit code after a signal, and who of its children is left."""
    family = children(process.pid)
    process.send_signal(number)
    code = process.wait(END_S)
    wait_for(lambda: not any(map(is_alive, family)), END_S)
    return code, [pid for pid in family if is_alive(pid)]


@pytest.fixture
def caches(tmp_path, monkeypatch):
    """Nothing compiled, no map made: a first start."""
    monkeypatch.setenv("PORTWAY_CACHE", str(tmp_path / "maps"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.4, 1.0, 2.0, 3.5, 7.0])
@pytest.mark.usefixtures("caches")
def test_ctrl_c_ends_a_first_start_at_any_moment(tmp_path, after_s):
    process = start(portway(*served(tmp_path)), tmp_path / "log")
    time.sleep(after_s)
    assert ended(process, signal.SIGINT) == (130, [])
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_sigterm_ends_a_server_with_its_trucks_and_is_no_failure(tmp_path):
    log = tmp_path / "log"
    process = start(portway(*served(tmp_path)), log)
    wait_for(lambda: '"link": "online"' in log.read_text())
    assert len(children(process.pid)) == 2  # broker and trucks
    assert ended(process, signal.SIGTERM) == (0, [])
    assert "Traceback" not in log.read_text()
    process = start(portway(*served(tmp_path)), log)
    wait_for(lambda: children(process.pid))  # in the middle of a start, with the broker there
    assert ended(process, signal.SIGTERM) == (0, [])


def hangs_on_a_terminal() -> None:
    """What sshd does: a session of its own, on the terminal that is its standard input."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def shown(terminal: int) -> bytes:
    """What has been written to a terminal since it was last looked at."""
    text = b""
    with contextlib.suppress(BlockingIOError):
        while more := os.read(terminal, 4096):
            text += more
    return text


@pytest.mark.slow
def test_a_connection_that_is_closed_ends_a_server_in_order_with_its_trucks(tmp_path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(portway(*served(tmp_path)), stdin=theirs, stdout=theirs, stderr=theirs,
                               preexec_fn=hangs_on_a_terminal, cwd=ROOT)  # fmt: skip
    os.close(theirs)
    os.set_blocking(ours, False)
    wait_for(lambda: b"online" in shown(ours))
    family = children(process.pid)
    assert len(family) == 2  # broker and trucks
    os.close(ours)
    assert process.wait(END_S) == 0, "in order: with its goodbye on the broker, and the lease given back"
    wait_for(lambda: not any(map(is_alive, family)), END_S)


@pytest.mark.slow
def test_a_server_that_is_killed_takes_its_trucks_along(tmp_path):
    log = tmp_path / "log"
    process = start(portway(*served(tmp_path)), log)
    wait_for(lambda: '"link": "online"' in log.read_text())
    assert len(children(process.pid)) == 2
    assert ended(process, signal.SIGKILL) == (-signal.SIGKILL, [])


@pytest.mark.slow
def test_trucks_that_end_by_themselves_are_told(tmp_path):
    log = tmp_path / "log"
    process = start(portway(*served(tmp_path)), log)
    wait_for(lambda: '"link": "online"' in log.read_text())
    (trucks,) = [pid for pid in children(process.pid) if "truck" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(trucks, signal.SIGKILL)
    wait_for(lambda: '"event": "child_ended"' in log.read_text())
    assert ended(process, signal.SIGINT)[0] == 130


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_py_is_the_program_that_it_runs(tmp_path, number):
    log = tmp_path / "log"
    process = start([sys.executable, "-c", RUN, *served(tmp_path)], log)
    wait_for(lambda: '"link": "online"' in log.read_text())
    assert ended(process, number) == (0 if number == signal.SIGTERM else 130, [])


@pytest.mark.slow
@pytest.mark.parametrize(("numbers", "code"), [([signal.SIGTERM], 0), ([signal.SIGINT, signal.SIGTERM], 143)])
def test_trucks_end_on_a_broker_that_hangs_and_a_second_signal_ends_them_at_once(tmp_path, numbers, code):
    need(MOSQUITTO, "Mosquitto")
    processes = Processes(tmp_path)
    processes.start("broker")
    time.sleep(0.5)
    words = ["--broker", processes.url, "--trucks", "8", "--state-s", "0.05", "--visualization-s", "0.05"]
    process = start(portway("truck", "huashan", *words), tmp_path / "trucks.log")
    try:
        time.sleep(4)
        processes.running["broker"].send_signal(signal.SIGSTOP)
        time.sleep(8)  # until the buffers of the system are full
        began = time.monotonic()
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.1)
        assert process.wait(END_S) == code
        assert time.monotonic() - began < (8 if code == 0 else 2)
    finally:
        process.kill()
        processes.running["broker"].send_signal(signal.SIGCONT)
        processes.end("broker")
