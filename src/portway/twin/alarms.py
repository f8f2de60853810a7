"""The alarm list, by ISA-18.2 (2016), figure 2: raised, acknowledged, returned to normal, shelved for a time.

| state | condition holds | acknowledged |
|---|---|---|
| unacknowledged | yes | no |
| acknowledged | yes | yes |
| returned_unacknowledged | no | no |
| normal | no | yes |
| shelved | either | hidden until an instant, then judged anew |

An alert of the core that tells of a moment comes as returned and ends with its acknowledgement; one that tells of what
lasts (a truck that is not fit, a standstill) ends when the core holds it no longer.
"""

from typing import Any

from portway.twin.tables import Tables

TABLE = "alarms"
KEPT_MS = 3_600_000  # a normal one stays in the list so long
PRIORITY = {
    "deadlock": 1, "jumped": 1, "elsewhere": 1, "beyond_base": 1, "emergency_stop": 1, "standstill": 1,
    "broker_lost": 1, "core_broke": 1, "safety_unknown": 1, "not_localised": 1, "way_blocked": 1, "link_lost": 1,
    "exchanged": 1, "too_large": 1, "drives_unled": 1,
    "battery_low": 2, "motor_hot": 2, "brake_hot": 2, "astray": 2, "no_way": 2, "no_way_back": 2, "fatal_error": 2,
    "order_rejected": 2, "no_beginning": 2, "load_differs": 2,
    "foreign_order": 2, "wrong_node": 2, "broken": 2, "silent": 2, "unheard": 2,
    "paused_by_other": 2, "work_waits": 2, "truck_waits": 2, "crane_waiting": 3, "hydraulic_low": 3, "link_poor": 3,
    "late_job": 3, "charger_fault": 3, "unknown_truck": 3, "off_schema": 4, "message_refused": 4, "gate_queue": 4,
    "webhook_given_up": 2, "edi_refused": 2, "edi_stuck": 2, "tos_link_failed": 2,
}  # fmt: skip
PRIORITY_OTHER = 3


class Alarms:
    """All alarms of a terminal, as rows of the table `alarms` by `code:subject`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.raised: list[tuple[int, int]] = []  # instant and priority of each: marks on the time line
        self.news: list[tuple[int, str, str, str, str]] = []  # at_ms, event code, alarm code, subject, by

    def row(self, key: str) -> dict[str, Any] | None:
        """An alarm as it is; a copy."""
        row = self._tables.rows.get(TABLE, {}).get(key)
        return dict(row) if row is not None else None

    # -- conditions ---------------------------------------------------------------------------------------------

    def set(self, code: str, subject: str, holds: bool, at_ms: int, detail: str = "") -> None:
        """A condition holds, or does no longer."""
        row = self.row(f"{code}:{subject}")
        active = row is not None and row["returned_ms"] is None
        if holds and not active:
            self._raise(code, subject, at_ms, detail, row)
        elif not holds and active:
            assert row is not None
            row["returned_ms"] = at_ms
            self._keep(row, "alarm_returned", at_ms, "")

    def moment(self, code: str, subject: str, at_ms: int, detail: str) -> None:
        """Something has happened that somebody has to look at."""
        self._raise(code, subject, at_ms, detail, self.row(f"{code}:{subject}"), returned_ms=at_ms)

    def _raise(
        self,
        code: str,
        subject: str,
        at_ms: int,
        detail: str,
        old: dict[str, Any] | None,
        returned_ms: int | None = None,
    ) -> None:
        priority = PRIORITY.get(code, PRIORITY_OTHER)
        row = {
            "code": code, "subject": subject, "priority": priority, "raised_ms": at_ms, "returned_ms": returned_ms,
            "acked_ms": None, "acked_by": "", "shelved_until_ms": old["shelved_until_ms"] if old else None,
            "count": (old["count"] if old else 0) + 1, "detail": detail,
        }  # fmt: skip
        if row["shelved_until_ms"] is None:
            self.raised.append((at_ms, priority))
        self._keep(row, "alarm_raised", at_ms, "")

    # -- people -------------------------------------------------------------------------------------------------

    def acknowledge(self, key: str, by: str, at_ms: int) -> bool:
        """Somebody has seen it; False when there is nothing to acknowledge."""
        row = self.row(key)
        if row is None or row["acked_ms"] is not None:
            return False
        row["acked_ms"], row["acked_by"] = at_ms, by
        self._keep(row, "alarm_acked", at_ms, by)
        return True

    def shelve(self, key: str, minutes: float, by: str, at_ms: int) -> bool:
        """Hide it for a time; 0 minutes bring it back. False when there is no such alarm."""
        row = self.row(key)
        if row is None:
            return False
        row["shelved_until_ms"] = at_ms + round(60_000 * minutes) if minutes > 0 else None
        self._keep(row, "alarm_shelved" if minutes > 0 else "alarm_unshelved", at_ms, by)
        return True

    def refresh(self, at_ms: int) -> None:
        """Bring back what was shelved until now, and forget what has long been normal."""
        for key, row in list(self._tables.rows.get(TABLE, {}).items()):
            if row["shelved_until_ms"] is not None and row["shelved_until_ms"] <= at_ms:
                self.shelve(key, 0, "", at_ms)
            elif row["state"] == "normal" and max(row["returned_ms"], row["acked_ms"]) + KEPT_MS <= at_ms:
                self._tables.drop(TABLE, key)

    def _keep(self, row: dict[str, Any], event: str, at_ms: int, by: str) -> None:
        row["state"] = _state(row)
        self._tables.put(TABLE, f"{row['code']}:{row['subject']}", row)
        self.news.append((at_ms, event, row["code"], row["subject"], by))


def _state(row: dict[str, Any]) -> str:
    if row["shelved_until_ms"] is not None:
        return "shelved"
    if row["returned_ms"] is None:
        return "unacknowledged" if row["acked_ms"] is None else "acknowledged"
    return "returned_unacknowledged" if row["acked_ms"] is None else "normal"
