"""A live terminal as a user starts it: server, broker and trucks as processes; killed, stopped and started again.

An independent listener on the broker takes down where the trucks say they are.
"""

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
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from checker.footprints import penetration_m
from portway.adapters.tos.api.keys import Role, new_key
from portway.adapters.tos.api.webhooks import sign
from portway.app.config import load_scenario

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
TRUCKS = 6
HOOK_SECRET = "0123456789abcdef"


def need_mosquitto() -> str:
    """Path of Mosquitto: skips without it, fails under CI."""
    if MOSQUITTO is None:
        reason = "Mosquitto is not installed (apt-get install mosquitto)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return str(MOSQUITTO)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Processes:
    """Broker, server and trucks of one terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mqtt, self.http = folder, free_port(), free_port()
        (folder / "mosquitto.conf").write_text(
            f"listener {self.mqtt} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n"
        )
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

    def start(self, name: str) -> None:
        portway = [sys.executable, "-m", "portway"]
        common = ["huashan", "--broker", f"mqtt://127.0.0.1:{self.mqtt}", "--trucks", str(TRUCKS)]
        common += ["--versions", "2.0,2.1,3.0"]
        command = {
            "broker": [need_mosquitto(), "-c", str(self.folder / "mosquitto.conf")],
            "server": [
                *portway,
                "serve",
                *common,
                "--port",
                str(self.http),
                "--db",
                str(self.folder / "live.db"),
                "--keys",
                str(self.folder / "keys.toml"),
                "--tos",
                str(self.folder / "tos.toml"),
            ],
            "trucks": [*portway, "truck", *common, "--state-s", "0.5"],
        }[name]
        log = (self.folder / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(command, stdout=log, stderr=log)

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

    def wait(self, what, seconds: float) -> float:
        """Wait until a status fulfils something; how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if (status := self.status()) and what(status):
                return time.monotonic() - began
            time.sleep(0.1)
        log = (self.folder / "server.log").read_text()[-2000:]
        raise AssertionError(f"not within {seconds} s; status {self.status()}; log {log}")


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
def terminal(folder: Path):
    """All running, and a listener."""
    processes = Processes(folder)
    need_mosquitto()
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


@pytest.mark.slow
def test_a_terminal_survives_the_death_of_its_server_and_the_loss_of_its_broker(tmp_path):
    with terminal(tmp_path) as (processes, listener):
        processes.wait(lambda s: s["trucks_by_state"].get("to_collect", 0) >= 3, 60)
        for _ in range(3):  # the server dies and comes back
            time.sleep(4)
            records = processes.status()["records"]
            processes.end("server", signal.SIGKILL)
            time.sleep(1)
            processes.start("server")
            processes.wait(lambda s, r=records: s["broker_up"] and s["records"] > r, 30)
        before = steps(listener.poses)
        processes.end("broker")  # the broker goes, and trucks stop inside their base
        time.sleep(8)
        assert processes.wait(lambda s: not s["broker_up"], 5) >= 0
        processes.start("broker")
        processes.wait(lambda s: s["broker_up"] and s["trucks_online"] == TRUCKS, 30)
        time.sleep(15)
        assert steps(listener.poses) != before
        status = processes.status()
        assert status["failed"] == ""
        assert status["alerts"] == 0
        assert status["messages_refused"] == {}
        assert listener.beyond == []
        assert listener.deepest_m <= 0.0
        assert listener.states > 100
        assert processes.end("server") == 0
        assert processes.end("trucks") == 0
        assert "Traceback" not in (tmp_path / "server.log").read_text()


def box_list_becomes_work(processes: Processes) -> None:
    """A list of containers dropped into the folder becomes work, and a webhook says so, signed."""
    box = "MSCU1234566"
    text = (
        "UNB+UNOA:2+TOS+PORT+260304:0506+7'UNH+1+COPRAR:D:95B:UN'BGM+118+1+9'"
        "TDT+20+1+1++MSC:172:20+++OSC:103::MSC OSCAR'"
        f"EQD+CN+{box}+45G1:102:5+2+3+5'MEA+AAE+G+KGM:20000'CNT+16:1'UNT+7+1'UNZ+1+7'"
    )
    (processes.folder / "edi-in" / "list.edi").write_text(text)
    began = time.monotonic()
    while not any(b'"accepted"' in body and box.encode() in body for _, body in processes.hooked):
        assert time.monotonic() - began < 20, [*(processes.folder / "edi-in").rglob("*"), *processes.hooked]
        time.sleep(0.1)
    for signature, body in processes.hooked:
        at_s = int(dict(part.split("=") for part in signature.split(","))["t"])
        assert signature == sign(HOOK_SECRET.encode(), at_s, body)
    assert processes.call("GET", f"/containers/{box}")[1]["job_orders"]


@pytest.mark.slow
def test_the_tos_and_the_control_room_change_a_running_terminal_and_a_restart_forgets_nothing(tmp_path):
    with terminal(tmp_path) as (processes, _):
        crane = processes.call("GET", "/work-queues")[1]["items"][0]
        last = processes.call("GET", f"/job-orders/{crane['job_orders'][-1]}")[1]["job_order"]
        job = {
            **last,
            "id": "NEW-1",
            "container": {**last["container"], "id": "NEWU0000011"},
            "after": [],
            "twin": None,
        }
        job["slot"] = {**last["slot"], "tier": 5, "row": 6}
        status, answer = processes.call("POST", "/job-orders", {**job, "quay_crane": "QC99"})
        assert status == 422
        assert "QC99" in json.dumps(answer["problems"])
        assert processes.call("GET", "/job-orders/NEW-1")[0] == 404
        assert processes.call("POST", "/job-orders", {**job, "kind": "discharge"})[0] == 201
        box_list_becomes_work(processes)
        assert processes.call("DELETE", f"/job-orders/{last['id']}")[0] in (204, 409)
        pause = {"paused": True, "reason": "flat tyre"}
        assert processes.call("PUT", "/operations/trucks/T001/pause", pause)[0] == 204
        assert processes.call("GET", "/trucks/T001")[1]["state"] == "paused"
        second = {**job, "id": "NEW-2", "kind": "discharge", "container": {**job["container"], "id": "NEWU0000027"}}
        second["slot"] = {**job["slot"], "tier": 4, "row": 5}
        assert processes.call("POST", "/job-orders", second)[0] == 201
        assert processes.call("DELETE", "/job-orders/NEW-2")[0] == 204
        aborted = processes.call("GET", "/job-orders/NEW-2")[1]
        assert (aborted["state"], bool(aborted["reason"])) == ("aborted", True)
        closing = {"lanes": [load_scenario("huashan").terminal.lanes[0].id], "reason": "oil on the road"}
        assert processes.call("PUT", "/operations/road-blocks/oil", closing)[0] == 204
        before = processes.call("GET", "/progress")[1]
        processes.end("server", signal.SIGKILL)
        processes.start("server")
        processes.wait(lambda s: s["broker_up"], 30)
        after = processes.call("GET", "/progress")[1]
        assert after["items"][: len(before["items"])] == before["items"]
        assert processes.call("GET", "/job-orders/NEW-1")[1]["state"] in ("open", "assigned")
        assert processes.call("GET", "/job-orders/NEW-2")[1] == aborted
        opening = {"reason": "swept"}
        assert processes.call("POST", "/operations/road-blocks/oil/opening", opening)[0] == 204
        assert processes.call("POST", "/operations/road-blocks/oil/opening", opening)[0] == 404
        processes.wait(lambda s: s["trucks_online"] == TRUCKS, 30)
        assert processes.call("GET", "/trucks/T001")[1]["state"] == "paused"
