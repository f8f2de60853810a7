"""A live terminal as processes: Mosquitto, `portway serve`, `portway truck`, and a listener on the broker."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from busy_terminal import write_busy_terminal
from reports import Reports

from portway.adapters.tos.api.keys import Role, new_key

VERSIONS = "2.0,2.1,3.0"
START_S = 120.0
WORK_H = 4.0


class NoMosquittoError(RuntimeError):
    """Mosquitto is not installed."""


def free_port() -> int:
    """A TCP port of loopback that nobody uses."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class LiveTerminal:
    """Broker, server and trucks of the busy terminal (`busy_terminal.py`) in a folder."""

    def __init__(self, folder: Path, trucks: int, edi: bool = False, database: str | None = None) -> None:
        """With `edi`, EDIFACT files that are dropped into `edi_in` become work. `database` is the URL of a PostgreSQL
        database, which a second server (`standby`) can wait for."""
        mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if mosquitto is None:
            raise NoMosquittoError("Mosquitto is not installed (apt-get install mosquitto)")
        self.folder, self.trucks, self.mqtt, self.http = folder, trucks, free_port(), free_port()
        self.key, entry = new_key("bench", list(Role))
        (folder / "keys.toml").write_text(entry)
        (folder / "mosquitto.conf").write_text(
            f"listener {self.mqtt} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n"
        )
        portway = [sys.executable, "-m", "portway"]
        common = write_busy_terminal(folder / "scenario", trucks, WORK_H)
        common += ["--broker", f"mqtt://127.0.0.1:{self.mqtt}", "--versions", VERSIONS]
        served = ["--db", database or str(folder / "live.db"), "--keys", str(folder / "keys.toml")]
        self.standby_http = free_port()
        self.edi_in = folder / "edi"
        if edi:
            self.edi_in.mkdir()
            (folder / "tos.toml").write_text('[edi]\nincoming = "edi"\n')
            served += ["--tos", str(folder / "tos.toml")]
        self._commands = {
            "broker": [mosquitto, "-c", str(folder / "mosquitto.conf")],
            "server": [*portway, "serve", *common, *served, "--port", str(self.http)],
            "standby": [*portway, "serve", *common, *served, "--port", str(self.standby_http), "--standby"],
            "trucks": [*portway, "truck", *common],
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start `broker`, `server` or `trucks`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(self._commands[name], stdout=log, stderr=log)

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        """Send one of them a signal and wait until it has ended."""
        process = self._running.pop(name)
        process.send_signal(number)
        process.wait(30)

    def end_all(self) -> None:
        """End what still runs."""
        for name in list(self._running):
            self.end(name)

    def status(self) -> dict[str, Any]:
        """The server's figures; empty while it does not answer."""
        return self._get("/status")

    def progress(self) -> list[dict[str, Any]]:
        """All progress events of the run."""
        events: list[dict[str, Any]] = []
        while page := self._get(f"/v1/progress?after={len(events)}&limit=1000").get("items"):
            events += page
        return events

    def _get(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", headers={"X-API-Key": self.key})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            return {}

    def wait(self, what: Callable[[dict[str, Any]], bool], seconds: float) -> float:
        """Wait until a status fulfils something; how long that took. Raises TimeoutError with the server's log."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if (status := self.status()) and what(status):
                return time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError(f"{self.status()}\n{(self.folder / 'server.log').read_text()[-2000:]}")

    def wait_ready(self) -> float:
        """Wait until broker and server are there and every truck is online."""
        return self.wait(lambda s: s["broker_up"] and s["trucks_online"] == self.trucks, START_S)


@contextmanager
def live_terminal(
    trucks: int, edi: bool = False, database: str | None = None
) -> Iterator[tuple[LiveTerminal, Reports]]:
    """All of it running, every truck online, and a listener."""
    with TemporaryDirectory() as folder:
        terminal = LiveTerminal(Path(folder), trucks, edi, database)
        terminal.start("broker")
        time.sleep(0.5)
        reports = Reports(terminal.mqtt)
        try:
            terminal.start("server")
            terminal.start("trucks")
            terminal.wait_ready()
            yield terminal, reports
        finally:
            reports.stop()
            terminal.end_all()
