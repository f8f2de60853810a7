"""The weighbridge of the how-to: composed in one line, it is in the journal, on the page and in nobody's way."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portway.adapters.storage.journal import read_journal
from portway.app.compose import make_controller, simulate
from portway.app.config import load_scenario
from portway.app.replay import replay
from portway.app.subsystems import SUBSYSTEMS
from portway.app.web.paced_run import PacedRun
from portway.core import commands, events
from portway.core.commands import Alert, Command
from portway.core.events import Event
from portway.core.kinds import kinds_of
from portway.core.service import Service, UnknownEvent
from portway.sim.world import FOR_OTHERS, SimWorld, UnknownCommand

PAGE = Path(__file__).resolve().parents[3] / "docs/howto/own-subsystem.md"


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """The file of the how-to, imported; what it composes is taken out again."""
    code = re.search(r"^```python (weighbridge\.py)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    file = tmp_path_factory.mktemp("own") / code[1]
    file.write_text(code[2], encoding="utf-8")
    spec = importlib.util.spec_from_file_location("weighbridge", file)
    sys.modules["weighbridge"] = found = importlib.util.module_from_spec(spec)
    before = list(SUBSYSTEMS)
    spec.loader.exec_module(found)
    yield found
    SUBSYSTEMS[:] = before


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("huashan", {})


@pytest.fixture(scope="module")
def run(module, scenario, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "journal"
    return simulate(scenario, 0, 1.0, path), path


def test_every_load_is_weighed_once_and_a_wrong_one_is_told(module, run):
    _, path = run
    entries = read_journal(path)[1]
    asked = [c for e in entries for c in e.commands if isinstance(c, module.WeighTruck)]
    weighed = [e.event for e in entries if isinstance(e.event, module.TruckWeighed)]
    assert len(weighed) > 20
    assert len(asked) - len(weighed) in range(4)
    wrong = {e.event.truck for e in entries for c in e.commands if isinstance(c, Alert) and c.code == "weight_differs"}
    assert 0 < len(wrong) < len(weighed)


def test_the_run_follows_from_its_journal(run):
    again = replay(run[1])
    assert again.differs_at is None
    assert again.entries > 1_000


def test_trucks_are_led_as_without_it(module, run, scenario):
    mine = run[0]
    kept, SUBSYSTEMS[:] = list(SUBSYSTEMS), []
    try:
        plain = simulate(scenario, 0, 1.0)
    finally:
        SUBSYSTEMS[:] = kept
    assert [d.job_order for d in plain.world.done] == [d.job_order for d in mine.world.done]
    assert (plain.trucks.drives() == mine.trucks.drives()).all()


def test_the_page_is_told_of_its_table_in_both_languages(module, scenario, tmp_path):
    paced = PacedRun(scenario, 0, 1.0, tmp_path)
    [table] = [t for t in paced.hub.document["tables"] if t["name"] == "weighbridge"]
    assert table["words"] == {"en": "Weighbridge", "zh": "地磅"}
    assert [(c["key"], c["unit"]) for c in table["columns"]] == [("declared", "t"), ("weighed", "t")]
    paced.start()
    paced.step_ms(1_200_000)
    while paced.mirror.at_ms < 1_200_000:
        paced._go(1e9, float("inf"))
    rows = paced.mirror.tables.rows["weighbridge"]
    assert rows
    assert all(row.keys() == {"declared", "weighed"} and row["weighed"] > 1.0 for row in rows.values())
    paced.close()


def test_a_program_without_the_subsystem_refuses_its_journal_by_name(run):
    program = [sys.executable, "-m", "portway", "replay", str(run[1].parent)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'WeighTruck'" in done.stderr


def test_two_services_never_take_the_same_event(module, scenario):
    class Thief(Service):
        takes = (events.HandoverDone,)

        def __init__(self, state) -> None:
            pass

    SUBSYSTEMS.append(SUBSYSTEMS[-1]._replace(service=Thief))
    try:
        with pytest.raises(TypeError, match="Handovers and Thief both want"):
            make_controller(scenario, 0)
    finally:
        SUBSYSTEMS.pop()


def test_what_no_service_takes_is_a_defect_with_its_name(scenario):
    class Unheard(events.Fact, frozen=True):
        """Nobody listens."""

    with pytest.raises(UnknownEvent, match="no service takes Unheard"):
        make_controller(scenario, 0).handle(Unheard(0))


def test_what_no_device_takes_is_a_defect_with_its_name(scenario):
    class Undone(Command, frozen=True):
        """Nobody is there."""

    with pytest.raises(UnknownCommand, match="no device takes Undone"):
        SimWorld(scenario, 0).apply([Undone()], 0)


def test_every_event_of_ours_has_a_service_and_every_command_somebody(scenario):
    services = make_controller(scenario, 0).services
    taken = {kind for service in services for kind in service.takes}
    assert {kind for kind in kinds_of(Event) if kind.__module__.startswith(events.__name__)} <= taken
    world = SimWorld(scenario, 0)
    ours = {kind for kind in kinds_of(Command) if kind.__module__.startswith(commands.__name__)}
    assert ours - set(world._of_command) - FOR_OTHERS == {commands.SetTimer, commands.JobOrderDone}
