"""Key figures, gates and the heat of waiting: the tables `kpi`, `gates` and `heat`."""

from collections import Counter, deque

import numpy as np

from portway.core.model.phases import Phase
from portway.core.snapshot import Snapshot
from portway.twin.points import Catalogue
from portway.twin.tables import Tables
from portway.twin.work_rows import WorkRows

CELL_M = 10.0
HEAT_PARTS, HEAT_PART_MS = 12, 300_000  # the heat of the last hour, in parts of five minutes
EMPTY = (Phase.TO_REST, Phase.TO_COLLECT)
LOADED = (Phase.TO_DELIVER,)
STANDS_MPS = 0.1


class Figures:
    """Sums over the run, brought up to date at every sample."""

    def __init__(self, core: Snapshot, tables: Tables, work: WorkRows, catalogue: Catalogue) -> None:
        self._core, self._tables, self._work, self._catalogue = core, tables, work, catalogue
        self._driven_s = np.zeros(2)  # empty, loaded
        self._crane_s = np.zeros(2)  # with work; waiting for a truck
        self._plans: deque[tuple[int, int]] = deque(maxlen=11)
        self._heat: deque[dict[tuple[int, int], float]] = deque([{}], maxlen=HEAT_PARTS)
        self._heat_until_ms = HEAT_PART_MS

    def sample(self, at_ms: int, dt_s: float) -> None:
        """Add up what holds now for the time since the last sample."""
        trucks = self._catalogue["truck"]
        phases, speed = trucks.of("job.phase"), trucks.of("drive.speed")
        moving = speed >= STANDS_MPS
        kinds = [(np.isin(phases, EMPTY) & moving).sum(), (np.isin(phases, LOADED) & moving).sum()]
        self._driven_s += dt_s * np.array(kinds)
        self._heat_up(at_ms, dt_s, ~moving & np.isin(phases, (*EMPTY, *LOADED, Phase.WAIT_PLACE)))
        for queue in self._core.board.in_order():
            if queue.next_unit() is not None:
                self._crane_s += dt_s * np.array([1.0, float(queue.waited_ms(at_ms) > 0)])

    def _heat_up(self, at_ms: int, dt_s: float, waits: np.ndarray) -> None:
        if at_ms >= self._heat_until_ms:
            self._heat.append({})
            self._heat_until_ms = at_ms - at_ms % HEAT_PART_MS + HEAT_PART_MS
        trucks, now = self._catalogue["truck"], self._heat[-1]
        for n in np.flatnonzero(waits).tolist():
            x, y = trucks.of("position.x")[n], trucks.of("position.y")[n]
            cell = int(x // CELL_M), int(y // CELL_M)
            now[cell] = now.get(cell, 0.0) + dt_s

    def refresh(self, at_ms: int) -> None:
        """Bring the rows up to date."""
        self._gates()
        cells: Counter[tuple[int, int]] = Counter()
        for part in self._heat:
            cells.update(part)
        self._tables.replace("heat", {f"{x}:{y}": {"w": round(w)} for (x, y), w in cells.items() if w >= 1})
        self._tables.replace("kpi", {k: self._figure(*v) for k, v in self._figures(at_ms).items()})

    @staticmethod
    def _figure(value: float, unit: str, plan: float | None = None) -> dict[str, object]:
        return {"value": round(float(value), 3), "unit": unit, "plan": plan}

    def _figures(self, at_ms: int) -> dict[str, tuple]:
        core, trucks = self._core, self._catalogue["truck"]
        cranes = core.scenario.terminal.quay_cranes
        rates = {c.id: self._work.rate(c.id, at_ms) for c in cranes}
        with_work = [c for c in cranes if self._has_work(c.id, at_ms)]
        plan = sum(3600.0 / c.cycle_s_mean for c in with_work)
        kwh = float(np.nansum(trucks.of("battery.energy_used") - trucks.of("battery.energy_recovered")))
        rows = self._tables.rows.get("trucks", {})
        ours = [r for r in rows.values() if not r["visitor"]]
        causes = Counter(r["why"]["code"] for r in ours)
        phases = Counter(r["phase"] for r in ours)
        waiting = sum(n for code, n in causes.items() if code not in ("none", "handover"))
        late = sum(r["late"] for r in self._tables.rows.get("jobs", {}).values())
        out: dict[str, tuple] = {
            "moves_per_h": (sum(rates.values()), "1/h", plan),
            "boxes_done": (core.board.jobs_done, ""),
            "boxes_total": (core.board.jobs_total, ""),
            "kwh_per_box": (kwh / max(core.board.jobs_done, 1), "kWh"),
            "crane_wait_share": (self._crane_s[1] / max(self._crane_s[0], 1e-9), "%"),
            "truck_empty_share": (self._driven_s[0] / max(self._driven_s.sum(), 1e-9), "%"),
            "trucks_working": (sum(r["job"] is not None for r in ours), ""),
            "trucks_waiting": (waiting, ""),
            "late": (late, ""),
            "plans_per_s": (self._plan_rate(at_ms), "1/s"),
        }
        out |= {f"wait:{code}": (n, "") for code, n in sorted(causes.items()) if code != "none"}
        out |= {f"phase:{phase}": (n, "") for phase, n in sorted(phases.items())}
        out |= {f"crane:{c.id}": (rates[c.id], "1/h", 3600.0 / c.cycle_s_mean) for c in with_work}
        return out

    def _has_work(self, crane: str, at_ms: int) -> bool:
        """Whether a crane has something to do now: it counts for the plan."""
        queue = self._core.board.queues.get(crane)
        return queue is not None and queue.next_unit() is not None and queue.start_ms[queue.head] <= at_ms

    def _plan_rate(self, at_ms: int) -> float:
        self._plans.append((at_ms, self._core.plans_count))
        (first_ms, first), (last_ms, last) = self._plans[0], self._plans[-1]
        return 1000.0 * (last - first) / max(last_ms - first_ms, 1)

    # -- gates --------------------------------------------------------------------------------------------------

    def _gates(self) -> None:
        group = self._catalogue.groups.get("gate")
        if group is None:
            return
        rows = {name: {"queue": int(q), "inside": int(i), "admitted": int(a)} for name, q, i, a in zip(
            group.devices, group.of("queue"), group.of("inside"), group.of("admitted"), strict=True
        )}  # fmt: skip
        self._tables.replace("gates", rows)
