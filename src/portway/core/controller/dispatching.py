"""Giving work: what a dispatch strategy is shown of trucks and units, and what is made of its answer."""

import numpy as np

from portway.core.controller.crane_pace import CranePace
from portway.core.controller.driving import leg_phase
from portway.core.controller.state import Mission, State
from portway.core.dispatch.strategy import DispatchStrategy, DispatchView
from portway.core.model.work import MoveKind
from portway.core.work.board import CraneQueue
from portway.core.work.units import Unit, UnitState

WINDOW = 12  # units of a crane's queue that dispatch may look at
USUAL_DRIVE_MS = 90_000  # an empty drive to the pick-up on an empty road
AHEAD_SHARE = 0.4  # of the trucks that may have loads behind a gap in a crane's queue
HEADWAY = 0.5  # of the mean time between two trucks that a crane gets: those near it come sooner
YARD_HANDOVER_MS = 120_000  # expected stay at a yard place
QUAY_HANDOVER_MS = 60_000  # expected stay under a quay crane that waits for the truck


class Dispatching:
    """Asks the strategy and commits its pairs."""

    def __init__(self, state: State, strategy: DispatchStrategy, pace: dict[str, CranePace]) -> None:
        self._state = state
        self._pace = pace
        self._strategy = strategy
        self._headway_ms = 0  # between two trucks that a crane gets
        self._crane_index = {c: i for i, c in enumerate(sorted(pace))}

    def give_work(self, idle: list[Mission]) -> list[Mission]:
        """Give units to some of the idle trucks; those that got one."""
        if not idle:
            return []
        stuck = self.behind_gaps()
        units, view = self._view(idle, stuck)
        if not units:
            return []
        chosen = [(self._state.missions[view.truck_ids[r]], units[c]) for r, c in self._strategy.assign(view)]
        assigned = self._in_sequence([(m, u) for m, u in chosen if m.unit is None], units, len(stuck))
        for mission, unit in assigned:
            self.assign(mission, unit)
        return [mission for mission, _ in assigned]  # places under a crane may exchange units among them

    def _in_sequence(
        self, chosen: list[tuple[Mission, Unit]], units: list[Unit], stuck: int
    ) -> list[tuple[Mission, Unit]]:
        """Close the gaps that a strategy left: the units of a crane get trucks in the order of its queue, but for some
        loads, whose way over the yard takes longer than the crane takes for the units before them.

        Without this, trucks could wait at a crane for a unit that nobody brings, and nobody be left to bring it: so
        at most `AHEAD_SHARE` of the trucks may have loads behind a unit that has no truck. All others come to the end
        of their units, and are there for the gaps.
        """
        pairs = [(m, u) for m, u in chosen if u.crane is None]
        budget = int(AHEAD_SHARE * len(self.at_work())) - stuck
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

    def at_work(self) -> list[str]:
        """Our trucks that nobody has paused or withdrawn."""
        return [truck for truck in sorted(self._state.homes) if self._state.missions[truck].is_at_work]

    def behind_gaps(self) -> set[str]:
        """Trucks whose unit stands in its crane's queue behind one without a truck."""
        trucks: set[str] = set()
        for queue in self._state.board.in_order():
            gap = False
            for unit in queue.window(max(WINDOW, queue.reach - queue.head)):
                gap = gap or unit.state == UnitState.OPEN
                if gap and unit.truck is not None:
                    trucks.add(unit.truck)
        return trucks

    def assign(self, mission: Mission, unit: Unit) -> None:
        """Give an open unit to a truck without one."""
        unit.move_to(UnitState.ASSIGNED)
        self._state.deals += 1
        unit.truck, mission.unit, mission.leg = mission.truck, unit, 0
        unit.assigned_ms = self._state.now_ms
        stop = self._state.book.stop(self._state.book.for_leg(unit.legs[0])[0])
        unit.alone_ms = self._state.traffic.drive_ms(self._state.stop_of(mission.truck), stop, False)
        self._state.set_phase(mission, leg_phase(mission))

    def _view(self, idle: list[Mission], stuck: set[str]) -> tuple[list[Unit], DispatchView]:
        """Units open for dispatch and the arrays a strategy sees."""
        state, now = self._state, self._state.now_ms
        horizon = now + round(self._state.scenario.policies.look_ahead_s * 1000)
        quay = state.board.open_quay_units(WINDOW, horizon)
        yard = state.board.open_yard_moves(now, len(idle))
        units = [u for u, _, _ in quay] + yard
        due, lead, rank, crane, waited = [], [], [], [], []
        at_work = sum(q.next_unit() is not None and q.start_ms[q.head] <= horizon for q in state.board.in_order())
        self._headway_ms = round(HEADWAY * state.experience.unit_ms * at_work / max(1, len(state.homes)))
        wanted = {queue.crane: self._wanted_ms(queue) for queue in self._state.board.in_order()}
        for unit, queue, place in quay:
            due.append(wanted[queue.crane][place])
            waited.append(queue.waited_ms(now))
            lead.append(self._lead_ms(unit))
            rank.append(place)
            crane.append(self._crane_index[queue.crane])
        n_yard = len(yard)
        trucks = sorted([*idle, *self._soon_free(stuck)], key=lambda m: m.truck)
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
            for queue in self._state.board.in_order()
            if (head := queue.next_unit()) is not None
            and queue.start_ms[queue.head] <= horizon_ms
            and (head.truck is not None or self._state.board.collectable(head))
        ]
        index = self._state.index
        return np.array([cranes[index[m.truck] % len(cranes)] if cranes else -1 for m in trucks], np.int32)

    def _travel_ms(self, trucks: list[Mission], units: list[Unit]) -> np.ndarray:
        traffic, book = self._state.traffic, self._state.book
        rows = [traffic.cost_row(book.stop(book.for_leg(u.legs[0])[0])) for u in units]
        stops = [self._state.stop_of(m.truck) for m in trucks]
        return traffic.costs[0][np.ix_(rows, stops)].T.astype(np.int64)

    def _wanted_ms(self, queue: CraneQueue) -> list[int]:
        """When the crane can serve its next units: none before those ahead of it, and an open one no sooner than a
        truck can be had for it, one after the other as trucks come free."""
        now, pace, times = self._state.now_ms, self._pace[queue.crane], []
        crane_free, trucks_free = now, now
        for rank, unit in enumerate(queue.window(WINDOW)):
            ship_ms = 0 if unit.kind == MoveKind.LOAD else pace.ship_ms
            at = max(crane_free + ship_ms, queue.start_ms[queue.head + rank])
            if rank == 0 and queue.prepared:
                at = max(now, pace.ready_ms)
            if unit.state == UnitState.OPEN:
                at = max(at, trucks_free + self._lead_ms(unit) + USUAL_DRIVE_MS)
                trucks_free += self._headway_ms
            elif unit.kind == MoveKind.LOAD and unit.state == UnitState.ASSIGNED:
                at = max(at, unit.assigned_ms + unit.alone_ms + self._lead_ms(unit))
            unit.wanted_ms = at
            times.append(at)
            crane_free = at + pace.handover_ms + pace.ship_ms - ship_ms  # a load goes on to the ship
        return times

    def _lead_ms(self, unit: Unit) -> int:
        """From the empty drive to the moment the crane can serve the unit, as experience has it. A load is fetched with
        the usual error in hand: when it is late the crane waits, when it is early it waits in the yard."""
        book, learned = self._state.book, self._state.experience
        if unit.kind != MoveKind.LOAD:
            return round(learned.drive_extra_ms)
        if unit.way_ms < 0:
            start, goal = book.for_leg(unit.legs[0])[0], book.for_leg(unit.legs[-1])[0]
            unit.way_ms = self._state.traffic.drive_ms(book.stop(start), book.stop(goal), True)
        return round(learned.collect_extra_ms + learned.collect_spread_ms + learned.drive_extra_ms) + unit.way_ms

    def _soon_free(self, stuck: set[str]) -> list[Mission]:
        """Trucks on the way to, or at, their last handover: look-ahead for the strategy. One whose crane waits for a
        unit that nobody brings is not among them: it could be chosen for that very unit, and never be free."""
        return [
            m for m in self._state.missions.values()
            if m.unit is not None and m.is_at_work and m.leg + 1 == len(m.unit.legs) and m.wanting_since < 0
            and m.truck not in stuck
        ]  # fmt: skip

    def _free_ms(self, mission: Mission) -> int:
        unit, eta = mission.unit, self._state.traffic.eta_ms(self._state.index[mission.truck])
        assert unit is not None
        if mission.current_leg.crane is None:
            return max(self._state.now_ms, eta) + YARD_HANDOVER_MS
        return max(self._state.now_ms, eta, unit.wanted_ms) + QUAY_HANDOVER_MS
