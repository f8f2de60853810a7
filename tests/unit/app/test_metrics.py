"""The figures for Prometheus: each is documented, what grows is a counter, and what a person must see is there."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from live_site import LiveSite, yard

from portway.adapters.tos.api.outbox import Delivery
from portway.core.commands import Alert

DOCS = Path(__file__).resolve().parents[3] / "docs/reference/operations.md"


@pytest.fixture
def site(tmp_path):
    site = LiveSite(tmp_path, yard())
    yield site
    site.durable.close()


def asked(site, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(site.page)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return asyncio.run(ask())


def kinds(site) -> dict[str, str]:
    """Kind by name of all that is exposed."""
    return dict(re.findall(r"^# TYPE portway_(\S+) (\S+)$", asked(site, "/metrics").text, re.M))


def documented() -> dict[str, str]:
    """Label by name of all that the page on operations names; an empty one for none."""
    (table,) = re.findall(r"^\| figure \|.*?\n\n", DOCS.read_text(encoding="utf-8"), re.M | re.S)
    first = "".join(line.split("|")[1] for line in table.strip().splitlines()[2:])
    return {name: label for name, label in re.findall(r"`(\w+)(?:\{(\w+)\})?`", first)}


def test_every_figure_is_documented_and_every_documented_one_is_there(site):
    assert sorted(kinds(site)) == sorted(documented())


def test_labels_are_those_that_are_documented(site):
    site.server.refused["T001"] += 1
    site.server.alerts.append(Alert("jumped", "T001", "9 m"))
    site.server.master.trucks["T001"].seen_s = site.run.clock.wall_s() - 3
    found = dict(re.findall(r"^portway_(\w+)\{(?!le=)(\w+)=", asked(site, "/metrics").text, re.M))
    assert {"messages_refused_total", "alerts_by_code", "truck_silent_s", "trucks_by_state"} <= set(found)
    assert found.items() <= documented().items()


def test_what_only_grows_is_a_counter(site):
    known = kinds(site)
    assert {name for name, kind in known.items() if kind == "counter"} == {n for n in known if n.endswith("_total")} - {
        "jobs_total"
    }
    assert known["messages_total"] == "counter"


def test_silence_alerts_webhooks_and_room_are_figures(site):
    trucks = site.server.master.trucks
    trucks["T001"].seen_s = site.run.clock.wall_s() - 30
    for code in ("jumped", "jumped", "truck_error"):
        site.server.alerts.append(Alert(code, "T001", ""))
    asyncio.run(site.durable.outbox.owe([Delivery("tos:1", "tos", 1, "J1", b"{}")]))
    status = asked(site, "/status").json()
    assert list(status["truck_silent_s"]) == ["T001"], "who was never heard has no age"
    assert 30 <= status["truck_silent_s"]["T001"] < 60
    assert status["alerts_by_code"] == {"jumped": 2, "truck_error": 1}
    assert (status["webhooks_owed"], status["webhooks_given_up"]) == (1, 0)
    assert status["database_bytes"] > 1000
    assert status["disk_free_bytes"] > 0
    assert 'portway_alerts_by_code{code="jumped"} 2.0' in asked(site, "/metrics").text
