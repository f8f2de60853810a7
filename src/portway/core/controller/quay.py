"""Quay cranes: who may come under the crane, in which order, and when a handover starts.

Places are given in the order of the crane's queue and only to trucks whose unit is next without a place. Discharges are
interchangeable until the box is on a truck, so the nearest truck bound for a discharge of this crane takes the next box
and the units are exchanged. A load waits for its own truck: later loads stay in their buffers, which costs nothing,
since the crane could not take them before.
"""

from portway.core.commands import PrepareMove, StartHandover
from portway.core.controller.driving import go_to_leg
from portway.core.controller.state import Mission, Phase, State
from portway.core.dispatch.board import CraneQueue
from portway.core.dispatch.units import Unit, UnitState
from portway.core.model.work import MoveKind

LOOK_AHEAD = 4  # units from the head on that may have a place at once


class QuayService:
    """Serves the queues of all quay cranes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._placed: set[str] = set()  # units whose truck has a claim under the crane
        self.exchanges = 0

    def prepare(self, queue: CraneQueue) -> None:
        """Tell the crane to get ready for its next unit once that may start."""
        unit = queue.next_unit()
        if unit is None or queue.prepared or queue.serving:
            return
        start = queue.start_ms[queue.head]
        if start > self._state.now_ms:
            self._state.set_timer(start, "crane:" + queue.crane)
            return
        queue.prepared = True
        discharge = unit.kind == MoveKind.DISCHARGE
        dual = queue.last_was_load and discharge
        self._state.outbox.append(PrepareMove(queue.crane, unit.id, unit.bay, discharge, dual))

    def give_places(self, queue: CraneQueue) -> None:
        """Give places under the crane in the order of service, as far as trucks and places allow."""
        for unit in queue.window(LOOK_AHEAD):
            if unit.id in self._placed:
                continue
            mission = self._truck_for(queue, unit)
            if mission is None:
                return
            if mission.unit is not unit:
                self.exchange(mission, unit)
            if not go_to_leg(self._state, mission, self._state.book.for_leg(mission.current_leg)):
                return
            self._placed.add(unit.id)
            if mission.at_place is not None:
                self.arrived(mission)

    def _truck_for(self, queue: CraneQueue, unit: Unit) -> Mission | None:
        """The truck that shall take the next place: the load's own one, or the nearest bound for a discharge here."""
        missions = self._state.missions
        if unit.kind == MoveKind.LOAD:
            mission = missions.get(unit.truck or "")
            ready = mission is not None and mission.unit is unit and mission.current_leg.crane == queue.crane
            return mission if ready else None
        bound = [
            m for m in self._state.wanting()
            if m.unit and m.unit.crane == queue.crane and m.unit.kind == MoveKind.DISCHARGE and m.leg == 0
        ]  # fmt: skip
        if not bound:
            return None
        goal = self._state.book.stop(self._state.book.for_leg(unit.legs[0])[0])
        drive = self._state.traffic.drive_ms
        return min(bound, key=lambda m: (drive(self._state.stop_of(m.truck), goal, False), m.truck))

    def exchange(self, mission: Mission, unit: Unit) -> None:
        """Give `unit` to the truck of `mission`; its former truck, if any, gets the other one's unit."""
        self.exchanges += 1
        mine, other = mission.unit, unit.truck
        assert mine is not None
        assert mine.state == UnitState.ASSIGNED
        if other is None:
            unit.move_to(UnitState.ASSIGNED)
            mine.move_to(UnitState.OPEN)
            mine.truck = None
        else:
            self._state.missions[other].unit = mine
            mine.truck = other
        mission.unit, unit.truck = unit, mission.truck
        unit.assigned_ms = self._state.now_ms

    def arrived(self, mission: Mission) -> None:
        """A truck stands under its crane."""
        leg = mission.current_leg
        self._state.set_phase(mission, Phase.WAIT_COLLECT if leg.collect else Phase.WAIT_DELIVER)
        assert leg.crane is not None
        self.hand_over(self._state.board.queues[leg.crane])

    def hand_over(self, queue: CraneQueue) -> None:
        """Start the handover of the head unit if the crane is ready and a truck stands at the place."""
        unit = queue.next_unit()
        if unit is None or not queue.ready or queue.serving:
            return
        mission = self._standing_for(queue, unit)
        if mission is None:
            return
        if mission.unit is not unit:
            self.exchange(mission, unit)
        queue.serving = mission.serving = True
        self._state.set_phase(mission, Phase.HANDOVER)
        leg = mission.current_leg
        self._state.outbox.append(StartHandover(queue.crane, mission.truck, leg.jobs, leg.collect, leg.bay))

    def _standing_for(self, queue: CraneQueue, unit: Unit) -> Mission | None:
        """The unit's truck if it stands in place, or for a discharge another one that stands at the same bay."""
        candidates = [unit, *(u for u in queue.window(LOOK_AHEAD) if u.id in self._placed)]
        for other in candidates:
            mission = self._state.missions.get(other.truck or "")
            if mission is None or mission.unit is not other or mission.at_place is None or mission.wanting_since >= 0:
                continue
            same = other is unit or (unit.kind == other.kind == MoveKind.DISCHARGE and other.bay == unit.bay)
            if same and mission.current_leg.crane == queue.crane:
                return mission
        return None

    def handed_over(self, queue: CraneQueue, unit: Unit) -> None:
        """The head unit's handover has ended: the crane goes on to the next one."""
        assert queue.next_unit() is unit, f"{queue.crane} served {unit.id} out of sequence"
        self._placed.discard(unit.id)
        queue.advance()
        self.prepare(queue)
