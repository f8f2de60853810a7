"""The alarm list by ISA-18.2."""

import pytest

from portway.twin.alarms import KEPT_MS, Alarms
from portway.twin.tables import Tables

KEY = "battery_low:T001"


@pytest.fixture
def alarms() -> Alarms:
    return Alarms(Tables())


def state(alarms: Alarms) -> str:
    row = alarms.row(KEY)
    assert row is not None
    return row["state"]


def test_raised_acknowledged_returned(alarms):
    alarms.set("battery_low", "T001", True, 1_000)
    assert state(alarms) == "unacknowledged"
    assert alarms.acknowledge(KEY, "ann", 2_000)
    assert state(alarms) == "acknowledged"
    alarms.set("battery_low", "T001", False, 3_000)
    assert state(alarms) == "normal"
    assert [n[1] for n in alarms.news] == ["alarm_raised", "alarm_acked", "alarm_returned"]


def test_one_that_returns_by_itself_still_wants_to_be_seen(alarms):
    alarms.set("battery_low", "T001", True, 1_000)
    alarms.set("battery_low", "T001", False, 2_000)
    assert state(alarms) == "returned_unacknowledged"
    assert alarms.acknowledge(KEY, "ann", 3_000)
    assert state(alarms) == "normal"


def test_raised_again_it_is_not_acknowledged_any_more_and_counts(alarms):
    alarms.set("battery_low", "T001", True, 1_000)
    alarms.acknowledge(KEY, "ann", 1_500)
    alarms.set("battery_low", "T001", False, 2_000)
    alarms.set("battery_low", "T001", True, 3_000)
    assert state(alarms) == "unacknowledged"
    assert alarms.row(KEY)["count"] == 2
    assert alarms.raised == [(1_000, 2), (3_000, 2)]


def test_a_condition_that_goes_on_raises_once(alarms):
    for at in range(1_000, 5_000, 1_000):
        alarms.set("battery_low", "T001", True, at)
    assert len(alarms.raised) == 1


def test_shelved_it_is_quiet_until_its_time(alarms):
    alarms.set("battery_low", "T001", True, 1_000)
    assert alarms.shelve(KEY, 15, "ann", 2_000)
    assert state(alarms) == "shelved"
    alarms.set("battery_low", "T001", False, 3_000)
    alarms.set("battery_low", "T001", True, 4_000)
    assert state(alarms) == "shelved"
    assert len(alarms.raised) == 1
    alarms.refresh(2_000 + 15 * 60_000)
    assert state(alarms) == "unacknowledged"


def test_an_alert_of_the_core_ends_with_its_acknowledgement(alarms):
    alarms.moment("jumped", "T001", 1_000, "52 m")
    row = alarms.row("jumped:T001")
    assert (row["state"], row["priority"], row["detail"]) == ("returned_unacknowledged", 1, "52 m")
    alarms.acknowledge("jumped:T001", "ann", 2_000)
    alarms.refresh(2_000 + KEPT_MS)
    assert alarms.row("jumped:T001") is None


def test_what_is_not_there_cannot_be_acknowledged_or_shelved(alarms):
    assert not alarms.acknowledge(KEY, "ann", 1)
    assert not alarms.shelve(KEY, 5, "ann", 1)
    alarms.set("battery_low", "T001", True, 1_000)
    assert alarms.acknowledge(KEY, "ann", 2)
    assert not alarms.acknowledge(KEY, "bob", 3)
