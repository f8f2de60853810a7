"""Two thousand devices on one Mosquitto: trucks, cranes, chargers and sensors, each with a connection of its own.

A device is a client of its own that publishes a state of a truck's size; one listener takes all of them, as a server
does. The devices run in a process of their own (`python devices.py PORT COUNT SECONDS`).
"""

import asyncio
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import Broker, MqttLink

STATE_BYTES = 1_200  # of a truck's state with a few nodes ahead
LINK_S = 0.002  # between two devices that link
FILES = 16_384


class Heard(NamedTuple):
    """What the listener has seen."""

    sent: int
    came: int
    age_p50_ms: float
    age_p99_ms: float
    broker_mb: float
    broker_cores: float


def hear_devices(port: int, count: int, seconds: float) -> Heard:
    """Start Mosquitto and the devices, listen, count."""
    mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    _raise_limit()
    with TemporaryDirectory() as folder:
        conf = Path(folder) / "mosquitto.conf"
        conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n")
        broker = subprocess.Popen([mosquitto, "-c", str(conf)])
        try:
            time.sleep(0.5)
            return asyncio.run(_listen(port, count, seconds, broker.pid))
        finally:
            broker.terminate()
            broker.wait()


async def _listen(port: int, count: int, seconds: float, broker: int) -> Heard:
    ages: list[float] = []
    counted = False

    def received(_topic: str, payload: bytes) -> None:
        if counted:
            ages.append(time.time() - float(payload[:20]))

    link = MqttLink(Broker(port=port), "listener", ["devices/+/state"], received)
    link.start()
    devices = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(port), str(count), str(seconds), stdout=asyncio.subprocess.PIPE
    )
    assert devices.stdout is not None
    assert (await devices.stdout.readline()) == b"linked\n"
    counted, began_s, cpu_s = True, time.monotonic(), _cpu_s(broker)
    sent = int(await devices.stdout.readline())
    cores, rss_mb = (_cpu_s(broker) - cpu_s) / (time.monotonic() - began_s), _rss_mb(broker)
    await devices.wait()
    await link.stop()
    ages.sort()
    p50, p99 = (1000 * ages[int(share * (len(ages) - 1))] for share in (0.5, 0.99))
    return Heard(sent, len(ages), p50, p99, rss_mb, cores)


async def _devices(port: int, count: int, seconds: float) -> None:
    links = []
    for n in range(count):
        link = MqttLink(Broker(port=port), f"device-{n}", [], lambda _topic, _payload: None)
        link.start()
        links.append(link)
        await asyncio.sleep(LINK_S)
    while not all(link.is_up for link in links):
        await asyncio.sleep(0.1)
    print("linked", flush=True)
    await asyncio.sleep(0.5)
    filler, sent, began = b" " * (STATE_BYTES - 20), 0, time.monotonic()
    while time.monotonic() - began < seconds:
        due = int((time.monotonic() - began) * count)  # one after the other, each once a second
        while sent < due:
            links[sent % count].publish([Outgoing(f"devices/{sent % count}/state", b"%-20f" % time.time() + filler)])
            sent += 1
        await asyncio.sleep(0.001)
    await asyncio.sleep(1.0)
    print(sent, flush=True)
    await asyncio.gather(*(link.stop() for link in links))


def _raise_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    _raise_limit()
    asyncio.run(_devices(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
