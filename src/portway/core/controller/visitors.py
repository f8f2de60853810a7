"""Road trucks: admitted through the gate, led to their place, and out again. Tracked, not controlled.

They use the same roads under the same order of passage (their right of way is shown to them), but drive as they like
within it: slower than planned, which the table learns as it happens.
"""

from portway.core.commands import AdmitRoadTruck, Alert, RoadTruckLeft
from portway.core.controller.state import Mission, Phase, State
from portway.core.events import RoadTruckCame, RoadTruckEvent
from portway.core.model.layout import Gate
from portway.core.model.work import JobOrder
from portway.core.service import Service
from portway.core.work.change import ROAD_KINDS
from portway.core.work.units import Unit, UnitState

STAY_MS = 3_000


class Visitors(Service[RoadTruckEvent]):
    """Rows of the traffic table kept for road trucks, and the queues before the gates."""

    takes = (RoadTruckCame,)

    def __init__(self, state: State, rows: int) -> None:
        self._state = state
        self.rows = rows
        first = len(state.homes)
        self._free_rows = list(range(first, first + rows))
        self._gone: list[tuple[int, int]] = []  # (row usable from, row)
        self._gates: dict[str, Gate] = {g.id: g for g in state.scenario.terminal.gates}
        self._queues: dict[str, list[tuple[str, str]]] = {g: [] for g in sorted(self._gates)}
        self._exit_wanted: list[str] = []
        self.visits: list[tuple[str, int, int, int, int]] = []  # truck, row, from_ms, to_ms, stop of entry
        self.inside: dict[str, tuple[int, int]] = {}  # from_ms, stop of entry

    def on(self, event: RoadTruckEvent) -> None:
        """A road truck joins the queue before its gate; one whose job order is not there to be done is turned away."""
        unit = self._state.board.unit_of_job.get(event.job_order)
        if unit is None or unit.kind not in ROAD_KINDS or unit.state != UnitState.OPEN or self._waits(event.job_order):
            self._state.outbox.append(Alert("road_truck_turned_away", event.truck, event.job_order))
            return
        gate = event.gate if event.gate in self._queues else min(self._queues, key=lambda g: (len(self._queues[g]), g))
        self._queues[gate].append((event.truck, event.job_order))

    def expected(self) -> list[JobOrder]:
        """Job orders whose road truck has not come yet, by release."""
        units = [u for u in self._state.board.units.values() if u.kind in ROAD_KINDS and u.state == UnitState.OPEN]
        jobs = [job for unit in units for job in unit.jobs if not self._waits(job.id)]
        return sorted(jobs, key=lambda job: (job.release_ms, job.id))

    def _waits(self, job: str) -> bool:
        return any(job == other for queue in self._queues.values() for _, other in queue)

    def may_enter(self, gate: str) -> str:
        """The first truck before a gate whose job order can be done now; empty for none, or while no row is free."""
        board = self._state.board
        ready = (truck for truck, job in self._queues[gate] if board.collectable(board.unit_of_job[job]))
        return next(ready, "") if self._free_rows else ""

    def waiting(self) -> dict[str, int]:
        """Road trucks before each gate."""
        return {gate: len(queue) for gate, queue in self._queues.items()}

    def turn_away(self, job: str) -> None:
        """A job order is not to be done: its road truck, if it waits before the gate, cannot come in."""
        for gate, queue in self._queues.items():
            for truck in [truck for truck, other in queue if other == job]:
                self._state.outbox.append(Alert("road_truck_turned_away", truck, job))
            self._queues[gate] = [entry for entry in queue if entry[1] != job]

    def admit(self) -> list[Mission]:
        """Let in whom the gates can take now; returns the missions that begin."""
        while self._gone and self._gone[0][0] <= self._state.now_ms:
            self._free_rows.append(self._gone.pop(0)[1])
        began = []
        for gate_id, queue in self._queues.items():
            place = self._gates[gate_id].place_in
            stop = self._state.book.stop(place)
            if not queue or not self._free_rows or not self._state.traffic.placeable(stop):
                continue
            board = self._state.board
            units = [board.unit_of_job[job] for _, job in queue]
            waiting = next((i for i, unit in enumerate(units) if board.collectable(unit)), None)
            if waiting is None or not self._state.claims.grantable(queue[waiting][0], place):
                continue
            began.append(self._enter(queue.pop(waiting)[0], units[waiting], gate_id, place, stop))
        return began

    def _enter(self, truck: str, unit: Unit, gate: str, place: str, stop: int) -> Mission:
        state, row = self._state, self._free_rows.pop(0)
        unit.move_to(UnitState.ASSIGNED)
        unit.assigned_ms = state.now_ms
        mission = Mission(truck, is_visitor=True)
        mission.unit, unit.truck, mission.at_place = unit, truck, place
        state.index[truck], state.name[row] = row, truck
        state.missions[truck] = mission
        state.traffic.place(row, stop, loaded=not unit.legs[0].collect)
        state.claims.claim(truck, place)
        if not unit.legs[0].collect:
            unit.move_to(UnitState.COLLECTED)
            unit.begun = True
            unit.collected = {j.id: (state.now_ms, place) for j in unit.jobs}
        self.inside[truck] = (state.now_ms, stop)
        state.phase_log.append((state.now_ms, truck, Phase.TO_COLLECT))
        state.outbox.append(AdmitRoadTruck(truck, gate))
        return mission

    def leave(self, mission: Mission) -> None:
        """Lead a truck to the exit; tried again later when there is no plan now."""
        state, gate = self._state, self._gates[self._nearest_exit(mission)]
        if state.traffic.send_away(state.index[mission.truck], state.book.stop(gate.place_out), STAY_MS) < 0:
            if mission.truck not in self._exit_wanted:
                self._exit_wanted.append(mission.truck)
            state.try_again()
            return
        if mission.truck in self._exit_wanted:
            self._exit_wanted.remove(mission.truck)
        mission.at_place = None
        state.claims.free(mission.truck)
        state.places_freed = True
        state.set_phase(mission, Phase.LEAVING)

    def _nearest_exit(self, mission: Mission) -> str:
        state = self._state
        start = state.stop_of(mission.truck)
        out = {g: state.book.stop(gate.place_out) for g, gate in self._gates.items()}
        return min(out, key=lambda g: (state.traffic.drive_ms(start, out[g], False), g))

    def retry(self) -> None:
        """Trucks that found no way out ask again."""
        for truck in list(self._exit_wanted):
            self.leave(self._state.missions[truck])

    def gone(self, mission: Mission) -> None:
        """A truck stands at the exit: it leaves the terminal."""
        state = self._state
        row = state.index.pop(mission.truck)
        state.traffic.gone(row)
        since, entry = self.inside.pop(mission.truck)
        self.visits.append((mission.truck, row, since, state.now_ms + STAY_MS, entry))
        self._gone.append((state.now_ms + STAY_MS + 1, row))
        del state.missions[mission.truck]
        unit = mission.unit
        assert unit is not None
        if unit.state == UnitState.COLLECTED:  # a delivered import: the box leaves with its truck
            unit.move_to(UnitState.DONE)
            state.finish_job(unit, unit.id, mission.truck, mission.at_place or "")
        state.outbox.append(RoadTruckLeft(mission.truck, unit.id))
