"""The terminal behind the ports: cranes, road trucks and timers on a clock that jumps."""

from collections.abc import Collection, Sequence

from portway.core.commands import AdmitRoadTruck, Command, GantryTo, JobOrderDone, PrepareMove, SetTimer, StartHandover
from portway.core.events import Event, RoadTruckCame, TimerFired
from portway.core.model.scenario import Scenario
from portway.core.model.work import MoveKind
from portway.sim.cranes import Agenda, make_cranes

ROAD_KINDS = (MoveKind.RECEIVE, MoveKind.DELIVER)


class SimWorld:
    """Answers commands with events."""

    def __init__(self, scenario: Scenario, seed: int, linked: Collection[str] = ()) -> None:
        """`linked` cranes are real ones: what they are told and what they report does not come from here."""
        self._linked = frozenset(linked)
        self._agenda = Agenda()
        self.quay_cranes, self.yard_cranes = make_cranes(scenario.terminal, seed, self._agenda)
        self.done: list[JobOrderDone] = []
        self.admitted: dict[str, str] = {}
        if scenario.policies.road_trucks and scenario.terminal.gates:
            self._send_road_trucks(scenario)

    def _send_road_trucks(self, scenario: Scenario) -> None:
        """One road truck for every receive and deliver, after the gate's inspection."""
        gates = {g.id: g for g in scenario.terminal.gates}
        default = min(gates)
        jobs = [j for j in scenario.work.job_orders if j.kind in ROAD_KINDS]
        for job in sorted(jobs, key=lambda j: (j.release_ms, j.id)):
            gate = job.gate if job.gate in gates else default
            at_ms = job.release_ms + round(1000 * gates[gate].inspection_s)
            self._agenda.add(RoadTruckCame(at_ms, "R-" + job.id, job.gate or "", job.id))

    def tell(self, event: Event) -> None:
        """Somebody outside does something at `event.at_ms`."""
        self._agenda.add(event)

    def next_ms(self) -> int:
        """Instant of the next event."""
        return self._agenda.next_ms()

    def take(self, now_ms: int) -> Sequence[Event]:
        """Events due now."""
        return self._agenda.take(now_ms)

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Carry out commands; drives are already under way in the traffic table."""
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
