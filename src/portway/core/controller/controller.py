"""The decision core: `handle(event) -> commands`.

Reads as the drawing: facts change missions and queues; then, in this order, cranes get ready, places are given, trucks
get work, traffic is improved. The parts (`quay`, `yard`, `visitors`, `driving`) share one `State`; dispatch strategies
and traffic know nothing of each other.
"""

import numpy as np

from portway.core.commands import Command
from portway.core.controller.driving import leg_phase, let_go, rest, want_place
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

WINDOW = 12  # units of a crane's queue that dispatch may look at
USUAL_DRIVE_MS = 90_000  # an empty drive to the pick-up on an empty road
AHEAD_SHARE = 0.4  # of the trucks that may have loads behind a gap in a crane's queue
YARD_HANDOVER_MS = 120_000  # expected stay at a yard place
QUAY_HANDOVER_MS = 60_000  # expected stay under a quay crane that waits for the truck
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
            queue.ready, queue.ready_ms = True, event.at_ms
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
            for crane in self.state.cranes_wanted():
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

    def _collected(self, unit: Unit, mission: Mission, jobs: tuple[str, ...]) -> None:
        if unit.state == UnitState.ASSIGNED:
            unit.move_to(UnitState.COLLECTED)
        if unit.kind == MoveKind.LOAD and not unit.collected:
            self.state.experience.collected(self.state.now_ms - unit.assigned_ms - unit.alone_ms)
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

    def _in_sequence(self, chosen: list[tuple[Mission, Unit]], units: list[Unit]) -> list[tuple[Mission, Unit]]:
        """Close the gaps that a strategy left: the units of a crane get trucks in the order of its queue, but for some
        loads, whose way over the yard takes longer than the crane takes for the units before them.

        Without this, trucks could wait at a crane for a unit that nobody brings, and nobody be left to bring it: so
        at most `AHEAD_SHARE` of the trucks may have loads behind a unit that has no truck. All others come to the end
        of their units, and are there for the gaps.
        """
        pairs = [(m, u) for m, u in chosen if u.crane is None]
        budget = int(AHEAD_SHARE * len(self.state.homes)) - len(self._behind_gaps())
        for crane in sorted({u.crane for _, u in chosen if u.crane is not None}):
            mine = [(m, u) for m, u in chosen if u.crane == crane]
            here = [u for u in units if u.crane == crane]
            ahead = [(m, u) for m, u in mine if u.kind == MoveKind.LOAD and u not in here[: len(mine)]]
            ahead = ahead[: max(0, budget)]
            budget -= len(ahead)
            gone = {u.id for _, u in ahead}
            mine, here = [p for p in mine if p not in ahead], [u for u in here if u.id not in gone]
            first = here[: len(mine)]
            kept = [(m, u) for m, u in mine if u in first]
            spare = [m for m, u in mine if u not in first]
            left = [u for u in first if all(u is not k for _, k in kept)]
            pairs += kept + list(zip(spare, left, strict=True)) + ahead
        return pairs

    def _behind_gaps(self) -> set[str]:
        """Trucks whose unit stands in its crane's queue behind one without a truck."""
        trucks: set[str] = set()
        for queue in self._queues():
            gap = False
            for unit in queue.window(WINDOW):
                gap = gap or unit.state == UnitState.OPEN
                if gap and unit.truck is not None:
                    trucks.add(unit.truck)
        return trucks

    def _assign(self, mission: Mission, unit: Unit) -> None:
        unit.move_to(UnitState.ASSIGNED)
        unit.truck, mission.unit, mission.leg = mission.truck, unit, 0
        unit.assigned_ms = self.state.now_ms
        stop = self.state.book.stop(self.state.book.for_leg(unit.legs[0])[0])
        unit.alone_ms = self.state.traffic.drive_ms(self.state.stop_of(mission.truck), stop, False)
        self.state.set_phase(mission, leg_phase(mission))

    def _view(self, idle: list[Mission]) -> tuple[list[Unit], DispatchView]:
        """Units open for dispatch and the arrays a strategy sees."""
        state, now = self.state, self.state.now_ms
        horizon = now + round(self._policies.look_ahead_s * 1000)
        quay = state.board.open_quay_units(WINDOW, horizon)
        yard = state.board.open_yard_moves(now, len(idle))
        units = [u for u, _, _ in quay] + yard
        due, lead, rank, crane, waited = [], [], [], [], []
        wanted = {queue.crane: self._wanted_ms(queue) for queue in self._queues()}
        for unit, queue, place in quay:
            due.append(wanted[queue.crane][place])
            waited.append(queue.waited_ms(now))
            lead.append(self._lead_ms(unit))
            rank.append(place)
            crane.append(self._crane_index[queue.crane])
        n_yard = len(yard)
        trucks = sorted([*idle, *self._soon_free()], key=lambda m: m.truck)
        free_ms = [now if m.unit is None else self._free_ms(m) for m in trucks]
        view = DispatchView(
            now_ms=now,
            truck_ids=[m.truck for m in trucks],
            free_ms=np.array(free_ms, np.int64),
            truck_crane=self._gangs(trucks, horizon),
            job_ids=[u.id for u in units],
            due_ms=np.array(due + [u.due_ms for u in yard], np.int64),
            lead_ms=np.array(lead + [0] * n_yard, np.int64),
            crane=np.array(crane + [-1] * n_yard, np.int32),
            rank=np.array(rank + [0] * n_yard, np.int32),
            travel_ms=self._travel_ms(trucks, units),
            waited_ms=np.array(waited + [0] * n_yard, np.int64),
        )
        return units, view

    def _gangs(self, trucks: list[Mission], horizon_ms: int) -> np.ndarray:
        """The crane that each truck is bound to in gang operation: the trucks are dealt over the cranes that have work
        in hand or to be begun, so that none of those is left without a truck for good."""
        cranes = [
            self._crane_index[queue.crane]
            for queue in self._queues()
            if (head := queue.next_unit()) is not None
            and queue.start_ms[queue.head] <= horizon_ms
            and (head.truck is not None or self.state.board.collectable(head))
        ]
        index = self.state.index
        return np.array([cranes[index[m.truck] % len(cranes)] if cranes else -1 for m in trucks], np.int32)

    def _travel_ms(self, trucks: list[Mission], units: list[Unit]) -> np.ndarray:
        traffic, book = self.state.traffic, self.state.book
        rows = [traffic.cost_row(book.stop(book.for_leg(u.legs[0])[0])) for u in units]
        stops = [self.state.stop_of(m.truck) for m in trucks]
        return traffic.costs[0][np.ix_(rows, stops)].T.astype(np.int64)

    def _wanted_ms(self, queue: CraneQueue) -> list[int]:
        """When the crane can serve its next units if every open one is begun now: a unit is wanted no sooner than those
        before it let it be served."""
        now, times = self.state.now_ms, []
        at = now - self._cycle_ms[queue.crane]
        for rank, unit in enumerate(queue.window(WINDOW)):
            at = max(at + self._cycle_ms[queue.crane], queue.start_ms[queue.head + rank])
            if unit.state == UnitState.OPEN:
                at = max(at, now + self._lead_ms(unit) + USUAL_DRIVE_MS)
            elif unit.kind == MoveKind.LOAD and unit.state == UnitState.ASSIGNED:
                at = max(at, unit.assigned_ms + unit.alone_ms + self._lead_ms(unit))
            unit.wanted_ms = at
            times.append(at)
        return times

    def _lead_ms(self, unit: Unit) -> int:
        """From the empty drive to the moment the crane can serve the unit, as experience has it."""
        book, learned = self.state.book, self.state.experience
        if unit.kind != MoveKind.LOAD:
            return round(learned.drive_extra_ms)
        start, goal = book.for_leg(unit.legs[0])[0], book.for_leg(unit.legs[-1])[0]
        return round(learned.collect_extra_ms + learned.drive_extra_ms) + self.state.traffic.drive_ms(
            book.stop(start), book.stop(goal), True
        )

    def _soon_free(self) -> list[Mission]:
        """Trucks on the way to, or at, their last handover: look-ahead for the strategy. One whose crane waits for a
        unit that nobody brings is not among them: it could be chosen for that very unit, and never be free."""
        stuck = self._behind_gaps()
        return [
            m for m in self.state.missions.values()
            if m.unit is not None and not m.is_visitor and m.leg + 1 == len(m.unit.legs) and m.wanting_since < 0
            and m.truck not in stuck
        ]  # fmt: skip

    def _free_ms(self, mission: Mission) -> int:
        unit, eta = mission.unit, self.state.traffic.eta_ms(self.state.index[mission.truck])
        assert unit is not None
        if mission.current_leg.crane is None:
            return max(self.state.now_ms, eta) + YARD_HANDOVER_MS
        return max(self.state.now_ms, eta, unit.wanted_ms) + QUAY_HANDOVER_MS
