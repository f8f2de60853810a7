"""Whole runs of the built-in terminals, judged from their files by the independent checker."""

import json

import msgspec
import pytest

from checker import check_run, read_run, report
from portway.adapters.storage.journal import JournalError, read_journal
from portway.app.compose import simulate
from portway.app.config import load_scenario
from portway.app.replay import replay
from portway.app.report import write_report
from portway.app.run_record import run_record
from portway.app.storm import draw_scenario


@pytest.mark.parametrize("strategy", ["nearest", "gangs", "rolling_horizon"])
def test_a_finished_run_breaks_no_rule(tmp_path, strategy):
    drawn = draw_scenario(3)
    calm = msgspec.structs.replace(drawn.policies, dispatch=strategy, delay_probability=0.0)
    scenario = msgspec.structs.replace(drawn, policies=calm)
    run = simulate(scenario, 1, 24.0)
    write_report(run_record(run), scenario.terminal, tmp_path)
    poses, moves = read_run(tmp_path)
    # road trucks drive unevenly, which the acceleration rule would take for a fault
    found = check_run(poses, moves, scenario.terminal, scenario.fleet, scenario.work, finished=True, disturbed=True)
    assert found == [], report(found)
    assert len(moves) == len(scenario.work.job_orders)


def test_an_hour_of_yangluo_has_no_overlap(tmp_path):
    scenario = load_scenario("yangluo")
    run = simulate(scenario, 1, 1.0)
    write_report(run_record(run), scenario.terminal, tmp_path)
    poses, moves = read_run(tmp_path)
    found = check_run(poses, moves, scenario.terminal, scenario.fleet, scenario.work, disturbed=True)
    # a run that is cut off has boxes under way: a discharge still on its truck is no break of the sequence
    found = [v for v in found if v.rule != "sequence"]
    assert found == [], report(found)


def test_first_come_first_served_locks_but_never_overlaps():
    runs = []
    for trucks in ("4", "8", "12"):
        scenario = load_scenario("huashan", {"fleet.trucks": trucks, "policies.traffic": "first_come"})
        runs.append(simulate(scenario, 1, 8.0))
    assert [run_record(run).conflicts for run in runs] == [0, 0, 0]
    assert any(run.deadlocks for run in runs)  # the reason for an order of passage


def test_the_same_seed_gives_the_same_journal_and_another_seed_another():
    scenario = draw_scenario(5)
    digests = [simulate(scenario, seed, 24.0).journal.digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(("name", "hours"), [("huashan", 1.0), ("huashan", 8.0), ("yangluo", 0.5)])
def test_replay_answers_as_the_journal(tmp_path, name, hours):
    simulate(load_scenario(name), 4, hours, tmp_path / "journal")
    outcome = replay(tmp_path / "journal")
    assert outcome.differs_at is None
    assert outcome.whole
    assert outcome.entries > 500


def test_a_journal_that_is_cut_off_is_read_up_to_its_last_whole_record(tmp_path):
    path = tmp_path / "journal"
    simulate(load_scenario("huashan"), 4, 0.3, path)
    _, entries, whole = read_journal(path)
    assert whole
    path.write_bytes(path.read_bytes()[:-5])
    _, fewer, whole = read_journal(path)
    assert not whole
    assert len(fewer) == len(entries) - 1
    outcome = replay(path)
    assert not outcome.whole
    assert outcome.differs_at is None


def test_a_file_that_is_no_journal_is_refused_by_name(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"something else")
    with pytest.raises(JournalError, match="no Portway journal"):
        read_journal(path)


def test_interrupting_a_run_leaves_a_readable_one(tmp_path):
    def stop(now_ms: int, done: int) -> None:
        raise KeyboardInterrupt

    scenario = load_scenario("huashan")
    run = simulate(scenario, 1, 8.0, tmp_path / "journal", stop)
    assert not run.finished
    write_report(run_record(run), scenario.terminal, tmp_path, None)
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["finished"] is False
    assert read_journal(tmp_path / "journal")[2]
