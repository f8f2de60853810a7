"""What each truck is doing and why it waits: the tables `trucks` and `ways`."""

from collections.abc import Mapping
from typing import Any

from portway.core.controller.state import Mission, Phase, State
from portway.core.controller.waiting import Why, Whys, chain
from portway.core.routing.inspection import way_ahead
from portway.twin.tables import Tables

HORIZON_STEPS = 24
DRIVING = (Phase.TO_REST, Phase.TO_COLLECT, Phase.TO_DELIVER, Phase.LEAVING)


class TruckRows:
    """Rows of our trucks and of the road trucks inside."""

    def __init__(self, state: State, tables: Tables) -> None:
        self._state, self._tables = state, tables
        poses, stops = state.traffic.map.stop_pose, state.book
        self._goal = {p.id: poses[stops.stop(p.id)][:2].round(1).tolist() for p in state.scenario.terminal.places}

    def refresh(self) -> None:
        """Bring all rows up to date."""
        missions = sorted(self._state.missions.items())
        whys = Whys(self._state)
        rows = {name: self._row(mission, whys) for name, mission in missions}
        self._tables.replace("trucks", rows)

    def _row(self, mission: Mission, whys: Mapping[str, Why]) -> dict[str, Any]:
        unit, state = mission.unit, self._state
        job = None if unit is None else unit.jobs[min(mission.leg, len(unit.jobs) - 1)]
        place = state.claims.place_of(mission.truck)
        goal = self._goal.get(place or "", [None, None])
        code, subject = whys[mission.truck]
        return {
            "phase": mission.phase.name.lower(), "job": job.id if job else None,
            "box": job.container.id if job else None, "box_ft": job.container.length_ft if job else None,
            "from": None if unit is None else _end(unit.legs[0]), "to": None if unit is None else _end(unit.legs[-1]),
            "place": place, "unit_state": unit.state.name.lower() if unit else None,
            "why": {"code": code, "subject": subject},
            "chain": chain(mission.truck, whys), "paused": mission.paused_by_person, "withdrawn": mission.withdrawn,
            "visitor": mission.is_visitor, "row": state.index[mission.truck], "goal_x": goal[0], "goal_y": goal[1],
        }  # fmt: skip

    # -- ways ---------------------------------------------------------------------------------------------------

    def ways(self) -> dict[str, dict[str, list[int]]]:
        """Movements that each truck may drive (`base`) and has claimed behind them (`horizon`), for those under way."""
        out = {}
        for name, mission in sorted(self._state.missions.items()):
            base, horizon = way_ahead(self._state.traffic, self._state.index[mission.truck], HORIZON_STEPS)
            if base or horizon:
                out[name] = {"base": base, "horizon": horizon}
        return out


def _end(leg: Any) -> str:
    return leg.crane or f"{leg.block}/{leg.bay}"
