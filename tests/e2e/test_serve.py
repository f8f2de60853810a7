"""A live terminal as a user starts it: server, broker and trucks as processes; killed, stopped and started again.

An independent listener on the broker takes down where the trucks say they are.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from paho.mqtt import publish, subscribe

from live_processes import HOOK_SECRET, MOSQUITTO, TRUCKS, Processes, need, steps, terminal
from portway.adapters.tos.api.webhooks import sign
from portway.app.config import load_scenario
from portway.core.model import YardSlot


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
        assert processes.alerts() == ["broker_lost"]
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


def free_slots(count: int) -> list[dict]:
    """Slots of the built-in terminal that no job order of its list ever uses; the last ones, since a list without slots
    is planned from the first on."""
    scenario = load_scenario("huashan")
    used = {slot for j in scenario.work.job_orders for slot in (j.slot, j.slot_to)}
    block = scenario.terminal.blocks[0]
    ground = ((bay, row) for bay in range(1, block.bays + 1) for row in range(1, block.rows + 1))
    free = (YardSlot(block.id, bay, row, tier) for bay, row in ground for tier in range(1, block.tiers + 1))
    return [msgspec.to_builtins(slot) for slot in free if slot not in used][-count:]


@pytest.mark.slow
def test_the_tos_and_the_control_room_change_a_running_terminal_and_a_restart_forgets_nothing(tmp_path):
    first_slot, second_slot = free_slots(2)
    with terminal(tmp_path) as (processes, _):
        crane = processes.call("GET", "/work-queues")[1]["items"][0]
        last = processes.call("GET", f"/job-orders/{crane['job_orders'][-1]}")[1]["job_order"]
        job = {
            **last,
            "id": "NEW-1",
            "container": {**last["container"], "id": "NEWU0000016"},
            "after": [],
            "twin": None,
        }
        job["slot"] = first_slot
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
        second = {**job, "id": "NEW-2", "kind": "discharge", "container": {**job["container"], "id": "NEWU0000021"}}
        second["slot"] = second_slot
        status, answer = processes.call("POST", "/job-orders", second)
        assert status == 201, answer
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


@pytest.mark.slow
def test_a_message_that_does_not_fit_is_refused_counted_and_shown(tmp_path):
    with terminal(tmp_path) as (processes, _):
        publish.single("uagv/v2/portway/T001/state", '{"headerId": "one"}', port=processes.mqtt)
        processes.wait(lambda s: s["messages_refused"] == {"T001": 1}, 10)
        processes.wait(lambda s: s["alerts"] == 1, 10)
        (alert,) = processes.call("GET", "/alerts")[1]["items"]
        assert (alert["code"], alert["subject"]) == ("message_refused", "T001")
        assert "headerId" in alert["detail"]
        assert processes.status()["trucks_online"] == TRUCKS


@pytest.mark.slow
def test_a_truck_that_jumps_is_stopped_and_the_operator_called(tmp_path):
    with terminal(tmp_path) as (processes, _):
        topic = "uagv/v2/portway/T001/state"

        def state() -> dict:
            return json.loads(subscribe.simple(topic, port=processes.mqtt).payload)

        forged = state()
        forged["headerId"] += 1000
        forged["timestamp"] = "2099-01-01T00:00:00.000Z"
        forged["agvPosition"]["x"] += 500.0
        publish.single(topic, json.dumps(forged), port=processes.mqtt)
        processes.wait(lambda s: s["alerts"] >= 2, 10)
        assert processes.alerts() == ["elsewhere", "jumped"]
        assert {a["subject"] for a in processes.call("GET", "/alerts")[1]["items"]} == {"T001"}
        began = time.monotonic()
        while not state()["paused"]:
            assert time.monotonic() - began < 10
        time.sleep(14)  # what it says counts again once ten states in a row are older than the forged one
        resume = {"paused": False, "reason": "somebody has looked"}
        assert processes.call("PUT", "/operations/trucks/T001/pause", resume)[0] == 204
        while state()["paused"]:
            assert time.monotonic() - began < 20


def strangers(processes: Processes) -> list[str]:
    return [s["manufacturer"] for s in processes.call("GET", "/enrolments")[1]["strangers"]]


@pytest.mark.slow
def test_an_unknown_truck_is_shown_and_heard_once_it_is_enrolled(tmp_path):
    with terminal(tmp_path) as (processes, _):
        processes.end("trucks")
        processes.start("trucks", "--manufacturer", "acme", "--serial", "T001")
        began = time.monotonic()
        while strangers(processes) != ["acme"]:
            assert time.monotonic() - began < 20
            time.sleep(0.1)
        alerts = processes.call("GET", "/alerts")[1]["items"]
        assert [a["subject"] for a in alerts if a["code"] == "unknown_truck"] == ["acme/T001"]
        assert processes.status()["trucks_online"] == 0
        body = {"manufacturer": "acme", "serial_number": "T001", "version": "2.0", "reason": "new on board unit"}
        assert processes.call("PUT", "/operations/trucks/T099/enrolment", body)[0] == 404
        assert processes.call("PUT", "/operations/trucks/T002/enrolment", {**body, "version": "1.1"})[0] == 422
        taken = {**body, "manufacturer": "portway", "serial_number": "T003"}
        assert processes.call("PUT", "/operations/trucks/T001/enrolment", taken)[0] == 409
        assert processes.call("PUT", "/operations/trucks/T001/enrolment", body)[0] == 204
        processes.wait(lambda s: s["trucks_online"] == 1, 20)
        assert strangers(processes) == ["portway"], "whom the broker remembers of the truck before"
        processes.end("server", signal.SIGKILL)
        processes.start("server")
        processes.wait(lambda s: s["trucks_online"] == 1, 30)
        enrolled = {e["truck"]: e for e in processes.call("GET", "/enrolments")[1]["items"]}
        assert enrolled["T001"]["vehicle"] == {"manufacturer": "acme", "serial_number": "T001", "version": "2.0"}
        assert enrolled["T001"]["online"]
        assert not enrolled["T002"]["online"]


def over_tls(folder: Path) -> Processes:
    """A terminal whose broker was prepared by `portway certs`."""
    processes, files = Processes(folder), folder / "broker"
    words = ["certs", "huashan", "--out", str(files), "--host", "127.0.0.1", "--port", str(processes.mqtt)]
    subprocess.run([sys.executable, "-m", "portway", *words, "--trucks", str(TRUCKS)], check=True, capture_output=True)
    plain = (files / "mosquitto.conf").read_text()
    (folder / "mosquitto.conf").write_text(plain + "user root\n")
    processes.url = f"mqtts://127.0.0.1:{processes.mqtt}"
    processes.tls = ["--ca", str(files / "authority.crt")]
    return processes


@pytest.mark.slow
def test_a_terminal_over_tls_where_every_truck_has_a_certificate(tmp_path, portway_data):
    need(MOSQUITTO, "Mosquitto")
    processes = over_tls(tmp_path)
    files = tmp_path / "broker"
    processes.start("broker")
    time.sleep(0.5)
    try:
        own = ["--certificate", str(files / "master.crt"), "--key", str(files / "master.key")]
        processes.start("server", *own, "--schemas", str(portway_data / "vda5050"))
        processes.start("trucks", "--certificates", str(files / "trucks"))
        processes.wait(lambda s: s["trucks_online"] == TRUCKS, 60)
        processes.wait(lambda s: s["trucks_by_state"].get("to_collect", 0) >= 3, 60)
        metrics = processes.metrics()
        assert metrics["portway_trucks_online"] == TRUCKS
        assert metrics["portway_loop_seconds_count"] > 0
        assert metrics['portway_loop_seconds_bucket{le="+Inf"}'] == metrics["portway_loop_seconds_count"]
        assert processes.status()["messages_refused"] == {}
        assert processes.status()["alerts"] == 0
        assert processes.status()["messages_sampled"] >= TRUCKS
        assert processes.status()["messages_off_schema"] == {}
        processes.end("trucks")  # a truck with the certificate of another one is not heard
        shutil.copy(files / "trucks" / "T002.crt", files / "trucks" / "T001.crt")
        shutil.copy(files / "trucks" / "T002.key", files / "trucks" / "T001.key")
        processes.wait(lambda s: s["trucks_online"] == 0, 30)
        processes.start("trucks", "--certificates", str(files / "trucks"), "--serial", "T001")
        time.sleep(5)
        assert processes.status()["trucks_online"] == 0
    finally:
        for name in list(processes.running):
            processes.end(name)
