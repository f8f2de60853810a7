"""What each truck is doing and why it waits: the tables `trucks` and `ways`.

Who waits for whom is read from where the answer lies: a truck held on the road waits for the holder of the resource
that it lacks (`T_BLOCKED`), one without a place for the trucks that have the places of its leg, one at its place for
its crane.
"""

from typing import Any

from portway.core.controller.state import Mission, Phase, State
from portway.core.kernels import columns as c
from portway.twin.tables import Tables

CHAIN_MAX = 12
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
        whys = {name: self._why(mission) for name, mission in missions}
        rows = {name: self._row(mission, whys) for name, mission in missions}
        self._tables.replace("trucks", rows)

    def _row(self, mission: Mission, whys: dict[str, tuple[str, str]]) -> dict[str, Any]:
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
            "chain": self._chain(mission.truck, whys), "paused": mission.paused, "withdrawn": mission.withdrawn,
            "visitor": mission.is_visitor, "row": state.index[mission.truck], "goal_x": goal[0], "goal_y": goal[1],
        }  # fmt: skip

    # -- why it waits -------------------------------------------------------------------------------------------

    def _why(self, mission: Mission) -> tuple[str, str]:
        """Code and subject of what a truck waits for; `none` when it does not wait."""
        if mission.paused:
            return "paused", ""
        if mission.truck in self._state.astray:
            return "closed_road", ""
        if mission.serving or mission.phase == Phase.HANDOVER:
            return "handover", mission.served_by
        if mission.phase in (Phase.WAIT_COLLECT, Phase.WAIT_DELIVER):
            return "crane", self._crane_of(mission)
        row = self._state.traffic.trucks[self._state.index[mission.truck]]
        if not row[c.T_MOVING] and row[c.T_STEP] + 1 < row[c.T_END] and row[c.T_BLOCKED] >= 0:
            return "traffic", self._holder(int(row[c.T_BLOCKED]), self._state.index[mission.truck])
        if mission.phase == Phase.WAIT_PLACE or mission.wanting_since >= 0:
            return "place", self._place_holder(mission)
        return "none", ""

    def _crane_of(self, mission: Mission) -> str:
        leg = mission.current_leg if mission.unit is not None else None
        if leg is None or leg.crane is not None:
            return "" if leg is None else leg.crane or ""
        cranes = [y.id for y in self._state.scenario.terminal.yard_cranes if y.block == leg.block]
        return cranes[0] if cranes else ""

    def _holder(self, resource: int, own: int) -> str:
        """The truck whose turn comes first on a resource."""
        traffic = self._state.traffic
        for use in traffic.uses[resource, : int(traffic.count[resource])]:
            if int(use[c.WHO]) != own:
                return self._state.name[int(use[c.WHO])]
        return ""

    def _place_holder(self, mission: Mission) -> str:
        """A truck that has a place of this truck's leg."""
        if mission.unit is None:
            return ""
        leg = mission.current_leg
        for place in self._state.book.for_leg(leg):
            for taken in (place, *self._state.claims.shut_by(place)):
                holder = self._state.claims.holder_of(taken)
                if holder is not None and holder != mission.truck:
                    return holder
        return leg.crane or ""

    def _chain(self, truck: str, whys: dict[str, tuple[str, str]]) -> list[str]:
        """Who waits for whom, from this truck on."""
        found: list[str] = []
        while truck in whys and whys[truck][1] and len(found) < CHAIN_MAX:
            truck = whys[truck][1]
            if truck in found:
                break
            found.append(truck)
        return found

    # -- ways ---------------------------------------------------------------------------------------------------

    def ways(self) -> dict[str, dict[str, list[int]]]:
        """Movements that each truck may drive (`base`) and has claimed behind them (`horizon`), for those under way."""
        traffic, out = self._state.traffic, {}
        for name, mission in sorted(self._state.missions.items()):
            n = self._state.index[mission.truck]
            row = traffic.trucks[n]
            first = int(row[c.T_STEP]) + (0 if row[c.T_MOVING] else 1)
            granted, end = int(row[c.T_GRANTED]), int(row[c.T_END])
            if first < end:
                steps = traffic.plan_mv[n]
                out[name] = {
                    "base": [int(steps[s % c.RING]) for s in range(first, granted + 1)],
                    "horizon": [int(steps[s % c.RING]) for s in range(granted + 1, min(end, granted + HORIZON_STEPS))],
                }
        return out


def _end(leg: Any) -> str:
    return leg.crane or f"{leg.block}/{leg.bay}"
