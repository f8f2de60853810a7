"""The decision core: `handle(event) -> commands`.

Reads as the drawing: every event comes to the one service that takes it; then, in this order, road trucks are let in,
places are given, trucks get work, other services settle. The parts share one `State`; dispatch strategies and traffic
know nothing of each other.
"""

from collections.abc import Callable, Sequence
from typing import Any

from portway.core.commands import Command, ExtendBase
from portway.core.controller.assignments import Assignments
from portway.core.controller.clockwork import Clockwork
from portway.core.controller.control_room import ControlRoom
from portway.core.controller.dispatching import Dispatching
from portway.core.controller.driving import rest
from portway.core.controller.handovers import Handovers
from portway.core.controller.interventions import Interventions
from portway.core.controller.quay import QuayService
from portway.core.controller.refusals import refused
from portway.core.controller.roads import Roads
from portway.core.controller.rounds import Rounds
from portway.core.controller.standstill import Standstill
from portway.core.controller.state import State
from portway.core.controller.truck_fitness import TruckFitness
from portway.core.controller.trucks import Trucks
from portway.core.controller.visitors import Visitors
from portway.core.controller.work_changes import WorkChanges
from portway.core.controller.yard import YardService
from portway.core.dispatch.strategy import DispatchStrategy
from portway.core.events import Event, TruckArrived
from portway.core.model.scenario import Scenario
from portway.core.routing.traffic import Drive, Traffic
from portway.core.service import Service, UnknownEvent, service_of_event, service_of_timer
from portway.core.work.problems import WorkProblem

MakeService = Callable[[State], Service[Any]]
DISPATCH_MS_MIN = 4_000  # between two decisions


class Controller:
    """Owns the state; turns events into commands, deterministically."""

    def __init__(
        self, scenario: Scenario, traffic: Traffic, strategy: DispatchStrategy, visitors: int = 0,
        more: Sequence[MakeService] = (),
    ) -> None:  # fmt: skip
        """`visitors` rows of traffic are for road trucks. `more` services are made last, and settle last."""
        self.state = state = State(scenario, traffic, visitors)
        self.quay, self.yard = QuayService(state), YardService(state)
        self.visitors = Visitors(state, visitors)
        self.dispatching = Dispatching(state, strategy, self.quay.pace)
        self.roads = Roads(state, self.visitors)
        interventions = Interventions(state, self.quay, self.yard, self.roads, self.dispatching)
        self.fitness = TruckFitness(state, self.yard, self.roads, interventions)
        self.standstill = Standstill(state, self.visitors)
        self.assignments = Assignments(state)
        self._rounds = Rounds(state, self.quay, self.visitors, self.roads, self.standstill)
        self._handovers = Handovers(state, self.quay, self.yard, self.visitors, self.fitness, self.standstill)
        clockwork = Clockwork(state, self._rounds.begin)
        self.services: tuple[Service[Any], ...] = (
            clockwork,
            self._rounds,
            Trucks(state, self.fitness, self.quay, self.yard, self.visitors),
            self._handovers,
            self.visitors,
            WorkChanges(state, self.quay, self.yard, self.visitors),
            ControlRoom(interventions, self.fitness, self.standstill),
            *(make(state) for make in more),
        )
        self._of_event = service_of_event(self.services)
        clockwork.owners = service_of_timer(self.services)
        self._dispatched_ms = -DISPATCH_MS_MIN

    # -- the loop -----------------------------------------------------------------------------------------------

    def start(self) -> list[Command]:
        """First commands, at time 0."""
        self._rounds.begin()
        return self._settle()

    def advance(self, until_ms: int, drive: Drive) -> list[TruckArrived]:
        """Let trucks `drive` until the next arrivals or `until_ms`; the arrivals are events to be handled."""
        arrivals = self.state.traffic.advance(until_ms, drive)
        stops = self.state.traffic.map.stops
        return [
            TruckArrived(a.at_ms, self.state.name[a.truck], stops[self.state.traffic.stop_of(a.truck)].place)
            for a in arrivals
        ]

    def handle(self, event: Event) -> list[Command]:
        """Take note of a fact, or grant or refuse a wish as a whole; the answer are commands."""
        self.state.now_ms = event.at_ms
        service = self._service(event)
        problems = service.refusals(event)
        if problems:
            self.state.outbox += refused(event, problems, self.state.board)
        else:
            service.on(event)
        return [*self._settle(), *self.assignments.news()]

    def refusals(self, event: Event) -> list[WorkProblem]:
        """Why the core would not do what the TOS or a person asks for; empty when it would. Changes nothing."""
        return self._service(event).refusals(event)

    def _service(self, event: Event) -> Service[Any]:
        """Who takes an event. Raises UnknownEvent."""
        try:
            return self._of_event[type(event)]
        except KeyError:
            cure = "give its service to the controller"
            raise UnknownEvent(f"no service takes {type(event).__name__}: {cure}") from None

    def persists(self, code: str, subject: str) -> bool:
        """Whether what an alert has told is still so; of what was a moment only, it is not."""
        if code == "no_way":
            return subject in self.state.astray
        return self.fitness.persists(code, subject) or self.standstill.persists(code, subject)

    def _settle(self) -> list[Command]:
        """Everything that a change can set off: admissions, freed places, new work; then the outbox."""
        for mission in self.visitors.admit():
            self.yard.start_leg(mission)
        self._give_places()
        if self.state.work_wanted and self.state.now_ms >= self._dispatched_ms + DISPATCH_MS_MIN:
            self._dispatch()
            self._give_places()
        elif self.state.work_wanted:
            self.state.set_timer(self._dispatched_ms + DISPATCH_MS_MIN, "dispatch")
        for service in self.services:
            service.settle()
        for way in self.state.traffic.extensions():
            self.state.outbox.append(ExtendBase(self.state.name[way.truck], way.step, way.base, way.horizon))
        out, self.state.outbox = self.state.outbox, []
        return out

    def _give_places(self) -> None:
        """Whoever waits for a place asks again, as long as that frees others."""
        while self.state.places_freed:
            self.state.places_freed = False
            wanting = self.state.wanting()
            for crane in self.state.cranes_wanted():
                self.quay.give_places(self.state.board.queues[crane])
            self.yard.retry(wanting)

    # -- work for trucks ----------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Ask the strategy which truck does what, commit what can start now, send the rest to rest."""
        self.state.work_wanted = False
        self._dispatched_ms = self.state.now_ms
        idle = [m for m in self.state.missions.values() if m.unit is None and not m.is_visitor]
        for mission in self.dispatching.give_work([m for m in idle if m.is_at_work]):
            if mission.wanting_since < 0:
                self._handovers.start_leg(mission)
        for mission in idle:
            if mission.unit is None:
                rest(self.state, mission)
