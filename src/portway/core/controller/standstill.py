"""Silence is never success: work that waits while nothing moves for it is told to a person, with its cause.

Looked at with the ticks of dispatch, in every world. Told is what nobody will end by himself: a crane or a truck whose
chain of waiting ends at a truck that is unfit, paused or withdrawn, or that waits for nothing and does not drive, at a
closed road, at a crane that does not answer, or at a box that nobody brings. Waiting for a truck that drives is none of
that; a ring of those who wait for each other is. Whatever else stops a whole terminal is told as `standstill`.
"""

from collections.abc import Mapping

from portway.core.commands import Alert
from portway.core.controller.state import Mission, State
from portway.core.controller.visitors import Visitors
from portway.core.controller.waiting import Why, Whys, chain
from portway.core.model.layout import Gate
from portway.core.routing.inspection import progress
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.units import Unit, UnitState

LOOK_MS = 30_000
DOES_NOT_DRIVE = "does_not_drive"
ENDLESS = ("unfit", "paused", "closed_road", DOES_NOT_DRIVE)


class Standstill:
    """Knows since when whom nothing has happened to."""

    def __init__(self, state: State, visitors: Visitors) -> None:
        self._state, self._visitors = state, visitors
        self._gates = sorted(state.scenario.terminal.gates, key=lambda gate: gate.id)
        self._patience_ms = round(state.scenario.policies.standstill_s * 1000)
        self._looked_ms = 0
        self._marks: dict[str, tuple[object, int]] = {}  # of trucks, cranes and the terminal: what was seen, since when
        self._told: set[tuple[str, str]] = set()
        self._served_ms: dict[str, int] = {}  # when a crane last ended a handover

    def served(self, crane: str) -> None:
        """A crane has ended a handover: who waits for it waits in its queue."""
        self._served_ms[crane] = self._state.now_ms

    def look(self) -> None:
        """Tell what stands still for too long."""
        state = self._state
        if state.now_ms < self._looked_ms + LOOK_MS:
            return
        self._looked_ms = state.now_ms
        found = dict(self._found())
        self._told &= set(found)
        for key in sorted(set(found) - self._told):
            self._told.add(key)
            state.outbox.append(Alert(*key, found[key]))

    def persists(self, code: str, subject: str) -> bool:
        """Whether what was told is still so."""
        return (code, subject) in self._told

    def _found(self) -> list[tuple[tuple[str, str], str]]:
        """Who stands still for too long, and the cause; causes are looked for when somebody does."""
        state, trucks = self._state, [m for _, m in sorted(self._state.missions.items())]
        steps = progress(state.traffic)
        waiting = [m for m in trucks if self._lasts(m.truck, self._mark_of(m, steps)) and self._has_to_go_on(m)]
        queues = [queue for queue in state.board.in_order() if self._stands(queue)]
        is_still = self._lasts("", (steps, state.board.jobs_done)) and self._work_waits()
        first = {gate.id: self._visitors.may_enter(gate.id) or state.now_ms for gate in self._gates}
        gates = [gate for gate in self._gates if self._lasts(gate.id, first[gate.id])]
        if not (waiting or queues or gates or is_still):
            return []
        whys = Whys(state)
        found = [(("truck_waits", m.truck), self._truck(m.truck, whys)) for m in waiting]
        found += [(("work_waits", queue.crane), self._crane(queue, whys)) for queue in queues]
        found += [(("work_waits", gate.id), self._gate(gate, whys)) for gate in gates]
        if is_still:
            found.append((("standstill", state.scenario.terminal.id), self._terminal(whys)))
        return [(key, cause) for key, cause in found if cause]

    def _lasts(self, name: str, mark: object) -> bool:
        """Whether something has been as it is for too long."""
        before, since = self._marks.get(name, (None, 0))
        if before != mark:
            self._marks[name] = mark, self._state.now_ms
            return False
        return self._state.now_ms - since >= self._patience_ms

    # -- trucks -------------------------------------------------------------------------------------------------

    def _has_to_go_on(self, mission: Mission) -> bool:
        """Whether a truck is healthy and has something to do."""
        return not mission.paused and (mission.unit is not None or mission.truck in self._state.astray)

    def _truck(self, name: str, whys: Mapping[str, Why]) -> str:
        """Why a truck stands; nothing when that will end."""
        if whys[name].code == "handover":
            crane = whys[name].subject
            silent = self._state.now_ms - self._served_ms.get(crane, -self._patience_ms) >= self._patience_ms
            return f"crane_silent: {name} > {crane}" if silent else ""
        return self._endless(name, whys)

    def _mark_of(self, mission: Mission, steps: list[list[int]]) -> object:
        unit = mission.unit.id if mission.unit is not None else ""
        return steps[self._state.index[mission.truck]], mission.leg, unit, mission.serving

    def _endless(self, name: str, whys: Mapping[str, Why]) -> str:
        """The end of a chain of waiting, when it is one that does not end by itself."""
        links = [name, *chain(name, whys)]
        last = links[-1]
        code = whys[last].code if last in whys else ""
        if last in whys and whys[last].subject in links and all(self._stood(link) for link in links):
            return f"ring: {' > '.join([*links, whys[last].subject])}"
        if code == "none" and self._is_stuck(last):
            code = DOES_NOT_DRIVE
        held_by = sorted(self._state.traffic.foreign_uses()) if code == "closed_road" else []
        ground = f" (ground held by {', '.join(held_by)})" if held_by else ""
        return f"{code}: {' > '.join(links)}{ground}" if code in ENDLESS else ""

    def _is_stuck(self, name: str) -> bool:
        """Whether a truck that has to go on has not for too long."""
        return self._has_to_go_on(self._state.missions[name]) and self._stood(name)

    def _stood(self, name: str) -> bool:
        """Whether a truck has stood for too long."""
        since = self._marks[name][1] if name in self._marks else self._state.now_ms
        return self._state.now_ms - since >= self._patience_ms

    # -- cranes -------------------------------------------------------------------------------------------------

    def _stands(self, queue: CraneQueue) -> bool:
        """Whether a quay crane has work and has not come on for too long."""
        unit = queue.next_unit()
        if unit is None or queue.start_ms[queue.head] > self._state.now_ms:
            self._marks.pop(queue.crane, None)
            return False
        return self._lasts(
            queue.crane, (unit.id, queue.prepared, queue.ready, queue.serving, unit.state, unit.truck)
        )  # fmt: skip

    def _crane(self, queue: CraneQueue, whys: Mapping[str, Why]) -> str:
        """Why a quay crane has not come on; nothing when that will end."""
        unit = queue.next_unit()
        assert unit is not None
        if queue.serving or (queue.prepared and not queue.ready):
            return f"crane_silent: {queue.crane}"
        return self._unit(unit, whys)

    def _unit(self, unit: Unit, whys: Mapping[str, Why]) -> str:
        if unit.truck is not None:
            return self._endless(unit.truck, whys)
        board = self._state.board
        missing = [job for job in unit.after if job not in board.delivered]
        if missing:
            before = board.unit_of_job.get(missing[0])
            inside = before is not None and before.truck is not None
            return "" if inside else f"box_missing: {unit.id} > {missing[0]}"
        at_work = any(m.is_at_work for m in self._state.missions.values())
        return "" if at_work else f"no_truck: {unit.id}"

    # -- gates --------------------------------------------------------------------------------------------------

    def _gate(self, gate: Gate, whys: Mapping[str, Why]) -> str:
        """Why no road truck is let in although one could be; nothing when that will end."""
        state, stop = self._state, self._state.book.stop(gate.place_in)
        if held_by := state.traffic.locked_at(stop):
            return f"closed_road: {gate.place_in} (ground held by {', '.join(held_by)})"
        row = state.traffic.first_at(stop)
        holder = state.name[row] if row >= 0 else state.claims.holder_of(gate.place_in)
        return self._endless(holder, whys) if holder is not None and holder in whys else ""

    # -- the whole ----------------------------------------------------------------------------------------------

    def _terminal(self, whys: Mapping[str, Why]) -> str:
        """Why nothing at all moves although work waits."""
        stands = [name for name, reason in whys.items() if reason.code != "none"]
        links = [" > ".join([name, *chain(name, whys)]) + f" ({whys[name].code})" for name in stands[:4]]
        return "; ".join(links) or "no truck is at work"

    def _work_waits(self) -> bool:
        board, now = self._state.board, self._state.now_ms
        heads = [q for q in board.in_order() if q.next_unit() is not None and q.start_ms[q.head] <= now]
        yard = [u for u in board.yard_moves if u.release_ms <= now and u.state in (UnitState.OPEN, UnitState.ASSIGNED)]
        aboard = [m.unit.legs[m.leg :] for m in self._state.missions.values() if m.carries and m.unit is not None]
        to_yard = any(legs and legs[0].crane is None for legs in aboard)
        return bool(heads or yard or to_yard) or any(self._visitors.may_enter(gate.id) for gate in self._gates)
