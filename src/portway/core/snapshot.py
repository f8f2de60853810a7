"""What can be seen of the core from outside: read only, for the twin, reports and the API.

Who looks through it sees the work room's own objects (units, queues, boxes), and trucks as plain tuples; nobody changes
anything here, and nothing here decides.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portway.core.controller.controller import Controller
from portway.core.controller.refusals import was_refused
from portway.core.controller.waiting import Whys, chain
from portway.core.model.phases import Phase
from portway.core.model.scenario import Scenario
from portway.core.model.work import JobOrder
from portway.core.routing.inspection import way_ahead
from portway.core.routing.traffic_map import TrafficMap
from portway.core.service import Rows, TableView
from portway.core.work.board import Board
from portway.core.work.units import Unit


class TruckNow(NamedTuple):
    """A truck of ours, or a road truck inside."""

    truck: str
    row: int  # in traffic
    is_visitor: bool
    phase: Phase
    unit: Unit | None
    leg: int  # handovers done
    place: str | None  # that it has claimed
    is_paused: bool  # by a person
    is_withdrawn: bool
    why: str  # code of what it waits for
    why_subject: str
    chain: list[str]  # who waits for whom from here


class Snapshot:
    """The core as it is when it is asked."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._state = controller, controller.state
        self.scenario: Scenario = self._state.scenario
        self.map: TrafficMap = self._state.traffic.map
        self.ours = sorted(self._state.homes)
        self.visitor_rows = controller.visitors.rows
        self.views: list[TableView] = [view for service in controller.services for view in service.views]

    @property
    def now_ms(self) -> int:
        """Instant of the last event."""
        return self._state.now_ms

    @property
    def board(self) -> Board:
        """What is to be done; to be read only."""
        return self._state.board

    @property
    def plans_count(self) -> int:
        """Plans made so far."""
        return self._state.traffic.plans_count

    def trucks(self) -> list[TruckNow]:
        """All trucks inside, by name, and why they wait."""
        state, whys = self._state, Whys(self._state)
        return [
            TruckNow(
                name, state.index[name], m.is_visitor, m.phase, m.unit, m.leg, state.claims.place_of(name),
                m.paused_by_person, m.withdrawn, *whys[name], chain(name, whys),
            )
            for name, m in sorted(state.missions.items())
        ]  # fmt: skip

    def load_of(self, truck: str) -> tuple[Phase, list[JobOrder]]:
        """What a truck is doing, and the job orders whose boxes are on it."""
        mission, delivered = self._state.missions[truck], self._state.board.delivered
        unit = mission.unit
        if unit is None or not unit.collected:
            return mission.phase, []
        return mission.phase, [j for j in unit.jobs if j.id in unit.collected and j.id not in delivered]

    def units_at_work(self) -> list[Unit]:
        """Units that a truck has."""
        return [m.unit for m in self._state.missions.values() if m.unit is not None]

    def way_ahead(self, truck: str, horizon: int) -> tuple[list[int], list[int]]:
        """Movements that a truck may drive, and up to `horizon` that it has claimed behind them."""
        return way_ahead(self._state.traffic, self._state.index[truck], horizon)

    def stands_at(self, place: str) -> str | None:
        """The truck that stands at a place that it has claimed."""
        holder = self._state.claims.holder_of(place)
        mission = self._state.missions.get(holder or "")
        return holder if mission is not None and mission.at_place == place else None

    def stop_xy(self, truck: str) -> tuple[float, float]:
        """Where a truck stands, or where the movement ends that it is on, metres."""
        x, y, _ = self.map.stop_pose[self._state.stop_of(truck)].tolist()
        return x, y

    def visitors(self) -> list[str]:
        """Road truck of each row that is kept for one, empty for none."""
        names = self._state.name[len(self.ours) :]
        return [name if name in self._state.missions else "" for name in names]

    def waiting_at_gates(self) -> dict[str, int]:
        """Road trucks before each gate."""
        return self._controller.visitors.waiting()

    def tables(self) -> Mapping[str, Rows]:
        """Tables of all services."""
        return {name: rows for service in self._controller.services for name, rows in service.tables().items()}

    def persists(self, code: str, subject: str) -> bool:
        """Whether what an alert has told is still so."""
        return self._controller.persists(code, subject)

    def places(self) -> dict[str, tuple[float, float]]:
        """Where each place is, metres."""
        poses, stops = self.map.stop_pose, self.map.stop_of_place
        return {p.id: tuple(poses[stops[p.id]][:2].tolist()) for p in self.scenario.terminal.places}


__all__: Sequence[str] = ["Snapshot", "TruckNow", "was_refused"]
