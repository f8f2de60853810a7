"""The terminal behind the ports: cranes, road trucks and timers on a clock that jumps."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from portway.core.commands import (
    AdmitRoadTruck,
    Alert,
    CancelOrder,
    Command,
    DriveTo,
    ExtendBase,
    HoldOrders,
    JobOrderAssigned,
    JobOrderDone,
    JobOrderStopped,
    PauseTruck,
    RoadTruckLeft,
    SetTimer,
)
from portway.core.events import Event, RoadTruckCame, TimerFired
from portway.core.model.scenario import Scenario
from portway.core.model.work import JobOrder, MoveKind
from portway.core.routing.traffic_map import TrafficMap
from portway.sim.cranes import SimCranes
from portway.sim.device import Agenda, Device
from portway.sim.road_trucks import SimRoadTrucks
from portway.sim.trucks import SimTrucks

ROAD_KINDS = (MoveKind.RECEIVE, MoveKind.DELIVER)
MakeDevice = Callable[[Scenario, int, Agenda], Device[Any]]  # from the scenario and the run's seed
# What is said to people, to the TOS and to trucks of steel: nothing in a simulated terminal has to follow it.
FOR_OTHERS = frozenset({
    DriveTo, ExtendBase, PauseTruck, HoldOrders, CancelOrder, AdmitRoadTruck, RoadTruckLeft, Alert, JobOrderStopped,
    JobOrderAssigned,
})  # fmt: skip


class UnknownCommand(AssertionError):
    """Something is to be done and nobody is there to do it: a defect of the composition."""


class SimWorld:
    """Answers commands with events."""

    def __init__(
        self, scenario: Scenario, seed: int, trucks: SimTrucks | None = None, linked: Collection[str] = (),
        live: TrafficMap | None = None, more: Sequence[MakeDevice] = (),
    ) -> None:  # fmt: skip
        """`trucks` drive here; without them they are of steel. `linked` cranes are real ones: what they are told and
        what they report does not come from here. With the map of a `live` terminal road trucks drive on it by
        themselves, and come when they are expected (`expect`). `more` are devices of subsystems."""
        self.trucks = trucks
        self._gates = {g.id: g for g in scenario.terminal.gates}
        self._agenda = Agenda()
        self.cranes = SimCranes(scenario.terminal, seed, self._agenda, linked)
        ours = [t.id for t in scenario.fleet.trucks]
        self._road_trucks = None if live is None else SimRoadTrucks(live, ours)
        devices: list[Device[Any]] = [self.cranes, *(make(scenario, seed, self._agenda) for make in more)]
        if self._road_trucks is not None:
            devices.append(self._road_trucks)
        self._of_command: dict[type[Command], list[Device[Any]]] = {}
        for device in devices:
            for kind in device.takes:
                self._of_command.setdefault(kind, []).append(device)
        self.done: list[JobOrderDone] = []
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
        """Carry out commands; trucks are told in kernels what they may drive.

        Raises UnknownCommand for one that no device here takes and nobody else is known to.
        """
        for command in commands:
            kind = type(command)
            for device in self._of_command.get(kind, ()):
                device.apply(command, now_ms)
            if isinstance(command, SetTimer):
                self._agenda.add(TimerFired(command.at_ms, command.name))
            elif isinstance(command, JobOrderDone):
                self.done.append(command)
            elif kind not in self._of_command and kind not in FOR_OTHERS:
                raise UnknownCommand(f"no device takes {kind.__name__}: give one to the world")
