import asyncio
import datetime
import os
import threading
from pathlib import Path

import pytest
from tos_desk import TERMINAL, DeskInMemory, box

from portway.adapters.tos.edi_folder import EdiFolder, _last_sequences, _promised
from portway.adapters.tos.edi_report import CompletedMove, interchange
from portway.adapters.tos.edi_tray import UNFINISHED_LOOKS
from portway.core.model.work import Container, JobOrder, MoveKind, YardSlot

RUN = "run"  # of the desk in memory


def coprar(code: int, *boxes: str, vessel: str = "MSC OSCAR") -> bytes:
    body = "".join(f"EQD+CN+{b}+45G1:102:5+2+3+5'MEA+AAE+G+KGM:20000'" for b in boxes)
    return (
        f"UNB+UNOA:2+TOS+PORT+260304:0506+7'UNH+1+COPRAR:D:95B:UN'BGM+{code}+1+9'"
        f"TDT+20+1+1++MSC:172:20+++OSC:103::{vessel}'{body}CNT+16:{len(boxes)}'UNT+9+1'UNZ+1+7'"
    ).encode()


@pytest.fixture
def folder(tmp_path):
    """A folder before a desk, with a yard in which one box stands."""
    desk = DeskInMemory()
    yard = {"MSKU6013762": YardSlot("A", 1, 1, 1)}
    (tmp_path / "in").mkdir()
    return (
        EdiFolder(tmp_path / "in", desk, TERMINAL, lambda: yard, desk.board.boxes.length_ft, lambda: 60_000),
        desk,
        tmp_path / "in",
    )


def drop(folder, path, name: str, data: bytes):
    (path / name).write_bytes(data)
    assert asyncio.run(folder.look()) == []  # it may still be being written
    for _ in range(UNFINISHED_LOOKS):
        if found := asyncio.run(folder.look()):
            break
    (result,) = found
    assert not (path / name).exists()
    return result


def test_a_dropped_list_becomes_work_once(folder):
    watch, desk, path = folder
    result = drop(watch, path, "a.edi", coprar(118, "MSCU1234566", "TEMU2345671"))
    assert (result.job_orders, result.problems) == (2, [])
    assert {v.job_order.container.id for v in desk.job_orders()} == {"MSCU1234566", "TEMU2345671"}
    assert all(v.job_order.release_ms >= 60_000 for v in desk.job_orders())
    again = drop(watch, path, "b.edi", coprar(118, "MSCU1234566", "TEMU2345671"))
    assert "taken before" in again.problems[0]
    assert len(desk.job_orders()) == 2
    assert len(list((path / "done" / RUN).glob("*_a.edi"))) == 1
    assert len(list((path / "refused").glob("*_b.edi.problems.txt"))) == 1


def test_a_file_taken_before_a_crash_but_not_moved_is_known(folder):
    watch, desk, path = folder
    drop(watch, path, "a.edi", coprar(118, "MSCU1234566"))
    for file in (path / "done" / RUN).iterdir():
        file.unlink()
    events = len(desk.progress(0))
    assert drop(watch, path, "a.edi", coprar(118, "MSCU1234566")).problems == []
    assert len(desk.progress(0)) == events


def test_a_list_whose_work_was_taken_back_is_taken_again(folder):
    watch, desk, path = folder
    drop(watch, path, "a.edi", coprar(118, "MSCU1234566"))
    (view,) = desk.job_orders()
    assert asyncio.run(desk.cancel(view.job_order.id, "tos", "wrong ship")) == []
    for file in (path / "done" / RUN).iterdir():
        file.unlink()
    assert drop(watch, path, "a.edi", coprar(118, "MSCU1234566")).problems == []
    assert [v.state for v in desk.job_orders()] == ["open"]


def test_a_list_of_which_one_box_cannot_be_taken_gives_no_work_at_all(folder):
    watch, desk, path = folder
    drop(watch, path, "a.edi", coprar(118, "MSCU1234566"))
    result = drop(watch, path, "b.edi", coprar(118, "TEMU2345671", "MSCU1234566", vessel="B"))
    assert {"MSCU1234566" in text for text in result.problems} == {True}
    assert len(desk.job_orders()) == 1


