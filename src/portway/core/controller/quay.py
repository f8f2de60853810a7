"""Quay cranes: who may come under the crane, in which order, and when a handover starts.

Places are given in the order of the crane's queue and only to trucks whose unit is next without a place. Discharges are
interchangeable until the box is on a truck, so the nearest truck bound for a discharge of this crane takes the next box
and the units are exchanged. A load waits for its own truck: later loads stay in their buffers, which costs nothing,
since the crane could not take them before.
"""

from portway.core.commands import Alert, PrepareMove, StartHandover
from portway.core.controller.crane_pace import CranePace
from portway.core.controller.driving import go_to_leg, hold, step_aside, want_place
from portway.core.controller.state import Mission, Phase, State
from portway.core.events import CraneReady
from portway.core.model.work import MoveKind
from portway.core.work.board import CraneQueue
from portway.core.work.units import Unit, UnitState

LOOK_AHEAD = 4  # units from the head on that may have a place at once


class QuayService:
    """Serves the queues of all quay cranes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._placed = state.board.placed
        cranes = sorted(c.id for c in state.scenario.terminal.quay_cranes)
        self.pace = {c: CranePace(state.scenario.terminal, c) for c in cranes}
        self._next: dict[str, tuple[tuple[int, int], set[str]]] = {}  # by crane: its queue's state and `_next_places`
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
        queue.asked[unit.id] = queue.asked.get(unit.id, 0) + 1
        discharge = unit.kind == MoveKind.DISCHARGE
        unit.begun = unit.begun or discharge  # the box may be off the ship before a truck is there
        dual = queue.last_was_load and discharge
        self._state.outbox.append(PrepareMove(queue.crane, unit.id, unit.bay, discharge, dual))
        self.pace[queue.crane].prepare(unit, self._state.now_ms)
        self._look_ahead(queue, unit)

    def crane_ready(self, event: CraneReady) -> None:
        """A crane has got ready; an answer for a unit that was taken from the queue meanwhile says nothing, and one
        that nobody asked for is told to a person."""
        queue = self._state.board.queues[event.crane]
        if event.unit not in queue.asked:
            told = "it was not told to prepare it, or has said so before"
            self._state.outbox.append(Alert("crane_unexpected", event.crane, f"ready for {event.unit}: {told}"))
            return
        queue.asked[event.unit] -= 1
        if not queue.asked[event.unit]:
            del queue.asked[event.unit]
        unit = queue.next_unit()
        if unit is not None and queue.prepared and unit.id == event.unit:
            queue.ready, queue.ready_ms = True, event.at_ms
            self.hand_over(queue)

    def start_leg(self, mission: Mission) -> None:
        """Send a truck to its quay crane, or let it wait for a place there."""
        if mission.wanting_since < 0:
            mission.wanting_since = self._state.now_ms
        self.give_places(self._state.board.queues[mission.current_leg.crane or ""])
        if mission.wanting_since >= 0:
            want_place(self._state, mission)

    def _look_ahead(self, queue: CraneQueue, unit: Unit) -> None:
        """The crane is getting ready for a unit: the truck that stands there for it may plan its way on."""
        mission = self._standing_for(queue, unit)
        if mission is None or mission.ahead is not None or not self._state.plans_ahead:
            return
        if mission.unit is not unit:
            self.exchange(mission, unit)
        pace = self.pace[queue.crane]
        hold(self._state, mission, max(pace.ready_ms, self._state.now_ms) + pace.handover_ms)
        leg = mission.leg_ahead
        if leg is None or not go_to_leg(self._state, mission, self._state.book.for_leg(leg)):
            step_aside(self._state, mission)

    def give_places(self, queue: CraneQueue) -> None:
        """Give places under the crane in the order of service, as far as trucks and places allow. While the truck of an
        earlier unit is not ready, later ones may come, but a place is kept for it."""
        waits: list[Unit] = []
        for unit in queue.window(LOOK_AHEAD):
            if unit.id in self._placed:
                continue
            mission = self._truck_for(queue, unit)
            if mission is None or not self._give(queue, unit, mission, self._spare(queue, waits, self._places(unit))):
                waits.append(unit)
                if mission is not None and unit is queue.next_unit():
                    self._make_room(queue, unit)

    def _make_room(self, queue: CraneQueue, head: Unit) -> None:
        """The truck of the head has lost its place, say because another truck had to take over, and those behind it
        have all places: the last of them that can goes aside and waits for a place again."""
        claims, behind = self._state.claims, [u for u in queue.window(LOOK_AHEAD)[1:] if u.id in self._placed]
        trucks = {u.truck for u in behind}
        if not all(trucks & {claims.holder_of(q) for q in (p, *claims.shut_by(p))} for p in self._places(head)):
            return
        for unit in reversed(behind):
            mission = self._state.missions[unit.truck or ""]
            if not (mission.serving or mission.held or mission.paused):
                self._placed.discard(unit.id)
                want_place(self._state, mission)
                return

    def _give(self, queue: CraneQueue, unit: Unit, mission: Mission, places: list[str]) -> bool:
        """Send the truck of a unit to one of some places; False if none can be had now."""
        if not self._state.claims.grantable_among(mission.truck, places):
            return False
        if mission.unit is not unit:
            self.exchange(mission, unit)
        if not go_to_leg(self._state, mission, places):
            return False
        self._placed.add(unit.id)
        if mission.at_place is not None and not mission.held:
            self.arrived(mission)
        return True

    def _spare(self, queue: CraneQueue, waits: list[Unit], places: list[str]) -> list[str]:
        """Those of some places that neither take the last place of a unit that is served before and has none yet, nor
        shut what other cranes need."""
        if not waits:
            return places
        kept = [[p for p in self._places(unit) if self._kept_free(queue, p, unit)] for unit in waits]
        others = [self._next_places(other) for other in self._state.board.queues.values() if other is not queue]
        spare = []
        for place in places:
            shut = {place, *self._state.claims.shut_by(place)}
            if all(map(shut.isdisjoint, others)) and not any(shut.issuperset(own) for own in kept):
                spare.append(place)
        return spare

    def _places(self, unit: Unit) -> list[str]:
        """Places at which a unit's handover with its quay crane can take place."""
        assert unit.quay_leg is not None
        return self._state.book.for_leg(unit.quay_leg)

    def _next_places(self, queue: CraneQueue) -> set[str]:
        """All places of the units that a crane serves next."""
        now = queue.head, queue.version
        at, places = self._next.get(queue.crane, ((-1, 0), set()))
        if at != now:
            places = {p for unit in queue.window(LOOK_AHEAD) for p in self._places(unit)}
            self._next[queue.crane] = now, places
        return places

    def _kept_free(self, queue: CraneQueue, place: str, unit: Unit) -> bool:
        """Whether a unit can get a place, now or when those served before it have left."""
        claims, board = self._state.claims, self._state.board
        before = set(queue.units[queue.head : queue.units.index(unit, queue.head)])
        stay = {board.units[u].truck for u in self._placed if board.units[u] not in before}
        return stay.isdisjoint(claims.holder_of(p) for p in (place, *claims.shut_by(place)))

    def _truck_for(self, queue: CraneQueue, unit: Unit) -> Mission | None:
        """The truck that shall take the next place: the load's own one, or the nearest bound for a discharge here."""
        missions = self._state.missions
        if unit.kind == MoveKind.LOAD:
            mission = missions.get(unit.truck or "")
            if mission is None or mission.unit is not unit or mission.leg_ahead is None or mission.paused:
                return None
            return mission if mission.leg_ahead.crane == queue.crane else None
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
        self._state.deals += 1
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
        if (unit.id in self._placed) != (mine.id in self._placed):  # the places belong to the trucks
            self._placed ^= {unit.id, mine.id}

    def arrived(self, mission: Mission) -> None:
        """A truck stands under its crane."""
        leg = mission.current_leg
        self._state.set_phase(mission, Phase.WAIT_COLLECT if leg.collect else Phase.WAIT_DELIVER)
        assert leg.crane is not None
        queue = self._state.board.queues[leg.crane]
        unit = queue.next_unit()
        if queue.prepared and not queue.serving and unit is not None:
            self._look_ahead(queue, unit)
        self.hand_over(queue)

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
        mission.served_by = queue.crane
        hold(self._state, mission, self._state.now_ms + self.pace[queue.crane].handover_ms)
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
            if mission.paused and mission.held:
                return None  # its way on is planned for this very handover
            if mission.paused:
                continue
            same = other is unit or (unit.kind == other.kind == MoveKind.DISCHARGE and other.bay == unit.bay)
            if same and mission.current_leg.crane == queue.crane:
                return mission
        return None

    def handed_over(self, queue: CraneQueue, unit: Unit) -> None:
        """The head unit's handover has ended: the crane goes on to the next one."""
        assert queue.next_unit() is unit, f"{queue.crane} served {unit.id} out of sequence"
        self._placed.discard(unit.id)
        self.pace[queue.crane].handed_over(unit, self._state.now_ms)
        queue.advance()
        self.prepare(queue)
