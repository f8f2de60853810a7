"""A live terminal as the README starts it: one master on a broker, trucks that stay where they stood, road trucks."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from live_processes import free_port, terminal


class Serving:
    """`portway serve` with arguments of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port, self.log = free_port(), folder / f"serve-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "portway", "serve", *arguments, "--port", str(self.port)]
        with self.log.open("w") as out:
            self.process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=os.environ)

    def status(self) -> dict:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def wait(self, what, seconds: float) -> dict:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if (status := self.status()) and what(status):
                return status
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {self.status()} {self.log.read_text()[-1500:]}")

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


@pytest.mark.slow
def test_a_second_server_on_the_broker_goes_without_a_word_and_the_first_works_on(tmp_path):
    with terminal(tmp_path) as (processes, _):
        second = Serving(tmp_path, processes.scenario, "--broker", processes.url, "--db", str(tmp_path / "typo.db"))
        assert second.process.wait(60) == 3
        assert "already speaks to the trucks of 'uagv'" in second.log.read_text()
        other = Serving(tmp_path, "yangluo", "--broker", processes.url, "--db", str(tmp_path / "other.db"))
        assert other.process.wait(60) == 3, "another terminal, and the same trucks"
        assert "its own --interface" in other.log.read_text()
        time.sleep(3)
        status = processes.status()
        assert (status["failed"], status["broker_up"], status["trucks_online"]) == ("", True, 6)
        assert "paused_by_other" not in processes.alerts()


@pytest.mark.slow
def test_stopped_and_started_again_as_written_it_goes_on(tmp_path):
    def under_way(status: dict) -> bool:
        return status["trucks_by_state"].get("to_collect", 0) >= 3

    arguments = ("huashan", "--with-trucks", "--speed", "4", "--db", str(tmp_path / "run.db"))
    first = Serving(tmp_path, *arguments)
    first.wait(under_way, 60)
    time.sleep(4)
    first.end()
    poses = json.loads((tmp_path / "run.trucks.json").read_text())
    assert len(poses) == 8
    second = Serving(tmp_path, *arguments)
    try:
        second.wait(lambda s: s["trucks_online"] == 8, 60)
        status = second.wait(lambda s: s["jobs_done"] > 0, 120)
        assert status["alerts"] == 0
    finally:
        second.end()


@pytest.mark.slow
def test_road_trucks_come_through_the_gate_of_a_live_terminal(tmp_path):
    settings = ("--set", "terminal.quay_cranes=3", "--trucks", "6")
    server = Serving(tmp_path, "yangluo", "--with-trucks", "--speed", "20", "--db", str(tmp_path / "y.db"), *settings)
    try:
        server.wait(lambda s: s["trucks_online"] == 6, 90)
        progress = server.wait(lambda s: s["jobs_done"] > 2, 150)
        assert progress["failed"] == ""
        text = server.log.read_text()
        assert "road_truck_turned_away" not in text
    finally:
        server.end()
