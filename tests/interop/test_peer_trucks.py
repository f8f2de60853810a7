"""A day's work with trucks of three makers on one broker, two of them written by nobody here.

vda-5050-lib (npm) drives the trucks of VDA 5050 2.0 and vda5050-sdk (PyPI) those of 2.1; ours speak 3.0. The clock runs
twenty times faster than the wall. Mosquitto is real, and everything runs as processes of its own.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from peer_packages import PEERS, node

from live_processes import TRUCKS, Listener, Processes
from portway.adapters.tos.work_file import read_rows, write_rows
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.config.loader import find_folder
from portway.app.map_cache import cached_map

SPEED, BOXES = 20.0, 6  # of each kind
# vda-5050-lib's trucks know no trajectories: they drive from node to node as the crow flies, and look that way
CHORDS = ("policies.off_way_m=15", "policies.off_way_deg=180")
OURS, LIB, SDK = ["T003", "T006"], ["T001", "T004"], ["T002", "T005"]


def small_day(folder: Path) -> str:
    """Huashan with the first boxes that come and the first that go."""
    shutil.copytree(find_folder("huashan"), folder)
    rows = sorted(read_rows(folder / "work.csv")[0], key=lambda r: r.release_s)
    kept = [r for kind in ("discharge", "load") for r in [r for r in rows if r.kind == kind][:BOXES]]
    write_rows([r._replace(release_s=0.0, due_s=None) for r in kept], folder / "work.csv")
    return str(folder)


def poses(folder: str, serials: list[str]) -> list[dict]:
    """Where trucks stand at first."""
    scenario = load_scenario(folder, {"fleet.trucks": str(TRUCKS)})
    traffic_map = cached_map(scenario.terminal, truck_type(scenario))
    homes = {t.id: t.home for t in scenario.fleet.trucks}
    found = []
    for serial in serials:
        x, y, theta = traffic_map.stop_pose[traffic_map.stop_of_place[homes[serial]]]
        found.append({"serial": serial, "x": float(x), "y": float(y), "theta": float(theta)})
    return found


@pytest.mark.slow
def test_trucks_of_three_makers_do_a_days_work_together(tmp_path):
    node_js = node()
    folder = small_day(tmp_path / "day")
    terminal = Processes(tmp_path, folder, SPEED, CHORDS)
    told = {"broker": terminal.url, "manufacturer": "portway"}
    lib = {**told, "timeLapse": SPEED, "agvs": poses(folder, LIB)}
    sdk = {**told, "speed": SPEED, "trucks": poses(folder, SDK)}
    terminal.start("broker")
    time.sleep(0.5)
    listener = Listener(terminal.mqtt)
    try:
        terminal.start("server")
        terminal.start("trucks", *[word for serial in OURS for word in ("--serial", serial)])
        terminal.run("lib", [node_js, "virtual_agvs.js", json.dumps(lib)], cwd=PEERS, stdin=subprocess.PIPE)
        script = [sys.executable, str(PEERS / "sdk_trucks.py"), json.dumps(sdk)]
        terminal.run("sdk", script, stdin=subprocess.PIPE)
        terminal.wait(lambda s: s["trucks_online"] == TRUCKS, 60)
        took_s = terminal.wait(lambda s: s["jobs_done"] == s["jobs_total"] or s["failed"], 240)
        status, events = terminal.status(), terminal.call("GET", "/progress?limit=1000")[1]["items"]
    finally:
        for name in ("lib", "sdk"):
            if name in terminal.running:
                terminal.running[name].stdin.close()
        time.sleep(1.0)
        listener.stop()
        for name in list(terminal.running):
            terminal.end(name)
    print(f"{status['jobs_done']} boxes in {took_s:.0f} s; {status['messages']} messages")
    assert status["jobs_done"] == status["jobs_total"] == 2 * BOXES
    done = [e["job_order"] for e in events if e["kind"] == "completed"]
    assert sorted(done) == sorted(set(done))
    by_truck = {e["truck"] for e in events if e["kind"] == "collected"}
    assert by_truck >= {*LIB, *SDK}, "trucks of every maker carried boxes"
    assert status["messages_refused"] == {}
    assert status["alerts"] == 0
    assert (terminal.log("lib"), terminal.log("sdk")) == ("", ""), "a truck found fault with an order"
    assert listener.beyond == []
    assert "Traceback" not in terminal.log("server")
    assert status["failed"] == ""
