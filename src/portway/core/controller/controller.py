"""The decision core: `handle(event) -> commands`.

Reads as the drawing: facts change missions and queues; then, in this order, cranes get ready, places are given, trucks
get work, traffic is improved. The parts (`dispatching`, `quay`, `yard`, `visitors`, `driving`) share one `State`;
dispatch strategies and traffic know nothing of each other.
"""

from portway.core.commands import Alert, Command, ExtendBase
from portway.core.controller.assignments import Assignments
from portway.core.controller.dispatching import Dispatching
from portway.core.controller.driving import let_go, rest
from portway.core.controller.interventions import Intervention, Interventions
from portway.core.controller.quay import QuayService
from portway.core.controller.refusals import refused
from portway.core.controller.roads import Roads
from portway.core.controller.standstill import Standstill
from portway.core.controller.state import Mission, Phase, State
from portway.core.controller.truck_fitness import TruckFitness
from portway.core.controller.visitors import Visitors
from portway.core.controller.work_changes import WorkChange, WorkChanges
from portway.core.controller.yard import YardService
from portway.core.dispatch.strategy import DispatchStrategy
from portway.core.events import (
    CraneReady,
    Event,
    FleetCondition,
    HandoverDone,
    RoadTruckCame,
    RunStarted,
    TimerFired,
    TroubleReported,
    TruckArrived,
    TruckCondition,
    TruckEnrolled,
    TruckPaused,
    TruckReported,
    TruckWithdrawn,
)
from portway.core.model.scenario import Scenario
from portway.core.model.work import MoveKind
from portway.core.routing.traffic import Drive, Traffic
from portway.core.work.problems import WorkProblem
from portway.core.work.units import Unit, UnitState

DISPATCH_MS_MIN = 4_000  # between two decisions


