"""A start reads only what tells of more than driving trucks, and knows the same as if it had read all."""

import pytest

from portway.adapters.storage.durable import open_durable
from portway.adapters.storage.entry_format import is_news
from portway.app.config import load_scenario
from portway.app.live.enrolment import Enrolment
from portway.app.live.progress import WorkProgress
from portway.app.live.restore import begun
from portway.core.events import JobOrderCancelled, RoadBlocked, TroubleReported, TruckEnrolled
from portway.testing.vda_yard import VdaYard

MINUTES = 12


@pytest.fixture(scope="module")
def ticks():
    """What a terminal with trucks that speak VDA 5050 has journaled, tick by tick."""
    yard = VdaYard(load_scenario("huashan", {"fleet.trucks": "8"}), 4)
    for tick in range(MINUTES * 600):
        yard.tick()
        if tick == 3_000:
            last = yard.scenario.work.job_orders[-1].id
            for event in (
                TruckEnrolled(yard.now_ms, "T002", "maker", "X2", "2.1", "operator", "new truck"),
                RoadBlocked(yard.now_ms, "works", (yard.map.stops[0].lane,), True, "operator", "paint"),
                JobOrderCancelled(yard.now_ms, last, "tos", "not today"),
                TroubleReported(yard.now_ms, "off_schema", "T003", "state"),
            ):
                yard.handle(event)
    return [[entry] for entry in yard.journal], yard.scenario


def test_progress_alarms_roads_and_vehicles_are_those_of_the_whole_journal(ticks, tmp_path):
    entries, scenario = ticks
    durable = open_durable(tmp_path / "live.db")
    durable.journal.begin(begun(scenario))
    for tick in entries:
        durable.journal.append(tick)

    def known(some):
        progress, enrolment = WorkProgress(scenario.work.job_orders), Enrolment(["T001", "T002"], ["2.1"])
        told = [(e.event, e.commands) for e in some]
        progress.note(told)
        enrolment.note(told)
        return (
            progress.events, progress.alerts, progress.aborted, progress.blocks, progress.serving, progress.jobs,
            progress.changed_ms, enrolment.vehicles,
        ), len(told)  # fmt: skip

    (whole, records), (quick, read) = known(durable.journal.tail()), known(durable.journal.news())
    durable.close()
    assert whole == quick
    assert len(whole[0]) > 20
    assert {e.kind.value for e in whole[0]} >= {"prepare", "handover", "completed", "road", "alert", "aborted"}
    assert records > 1_000
    assert read < records / 3


def test_a_tick_is_read_whole_when_one_of_its_records_is_news(ticks, tmp_path):
    entries, scenario = ticks
    news = next(tick[0] for tick in entries if is_news(*tick[0]))
    quiet = [tick[0] for tick in entries if not is_news(*tick[0])][:3]
    durable = open_durable(tmp_path / "live.db")
    durable.journal.begin(begun(scenario))
    durable.journal.append(quiet[:2])
    durable.journal.append([quiet[2], news])
    assert [e.event for e in durable.journal.news()] == [quiet[2][0], news[0]]
    durable.close()
