"""A live terminal as a user starts it: Mosquitto, server and trucks as processes, and a listener on the broker."""

import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from checker.footprints import penetration_m
from portway.adapters.tos.api.keys import Role, new_key

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
TRUCKS = 6
HOOK_SECRET = "0123456789abcdef"


def need(found: str | None, what: str) -> str:
    """Path of a program of the system: skips without it, fails under CI."""
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not installed")
    return str(found)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Processes:
    """Broker, server and trucks of one terminal."""

    def __init__(
        self, folder: Path, scenario: str = "huashan", speed: float = 1.0, settings: Sequence[str] = ()
    ) -> None:
        self.settings = settings
        self.folder, self.mqtt, self.http = folder, free_port(), free_port()
        self.scenario, self.speed, self.url = scenario, speed, f"mqtt://127.0.0.1:{self.mqtt}"
        (folder / "mosquitto.conf").write_text(
            f"listener {self.mqtt} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n"
        )
        self.tls: list[str] = []
        self.running: dict[str, subprocess.Popen] = {}
        self.key, entry = new_key("test", list(Role))
        (folder / "keys.toml").write_text(entry)
        self.hooked: list[tuple[str, bytes]] = []  # signature and body of what webhooks brought
        self.hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._hook())
        threading.Thread(target=self.hooks.serve_forever, daemon=True).start()
        (folder / "tos.toml").write_text(
            f"[edi]\nincoming = 'edi-in'\noutgoing = 'edi-out'\n[[webhooks]]\nname = 'tos'\n"
            f"url = 'http://127.0.0.1:{self.hooks.server_port}/'\nsecret = '{HOOK_SECRET}'\nkinds = ['accepted']\n"
        )

    def _hook(self) -> type:
        hooked = self.hooked

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hooked.append((self.headers["Portway-Signature"], body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Hook

    def start(self, name: str, *more: str) -> None:
        """Start `broker`, `server` or `trucks`, with more arguments."""
        portway = [sys.executable, "-m", "portway"]
        common = [self.scenario, "--broker", self.url, "--trucks", str(TRUCKS), "--versions", "2.0,2.1,3.0"]
        common += ["--speed", str(self.speed), *[word for setting in self.settings for word in ("--set", setting)]]
        files = {"--db": "live.db", "--keys": "keys.toml", "--tos": "tos.toml"}
        served = [word for option, file in files.items() for word in (option, str(self.folder / file))]
        common += self.tls
        command = {
            "broker": lambda: [need(MOSQUITTO, "Mosquitto"), "-c", str(self.folder / "mosquitto.conf")],
            "server": lambda: [*portway, "serve", *common, "--port", str(self.http), *served],
            "trucks": lambda: [*portway, "truck", *common, "--state-s", "0.5"],
        }[name]()
        self.run(name, [*command, *more])

    def run(self, name: str, command: list[str], **how: object) -> subprocess.Popen:
        """Start any other process that belongs to the terminal; its words go into a log of its name."""
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, **how)
        return self.running[name]

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text()

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(20)

    def status(self) -> dict:
        """The server's figures; empty while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/status", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def alerts(self) -> list[str]:
        """Codes of what a person was called for, each once."""
        return sorted({alert["code"] for alert in self.call("GET", "/alerts")[1]["items"]})

    def metrics(self) -> dict[str, float]:
        """What Prometheus would read."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=5) as answer:
            lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """A call of the TOS interface: status and answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def wait(self, what: Callable[[dict], object], seconds: float) -> float:
        """Wait until a status fulfils something; how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if (status := self.status()) and what(status):
                return time.monotonic() - began
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s; status {self.status()}; log {self.log('server')[-2000:]}")


class Listener:
    """Reads states from the broker with `mosquitto_sub`'s protocol neighbour: our own link, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.poses: dict[str, tuple[float, float, float]] = {}
        self.beyond: list[str] = []
        self.deepest_m, self.states = -1.0, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port,))
        self._thread.start()

    def _run(self, port: int) -> None:
        import asyncio

        from portway.adapters.vda5050.link import Broker, MqttLink

        async def listen() -> None:
            link = MqttLink(Broker(port=port), "listener", ["uagv/+/+/+/state"], self._state)
            link.start()
            while not self._stop.is_set():
                await asyncio.sleep(0.1)
            await link.stop()

        asyncio.run(listen())

    def _state(self, topic: str, payload: bytes) -> None:
        state = json.loads(payload)
        p = state.get("agvPosition") or state["mobileRobotPosition"]
        self.poses[topic] = p["x"], p["y"], p["theta"]
        self.states += 1
        if state["driving"] and not any(n["released"] for n in state["nodeStates"]):
            self.beyond.append(topic)
        if len(self.poses) > 1:
            x, y, h = (np.array(v) for v in zip(*self.poses.values(), strict=True))
            a, b = np.triu_indices(len(x), 1)
            size = np.full(len(a), 7.5), np.full(len(a), 1.5)
            depth = penetration_m((x[a], y[a], h[a]), (x[b], y[b], h[b]), size, size)
            self.deepest_m = max(self.deepest_m, float(depth.max()))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def terminal(folder: Path) -> Iterator[tuple[Processes, Listener]]:
    """All running, and a listener."""
    processes = Processes(folder)
    need(MOSQUITTO, "Mosquitto")
    processes.start("broker")
    time.sleep(0.5)
    listener = Listener(processes.mqtt)
    try:
        processes.start("server")
        processes.start("trucks")
        processes.wait(lambda s: s["trucks_online"] == TRUCKS, 60)
        yield processes, listener
    finally:
        listener.stop()
        for name in list(processes.running):
            processes.end(name)


def steps(poses: dict) -> dict:
    return {k: (round(v[0], 1), round(v[1], 1)) for k, v in poses.items()}
