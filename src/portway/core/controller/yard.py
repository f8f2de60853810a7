"""Yard cranes: which truck is served next, and where an idle crane waits.

Our trucks come before road trucks, and loads (a quay crane waits for them) before the rest; then by arrival.
"""

from portway.core.commands import GantryTo, StartHandover
from portway.core.controller.driving import go_to_leg, hold, make_way, want_place
from portway.core.controller.state import Mission, Phase, State
from portway.core.model.work import MoveKind

NO_CRANE_MS = 600_000


class YardService:
    """Serves trucks at the blocks; each crane serves one truck at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cranes: dict[str, list[str]] = {}
        for crane in sorted(state.scenario.terminal.yard_cranes, key=lambda c: c.id):
            self._cranes.setdefault(crane.block, []).append(crane.id)
        self._bay = {c.id: c.bay_start for c in state.scenario.terminal.yard_cranes}
        self._machine = {c.id: c for c in state.scenario.terminal.yard_cranes}
        self._pitch_m = {b.id: b.bay_pitch_m for b in state.scenario.terminal.blocks}
        self._busy: dict[str, bool] = {}
        self.ways_made = 0  # trucks sent out of somebody's way
        self._waiting: dict[str, list[tuple[tuple[bool, int], int, str]]] = {block: [] for block in self._cranes}

    def start_leg(self, mission: Mission) -> None:
        """Send a truck to the place of its yard leg, or let it wait for one."""
        if mission.wanting_since < 0:
            mission.wanting_since = self._state.now_ms
        self._give_places(self._state.wanting_in(mission.current_leg.block))
        if mission.wanting_since >= 0:
            want_place(self._state, mission)

    def _expect(self, mission: Mission) -> None:
        """Send an idle crane to the bay where a truck is coming."""
        leg = mission.current_leg
        for crane in self._cranes[leg.block or ""]:
            if not self._busy.get(crane) and not self._waiting[leg.block or ""] and self._bay[crane] != leg.bay:
                self._bay[crane] = leg.bay
                self._state.outbox.append(GantryTo(crane, leg.bay))
                return

    def arrived(self, mission: Mission) -> None:
        """A truck stands at its place in the yard."""
        leg = mission.current_leg
        self._state.set_phase(mission, Phase.WAIT_COLLECT if leg.collect else Phase.WAIT_DELIVER)
        assert leg.block is not None
        self._waiting[leg.block].append((_urgency(mission), self._state.now_ms, mission.truck))
        self.serve(leg.block)

    def serve(self, block: str) -> None:
        """Start handovers while a crane of the block is idle and a truck waits."""
        while self._waiting[block]:
            idle = [c for c in self._cranes[block] if not self._busy.get(c)]
            if not idle:
                return
            ready = [e for e in self._waiting[block] if not self._state.missions[e[2]].paused]
            if not ready:
                return
            entry = min(ready)
            self._waiting[block].remove(entry)
            mission = self._state.missions[entry[2]]
            leg = mission.current_leg
            crane = min(idle, key=lambda c: (abs(self._bay[c] - leg.bay), c))
            self._busy[crane] = mission.serving = True
            assert mission.unit is not None
            mission.unit.begun = True
            mission.served_by = crane
            self._look_ahead(mission, crane, block)
            self._bay[crane] = leg.bay
            self._state.set_phase(mission, Phase.HANDOVER)
            self._state.outbox.append(StartHandover(crane, mission.truck, leg.jobs, leg.collect, leg.bay))

    def _look_ahead(self, mission: Mission, crane: str, block: str) -> None:
        """A handover begins: its end is in sight, so the truck gets its slot on the road, and gives its place away."""
        state, leg, machine = self._state, mission.current_leg, self._machine[crane]
        if mission.is_visitor or not state.plans_ahead:
            return
        travel_s = abs(self._bay[crane] - leg.bay) * self._pitch_m[block] / machine.gantry_mps
        work_s = machine.cycle_s_mean if leg.collect else machine.handover_s
        hold(state, mission, state.now_ms + round(1000 * (travel_s + work_s)))
        after = mission.leg_ahead
        if after is not None and after.crane is None:
            go_to_leg(state, mission, state.book.for_leg(after))

    def handed_over(self, crane: str, block: str) -> None:
        """A handover has ended; the crane takes the next truck."""
        self._busy[crane] = False
        self.serve(block)

    def forget(self, mission: Mission) -> None:
        """A truck has lost its unit: it waits for no crane any more."""
        for block, waiting in self._waiting.items():
            self._waiting[block] = [entry for entry in waiting if entry[2] != mission.truck]

    def retry(self, wanting: list[Mission]) -> None:
        """Trucks that want a place in the yard ask again."""
        self._give_places([m for m in wanting if m.wanting_since >= 0 and m.current_leg.block is not None])

    def _give_places(self, wanting: list[Mission]) -> None:
        """Places for those who wait for one: ours first, loads before the rest, then by waiting time.

        Neighbouring places shut each other, so a place can be free and not be had. It is kept for the first who wants
        it: nobody behind him gets a place that shuts it, or he might wait for ever.
        """
        state = self._state
        kept: set[str] = set()
        for mission in sorted(wanting, key=lambda m: (_urgency(m), m.wanting_since, m.truck)):
            places = state.book.for_leg(mission.current_leg)
            if not self._go(mission, [p for p in places if p not in kept]):
                kept.update(places, *(state.claims.shut_by(p) for p in places))
            elif mission.at_place is not None:
                self.arrived(mission)
            else:
                self._expect(mission)

    def _go(self, mission: Mission, places: list[str]) -> bool:
        """Send a truck to one of some places; those who only wait there make way."""
        if go_to_leg(self._state, mission, places):
            return True
        if not make_way(self._state, places):
            return False
        self.ways_made += 1
        return go_to_leg(self._state, mission, places)


def _urgency(mission: Mission) -> tuple[bool, int]:
    """Order of trucks at a block: ours before road trucks, then by the time at which a quay crane wants the unit;
    nobody waits for the rest, so they come `NO_CRANE_MS` after they began to wait."""
    unit = mission.unit
    assert unit is not None
    if unit.kind == MoveKind.LOAD:
        return mission.is_visitor, unit.wanted_ms
    return mission.is_visitor, max(mission.wanting_since, unit.assigned_ms) + NO_CRANE_MS
