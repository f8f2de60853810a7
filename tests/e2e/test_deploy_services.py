"""The page on deploying, second half: installation, keys, a pair of services that are asked and upgraded.

A service is what its unit's `ExecStart` says. What cannot be done here: the lock is not downloaded a second time (what
it brings lies beside the wheel), and the services run from the checkout.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_page import DEPLOY, ROOT, blocks, command_of, commands, environment, shell
from test_standby import Pair

from live_processes import MOSQUITTO, need
from postgres_server import new_database, postgres_server

HERE = sysconfig.get_paths()["purelib"]  # all that the lock has brought
NAME = "control.my-terminal.example"


# -- from the wheel ---------------------------------------------------------------------------------------------


def build(folder: Path) -> Path:
    """The wheel, built as the page says; without network where its builder is installed."""
    (line,) = commands("Install")[1].splitlines()
    if not (ROOT / "src/portway/app/web/_ui/index.html").exists():
        need(None, "the page of a checkout (python3 run.py test builds it)")
    line = f"/opt/portway/bin/{line.removesuffix(' .')} {ROOT}"
    if (builder := importlib.util.find_spec("hatchling")) is not None:
        beside = os.pathsep.join([HERE, str(Path(str(builder.origin)).parents[1])])
        shell(f"{line} --no-build-isolation", folder, PYTHONPATH=beside, PIP_NO_INDEX="1")
    elif os.environ.get("CI"):
        shell(line, folder)
    else:
        pytest.skip("the wheel's builder is not installed and would be downloaded (pip install hatchling)")
    return next((folder / "dist").iterdir())


def run_in(folder: Path, *words: str) -> str:
    """What a program of the installation says."""
    program = folder / "opt/portway/bin" / words[0]
    run = subprocess.run([program, *words[1:]], capture_output=True, text=True, check=False, cwd=folder,
                         env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.slow
def test_a_wheel_is_built_installed_and_installed_again(tmp_path):
    new, lock, install, user = commands("Install")[0].splitlines()
    shell(new, tmp_path)
    wheel = build(tmp_path)
    assert wheel.name in install
    shutil.copy(wheel, tmp_path)
    asked = shell(f"{install}\n{user}", tmp_path, PIP_NO_INDEX="1")
    assert asked == [f"useradd --system --home-dir {tmp_path}/var/lib/portway portway"]
    site = Path(run_in(tmp_path, "python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip())
    (site / "beside.pth").write_text(HERE)
    assert run_in(tmp_path, "python", "-c", "import portway; print(portway.__file__)").startswith(str(site))
    assert run_in(tmp_path, "portway", "check", "huashan").strip().endswith("0 errors, 0 warnings")
    assert (site / "portway/app/web/_ui/index.html").exists()
    assert lock.endswith("-r requirements.lock")
    known = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    needs = importlib.metadata.Distribution.at(next(site.glob("portway-*.dist-info"))).requires or []
    assert {re.split(r"[\[<>=!; ]", line)[0] for line in needs} <= known, "the wheel comes without its dependencies"
    (site / "portway/app/check.py").unlink()
    _, lock_again, again, _ = commands("Upgrade")[0].splitlines()
    assert (lock_again, wheel.name in again) == (lock, True)
    shell(again, tmp_path, PIP_NO_INDEX="1")
    assert (site / "portway/app/check.py").exists(), "the same version, too, is installed anew"


# -- as services ------------------------------------------------------------------------------------------------


class Machine:
    """One of the two: follows the page with a service that is a process of the test."""

    def __init__(self, name: str, pair: Pair, folder: Path, etc: Path, values: dict[str, str]) -> None:
        self.name, self.pair, self.folder, self.etc, self.values = name, pair, folder, etc, values
        self.installed: list[str] = []
        (folder / "var/lib/portway").mkdir(parents=True)

    def follow(self, block: str) -> None:
        for line in block.splitlines():
            program, *words = shlex.split(line)
            if program == "systemctl":
                self.systemctl(*words)
            elif program == "/opt/portway/bin/pip":
                assert self.name not in self.pair.running, "nothing is exchanged under a server that runs"
                self.installed.append(words[-1])
            else:
                shell(line.replace("examples/deploy", str(DEPLOY)), self.folder)

    def systemctl(self, verb: str, *words: str) -> None:
        assert words[-1:] in ((), ("portway-standby",))
        if verb == "stop":
            assert self.pair.end(self.name) == 0
        elif verb in ("start", "enable"):
            units = self.folder / "etc/systemd/system"
            program, *rest = command_of("portway-standby.service", self.values, units)
            assert program == "/opt/portway/bin/portway"
            rest = [word.replace("/etc/portway", str(self.etc)) for word in rest]
            self.pair.run(self.name, [sys.executable, "-m", "portway", *rest], cwd=self.folder / "var/lib/portway")

    def curl(self, *more: str) -> dict:
        """What the page's check of this machine says."""
        (line,) = (c for c in commands("The services")[1].splitlines() if self.values["address"] in c)
        here = f"127.0.0.1:{self.values['PORTWAY_PORT']}"
        words = [*shlex.split(line.replace(self.values["address"], here)), *more]
        return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def pair(server, tmp_path) -> Iterator[Pair]:
    """Broker and database as the page prepares them; nothing runs but the broker."""
    need(MOSQUITTO, "Mosquitto")
    need(shutil.which("curl"), "curl")
    found = Pair(tmp_path, new_database(server, "services"))
    words = ["certs", "huashan", "--out", str(tmp_path / "etc"), "--host", "127.0.0.1", "--port", str(found.mqtt)]
    subprocess.run([sys.executable, "-m", "portway", *words], check=True, capture_output=True)
    (tmp_path / "mosquitto.conf").write_text((tmp_path / "etc/mosquitto.conf").read_text() + "user root\n")
    found.start("broker")
    time.sleep(0.5)
    yield found
    for name in list(found.running):
        found.end(name)


