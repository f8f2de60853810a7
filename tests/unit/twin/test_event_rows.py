"""Alerts of the core on the alarm list: what lasts is active until the core holds it no longer."""

import pytest

from portway.core.commands import Alert
from portway.core.events import TimerFired
from portway.twin.alarms import Alarms
from portway.twin.event_rows import EventRows
from portway.twin.tables import Tables


@pytest.fixture
def rows():
    tables, holding = Tables(), set()
    alarms = Alarms(tables)
    return EventRows(tables, alarms, lambda code, subject: (code, subject) in holding), alarms, holding


def _alert(rows, at_ms, code="emergency_stop", subject="T001"):
    rows.note(TimerFired(at_ms, "x"), [Alert(code, subject, "at (1, 2)")])


def test_what_lasts_is_active_until_it_is_over(rows):
    rows, alarms, holding = rows
    holding.add(("emergency_stop", "T001"))
    _alert(rows, 1_000)
    rows.refresh(2_000)
    row = alarms.row("emergency_stop:T001")
    assert (row["state"], row["raised_ms"], row["detail"]) == ("unacknowledged", 1_000, "at (1, 2)")
    alarms.acknowledge("emergency_stop:T001", "ann", 3_000)
    rows.refresh(4_000)
    assert alarms.row("emergency_stop:T001")["state"] == "acknowledged"
    holding.clear()
    rows.refresh(5_000)
    row = alarms.row("emergency_stop:T001")
    assert (row["state"], row["returned_ms"]) == ("normal", 5_000)


def test_what_comes_again_is_raised_again_and_has_to_be_seen_again(rows):
    rows, alarms, holding = rows
    for n in range(2):
        holding.add(("emergency_stop", "T001"))
        _alert(rows, 1_000 + 10_000 * n)
        alarms.acknowledge("emergency_stop:T001", "ann", 2_000 + 10_000 * n)
        holding.clear()
        rows.refresh(5_000 + 10_000 * n)
    assert alarms.row("emergency_stop:T001")["count"] == 2
    holding.add(("emergency_stop", "T001"))
    _alert(rows, 30_000)
    assert alarms.row("emergency_stop:T001")["state"] == "unacknowledged"


def test_a_moment_is_over_at_once(rows):
    rows, alarms, _ = rows
    _alert(rows, 1_000, "handover_unexpected", "QC01")
    assert alarms.row("handover_unexpected:QC01")["state"] == "returned_unacknowledged"


def test_an_old_alert_of_a_journal_whose_cause_is_gone_is_over(rows):
    rows, alarms, holding = rows
    holding.add(("emergency_stop", "T002"))
    _alert(rows, 1_000)
    _alert(rows, 2_000, subject="T002")
    assert alarms.row("emergency_stop:T001")["state"] == "returned_unacknowledged"
    assert alarms.row("emergency_stop:T002")["state"] == "unacknowledged"
