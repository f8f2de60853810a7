"""A tick has a budget, and nothing is lost by it."""

import asyncio

from live_site import LiveSite, yard

from portway.app.live import core_loop
from portway.core.controller import Controller
from portway.core.events import TroubleReported


def _trouble(name):
    return lambda at: TroubleReported(at, name, "x", "")


def _kept(site):
    return [e.event.code for e in site.durable.journal.tail() if isinstance(e.event, TroubleReported)]


def _slow(monkeypatch, seconds):
    handle = Controller.handle

    def slow(self, event):
        core_loop.time.sleep(seconds)
        return handle(self, event)

    monkeypatch.setattr(Controller, "handle", slow)


def test_many_facts_at_once_are_spread_over_ticks_in_their_sequence(tmp_path, monkeypatch):
    site = LiveSite(tmp_path, yard())
    _slow(monkeypatch, core_loop.BUDGET_S / 3)
    told, longest = [], []

    def kept(entries):
        told.append([e.code for e, _ in entries if isinstance(e, TroubleReported)])

    async def run():
        loop = site.server.loop
        loop.listen(kept)
        for i in range(40):
            loop.post(_trouble(f"t{i}"))
        ticking = asyncio.create_task(loop.run())
        answer = await loop.ask(_trouble("last"))
        longest.append(max(map(len, told)))
        loop.stop()
        await ticking
        return answer

    answer = asyncio.run(run())
    assert [a.code for a in answer] == ["last"]
    assert [code for tick in told for code in tick] == [*(f"t{i}" for i in range(40)), "last"] == _kept(site)
    assert 2 <= longest[0] <= 6
    site.durable.close()


def test_what_has_come_before_a_stop_is_still_handled(tmp_path, monkeypatch):
    site = LiveSite(tmp_path, yard())
    _slow(monkeypatch, core_loop.BUDGET_S / 3)

    async def run():
        loop = site.server.loop
        ticking = asyncio.create_task(loop.run())
        await asyncio.sleep(0.05)
        for i in range(40):
            loop.post(_trouble(f"t{i}"))
        loop.stop()
        await ticking

    asyncio.run(run())
    assert _kept(site) == [f"t{i}" for i in range(40)]
    site.durable.close()
