"""An event that our own defect cannot handle is in the journal, live and simulated; a restart goes on without it."""

import asyncio

import pytest
from live_site import LiveSite

from portway.adapters.storage.journal import JournalHeader, JournalWriter, read_journal
from portway.app.compose import make_controller, make_world
from portway.app.config import load_scenario
from portway.app.replay import replay
from portway.core.controller import Controller
from portway.core.events import TroubleReported
from portway.runtime import CORE_BROKE, Runtime, broke


class OurOwnError(AssertionError):
    pass


@pytest.fixture
def breaks(monkeypatch):
    """The core breaks at trouble with the code `poison`."""
    handle = Controller.handle

    def breaking(self, event):
        if isinstance(event, TroubleReported) and event.code == "poison":
            raise OurOwnError("unheard of")
        return handle(self, event)

    monkeypatch.setattr(Controller, "handle", breaking)


def test_live_the_event_is_kept_with_an_alarm_and_the_next_start_goes_on_without_it(tmp_path, breaks):
    scenario = load_scenario("huashan", {"fleet.trucks": "3"})

    async def die() -> None:
        site = LiveSite(tmp_path, scenario)
        ticking = asyncio.create_task(site.server.loop.run(site.run.first))
        site.server.loop.post(lambda at: TroubleReported(at, "before", "x", ""))
        await asyncio.sleep(0.1)
        site.server.loop.post(lambda at: TroubleReported(at, "poison", "x", ""))
        with pytest.raises(OurOwnError):
            await ticking
        site.durable.close()

    asyncio.run(die())
    site = LiveSite(tmp_path, scenario)
    entries = list(site.durable.journal.tail())
    assert entries[-1].event.code == "poison"
    assert broke(entries[-1].commands) is not None
    assert site.server.progress.alerts[-1].code == CORE_BROKE
    assert [a.code for a in site.server.progress.alerts] == ["before", CORE_BROKE]
    assert site.run.controller.state.now_ms <= entries[-1].event.at_ms
    site.durable.close()


def test_who_waits_for_an_answer_is_told_when_the_core_breaks(tmp_path, breaks):
    site = LiveSite(tmp_path, load_scenario("huashan", {"fleet.trucks": "3"}))

    async def run():
        loop = site.server.loop
        codes = ("before", "poison", "behind")
        asks = [asyncio.ensure_future(loop.ask(lambda at, c=c: TroubleReported(at, c, "x", ""))) for c in codes]
        await asyncio.sleep(0)
        with pytest.raises(OurOwnError):
            await loop.run()
        return await asyncio.wait_for(asyncio.gather(*asks, return_exceptions=True), 5)

    assert all(isinstance(answer, asyncio.CancelledError) for answer in asyncio.run(run()))
    kept = [e.event.code for e in site.durable.journal.tail() if isinstance(e.event, TroubleReported)]
    assert kept == ["before", "poison"]
    site.durable.close()


def test_simulated_the_journal_ends_with_the_event_at_which_a_replay_breaks_too(tmp_path, breaks):
    scenario = load_scenario("huashan", {"fleet.trucks": "3"})
    controller = make_controller(scenario, 0)
    world = make_world(scenario, 1, controller)
    journal = JournalWriter(tmp_path / "journal", JournalHeader(1, scenario, 1, 60_000, 0))
    runtime = Runtime(controller, world, journal)
    runtime.start()
    world.tell(TroubleReported(20_000, "poison", "x", ""))
    with pytest.raises(OurOwnError):
        _run(runtime)
    journal.close()
    entries = list(read_journal(tmp_path / "journal")[1])
    assert entries[-1].event == TroubleReported(20_000, "poison", "x", "")
    with pytest.raises(OurOwnError):
        replay(tmp_path / "journal")


def _run(runtime: Runtime) -> None:
    while runtime.step(60_000):
        pass
