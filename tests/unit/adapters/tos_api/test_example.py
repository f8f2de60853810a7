"""The example client against the interface over a real socket."""

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest
import uvicorn
from test_job_orders import discharge

from portway.adapters.tos.api.keys import Role
from portway.adapters.tos.api.views import ProgressKind

EXAMPLE = Path(__file__).resolve().parents[4] / "examples/tos_client.py"


@pytest.mark.parametrize("seen", ["999", "old:2"])  # of a run that is over
def test_the_example_gives_work_follows_it_and_ends(site, tmp_path, monkeypatch, capsys, seen):
    spec = importlib.util.spec_from_file_location("tos_client", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work.json").write_text(json.dumps([discharge(i) for i in (1, 2, 3)]))
    (tmp_path / "tos_client.seen").write_text(seen)

    async def terminal() -> None:
        """Every job order is prepared, handed over and completed."""
        while len(site.desk.job_orders()) < 3:
            await asyncio.sleep(0.01)
        for name in ("D1", "D2", "D3"):
            await site.desk.tell(ProgressKind.PREPARE, job_order=name, crane="QC1")
            await site.desk.tell(ProgressKind.HANDOVER, job_order=name, job_orders=[name], crane="QC1", truck="T1")
            while ("handover", "QC1", "T1", (name,)) not in site.desk.log:
                await asyncio.sleep(0.01)
            await site.desk.complete(name)

    async def run() -> None:
        server = uvicorn.Server(uvicorn.Config(site.app, port=0, log_level="error", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with asyncio.timeout(20):
            acting = asyncio.create_task(terminal())
            url, key = f"http://127.0.0.1:{port}", site.keys[Role.TOS]
            await asyncio.to_thread(example.main, url, key, "work.json")
            await acting
            await asyncio.to_thread(example.main, url, key, "work.json")  # again: all has ended already
        server.should_exit = True
        await serving

    asyncio.run(run())
    assert capsys.readouterr().out.count("all job orders have ended") == 2
    assert [entry[0] for entry in site.desk.log] == ["ready", "handover"] * 3


def test_the_example_stays_under_a_hundred_lines():
    assert len(EXAMPLE.read_text().splitlines()) < 100