def test_a_list_without_boxes_is_refused_and_not_called_done(folder):
    watch, _, path = folder
    assert "no box is named" in drop(watch, path, "a.edi", coprar(118)).problems[0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (coprar(118, "MSCU1234567"), "the check digit of ISO 6346 is 6, not 7"),
        (coprar(118, "BOX1234"), "no container number"),
        (coprar(118, "MSCU1234566").replace(b"KGM:20000", b"KGM:36001"), "MSCU1234566: out of range"),
    ],
)
def test_what_no_box_can_be_is_refused(folder, data, said):
    watch, desk, path = folder
    (text,) = drop(watch, path, "a.edi", data).problems
    assert said in text
    assert desk.job_orders() == []


def test_no_box_is_planned_on_one_that_cannot_bear_it(folder):
    watch, desk, path = folder
    long = coprar(118, *(box(i) for i in range(30)))
    short = coprar(118, *(box(i) for i in range(30, 60)), vessel="B").replace(b"45G1", b"22G1")
    assert [drop(watch, path, n, d).problems for n, d in (("a.edi", long), ("b.edi", short))] == [[], []]
    feet = {v.job_order.slot.to_core(): v.job_order.container.length_ft for v in desk.job_orders()}
    feet[YardSlot("A", 1, 1, 1)] = 40
    assert len(feet) == 61
    for slot, length in feet.items():
        below = YardSlot(slot.block, slot.bay, slot.row, slot.tier - 1)
        assert slot.tier == 1 or (feet[below] == 20) == (length == 20)


def test_boxes_go_to_free_slots_behind_the_work_that_is_there(folder):
    watch, desk, path = folder
    drop(watch, path, "a.edi", coprar(118, *(box(i) for i in range(100, 130))))
    result = drop(watch, path, "b.edi", coprar(118, *(box(i) for i in range(200, 230)), vessel="B"))
    assert result.problems == []
    slots = [v.job_order.slot for v in desk.job_orders()]
    taken = {(s.block, s.bay, s.row, s.tier) for s in slots}
    assert len(taken) == 60
    assert ("A", 1, 1, 1) not in taken


def test_a_load_takes_its_box_from_where_it_stands(folder):
    watch, desk, path = folder
    assert drop(watch, path, "l.edi", coprar(119, "MSKU6013762")).problems == []
    (view,) = desk.job_orders()
    assert (view.job_order.kind, view.job_order.slot.to_core()) == ("load", YardSlot("A", 1, 1, 1))


@pytest.mark.parametrize("data", [b"", b"hello", b"UNB+UNOA:2'", b"\xff" * 100, b"UNA:+.? '", coprar(118)[:60]])
def test_rubbish_is_put_aside_with_its_problems(folder, data):
    watch, desk, path = folder
    result = drop(watch, path, "x.edi", data)
    assert result.problems
    (text,) = (path / "refused").glob("*_x.edi.problems.txt")
    assert text.read_text()
    assert desk.job_orders() == []


def test_a_file_without_its_end_waits_until_the_end_has_come(folder):
    watch, _, path = folder
    whole = coprar(118, "MSCU1234566")
    (path / "a.edi").write_bytes(whole[:-12])
    assert [asyncio.run(watch.look()) for _ in range(4)] == [[], [], [], []]
    (path / "a.edi").write_bytes(whole)
    assert asyncio.run(watch.look()) == []
    (result,) = asyncio.run(watch.look())
    assert (result.job_orders, result.problems) == (1, [])


def test_a_report_is_refused_as_work(folder):
    watch, desk, path = folder
    job = JobOrder("J-1", MoveKind.DISCHARGE, Container("MSKU6013762", 20, 14_200.0, "22G1"))
    report = CompletedMove(1, job, datetime.datetime(2026, 3, 4, 5, 6))
    result = drop(watch, path, "r.edi", interchange(report, 1, "A", "B"))
    assert "COARRI" in result.problems[0]
    assert desk.job_orders() == []


def test_a_load_of_a_box_that_is_nowhere_is_refused(folder):
    watch, desk, path = folder
    result = drop(watch, path, "l.edi", coprar(119, "TEMU2345671"))
    assert "TEMU2345671" in result.problems[0]
    assert desk.job_orders() == []


def test_a_mass_that_no_truck_carries_is_refused(folder):
    watch, _, path = folder
    result = drop(watch, path, "m.edi", coprar(118, "MSCU1234566").replace(b"KGM:20000", b"KGM:200000"))
    assert "out of range" in result.problems[0]


def test_a_file_with_a_very_long_name_is_put_away(folder):
    watch, _, path = folder
    result = drop(watch, path, "n" * 240 + ".edi", coprar(118, "MSCU1234566"))
    assert result.problems == []
    assert len(list((path / "done" / RUN).iterdir())) >= 1


