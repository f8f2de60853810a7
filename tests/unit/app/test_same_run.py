"""A run in a database goes on under its own scenario only; what differs is named."""

import subprocess
import sys

import msgspec
import pytest

from portway.adapters.storage.durable import open_durable
from portway.app.config import load_scenario
from portway.app.live.restore import begun, open_run
from portway.app.live.same_run import OtherScenarioError, check_same, differences

replaced = msgspec.structs.replace


@pytest.fixture(scope="module")
def given():
    return load_scenario("huashan", {"fleet.trucks": "3"})


@pytest.fixture(scope="module")
def kept(given):
    """As it comes back from a database."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(begun(given).scenario), type=type(given))


def test_the_same_scenario_does_not_differ_wherever_it_was_read_from(kept, given):
    assert differences(kept, given) == []
    assert differences(kept, replaced(given, source="another folder")) == []
    assert differences(kept, load_scenario("huashan", {"fleet.trucks": "3", "policies.road_trucks": "false"})) == []
    check_same(begun(given), given, (), "live.db")


def test_another_terminal_is_named(kept, given):
    other = replaced(given, id="wide", terminal=replaced(given.terminal, id="wide"))
    assert differences(kept, other)[:2] == [
        "scenario: huashan in the database, wide given",
        f"terminal.id: {given.terminal.id} in the database, wide given",
    ]


def test_trucks_that_are_missing_or_new_are_named(kept):
    more = load_scenario("huashan", {"fleet.trucks": "8"})
    assert differences(kept, more) == [
        "fleet.trucks: 3 in the database, 8 given; only given: T004, T005, T006, T007 and 1 more; changed: T002, T003"
    ], "two have another home"
    (line,) = differences(kept, load_scenario("huashan", {"fleet.trucks": "2"}))
    assert line.startswith("fleet.trucks: 3 in the database, 2 given; only in the database: T003")


def test_a_lane_and_a_place_that_were_changed_are_named(kept, given):
    first, *rest = given.terminal.lanes
    place = replaced(given.terminal.places[0], at_m=1.25)
    terminal = replaced(
        given.terminal, lanes=(replaced(first, speed_mps_max=1.0), *rest), places=(place, *given.terminal.places[1:])
    )
    same = len(given.terminal.lanes)
    assert differences(kept, replaced(given, terminal=terminal)) == [
        f"terminal.lanes: {same} in the database, {same} given; changed: {first.id}",
        f"terminal.places: {len(given.terminal.places)} in the database, {len(given.terminal.places)} given;"
        f" changed: {place.id}",
    ]


def test_other_policies_and_other_work_are_named(kept, given):
    other = load_scenario("huashan", {"fleet.trucks": "3", "policies.dispatch": "nearest"})
    assert differences(kept, other) == ["policies.dispatch: rolling_horizon in the database, nearest given"]
    job, *rest = given.work.job_orders
    work = replaced(given.work, job_orders=(*rest, replaced(job, release_ms=job.release_ms + 1)))
    (line,) = differences(kept, replaced(given, work=work))
    assert line.endswith(f"changed: {job.id}")


def test_a_sequence_alone_is_a_difference(kept, given):
    queues = tuple(reversed(given.work.queues))
    (line,) = differences(kept, replaced(given, work=replaced(given.work, queues=queues)))
    assert line.endswith("in another sequence")


def test_values_without_a_name_are_told_short(kept, given):
    terminal = replaced(given.terminal, title="x" * 500, turns_forbidden=(("a", "b"),))
    lines = differences(kept, replaced(given, terminal=terminal))
    assert len(lines) == 2
    assert all(len(line) < 200 for line in lines)


def test_a_database_of_another_scenario_is_refused_and_stays_as_it_was(tmp_path, given):
    path = tmp_path / "live.db"
    state = open_durable(path)
    open_run(state.journal, given)
    with pytest.raises(OtherScenarioError, match=r"live\.db: it holds the run of another scenario; start with what"):
        open_run(state.journal, load_scenario("huashan", {"fleet.trucks": "4"}))
    state.close()
    before = path.read_bytes()
    words = [sys.executable, "-m", "portway", "serve", "huashan", "--trucks", "4", "--db", str(path)]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == 3
    refusal, fleet = run.stderr.splitlines()[-2:]
    assert refusal.startswith(
        f"sqlite:///{path}: it holds the run of another scenario; start with what the run was begun"
    )
    assert fleet == "  fleet.trucks: 3 in the database, 4 given; only given: T004; changed: T002, T003"
    assert path.read_bytes() == before


def test_a_crane_that_was_linked_is_not_simulated_by_a_later_start(tmp_path, given):
    state = open_durable(str(tmp_path / "live.db"))
    open_run(state.journal, given, linked_cranes=["QC01"])
    open_run(state.journal, given, linked_cranes=["QC01"])
    with pytest.raises(OtherScenarioError, match="linked only in the database: QC01; give --linked-cranes as when"):
        open_run(state.journal, given)
    with pytest.raises(OtherScenarioError, match="linked only as given: QC02"):
        open_run(state.journal, given, linked_cranes=["QC01", "QC02"])
    state.close()


def test_a_run_of_a_version_that_did_not_keep_its_linked_cranes_goes_on_with_any(given):
    old = msgspec.msgpack.decode(msgspec.msgpack.encode(begun(given)), type=dict)
    del old["linked_cranes"]
    run = msgspec.convert(old, type(begun(given)))
    check_same(run, given, ["QC01"], "live.db")
