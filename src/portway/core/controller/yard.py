"""Yard cranes: which truck is served next, and where an idle crane waits.

Our trucks come before road trucks, and loads (a quay crane waits for them) before the rest; then by arrival.
"""

from portway.core.commands import GantryTo, StartHandover
from portway.core.controller.driving import go_to_leg, want_place
from portway.core.controller.state import Mission, Phase, State
from portway.core.model.work import MoveKind


class YardService:
    """Serves trucks at the blocks; each crane serves one truck at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cranes: dict[str, list[str]] = {}
        for crane in sorted(state.scenario.terminal.yard_cranes, key=lambda c: c.id):
            self._cranes.setdefault(crane.block, []).append(crane.id)
        self._bay = {c.id: c.bay_start for c in state.scenario.terminal.yard_cranes}
        self._busy: dict[str, bool] = {}
        self._waiting: dict[str, list[tuple[int, int, str]]] = {block: [] for block in self._cranes}

    def start_leg(self, mission: Mission) -> None:
        """Send a truck to the place of its yard leg, or let it wait for one."""
        if not go_to_leg(self._state, mission, self._state.book.for_leg(mission.current_leg)):
            want_place(self._state, mission)
            return
        if mission.at_place is not None:
            self.arrived(mission)
        else:
            self._expect(mission)

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
        assert mission.unit is not None
        urgency = 2 if mission.is_visitor else 0 if mission.unit.kind == MoveKind.LOAD else 1
        self._waiting[leg.block].append((urgency, self._state.now_ms, mission.truck))
        self.serve(leg.block)

    def serve(self, block: str) -> None:
        """Start handovers while a crane of the block is idle and a truck waits."""
        while self._waiting[block]:
            idle = [c for c in self._cranes[block] if not self._busy.get(c)]
            if not idle:
                return
            entry = min(self._waiting[block])
            self._waiting[block].remove(entry)
            mission = self._state.missions[entry[2]]
            leg = mission.current_leg
            crane = min(idle, key=lambda c: (abs(self._bay[c] - leg.bay), c))
            self._busy[crane] = mission.serving = True
            self._bay[crane] = leg.bay
            self._state.set_phase(mission, Phase.HANDOVER)
            self._state.outbox.append(StartHandover(crane, mission.truck, leg.jobs, leg.collect, leg.bay))

    def handed_over(self, crane: str, block: str) -> None:
        """A handover has ended; the crane takes the next truck."""
        self._busy[crane] = False
        self.serve(block)

    def retry(self, wanting: list[Mission]) -> None:
        """Trucks that want a place in the yard ask again: ours first, then by waiting time."""
        here = [m for m in wanting if m.wanting_since >= 0 and m.current_leg.block is not None]
        for mission in sorted(here, key=lambda m: (m.is_visitor, m.wanting_since, m.truck)):
            if go_to_leg(self._state, mission, self._state.book.for_leg(mission.current_leg)):
                if mission.at_place is not None:
                    self.arrived(mission)
                else:
                    self._expect(mission)
