"""Messages to the TOS: their text, and that each appears once, in every run, whatever happens to the server."""

import datetime
import json
import os
from pathlib import Path

import pytest

from portway.adapters.tos.edi_cursor import RunMark
from portway.adapters.tos.edi_out import EdiOut
from portway.adapters.tos.edi_report import CompletedMove
from portway.adapters.tos.edifact import read_edi
from portway.core.model.work import Container, JobOrder, MoveKind

AT = datetime.datetime(2026, 3, 4, 5, 6)
BEGAN_S = 1_700_000_000.0


def move(event: int, kind: MoveKind = MoveKind.LOAD, vessel: str = "MS O'NEILL+") -> CompletedMove:
    job = JobOrder(f"J-{event}", kind, Container("MSKU6013762", 20, 14_200.0, "22G1"))
    return CompletedMove(event, job, AT, vessel, "012W")


def opened(folder, run: str = "run", began_s: float = BEGAN_S, newest: int = 1000) -> EdiOut:
    return EdiOut(folder, "PORTWAY", "TOS", RunMark(run, began_s, newest))


def names(files) -> list[str]:
    return [file.name for file in files]


def test_a_quay_move_is_written_as_coarri_that_our_own_reader_understands(tmp_path):
    (file,) = opened(tmp_path).write([move(3, MoveKind.DISCHARGE)])
    (work,) = read_edi(file)
    assert (work.message, work.kind, work.vessel) == ("COARRI", "discharge", "MS O'NEILL+")
    (box,) = work.boxes
    assert (box.number, box.iso_type, box.mass_kg, box.at) == ("MSKU6013762", "22G1", 14_200.0, AT)
    assert work.warnings == []


def test_each_kind_has_its_message_and_moves_in_the_yard_have_none(tmp_path):
    files = opened(tmp_path).write([move(i + 1, kind) for i, kind in enumerate(MoveKind)])
    assert [f.read_text().split("\n")[2].split("+")[1] for f in files] == ["44", "46", "34", "36"]
    assert [f.name[:6] for f in files] == ["COARRI", "COARRI", "CODECO", "CODECO"]


def test_a_release_character_in_a_name_is_released(tmp_path):
    out = EdiOut(tmp_path, "A:1", "B'?", RunMark("run", BEGAN_S, 1000))
    (file,) = out.write([move(1, vessel="ä+")])
    assert file.read_text(encoding="latin-1").startswith("UNB+UNOC:3+A?:1+B?'??+260304:0506+1'")


def test_control_numbers_go_on_after_a_restart_and_no_move_is_written_twice(tmp_path):
    opened(tmp_path).write([move(1)])
    out = opened(tmp_path)
    assert names(out.write([move(1), move(5)])) == ["COARRI_00000002.edi"]
    assert out.last_event == 5


# -- killed ---------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing of the program runs any more; nobody may catch it."""


STEPS = [(os, "fsync"), (Path, "open"), (Path, "replace"), (Path, "unlink")]


def killed_at(step: int, after: bool, act) -> bool:
    """Whether `act` came to its step number so many, and was killed before or after it."""
    left = [step]
    with pytest.MonkeyPatch.context() as patch:
        for module, name in STEPS:
            original = getattr(module, name)

            def call(*args, real=original, **more):
                left[0] -= 1
                if left[0] == 0 and not after:
                    raise Killed
                done = real(*args, **more)
                if left[0] == 0:
                    raise Killed
                return done

            patch.setattr(module, name, call)
        try:
            act()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("after", [False, True])
