"""The file of `portway serve --tos`."""

import asyncio
import contextlib
import os
import threading
import time
from types import SimpleNamespace

import pytest

from portway.adapters.tos.api.job_order import JobOrderBody
from portway.adapters.tos.api.views import ProgressEvent, ProgressKind
from portway.app.live import tos_links
from portway.app.live.tos_links import TosLinks, TosLinksError, completed_move, edi_out, load_tos_links
from portway.core.model.work import Container, JobOrder, MoveKind


def written(tmp_path, text):
    file = tmp_path / "tos.toml"
    file.write_text(text)
    return file


def test_all_links_are_read(tmp_path):
    links = load_tos_links(written(tmp_path, """
        [edi]
        incoming = "in"
        outgoing = "out"
        [[webhooks]]
        name = "tos"
        url = "https://tos.example/hook"
        secret = "0123456789abcdef"
        kinds = ["completed"]
        [tokens]
        alg = "HS256"
        key = "0123456789abcdef0123456789abcdef"
        audience = "portway"
    """))  # fmt: skip
    assert links.folder / links.edi.incoming == tmp_path / "in"
    assert links.targets()[0].kinds == {"completed"}
    assert links.token_rule().audience == "portway"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[edi]\nincomming = 'x'", "edi.incomming = 'x'"),
        ("[[webhooks]]\nname='a'\nurl='ftp://x'\nsecret='0123456789abcdef'", "webhooks.0.url = 'ftp://x'"),
        ("[[webhooks]]\nname='a'\nurl='http://x'\nsecret='short'", "webhooks.0.secret"),
        ("[[webhooks]]\nname='a'\nurl='http://x'\nsecret='0123456789abcdef'\nkinds=['gone']", "webhooks.0.kinds"),
        ("[[webhooks]]\nname='a'\nurl='http://x'\nsecret='0123456789abcdef'\n" * 2, "given twice"),
        ("= 3", "cannot be read"),
    ],
)
def test_a_fault_is_named_with_file_and_key(tmp_path, text, said):
    with pytest.raises(TosLinksError) as error:
        load_tos_links(written(tmp_path, text))
    assert said in str(error.value)
    assert "tos.toml" in str(error.value)


@pytest.mark.parametrize("key", ["key = 'short'", "key_file = 'missing.pem'"])
def test_a_token_key_that_cannot_be_used_is_refused(tmp_path, key):
    links = load_tos_links(written(tmp_path, f"[tokens]\nalg = 'HS256'\naudience = 'a'\n{key}"))
    with pytest.raises(TosLinksError):
        links.token_rule()


def test_a_completed_job_order_is_a_move_at_its_own_instant():
    job = JobOrder("J1", MoveKind.DISCHARGE, Container("MSKU6013762", 20, 14_200.0, "22G1"))
    desk = SimpleNamespace(job_order=lambda id: SimpleNamespace(job_order=JobOrderBody.from_core(job)))
    done = ProgressEvent(id=7, at_ms=61_500, kind=ProgressKind.COMPLETED, job_order="J1")
    move = completed_move(done, desk, 1_700_000_000.0)
    assert (move.event, move.job.container.id, move.at.timestamp()) == (7, "MSKU6013762", 1_700_000_061.5)
    assert completed_move(done.model_copy(update={"kind": ProgressKind.COLLECTED}), desk, 0.0) is None


class DoneDesk:
    """A desk at which so many job orders have been completed before anybody asks."""

    def __init__(self, count: int, run_id: str = "run") -> None:
        self.run_id, self.more = run_id, asyncio.Event()
        self.jobs = {
            f"J{n}": JobOrder(f"J{n}", MoveKind.DISCHARGE, Container("MSKU6013762", 20, 14_200.0, "22G1"))
            for n in range(1, count + 1)
        }
        kind = ProgressKind.COMPLETED
        self.events = [ProgressEvent(id=n, at_ms=n, kind=kind, job_order=f"J{n}") for n in range(1, count + 1)]

    def run(self):
        return SimpleNamespace(run_id=self.run_id)

    def job_order(self, name: str):
        return SimpleNamespace(job_order=JobOrderBody.from_core(self.jobs[name]))

    def newest_progress(self) -> int:
        return len(self.events)

    def progress(self, after: int, most: int) -> list[ProgressEvent]:
        return self.events[after : after + most]

    async def wait_progress(self, after: int) -> None:
        while len(self.events) <= after:
            await self.more.wait()


def written_out(folder, desk: DoneDesk) -> list[float]:
    """Let all moves be written; how long the loop stood still, each time, in seconds."""
    links = TosLinks.model_validate({"edi": {"outgoing": "out"}, "folder": folder})
    held: list[float] = []
    before = len(list((folder / "out").glob("*.edi")))

    async def go() -> None:
        writing = asyncio.create_task(edi_out(links, SimpleNamespace(started_at_s=1_700_000_000.0), desk)())
        while len(list((folder / "out").glob("*.edi"))) < before + len(desk.events) and not writing.done():
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            held.append(time.perf_counter() - began)
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing

    asyncio.run(go())
    return held


def test_moves_that_have_gathered_are_written_beside_the_loop(tmp_path, monkeypatch):
    """900 of them, each of which once held the loop for four waits of the disk."""
    waits: list[bool] = []

    def slow(_file) -> None:
        waits.append(threading.current_thread() is threading.main_thread())
        time.sleep(0.002)

    monkeypatch.setattr(os, "fsync", slow)
    held = written_out(tmp_path, DoneDesk(900))
    assert len(list((tmp_path / "out").glob("*.edi"))) == 900
    assert not any(waits)
    assert len(waits) < 1000
    assert len(held) > 50
    assert sorted(held)[len(held) // 2] < 0.1


def test_a_new_database_with_the_same_folder_writes_its_first_moves(tmp_path):
    written_out(tmp_path, DoneDesk(5))
    written_out(tmp_path, DoneDesk(3, "another"))
    assert [f.name for f in sorted((tmp_path / "out").glob("*.edi"))][-1] == "COARRI_00000008.edi"


def test_only_a_portion_is_looked_at_before_others_have_their_turn():
    async def go() -> tuple[int, int, int]:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        moves, read = await tos_links._next_moves(DoneDesk(900), 0, 0.0)
        task.cancel()
        return len(moves), read, turns

    moves, read, turns = asyncio.run(go())
    assert moves == read == tos_links.MOVES_AT_ONCE
    assert turns >= tos_links.MOVES_AT_ONCE // tos_links.EVENTS_AT_ONCE
