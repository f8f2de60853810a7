"""Cranes that pretend: gantry travel, stochastic cycles, handovers that lock crane and truck.

A quay crane move is a ship part and a handover over the truck lane; together they last the crane's cycle. A discharge
does its ship part first (the box then waits over the lane), a load after. When a discharge follows a load in a dual
queue, the trolley need not come back empty: its ship part is `DUAL_SHARE` of a full one. [assumption, scenario README]
A yard crane collects with a whole cycle while the truck waits, and takes a box off a truck with its handover part; the
rest of the cycle keeps the crane, not the truck.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import assert_never, get_args

from portway.core.commands import CraneCommand, GantryTo, PrepareMove, StartHandover
from portway.core.events import CraneReady, HandoverDone
from portway.core.model.layout import QuayCrane, Terminal, YardCrane
from portway.sim.device import Agenda, Device
from portway.sim.randomness import Draws

DUAL_SHARE = 0.6


class CraneState(IntEnum):
    """What a crane does; the rows of its log."""

    WORKING = 0
    WAITING_TRUCK = 1
    GANTRY = 2
    IDLE = 3


class SimQuayCrane:
    """One quay crane on its rail."""

    def __init__(self, crane: QuayCrane, bay_pitch_m: float, seed: int, agenda: Agenda) -> None:
        self._crane, self._agenda = crane, agenda
        self._bay_ms = round(1000 * bay_pitch_m / crane.gantry_mps)
        self._bay = (crane.bay_start + crane.bay_end) // 2
        self._free_ms = 0
        self._draws = Draws(seed, "quay_cycle", crane.id)
        self._discharge = True
        self._ready_ms = 0
        self._expects = False  # a truck: prepared, and no handover yet
        self.log: list[tuple[int, int, int]] = []  # from_ms, to_ms, state

    def _part_ms(self, share: float) -> int:
        """A part of the cycle without the handover."""
        c = self._crane
        return round(share * self._draws.duration_ms(c.cycle_s_mean - c.handover_s, c.cycle_s_sd))

    def prepare(self, command: PrepareMove, now_ms: int) -> None:
        """Go to the bay; bring the box over the lane if it is a discharge."""
        start = max(now_ms, self._free_ms)
        travel = abs(command.bay - self._bay) * self._bay_ms if command.bay else 0
        work = self._part_ms(DUAL_SHARE if command.after_load else 1.0) if command.discharge else 0
        self._bay = command.bay or self._bay
        self._discharge = command.discharge
        self._note(start, start + travel, CraneState.GANTRY)
        self._note(start + travel, start + travel + work, CraneState.WORKING)
        self._ready_ms, self._expects = start + travel + work, True
        self._agenda.add(CraneReady(self._ready_ms, self._crane.id, command.unit))

    def hand_over(self, command: StartHandover, now_ms: int) -> None:
        """Give the box to the truck, or take it and go on to the ship."""
        done = now_ms + self._draws.duration_ms(self._crane.handover_s, 0.15 * self._crane.handover_s)
        self._note(self._ready_ms, now_ms, CraneState.WAITING_TRUCK)
        self._expects = False
        self._free_ms = done + (0 if self._discharge else self._part_ms(1.0))
        self._note(now_ms, self._free_ms, CraneState.WORKING)
        self._agenda.add(HandoverDone(done, self._crane.id, command.truck, command.job_orders))

    def log_until(self, end_ms: int) -> list[tuple[int, int, int]]:
        """The log, and the wait that was not over at `end_ms`."""
        waits = self._expects and self._ready_ms < end_ms
        return [*self.log, (self._ready_ms, end_ms, int(CraneState.WAITING_TRUCK))] if waits else self.log

    def _note(self, from_ms: int, to_ms: int, state: CraneState) -> None:
        if to_ms > from_ms:
            self.log.append((from_ms, to_ms, int(state)))


class SimYardCrane:
    """One yard crane over its block."""

    def __init__(self, crane: YardCrane, bay_pitch_m: float, seed: int, agenda: Agenda) -> None:
        self._crane, self._agenda = crane, agenda
        self._bay_ms = round(1000 * bay_pitch_m / crane.gantry_mps)
        self._bay = crane.bay_start
        self._free_ms = 0
        self._draws = Draws(seed, "yard_cycle", crane.id)
        self.log: list[tuple[int, int, int]] = []

    def gantry(self, command: GantryTo, now_ms: int) -> None:
        """Move to a bay while nothing else is to be done."""
        start = max(now_ms, self._free_ms)
        self._free_ms = start + abs(command.bay - self._bay) * self._bay_ms
        self._bay = command.bay
        if self._free_ms > start:
            self.log.append((start, self._free_ms, int(CraneState.GANTRY)))

    def hand_over(self, command: StartHandover, now_ms: int) -> None:
        """Serve a truck at its bay."""
        start = max(now_ms, self._free_ms) + abs(command.bay - self._bay) * self._bay_ms
        self._bay = command.bay
        cycle = self._draws.duration_ms(self._crane.cycle_s_mean, self._crane.cycle_s_sd)
        self._free_ms = start + cycle
        done = self._free_ms if command.to_truck else start + round(1000 * self._crane.handover_s)
        self.log.append((start, self._free_ms, int(CraneState.WORKING)))
        self._agenda.add(HandoverDone(done, self._crane.id, command.truck, command.job_orders))


class SimCranes(Device[CraneCommand]):
    """All cranes of a terminal."""

    takes = get_args(CraneCommand)

    def __init__(self, terminal: Terminal, seed: int, agenda: Agenda, linked: Collection[str] = ()) -> None:
        """`linked` cranes are real ones: what they are told is not done here."""
        quay_pitch = terminal.quay.bay_pitch_m if terminal.quay else 14.5
        pitch = {b.id: b.bay_pitch_m for b in terminal.blocks}
        self._linked = frozenset(linked)
        self.quay = {c.id: SimQuayCrane(c, quay_pitch, seed, agenda) for c in terminal.quay_cranes}
        self.yard = {c.id: SimYardCrane(c, pitch[c.block], seed, agenda) for c in terminal.yard_cranes}

    def apply(self, command: CraneCommand, now_ms: int) -> None:
        """Get ready, hand over, or go where a truck is expected."""
        if command.crane in self._linked:
            return
        if isinstance(command, StartHandover):
            crane = self.quay.get(command.crane) or self.yard[command.crane]
            crane.hand_over(command, now_ms)
        elif isinstance(command, PrepareMove):
            self.quay[command.crane].prepare(command, now_ms)
        elif isinstance(command, GantryTo):
            self.yard[command.crane].gantry(command, now_ms)
        else:
            assert_never(command)
