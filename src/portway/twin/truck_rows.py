"""What each truck is doing and why it waits: the tables `trucks` and `ways`."""

from typing import Any

from portway.core.snapshot import Snapshot, TruckNow
from portway.twin.tables import Tables

HORIZON_STEPS = 24


class TruckRows:
    """Rows of our trucks and of the road trucks inside."""

    def __init__(self, core: Snapshot, tables: Tables) -> None:
        self._core, self._tables = core, tables
        self._goal = {name: [round(x, 1), round(y, 1)] for name, (x, y) in core.places().items()}

    def refresh(self) -> None:
        """Bring all rows up to date."""
        self._tables.replace("trucks", {truck.truck: self._row(truck) for truck in self._core.trucks()})

    def _row(self, truck: TruckNow) -> dict[str, Any]:
        unit = truck.unit
        job = None if unit is None else unit.jobs[min(truck.leg, len(unit.jobs) - 1)]
        goal = self._goal.get(truck.place or "", [None, None])
        return {
            "phase": truck.phase.name.lower(), "job": job.id if job else None,
            "box": job.container.id if job else None, "box_ft": job.container.length_ft if job else None,
            "from": None if unit is None else _end(unit.legs[0]), "to": None if unit is None else _end(unit.legs[-1]),
            "place": truck.place, "unit_state": unit.state.name.lower() if unit else None,
            "why": {"code": truck.why, "subject": truck.why_subject},
            "chain": truck.chain, "paused": truck.is_paused, "withdrawn": truck.is_withdrawn,
            "visitor": truck.is_visitor, "row": truck.row, "goal_x": goal[0], "goal_y": goal[1],
        }  # fmt: skip

    # -- ways ---------------------------------------------------------------------------------------------------

    def ways(self) -> dict[str, dict[str, list[int]]]:
        """Movements that each truck may drive (`base`) and has claimed behind them (`horizon`), for those under way."""
        out = {}
        for name in self._tables.rows.get("trucks", {}):
            base, horizon = self._core.way_ahead(name, HORIZON_STEPS)
            if base or horizon:
                out[name] = {"base": base, "horizon": horizon}
        return out


def _end(leg: Any) -> str:
    return leg.crane or f"{leg.block}/{leg.bay}"