def test_a_box_that_comes_and_goes_on_is_expected_where_it_is_brought():
    brought, taken = YardSlot("A", 3, 1, 1), YardSlot("A", 3, 1, 1)
    box = Container("MSCU1234566")
    come = JobOrder("D1", MoveKind.DISCHARGE, box, slot=brought, quay_crane="QC1", quay_bay=1, sequence=4)
    go = JobOrder("L1", MoveKind.LOAD, box, slot=taken, quay_crane="QC1", quay_bay=1, sequence=9, after=("D1",))
    for work in ([come, go], [go, come]):
        assert _promised(work) == {"MSCU1234566": brought}
        assert _last_sequences(work) == {"QC1": 9}


def test_the_same_list_is_taken_again_in_another_run(folder):
    watch, _, path = folder
    drop(watch, path, "a.edi", coprar(118, "MSCU1234566"))
    fresh = DeskInMemory()
    fresh.run_id = "another"
    watch = EdiFolder(path, fresh, TERMINAL, dict, fresh.board.boxes.length_ft, lambda: 0)
    assert drop(watch, path, "a.edi", coprar(118, "MSCU1234566")).problems == []
    assert len(fresh.job_orders()) == 1
    assert [len(list((path / "done" / run).iterdir())) for run in (RUN, "another")] == [1, 1]


def test_what_was_taken_is_known_after_a_start_and_not_listed_again(folder, monkeypatch):
    watch, desk, path = folder
    assert drop(watch, path, "a.edi", coprar(118, "MSCU1234566")).put_in.startswith(f"done/{RUN}/")
    for n in range(2000):
        (path / "done" / RUN / f"{n:010d}_old.edi").touch()
    watch = EdiFolder(path, desk, TERMINAL, dict, desk.board.boxes.length_ft, lambda: 0)
    assert asyncio.run(watch.look()) == []
    listed: list[str] = []
    for module, name in ((os, "listdir"), (os, "scandir"), (Path, "iterdir"), (Path, "glob")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda at, *more, real=real: listed.append(str(at)) or real(at, *more))
    again = drop(watch, path, "b.edi", coprar(118, "MSCU1234566"))
    assert "taken before" in again.problems[0]
    assert again.put_in.startswith("refused/")
    assert set(listed) == {str(path)}, "how long it takes does not depend on how many were done"


def test_no_file_is_touched_in_the_thread_of_the_loop(folder, monkeypatch):
    watch, _, path = folder
    touched: list[str] = []

    def noted(module, name):
        real = getattr(module, name)

        def call(*args, **more):
            if threading.current_thread() is threading.main_thread():
                touched.append(name)
            return real(*args, **more)

        monkeypatch.setattr(module, name, call)

    long = coprar(118, *(box(i) for i in range(120)))
    (path / "a.edi").write_bytes(long)
    (path / "b.edi").write_bytes(long[:-30] + b"UNZ+1+7'")
    (path / "c.edi").write_bytes(b"UNZ")
    for name in ("fsync", "listdir", "scandir", "stat", "open", "replace"):
        noted(os, name)
    for name in ("open", "replace", "iterdir", "glob", "stat", "mkdir", "exists"):
        noted(Path, name)
    results = asyncio.run(watch.look()) + asyncio.run(watch.look())
    assert [r.name for r in results] == ["a.edi", "b.edi", "c.edi"]
    assert touched == []


def test_a_file_that_is_gone_again_is_no_trouble(folder):
    watch, _, path = folder
    (path / "a.edi").write_bytes(coprar(118, "MSCU1234566"))
    (path / "b.edi").symlink_to(path / "nothing")
    assert asyncio.run(watch.look()) == []
    tray = watch._tray
    files = tray.at_rest()
    (path / "a.edi").unlink()
    assert [tray.digest(file) for file in files] == [None]


def test_a_file_that_cannot_be_moved_stays_and_is_told(folder):
    watch, _, path = folder
    assert asyncio.run(watch.look()) == []
    (path / "refused").rmdir()
    (path / "refused").write_text("in the way")
    (path / "a.edi").write_bytes(b"rubbish UNZ")
    asyncio.run(watch.look())
    for _ in range(2):
        (result,) = [r for r in asyncio.run(watch.look()) if r.name == "a.edi"]
        assert (result.put_in, "cannot be read or moved" in result.problems[0]) == ("", True)
