"""The terminal behind the ports: cranes, road trucks and timers on a clock that jumps."""

from collections.abc import Collection, Sequence

from portway.core.commands import (
    AdmitRoadTruck,
    Command,
    ExtendBase,
    GantryTo,
    JobOrderDone,
    PrepareMove,
    RoadTruckLeft,
    SetTimer,
    StartHandover,
)
from portway.core.events import Event, RoadTruckCame, TimerFired
from portway.core.model.scenario import Scenario
from portway.core.model.work import JobOrder, MoveKind
from portway.core.routing.traffic_map import TrafficMap
from portway.sim.cranes import Agenda, make_cranes
from portway.sim.road_trucks import SimRoadTrucks
from portway.sim.trucks import SimTrucks

ROAD_KINDS = (MoveKind.RECEIVE, MoveKind.DELIVER)


class SimWorld:
    """Answers commands with events."""

    def __init__(
        self, scenario: Scenario, seed: int, trucks: SimTrucks | None = None, linked: Collection[str] = (),
        live: TrafficMap | None = None,
    ) -> None:  # fmt: skip
        """`trucks` drive here; without them they are of steel. `linked` cranes are real ones: what they are told and
        what they report does not come from here. With the map of a `live` terminal road trucks drive on it by
        themselves, and come when they are expected (`expect`)."""
        self.trucks, self._linked = trucks, frozenset(linked)
        self._road_trucks = None if live is None else SimRoadTrucks(live)
        self._own = {t.id for t in scenario.fleet.trucks}
        self._gates = {g.id: g for g in scenario.terminal.gates}
        self._agenda = Agenda()
        self.quay_cranes, self.yard_cranes = make_cranes(scenario.terminal, seed, self._agenda)
        self.done: list[JobOrderDone] = []
        self.admitted: dict[str, str] = {}
        if scenario.policies.road_trucks and live is None:
            for job in sorted(scenario.work.job_orders, key=lambda j: (j.release_ms, j.id)):
                self.expect(job, 0)

    def expect(self, job: JobOrder, now_ms: int) -> None:
        """A road truck comes for a receive or deliver once that is released and the gate's inspection is over."""
        if job.kind not in ROAD_KINDS or not self._gates:
            return
        gate = self._gates[job.gate if job.gate in self._gates else min(self._gates)]
        at_ms = max(now_ms, job.release_ms) + round(1000 * gate.inspection_s)
        self._agenda.add(RoadTruckCame(at_ms, "R-" + job.id, job.gate or "", job.id))

    def tell(self, event: Event) -> None:
        """Somebody outside does something at `event.at_ms`."""
        self._agenda.add(event)

    def next_ms(self) -> int:
        """Instant of the next event."""
        drive_ms = 1 << 60 if self._road_trucks is None else self._road_trucks.next_ms()
        return min(self._agenda.next_ms(), drive_ms)

    def drive(self, until_ms: int) -> None:
        """Let trucks drive up to an instant, or until some have come to the end of their plans."""
        if self.trucks is not None:
            self.trucks.drive(until_ms)

    def take(self, now_ms: int) -> Sequence[Event]:
        """Events due now."""
        drives = [] if self._road_trucks is None else self._road_trucks.take(now_ms)
        return [*self._agenda.take(now_ms), *drives]

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Carry out commands; trucks are told in kernels what they may drive."""
        for command in commands:
            if isinstance(command, StartHandover | PrepareMove | GantryTo) and command.crane in self._linked:
                continue
            if isinstance(command, StartHandover):
                crane = self.quay_cranes.get(command.crane) or self.yard_cranes[command.crane]
                crane.hand_over(command, now_ms)
            elif isinstance(command, SetTimer):
                self._agenda.add(TimerFired(command.at_ms, command.name))
            elif isinstance(command, PrepareMove):
                self.quay_cranes[command.crane].prepare(command, now_ms)
            elif isinstance(command, GantryTo):
                self.yard_cranes[command.crane].gantry(command, now_ms)
            elif isinstance(command, JobOrderDone):
                self.done.append(command)
            elif isinstance(command, AdmitRoadTruck):
                self.admitted[command.truck] = command.gate
            if self._road_trucks is not None and isinstance(command, AdmitRoadTruck | RoadTruckLeft | ExtendBase):
                self._on_the_road(command, now_ms)

    def _on_the_road(self, command: AdmitRoadTruck | RoadTruckLeft | ExtendBase, now_ms: int) -> None:
        """What is said to road trucks; those that were inside before a restart are known by their way."""
        assert self._road_trucks is not None
        if not isinstance(command, ExtendBase) or command.truck not in self._own:
            self._road_trucks.apply(command, now_ms)
