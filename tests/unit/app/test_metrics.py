"""The figures for Prometheus: each is documented, what grows is a counter, and what a person must see is there."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from live_site import LiveSite, yard

from portway.adapters.tos.api.outbox import Delivery
from portway.adapters.vda5050.agent import TruckAgent
from portway.adapters.vda5050.versions import version_of
from portway.app.compose import truck_type
from portway.app.live.live_twin import LiveTwin
from portway.core.commands import Alert

LOST = 2  # of a position: older than 30 s
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
    found = dict(re.findall(r"^portway_(\w+)\{(?!le=)(\w+)=", asked(site, "/metrics").text, re.M))
    assert {"messages_refused_total", "alerts_by_code", "truck_silent_s", "trucks_by_state"} <= set(found)
    assert found.items() <= documented().items()


def test_what_only_grows_is_a_counter(site):
    known = kinds(site)
    assert {name for name, kind in known.items() if kind == "counter"} == {n for n in known if n.endswith("_total")} - {
        "jobs_total"
    }
    assert known["messages_total"] == "counter"


def test_alerts_webhooks_and_room_are_figures(site):
    for code in ("jumped", "jumped", "truck_error"):
        site.server.alerts.append(Alert(code, "T001", ""))
    asyncio.run(site.durable.outbox.owe([Delivery("tos:1", "tos", 1, "J1", b"{}")]))
    status = asked(site, "/status").json()
    assert status["alerts_by_code"] == {"jumped": 2, "truck_error": 1}
    assert (status["webhooks_owed"], status["webhooks_given_up"]) == (1, 0)
    assert status["database_bytes"] > 1000
    assert status["disk_free_bytes"] > 0
    assert 'portway_alerts_by_code{code="jumped"} 2.0' in asked(site, "/metrics").text


def test_a_truck_that_says_where_it_is_but_not_how_it_is_is_silent(site, tmp_path):
    """Only states count (section 6.10 of 2.1): a truck is led by them alone."""
    master, now_s = site.server.master, site.run.clock.wall_s()
    agent = TruckAgent("portway", "T001", version_of("2.1"), (0.0, 0.0, 0.0), truck_type(site.run.scenario))
    said = [(agent.state, 60), (agent.visualization, 3), (lambda at_s: agent.connection("ONLINE", at_s), 2)]
    for say, ago_s in said:
        message = say(now_s - ago_s)
        master.received(message.topic, message.payload, now_s - ago_s)
    assert master.trucks["T001"].link == "online"
    assert 60 <= silent_s(site)["T001"] < 90
    shown = LiveTwin(site.server, site.desk, tmp_path / "page")
    quality = shown.mirror._positions.quality(0)[site.run.controller.state.index["T001"]]
    assert quality == LOST, "its place on the page is as old as the state that told it"
    message = agent.state(now_s)
    master.received(message.topic, message.payload, now_s)
    assert 0 <= silent_s(site)["T001"] < 30


def test_a_truck_that_was_never_heard_is_silent_since_the_server_began(site):
    site.server.began_s -= 60
    found = silent_s(site)
    assert sorted(found) == ["T001", "T002", "T003", "T004"]
    assert all(60 <= seconds < 90 for seconds in found.values())


def silent_s(site) -> dict[str, float]:
    """The figure by truck, the same for people and for Prometheus."""
    told = dict(re.findall(r'^portway_truck_silent_s\{truck="(\w+)"\} (\S+)$', asked(site, "/metrics").text, re.M))
    status = asked(site, "/status").json()["truck_silent_s"]
    assert status.keys() == told.keys()
    return {truck: float(seconds) for truck, seconds in told.items()}
