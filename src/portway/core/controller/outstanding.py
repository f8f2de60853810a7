"""What has been told to the world and not been answered yet: to be told again after a restart.

Every one of these commands can be repeated without harm: a crane that is ready says so again, a handover that is under
way goes on, an order update carries its number, a timer fires once.
"""

from portway.core.commands import Command, ExtendBase, PauseTruck, PrepareMove, SetTimer, StartHandover
from portway.core.controller.state import State
from portway.core.model.work import MoveKind
from portway.core.work.board import CraneQueue


def outstanding(state: State) -> list[Command]:
    """Commands in the order in which they are told again: cranes, handovers, timers, trucks."""
    commands: list[Command] = [p for q in state.board.in_order() if (p := _prepare(q)) is not None]
    commands += [h for truck in sorted(state.missions) if (h := _handover(state, truck)) is not None]
    commands += [SetTimer(at_ms, name) for at_ms, name in sorted(state.timers)]
    for truck, row in sorted(state.index.items()):
        way = state.traffic.standing_order(row)
        if way.base or way.horizon:
            commands.append(ExtendBase(truck, way.step, way.base, way.horizon))
        mission = state.missions[truck]
        if mission.stopped or mission.paused_by_person:
            commands.append(PauseTruck(truck, True))
    return commands


def _prepare(queue: CraneQueue) -> PrepareMove | None:
    unit = queue.next_unit()
    if unit is None or not queue.prepared or queue.ready or queue.serving:
        return None
    discharge = unit.kind == MoveKind.DISCHARGE
    return PrepareMove(queue.crane, unit.id, unit.bay, discharge, queue.last_was_load and discharge)


def _handover(state: State, truck: str) -> StartHandover | None:
    mission = state.missions[truck]
    if not mission.serving or mission.unit is None:
        return None
    leg = mission.current_leg
    return StartHandover(mission.served_by, truck, leg.jobs, leg.collect, leg.bay)