def keys_of_the_page(etc: Path) -> dict[str, str]:
    """Make the keys that the page makes; they are in the file of keys then."""
    found, entries = {}, ""
    for line in re.findall(r"^\$ portway (key .*)$", "".join(blocks("Keys and links", "console")), re.M):
        words = [sys.executable, "-m", "portway", *shlex.split(line)]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        secret, _, entry = said.partition("\n\n")
        found[words[4]] = secret.removeprefix("key: ")
        entries += entry
    (etc / "keys.toml").write_text(entries)
    (etc / "tos.toml").write_text("")
    return found


def machines(pair: Pair, tmp_path: Path) -> tuple[Machine, Machine]:
    """Both, not started."""
    addresses = re.findall(r"http://([\d.:]+)/", commands("The services")[1])
    first, second = (
        Machine(name, pair, tmp_path / name, tmp_path / "etc", {
            **environment(), "PORTWAY_DATABASE": pair.database, "PORTWAY_PORT": str(pair.ports[name]),
            "PORTWAY_BROKER": f"mqtts://127.0.0.1:{pair.mqtt}", "PORTWAY_HOST": "127.0.0.1", "address": address,
            "PORTWAY_OPTIONS": f"--allow-host {NAME}",
        })
        for name, address in zip(pair.ports, addresses, strict=True)
    )  # fmt: skip
    return first, second


@pytest.mark.slow
def test_a_pair_of_services_is_started_asked_and_upgraded_as_the_page_says(pair, tmp_path):
    keys = keys_of_the_page(tmp_path / "etc")
    first, second = machines(pair, tmp_path)
    start, _ = commands("The services")
    (upgrade,) = commands("Upgrade")
    first.follow(start)
    pair.leads("first", 60)
    second.follow(start)
    pair.waits("second", 60)
    assert first.curl()["ok"] is True
    for asked_by in ((), ("--header", f"Host: {NAME}")):
        assert second.curl(*asked_by)["state"] == "standby", "a load balancer that asks by name is answered, too"
    pair.key = keys["tos"]
    assert pair.call("GET", "/status")[0] == 200
    assert pair.call("PUT", "/operations/trucks/T001/pause", {"paused": True, "reason": "x"})[0] == 403
    pair.key = keys["control-room"]
    assert pair.call("PUT", "/operations/trucks/T001/pause", {"paused": True, "reason": "x"})[0] == 204
    records = pair.ask("first", "/status")[1]["records"]
    second.follow(upgrade)
    pair.until("second", "/status", lambda _, said: said.get("standby") and said["records"] >= records, 60)
    assert pair.ask("second", "/status")[1]["records_behind"] == 0
    first.follow(upgrade)
    pair.leads("second", 10)
    pair.until("second", "/status", lambda _, said: said["records"] >= records, 10)
    pair.waits("first", 60)
    assert first.installed == second.installed == ["requirements.lock", "portway-0.1.0-py3-none-any.whl"]
