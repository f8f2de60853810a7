"""The decision core: `handle(event) -> commands`.

Reads as the drawing: facts change missions and queues; then, in this order, cranes get ready, places are given, trucks
get work, traffic is improved. The parts (`quay`, `yard`, `visitors`, `driving`) share one `State`; dispatch strategies
and traffic know nothing of each other.
"""

import numpy as np

from portway.core.commands import Command
from portway.core.controller.driving import leg_phase, rest, want_place
from portway.core.controller.quay import QuayService
from portway.core.controller.state import Mission, Phase, State
from portway.core.controller.visitors import Visitors
from portway.core.controller.yard import YardService
from portway.core.dispatch.board import CraneQueue
from portway.core.dispatch.strategy import DispatchStrategy, DispatchView
from portway.core.dispatch.units import Unit, UnitState
from portway.core.events import CraneReady, Event, HandoverDone, RoadTruckCame, TimerFired, TruckArrived
from portway.core.model.scenario import Scenario
from portway.core.model.work import MoveKind
from portway.core.routing.traffic import Traffic

WINDOW = 8  # units of a crane's queue that dispatch may look at
YARD_HANDOVER_MS = 120_000  # expected stay at a yard place
DISPATCH_MS_MIN = 4_000  # between two decisions


class Controller:
    """Owns the state; turns events into commands, deterministically."""

    def __init__(self, scenario: Scenario, traffic: Traffic, strategy: DispatchStrategy, visitors: int = 0) -> None:
        self.state = State(scenario, traffic, visitors)
        self.quay = QuayService(self.state)
        self.yard = YardService(self.state)
        self.visitors = Visitors(self.state, visitors)
        self._strategy = strategy
        self._policies = scenario.policies
        self._cycle_ms = {c.id: round(c.cycle_s_mean * 1000) for c in scenario.terminal.quay_cranes}
        self._crane_index = {c: i for i, c in enumerate(sorted(self._cycle_ms))}
        self._dispatched_ms = -DISPATCH_MS_MIN
        self._work_wanted = True

    # -- the loop -----------------------------------------------------------------------------------------------

    def start(self) -> list[Command]:
        """First commands, at time 0."""
        if self._policies.best_response_s > 0:
            self.state.set_timer(round(self._policies.best_response_s * 1000), "improve")
        self.state.set_timer(round(self._policies.dispatch_period_s * 1000), "dispatch_tick")
        for queue in self._queues():
            self.quay.prepare(queue)
        return self._settle()

    def advance(self, until_ms: int) -> list[TruckArrived]:
        """Let trucks drive until the next arrivals or `until_ms`; the arrivals are events to be handled."""
        arrivals = self.state.traffic.advance(until_ms)
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
            queue = self.state.board.queues[event.crane]
            queue.ready = True
            self.quay.hand_over(queue)
        elif isinstance(event, TimerFired):
            self._timer(event)
        elif isinstance(event, RoadTruckCame):
            self.visitors.came(event)
        return self._settle()

    def _queues(self) -> list[CraneQueue]:
        return [self.state.board.queues[c] for c in sorted(self.state.board.queues)]

    def _settle(self) -> list[Command]:
        """Everything that a change can set off: admissions, freed places, new work; then the outbox."""
        for mission in self.visitors.admit():
            self.yard.start_leg(mission)
        while self.state.places_freed:
            self.state.places_freed = False
            wanting = self.state.wanting()
            for crane in sorted({m.current_leg.crane for m in wanting if m.current_leg.crane is not None}):
                self.quay.give_places(self.state.board.queues[crane])
            self.yard.retry(wanting)
        if self._work_wanted and self.state.now_ms >= self._dispatched_ms + DISPATCH_MS_MIN:
            self._dispatch()
        elif self._work_wanted:
            self.state.set_timer(self._dispatched_ms + DISPATCH_MS_MIN, "dispatch")
        out, self.state.outbox = self.state.outbox, []
        return out

    # -- facts --------------------------------------------------------------------------------------------------

    def _timer(self, event: TimerFired) -> None:
        self.state.timers.discard((event.at_ms, event.name))
        kind, _, name = event.name.partition(":")
        if kind == "improve":
            self.state.traffic.improve()
            self.state.set_timer(event.at_ms + round(self._policies.best_response_s * 1000), "improve")
        elif kind == "dispatch_tick":
            self._work_wanted = True
            self.state.set_timer(event.at_ms + round(self._policies.dispatch_period_s * 1000), "dispatch_tick")
        elif kind == "crane":
            self.quay.prepare(self.state.board.queues[name])
        elif kind == "retry":
            self.state.places_freed = True
            self.visitors.retry()
            self._work_wanted = True

    def _truck_arrived(self, event: TruckArrived) -> None:
        mission = self.state.missions[event.truck]
        if not self.state.traffic.done(self.state.index[event.truck]):
            return  # sent on at the same instant
        mission.at_place = event.place
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
        mission = self.state.missions[event.truck]
        unit, leg = mission.unit, mission.current_leg
        assert unit is not None
        assert leg.jobs == event.job_orders
        mission.serving = False
        if leg.collect:
            self._collected(unit, mission, leg.jobs)
        else:
            self._delivered(unit, mission, leg.jobs)
        mission.leg += 1
        if leg.crane is not None:
            self.quay.handed_over(self.state.board.queues[leg.crane], unit)
        else:
            self.yard.handed_over(event.crane, leg.block or "")
        if mission.is_visitor:
            self.visitors.leave(mission)
        elif mission.leg < len(unit.legs):
            self._start_leg(mission)
        else:
            self._free(mission)

    def _collected(self, unit: Unit, mission: Mission, jobs: tuple[str, ...]) -> None:
        if unit.state == UnitState.ASSIGNED:
            unit.move_to(UnitState.COLLECTED)
        for job in jobs:
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
        mission.unit, mission.leg = None, 0
        self._work_wanted = True

    def _start_leg(self, mission: Mission) -> None:
        """Send a truck towards its next handover."""
        if mission.current_leg.crane is None:
            self.yard.start_leg(mission)
            return
        if mission.wanting_since < 0:
            mission.wanting_since = self.state.now_ms
        self.quay.give_places(self.state.board.queues[mission.current_leg.crane])
        if mission.wanting_since >= 0:
            want_place(self.state, mission)

    # -- work for trucks ----------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Ask the strategy which truck does what, commit what can start now, send the rest to rest."""
        self._work_wanted = False
        self._dispatched_ms = self.state.now_ms
        idle = [m for m in self.state.missions.values() if m.unit is None and not m.is_visitor]
        if not idle:
            return
        units, view = self._view(idle)
        if units:
            chosen = [(self.state.missions[view.truck_ids[r]], units[c]) for r, c in self._strategy.assign(view)]
            assigned = self._in_sequence([(m, u) for m, u in chosen if m.unit is None], units)
            for mission, unit in assigned:
                self._assign(mission, unit)
            for mission, _ in assigned:  # only now: places under a crane may exchange units among trucks
                if mission.wanting_since < 0:
                    self._start_leg(mission)
        for mission in idle:
            if mission.unit is None:
                rest(self.state, mission)

    @staticmethod
    def _in_sequence(chosen: list[tuple[Mission, Unit]], units: list[Unit]) -> list[tuple[Mission, Unit]]:
        """Close the gaps that a strategy left: the units of a crane get trucks in the order of its queue.

        Without this, trucks could wait under a crane for a unit that nobody brings, and nobody be left to bring it.
        """
        pairs = [(m, u) for m, u in chosen if u.crane is None]
        for crane in sorted({u.crane for _, u in chosen if u.crane is not None}):
            mine = [(m, u) for m, u in chosen if u.crane == crane]
            first = [u for u in units if u.crane == crane][: len(mine)]
            kept = [(m, u) for m, u in mine if u in first]
            spare = [m for m, u in mine if u not in first]
            left = [u for u in first if all(u is not k for _, k in kept)]
            pairs += kept + list(zip(spare, left, strict=True))
        return pairs

    def _assign(self, mission: Mission, unit: Unit) -> None:
        unit.move_to(UnitState.ASSIGNED)
        unit.truck, mission.unit, mission.leg = mission.truck, unit, 0
        unit.assigned_ms = self.state.now_ms
        self.state.set_phase(mission, leg_phase(mission))

    def _view(self, idle: list[Mission]) -> tuple[list[Unit], DispatchView]:
        """Units open for dispatch and the arrays a strategy sees."""
        state, now = self.state, self.state.now_ms
        horizon = now + round(self._policies.look_ahead_s * 1000)
        quay = state.board.open_quay_units(WINDOW, horizon)
        yard = state.board.open_yard_moves(now, len(idle))
        units = [u for u, _, _ in quay] + yard
        due, lead, rank, crane = [], [], [], []
        for unit, queue, place in quay:
            due.append(max(now, queue.start_ms[queue.head]) + place * self._cycle_ms[queue.crane])
            lead.append(self._load_lead_ms(unit) if unit.kind == MoveKind.LOAD else 0)
            rank.append(place)
            crane.append(self._crane_index[queue.crane])
        n_yard = len(yard)
        trucks = sorted([*idle, *self._soon_free()], key=lambda m: m.truck)
        free_ms = [now if m.unit is None else self._free_ms(m) for m in trucks]
        view = DispatchView(
            now_ms=now,
            truck_ids=[m.truck for m in trucks],
            free_ms=np.array(free_ms, np.int64),
            truck_crane=np.array([state.index[m.truck] % max(1, len(self._crane_index)) for m in trucks], np.int32),
            job_ids=[u.id for u in units],
            due_ms=np.array(due + [u.due_ms for u in yard], np.int64),
            lead_ms=np.array(lead + [0] * n_yard, np.int64),
            crane=np.array(crane + [-1] * n_yard, np.int32),
            rank=np.array(rank + [0] * n_yard, np.int32),
            travel_ms=self._travel_ms(trucks, units),
        )
        return units, view

    def _travel_ms(self, trucks: list[Mission], units: list[Unit]) -> np.ndarray:
        traffic, book = self.state.traffic, self.state.book
        rows = [traffic.cost_row(book.stop(book.for_leg(u.legs[0])[0])) for u in units]
        stops = [self.state.stop_of(m.truck) for m in trucks]
        return traffic.costs[0][np.ix_(rows, stops)].T.astype(np.int64)

    def _load_lead_ms(self, unit: Unit) -> int:
        book = self.state.book
        start, goal = book.for_leg(unit.legs[0])[0], book.for_leg(unit.legs[-1])[0]
        return YARD_HANDOVER_MS + self.state.traffic.drive_ms(book.stop(start), book.stop(goal), True)

    def _soon_free(self) -> list[Mission]:
        """Trucks on the way to, or at, their last handover: look-ahead for the strategy."""
        return [
            m for m in self.state.missions.values()
            if m.unit is not None and not m.is_visitor and m.leg + 1 == len(m.unit.legs) and m.wanting_since < 0
        ]  # fmt: skip

    def _free_ms(self, mission: Mission) -> int:
        eta = self.state.traffic.eta_ms(self.state.index[mission.truck])
        return max(self.state.now_ms, eta) + (YARD_HANDOVER_MS if mission.current_leg.crane is None else 60_000)
