"""The page on deploying, as far as it runs without root's machine: units, database, backup, restore.

Installation, keys, services and upgrade are in `test_deploy_services.py`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from deploy_page import DEPLOY, PAGE, UNITS, command_of, commands, environment, settings, shell

from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.durable_error import StorageError
from portway.core.events import TimerFired
from postgres_server import new_database, postgres_server, programs


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


@pytest.mark.parametrize("unit", UNITS)
def test_more_options_are_given_in_the_environment_file(unit):
    bare, named = (command_of(unit, {**environment(), "PORTWAY_OPTIONS": o}) for o in ("", "--allow-host a --db b"))
    assert named == [*bare, "--allow-host", "a", "--db", "b"]
    assert "" not in bare


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
