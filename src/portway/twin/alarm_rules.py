"""Conditions on data points that raise alarms, each with the value at which it ends and how long it must hold."""

from typing import NamedTuple

import numpy as np

from portway.twin.alarms import Alarms
from portway.twin.points import Catalogue, Group


class Rule(NamedTuple):
    """Alarm `code` when a point of a kind of device is `above` (else below) `limit` for `hold_s`; it ends at `back`."""

    code: str
    kind: str
    point: str
    limit: float
    back: float
    hold_s: float = 0.0
    above: bool = True


RULES = (
    Rule("battery_low", "truck", "battery.charge", 15.0, 20.0, above=False),
    *(Rule("motor_hot", "truck", f"axle{n}.motor_temperature", 110.0, 100.0) for n in (1, 2, 3, 4)),
    *(Rule("brake_hot", "truck", f"axle{n}.brake_temperature", 250.0, 200.0) for n in (1, 2, 3, 4)),
    Rule("hydraulic_low", "truck", "hydraulic.pressure", 105.0, 120.0, 2.0, above=False),
    Rule("link_poor", "truck", "link.latency", 60.0, 40.0, 5.0),
    Rule("link_lost", "truck", "quality", 1.5, 0.5, 3.0),
    Rule("crane_waiting", "quay_crane", "job.waiting", 300.0, 1.0),
    Rule("gate_queue", "gate", "queue", 7.5, 4.5, 60.0),
)


class AlarmRules:
    """Watches the points of a catalogue."""

    def __init__(self, catalogue: Catalogue, alarms: Alarms, rules: tuple[Rule, ...] = RULES) -> None:
        self._catalogue, self._alarms = catalogue, alarms
        self._rules = [r for r in rules if r.kind in catalogue.groups and catalogue[r.kind].devices]
        self._since = [np.full(len(catalogue[r.kind].devices), -1.0) for r in self._rules]
        self._on = [np.zeros(len(catalogue[r.kind].devices), bool) for r in self._rules]

    def refresh(self, at_ms: int) -> None:
        """Judge all points now."""
        holding: dict[tuple[str, str], str] = {}
        changed: set[tuple[str, str]] = set()
        for rule, since, on in zip(self._rules, self._since, self._on, strict=True):
            group = self._catalogue[rule.kind]
            was = on.copy()
            self._judge(rule, group.of(rule.point), since, on, at_ms)
            changed |= {(rule.code, group.devices[n]) for n in np.flatnonzero(on != was)}
            holding |= {(rule.code, group.devices[n]): _detail(rule, group, int(n)) for n in np.flatnonzero(on)}
        for code, subject in sorted(changed):
            self._alarms.set(code, subject, (code, subject) in holding, at_ms, holding.get((code, subject), ""))

    def faults(self) -> np.ndarray:
        """Number in `TRUCK_FAULTS` (trucks,) of each truck's first condition, 0 for none."""
        from portway.twin.point_list import TRUCK_FAULTS

        out = np.zeros(len(self._catalogue["truck"].devices))
        for rule, on in zip(reversed(self._rules), reversed(self._on), strict=True):
            if rule.kind == "truck" and rule.code in TRUCK_FAULTS:
                out[on] = TRUCK_FAULTS.index(rule.code)
        return out

    def _judge(self, rule: Rule, value: np.ndarray, since: np.ndarray, on: np.ndarray, at_ms: int) -> None:
        beyond = value > rule.limit if rule.above else value < rule.limit
        ended = value < rule.back if rule.above else value > rule.back
        since[:] = np.where(beyond, np.where(since < 0, at_ms, since), -1.0)
        on[:] = (on & ~ended) | (beyond & (at_ms - since >= 1000.0 * rule.hold_s))


def _detail(rule: Rule, group: Group, n: int) -> str:
    unit = group.points[group.row[rule.point]].unit
    return f"{rule.point} {group.of(rule.point)[n]:.0f} {unit}".strip()