def test_a_server_killed_at_any_step_loses_and_doubles_no_message(tmp_path, after):
    """Killed at the same step of two servers, one after the other; the TOS takes at once whatever appears."""
    step = 0
    while True:
        step += 1
        folder, taken = tmp_path / str(step), []

        def serve(folder=folder) -> None:
            out = opened(folder)
            for first in (1, 4, 7):
                out.write([move(first), move(first + 1, MoveKind.YARD), move(first + 2)])

        def take(folder=folder, taken=taken) -> None:
            for file in sorted(folder.glob("*.edi")):
                taken.append((file.name, file.read_text().partition("RFF+ACW:")[2].partition("'")[0]))
                file.unlink()

        folder.mkdir()
        was_killed = killed_at(step, after, serve)
        take()
        killed_at(step, after, serve)
        take()
        serve()
        take()
        jobs = ["J-1", "J-3", "J-4", "J-6", "J-7", "J-9"]
        assert sorted(taken) == [(f"COARRI_{n:08d}.edi", job) for n, job in enumerate(jobs, 1)], step
        assert [p.name for p in folder.iterdir()] == ["edi-out.json"]
        if not was_killed:
            break
    assert step > 20


def test_a_batch_waits_for_the_disk_once_a_message_and_a_few_times_for_all(tmp_path, monkeypatch):
    out, waits = opened(tmp_path), []
    monkeypatch.setattr(os, "fsync", waits.append)
    assert len(out.write([move(n) for n in range(1, 101)])) == 100
    assert len(waits) <= 100 + 4


# -- runs -----------------------------------------------------------------------------------------------------------


def test_a_new_run_writes_its_first_moves_under_new_numbers(tmp_path):
    opened(tmp_path).write([move(n) for n in range(1, 4)])
    out = opened(tmp_path, "another")
    assert out.last_event == 0
    assert names(out.write([move(1)])) == ["COARRI_00000004.edi"]


def test_a_run_goes_on_where_it_was_when_another_one_was_served_between(tmp_path):
    opened(tmp_path).write([move(3)])
    opened(tmp_path, "mistaken").write([move(9)])
    out = opened(tmp_path)
    assert out.last_event == 3
    assert names(out.write([move(3), move(4)])) == ["COARRI_00000003.edi"]


@pytest.mark.parametrize(("written_s", "event"), [(BEGAN_S + 60, 7), (BEGAN_S - 60, 0)])
def test_a_file_that_does_not_name_the_run_is_of_one_that_began_before_it_was_written(tmp_path, written_s, event):
    file = tmp_path / "edi-out.json"
    file.write_text('{"control": 5, "event": 7}')
    os.utime(file, (written_s, written_s))
    out = opened(tmp_path)
    assert out.last_event == event
    assert names(out.write([move(8)])) == ["COARRI_00000006.edi"]
    assert opened(tmp_path).last_event == 8
    assert json.loads(file.read_text())["runs"] == {"run": 8}


def test_the_run_of_an_unnamed_file_may_still_come_after_another(tmp_path):
    file = tmp_path / "edi-out.json"
    file.write_text('{"control": 5, "event": 7}')
    os.utime(file, (BEGAN_S + 60, BEGAN_S + 60))
    opened(tmp_path, "later", BEGAN_S + 120).write([move(1)])
    assert opened(tmp_path, "first").last_event == 7


def test_a_restored_database_goes_on_behind_its_own_newest_event(tmp_path):
    opened(tmp_path).write([move(90)])
    assert opened(tmp_path, newest=50).last_event == 50
    out = opened(tmp_path, newest=70)
    assert (out.last_event, names(out.write([move(60)]))) == (50, ["COARRI_00000002.edi"])


def test_a_server_that_was_stopped_while_another_took_over_tells_nothing_more(tmp_path):
    stopped = opened(tmp_path)
    assert names(opened(tmp_path).write([move(1), move(2)])) == ["COARRI_00000001.edi", "COARRI_00000002.edi"]
    with pytest.raises(ValueError, match="changed by somebody else"):
        stopped.write([move(1)])
    out = opened(tmp_path)
    assert (out.last_event, names(out.write([move(2), move(3)]))) == (2, ["COARRI_00000003.edi"])


def test_a_cursor_that_is_damaged_is_named(tmp_path):
    (tmp_path / "edi-out.json").write_text("{")
    with pytest.raises(ValueError, match=r"edi-out\.json is not what was written"):
        opened(tmp_path)