class Controller:
    """Owns the state; turns events into commands, deterministically."""

    def __init__(self, scenario: Scenario, traffic: Traffic, strategy: DispatchStrategy, visitors: int = 0) -> None:
        self.state = State(scenario, traffic, visitors)
        self.quay = QuayService(self.state)
        self.yard = YardService(self.state)
        self.visitors = Visitors(self.state, visitors)
        self.dispatching = Dispatching(self.state, strategy, self.quay.pace)
        self._policies = scenario.policies
        self._dispatched_ms = -DISPATCH_MS_MIN
        self.changes = WorkChanges(self.state, self.quay, self.yard, self.visitors)
        self.roads = Roads(self.state, self.visitors)
        self.interventions = Interventions(self.state, self.quay, self.yard, self.roads, self.dispatching)
        self.fitness = TruckFitness(self.state, self.yard, self.roads, self.interventions)
        self.standstill = Standstill(self.state, self.visitors)
        self.assignments = Assignments(self.state)

    # -- the loop -----------------------------------------------------------------------------------------------

    def start(self) -> list[Command]:
        """First commands, at time 0."""
        self._begin()
        return self._settle()

    def _begin(self) -> None:
        """Wind up the clockwork: periodic timers, and cranes that get ready."""
        if self._policies.best_response_s > 0:
            self.state.set_timer(self.state.now_ms + round(self._policies.best_response_s * 1000), "improve")
        self.state.set_timer(self.state.now_ms + round(self._policies.dispatch_period_s * 1000), "dispatch_tick")
        for queue in self.state.board.in_order():
            self.quay.prepare(queue)

    def advance(self, until_ms: int, drive: Drive) -> list[TruckArrived]:
        """Let trucks `drive` until the next arrivals or `until_ms`; the arrivals are events to be handled."""
        arrivals = self.state.traffic.advance(until_ms, drive)
        stops = self.state.traffic.map.stops
        return [
            TruckArrived(a.at_ms, self.state.name[a.truck], stops[self.state.traffic.stop_of(a.truck)].place)
            for a in arrivals
        ]

    def handle(self, event: Event) -> list[Command]:
        """Take note of a fact and answer with commands."""
        self.state.now_ms = event.at_ms
        if isinstance(event, TruckArrived):
            self._truck_arrived(event)
        elif isinstance(event, HandoverDone):
            self._handover_done(event)
        elif isinstance(event, CraneReady):
            self._crane_ready(event)
        elif isinstance(event, TimerFired):
            self._timer(event)
        elif isinstance(event, RoadTruckCame):
            self.visitors.came(event)
        elif isinstance(event, TruckReported):
            self._truck_reported(event)
        elif isinstance(event, TruckCondition):
            self.fitness.condition(event)
        elif isinstance(event, FleetCondition):
            for condition in event.trucks:
                self.fitness.condition(condition)
        elif isinstance(event, RunStarted):
            self._begin()
        elif isinstance(event, TroubleReported):
            self.state.outbox.append(Alert(event.code, event.subject, event.detail))
        elif isinstance(event, TruckEnrolled):
            if event.is_other:
                self.fitness.exchanged(event.truck)
        else:
            self._asked(event)
        return [*self._settle(), *self.assignments.news()]

    def persists(self, code: str, subject: str) -> bool:
        """Whether what an alert has told is still so; of what was a moment only, it is not."""
        if code == "no_way":
            return subject in self.state.astray
        return self.fitness.persists(code, subject) or self.standstill.persists(code, subject)

    def refusals(self, event: WorkChange | Intervention) -> list[WorkProblem]:
        """Why the core would not do what the TOS or a person asks for; empty when it would. Changes nothing."""
        return self.changes.refusals(event) if isinstance(event, WorkChange) else self.interventions.refusals(event)

    def _asked(self, event: WorkChange | Intervention) -> None:
        """The TOS or a person wants something changed: it is done as a whole, or refused with an answer."""
        problems = self.refusals(event)
        if problems:
            self.state.outbox += refused(event, problems, self.state.board)
        elif isinstance(event, WorkChange):
            self.changes.handle(event)
        else:
            self.interventions.handle(event)
            self._see_to_it(event)

    def _see_to_it(self, event: Intervention) -> None:
        """A truck was paused or withdrawn, or that was taken back: it follows, and who lets it go on has looked."""
        if isinstance(event, TruckPaused | TruckWithdrawn):
            self.fitness.told(event.truck)
        if isinstance(event, TruckPaused) and not event.paused:
            self.fitness.looked(event.truck, self.standstill.persists("truck_waits", event.truck))
        elif isinstance(event, TruckWithdrawn):
            self.fitness.wake(event.truck)

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

    # -- facts --------------------------------------------------------------------------------------------------

    def _timer(self, event: TimerFired) -> None:
        self.state.timers.discard((event.at_ms, event.name))
        kind, _, name = event.name.partition(":")
        if kind == "improve":
            self.state.traffic.improve()
            self.state.set_timer(event.at_ms + round(self._policies.best_response_s * 1000), "improve")
        elif kind == "dispatch_tick":
            self.state.work_wanted = True
            self.standstill.look()
            self.state.set_timer(event.at_ms + round(self._policies.dispatch_period_s * 1000), "dispatch_tick")
        elif kind == "crane":
            self.quay.prepare(self.state.board.queues[name])
        elif kind == "retry":
            self.state.places_freed = True
            self.visitors.retry()
            self.roads.retry()
            self.state.work_wanted = True
        elif kind == "fitness":
            self.fitness.wake(name)

    def _truck_reported(self, event: TruckReported) -> None:
        """Live: a truck says where it is. Ours are believed when that fits; a road truck that has left says nothing."""
        if event.truck in self.fitness.files:
            self.fitness.reported(event)
        elif event.truck in self.state.index:
            row = self.state.index[event.truck]
            self.state.traffic.report(row, event.step, event.along_m, event.standing, event.at_ms)

    def _crane_ready(self, event: CraneReady) -> None:
        """A crane has got ready; one that has no work, or that nobody knows, is told to a person."""
        if event.crane not in self.state.board.queues:
            self.state.outbox.append(Alert("crane_unexpected", event.crane, f"ready for {event.unit}"))
            return
        self.quay.crane_ready(event)

    def _truck_arrived(self, event: TruckArrived) -> None:
        mission = self.state.missions[event.truck]
        if not self.state.traffic.done(self.state.index[event.truck]):
            return  # sent on at the same instant
        mission.at_place = event.place
        self._stands(mission)
        if mission.phase == Phase.LEAVING:
            self.visitors.gone(mission)
        elif mission.unit is None:
            self.state.set_phase(mission, Phase.PARKED)
        elif mission.wanting_since >= 0:
            return
        elif mission.current_leg.crane is not None:
            self.quay.arrived(mission)
        else:
            self.yard.arrived(mission)

    def _handover_done(self, event: HandoverDone) -> None:
        wrong = self._not_under_way(event)
        if wrong:
            self.state.outbox.append(Alert("handover_unexpected", event.crane, f"{event.truck}: {wrong}"))
            return
        mission = self.state.missions[event.truck]
        unit, leg = mission.unit, mission.current_leg
        assert unit is not None
        mission.serving = False
        self.standstill.served(event.crane)
        if leg.collect:
            self._collected(unit, mission, leg.jobs)
        else:
            self._delivered(unit, mission, leg.jobs)
        mission.leg += 1
        let_go(self.state, mission)
        if leg.crane is not None:
            self.quay.handed_over(self.state.board.queues[leg.crane], unit)
        else:
            self.yard.handed_over(event.crane, leg.block or "")
        if mission.is_visitor:
            self.visitors.leave(mission)
        elif mission.leg == len(unit.legs):
            self._free(mission)
        elif mission.at_place is not None:
            self._start_leg(mission)
        self._stands(mission)
        if mission.unfit:
            self.fitness.wake(mission.truck)
        self.fitness.handed_over(mission.truck)

    def _not_under_way(self, event: HandoverDone) -> str:
        """What speaks against the end of a handover; nothing when it is the one under way. A repeated report, one of
        another crane or of other boxes is a misbehaving world: it changes nothing."""
        mission = self.state.missions.get(event.truck)
        if mission is None or mission.unit is None or not mission.serving:
            return "it is in no handover"
        if mission.served_by != event.crane:
            return f"{mission.served_by} serves it"
        jobs = mission.current_leg.jobs
        return "" if jobs == event.job_orders else f"{', '.join(jobs)} are handed over"

    def _stands(self, mission: Mission) -> None:
        """A truck that only waits where it stands can be sent out of the way from now on: those who want that ask."""
        if mission.at_place is not None and mission.only_waits:
            self.state.places_freed = True

    def _collected(self, unit: Unit, mission: Mission, jobs: tuple[str, ...]) -> None:
        if unit.state == UnitState.ASSIGNED:
            unit.move_to(UnitState.COLLECTED)
        if unit.kind == MoveKind.LOAD and not unit.collected:
            self.state.experience.collected(self.state.now_ms - unit.assigned_ms - unit.alone_ms)
        for job in jobs:
            self.state.board.boxes.collected(self.state.board.job(job))
            unit.collected[job] = (self.state.now_ms, mission.at_place or "")
        self.state.traffic.set_load(self.state.index[mission.truck], True)

    def _delivered(self, unit: Unit, mission: Mission, jobs: tuple[str, ...]) -> None:
        for job in jobs:
            self.state.finish_job(unit, job, mission.truck, mission.at_place or "")
        if mission.leg + 1 == len(unit.legs):
            unit.move_to(UnitState.DONE)
            self.state.traffic.set_load(self.state.index[mission.truck], False)

    def _free(self, mission: Mission) -> None:
        """The truck has done its unit."""
        assert mission.unit is not None
        self.state.experience.done(self.state.now_ms - mission.unit.assigned_ms)
        mission.unit, mission.leg, mission.idle_since = None, 0, self.state.now_ms
        self.state.work_wanted = True

    def _start_leg(self, mission: Mission) -> None:
        """Send a truck towards its next handover."""
        (self.yard if mission.current_leg.crane is None else self.quay).start_leg(mission)

    # -- work for trucks ----------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Ask the strategy which truck does what, commit what can start now, send the rest to rest."""
        self.state.work_wanted = False
        self._dispatched_ms = self.state.now_ms
        idle = [m for m in self.state.missions.values() if m.unit is None and not m.is_visitor]
        for mission in self.dispatching.give_work([m for m in idle if m.is_at_work]):
            if mission.wanting_since < 0:
                self._start_leg(mission)
        for mission in idle:
            if mission.unit is None:
                rest(self.state, mission)
