"""A TOS that is told nothing, or whose list nobody takes: an alarm, once, with whom it is about and the cure."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from live_site import at_work, yard

from portway.adapters.tos.api.outbox import Delivery
from portway.adapters.tos.api.webhooks import RetryRule, Webhooks, WebhookTarget
from portway.adapters.tos.edi_folder import EdiResult
from portway.app.live import tos_links
from portway.app.live.live_twin import LiveTwin
from portway.app.live.tos_links import TosLinks, run_tos_links
from portway.app.live.tos_troubles import NAMED_MAX, TosTroubles
from portway.twin.alarms import PRIORITY

ROOT = Path(__file__).resolve().parents[3]
CODES = ("webhook_given_up", "edi_refused", "edi_stuck", "tos_link_failed")
RULE = RetryRule(attempts=2, first_s=0.01, most_s=0.01, timeout_s=0.5)


class Told(list):
    """What was told, and who has given up."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.troubles = TosTroubles(lambda *alarm: self.append(alarm), self.dead.__contains__)


@pytest.fixture
def told() -> Told:
    return Told()


async def until(condition, seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def alerts(site) -> list[tuple[str, str]]:
    return [(a.code, a.subject) for a in site.desk.alerts() if a.code in CODES]


@pytest.mark.parametrize("code", CODES)
def test_every_alarm_has_its_words_its_priority_and_its_line_in_the_manual(code):
    for language in ("zh", "en"):
        words = (ROOT / f"web/src/i18n/{language}.ts").read_text(encoding="utf-8")
        for part in ("", "_cause", "_do"):
            assert re.search(rf'\bal_{code}{part}: "[^"]+"', words), (language, part)
    assert PRIORITY[code] == 2
    assert f"`{code}`" in (ROOT / "docs/reference/operations.md").read_text(encoding="utf-8")


# -- what is told -------------------------------------------------------------------------------------------------


def test_a_delivery_given_up_names_receiver_and_cure_until_it_has_been_taken(told):
    told.dead.add("navis")
    told.troubles.given_up(Delivery("navis:run:7", "navis", 7, "J1", b"{}", 20, "status 503"))
    ((code, subject, detail),) = told
    assert (code, subject) == ("webhook_given_up", "navis")
    assert "POST /v1/deliveries/navis:run:7/retry" in detail
    assert "20 attempts, the last: status 503" in detail
    assert told.troubles.persists(code, subject)
    told.dead.clear()
    assert not told.troubles.persists(code, subject)


def test_a_refused_list_names_file_first_problem_and_cure(told):
    problem = "MSCU1234567: check digit"
    told.troubles.edi_files([
        EdiResult("good.edi", 3, [], [], "done/run/ab_good.edi"),
        EdiResult("bad.edi", 0, [problem, "another"], [], "refused/cd_bad.edi"),
    ])  # fmt: skip
    ((code, subject, detail),) = told
    assert (code, subject) == ("edi_refused", "bad.edi")
    assert problem in detail
    assert "drop it again; all of it: refused/cd_bad.edi.problems.txt" in detail
    assert not told.troubles.persists(code, subject), "it is a moment"


def test_a_thousand_refused_lists_are_a_few_alarms(told):
    told.troubles.edi_files([EdiResult(f"{n}.edi", 0, ["x"], [], f"refused/{n}") for n in range(1000)])
    assert len(told) == NAMED_MAX + 1
    assert told[-1][1] == "990 more files"


def test_a_file_that_stays_is_told_once_until_it_is_gone(told):
    stays = EdiResult("a.edi", 0, ["cannot be read or moved: no rights"], [])
    for _ in range(3):
        told.troubles.edi_files([stays])
    assert [(code, subject) for code, subject, _ in told] == [("edi_stuck", "a.edi")]
    assert told.troubles.persists("edi_stuck", "a.edi")
    told.troubles.edi_files([])
    assert not told.troubles.persists("edi_stuck", "a.edi")
    told.troubles.edi_files([stays])
    assert len(told) == 2


def test_a_name_that_is_no_text_can_be_kept_in_the_journal(told):
    odd = b"l\xefst.edi".decode("utf-8", "surrogateescape")
    refused = EdiResult(odd, 0, [f"{odd}: rubbish"], [], f"refused/{odd}")
    told.troubles.edi_files([refused, EdiResult(odd, 0, [odd], [])])
    assert len(told) == 2
    for alarm in told:
        "".join(alarm).encode()


def test_a_link_that_fails_again_and_again_is_told_once_until_it_works(told, monkeypatch):
    monkeypatch.setattr(tos_links, "AGAIN_S", 0.001)
    monkeypatch.setattr(tos_links, "CALM_S", 0.05)
    fails = [True] * 5

    async def run() -> None:
        if fails and fails.pop():
            raise OSError(28, "No space left on device", "out")
        await asyncio.sleep(60)

    async def go() -> None:
        task = asyncio.create_task(tos_links._kept_up("edi_out", run, told.troubles))
        await until(lambda: not fails)
        assert told.troubles.persists("tos_link_failed", "edi_out")
        await until(lambda: not told.troubles.persists("tos_link_failed", "edi_out"))
        task.cancel()

    asyncio.run(go())
    ((code, subject, detail),) = told
    assert (code, subject, "No space left on device" in detail) == ("tos_link_failed", "edi_out", True)


# -- at a running terminal ----------------------------------------------------------------------------------------


def test_a_dead_receiver_is_one_alarm_in_the_journal_and_on_the_page_until_it_has_taken_all(tmp_path):
    answers = [503]

    async def act(site) -> None:
        twin = LiveTwin(site.server, site.desk, tmp_path / "pages")
        target = WebhookTarget("navis", "http://tos/hook", b"shared secret", frozenset({"road"}))
        transport = httpx.MockTransport(lambda _request: httpx.Response(answers[0]))
        async with httpx.AsyncClient(transport=transport) as client:
            hooks = Webhooks(site.desk, site.durable.outbox, [target], client=client, rule=RULE,
                             given_up=site.server.tos_troubles.given_up)  # fmt: skip
            task = asyncio.create_task(hooks.run())
            lane = site.desk.terminal().lanes[0].id
            for n in range(3):
                assert await site.desk.block_road(f"works-{n}", [lane], True, "me", "paint") == []
            await until(lambda: len(site.durable.outbox.dead()) == 3 and alerts(site))
            twin.mirror.sample(site.server.loop.now_ms() + 2000)
            assert alerts(site) == [("webhook_given_up", "navis")]
            assert twin.mirror.alarms.row("webhook_given_up:navis")["state"] == "unacknowledged"
            answers[0] = 204
            for delivery in site.durable.outbox.dead():
                assert (await site.call("POST", f"/deliveries/{delivery.key}/retry")).status_code == 204
            await until(lambda: not site.durable.outbox.owed())
            twin.mirror.sample(site.server.loop.now_ms() + 4000)
            assert twin.mirror.alarms.row("webhook_given_up:navis")["state"] == "returned_unacknowledged"
            task.cancel()
        twin.sampler.close()

    at_work(tmp_path, yard(), act)


def test_a_refused_list_is_an_alarm_of_a_running_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(tos_links, "LOOK_S", 0.02)

    async def act(site) -> None:
        links = TosLinks.model_validate({"edi": {"incoming": "in", "outgoing": "out"}, "folder": tmp_path})
        task = asyncio.create_task(run_tos_links(links, site.server, site.desk))
        await until(lambda: (tmp_path / "in/refused").exists())
        (tmp_path / "in/bad.edi").write_text("rubbish UNZ")
        await until(lambda: alerts(site))
        await asyncio.sleep(0.1)
        assert alerts(site) == [("edi_refused", "bad.edi")]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    at_work(tmp_path, yard(), act)
