"""The page on deploying, as far as it runs without root's machine: units, database, backup, restore, upgrade.

Commands are taken from the page. Folders of the system become folders of the test; `systemctl` notes what it was asked.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from live_processes import MOSQUITTO, Processes, need
from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import StorageError
from portway.core.events import TimerFired
from postgres_server import new_database, postgres_server, programs

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "examples" / "deploy"
UNITS = ("portway.service", "portway-standby.service")
PAGE = (ROOT / "docs/howto/deploy.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """The `sh` blocks of a section of the page."""
    (section,) = re.findall(rf"^## \d\. {heading}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)


def shell(text: str, folder: Path, **env: str) -> list[str]:
    """Run a block of the page; what `systemctl` and `chown` were asked. Whatever fails ends the test."""
    for path in ("/var/lib/portway", "/var/backups"):
        (folder / path.strip("/")).mkdir(parents=True, exist_ok=True)
        text = text.replace(path, str(folder / path.strip("/")))
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("systemctl", "chown"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {folder}/asked\n')
        (tools / name).chmod(0o755)
    path = os.pathsep.join([str(tools), *env.pop("path", []), os.environ["PATH"]])
    run = subprocess.run(["bash", "-ec", text], capture_output=True, text=True, cwd=folder, check=False,
                         env={**os.environ, **env, "PATH": path})  # fmt: skip
    assert run.returncode == 0, run.stderr
    asked = folder / "asked"
    return asked.read_text().splitlines() if asked.exists() else []


def settings(unit: str) -> dict[str, list[str]]:
    """Settings of a unit by name, lines that go on put together."""
    text = (DEPLOY / unit).read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment() -> dict[str, str]:
    lines = [line for line in (DEPLOY / "portway.env").read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def command_of(unit: str, values: dict[str, str]) -> list[str]:
    """What a unit starts, with the values of its environment file."""
    (line,) = settings(unit)["ExecStart"]
    return [re.sub(r"\$\{(\w+)\}", lambda m: values[m[1]], word) for word in shlex.split(line)]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_one_that_systemd_takes(unit, tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        assert {"ExecStart", "Restart", "User", "WantedBy"} <= settings(unit).keys()
        return
    text = (DEPLOY / unit).read_text().replace("/opt/portway/bin/portway", "/bin/true")
    (tmp_path / unit).write_text(text)
    run = subprocess.run([program, "verify", str(tmp_path / unit)], capture_output=True, text=True, check=False)
    said = [line for line in run.stderr.splitlines() if unit in line]
    assert (run.returncode, said) == (0, [])


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_again_what_failed_but_not_what_is_written_wrongly(unit):
    found = settings(unit)
    assert (found["Restart"], found["RestartPreventExitStatus"]) == (["on-failure"], ["2"])
    assert found["StartLimitIntervalSec"] == ["0"], "a database that is away for a night ends no service for ever"
    assert ("--standby" in command_of(unit, environment())) == (unit == "portway-standby.service")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


def test_the_database_of_the_page_takes_a_server(server, tmp_path):
    (block,) = commands("The database")
    folder = server.partition("host=")[2]
    block = block.replace("--pwprompt portway", "terminal").replace("--owner portway", "--owner terminal")
    block = block.replace("template0 portway", "template0 terminal_db")
    shell(block, tmp_path, path=[str(programs())], PGHOST=folder, PGUSER="portway")
    state = open_durable(f"postgresql://terminal@/terminal_db?host={folder}")
    state.journal.append([(TimerFired(1, "t"), [])])
    state.close()


@pytest.mark.slow
def test_the_unit_of_a_pair_leads_on_a_broker_and_a_database_prepared_as_the_page_says(server, tmp_path):
    need(MOSQUITTO, "Mosquitto")
    processes, etc = Processes(tmp_path), tmp_path / "etc"
    words = ["certs", "huashan", "--out", str(etc), "--host", "127.0.0.1", "--port", str(processes.mqtt)]
    subprocess.run([sys.executable, "-m", "portway", *words], check=True, capture_output=True)
    (tmp_path / "mosquitto.conf").write_text((etc / "mosquitto.conf").read_text() + "user root\n")
    shutil.copy(tmp_path / "keys.toml", etc)
    (etc / "tos.toml").write_text("")
    values = {
        **environment(), "PORTWAY_DATABASE": new_database(server, "unit"), "PORTWAY_PORT": str(processes.http),
        "PORTWAY_BROKER": f"mqtts://127.0.0.1:{processes.mqtt}", "PORTWAY_HOST": "127.0.0.1",
    }  # fmt: skip
    command = [w.replace("/etc/portway", str(etc)) for w in command_of("portway-standby.service", values)]
    assert command[0] == "/opt/portway/bin/portway"
    processes.start("broker")
    time.sleep(0.5)
    try:
        processes.run("server", [sys.executable, "-m", "portway", *command[1:]], cwd=tmp_path)
        processes.wait(lambda s: s["broker_up"] and s["failed"] == "", 60)
        assert processes.end("server") == 0
    finally:
        for name in list(processes.running):
            processes.end(name)


def test_a_dump_that_is_made_beside_a_server_is_restored(server, tmp_path):
    database = new_database(server, "dumped")
    dump, _ = commands("Backup")
    restore, _ = commands("Restore")
    state = open_durable(database)
    state.journal.append([(TimerFired(n, "t"), []) for n in range(1, 60)])
    tools = {"path": [str(programs())], "PORTWAY_DATABASE": database}
    shell(dump, tmp_path, **tools)
    state.journal.append([(TimerFired(60, "t"), [])])
    state.close()
    assert shell(restore, tmp_path, **tools) == ["systemctl stop portway-standby"]
    again = open_durable(database)
    assert [e.event.at_ms for e in again.journal.tail()] == list(range(1, 60))
    again.journal.append([(TimerFired(60, "t"), [])])
    again.close()


def test_a_copy_of_a_file_that_is_made_beside_a_server_is_restored(tmp_path):
    if shutil.which("sqlite3") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("sqlite3 is not installed (apt-get install sqlite3)")
    _, copy = commands("Backup")
    _, restore = commands("Restore")
    path = tmp_path / "var/lib/portway/portway.db"
    path.parent.mkdir(parents=True)
    state = open_durable(path)
    state.journal.append([(TimerFired(n, "t"), []) for n in range(1, 60)])
    shell(copy, tmp_path)
    state.journal.append([(TimerFired(60, "t"), [])])
    state.close()
    asked = shell(restore, tmp_path)
    assert asked == ["systemctl stop portway", f"chown portway {path}"]
    again = open_durable(path)
    assert [e.event.at_ms for e in again.journal.tail()] == list(range(1, 60))
    again.close()


def test_a_restore_under_a_running_server_is_noticed_by_it(server):
    """What the page forbids: the server that goes on would leave a hole behind the restored records."""
    database = new_database(server, "under_it")
    state = open_durable(database)
    state.journal.append([(TimerFired(n, "t"), []) for n in range(1, 10)])
    state.journal.append([(TimerFired(10, "t"), [])])
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("DELETE FROM portway_journal WHERE first_number = 10")
    with pytest.raises(StorageError, match=r"ended at 9, expected 10.*restored under a running server; stop"):
        state.journal.append([(TimerFired(11, "t"), [])])
    state.close()


def test_files_that_the_units_name_are_on_the_page():
    named = {Path(w).name for unit in UNITS for w in command_of(unit, environment()) if w.startswith("/etc/portway/")}
    named |= {Path(settings(unit)["EnvironmentFile"][0]).name for unit in UNITS}
    named.add(Path(environment()["PGPASSFILE"]).name)
    assert sorted(n for n in named if f"`{n}`" not in PAGE) == []
