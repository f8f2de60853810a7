"""Taking units back from trucks, so that others can do them.

An event may leave a unit without a truck in front of others that have one. Whoever has not collected yet must not wait
behind such a gap: all trucks could, and nobody would be left to close it. They come free and dispatch deals anew, from
the gap on. Trucks with a box aboard stay where they are; at least one truck has just come free for the gap.
"""

from portway.core.controller.state import Mission, State
from portway.core.controller.yard import YardService
from portway.core.work.crane_queue import CraneQueue
from portway.core.work.units import UnitState


def take_back(state: State, yard: YardService, mission: Mission) -> None:
    """Take a truck's unit away: the unit is open again, the truck is free and keeps its place until it is sent on."""
    unit = mission.unit
    assert unit is not None
    assert mission.can_leave, f"{mission.truck} has begun {unit.id}"
    unit.move_to(UnitState.OPEN)
    state.deals += 1
    unit.truck, unit.assigned_ms = None, 0
    state.board.placed.discard(unit.id)
    yard.forget(mission)
    mission.unit, mission.leg, mission.wanting_since = None, 0, -1
    state.work_wanted = state.places_freed = True


def free_behind_gap(state: State, yard: YardService, queue: CraneQueue, first: int) -> None:
    """From a position of a queue on, take units back that wait behind one without a truck."""
    gap = False
    for unit in queue.units[first:]:
        mission = state.missions.get(unit.truck or "")
        if unit.state == UnitState.OPEN:
            gap = True
        elif gap and mission is not None and mission.unit is unit and mission.can_leave:
            take_back(state, yard, mission)


def give_to_others(state: State, yard: YardService, mission: Mission) -> None:
    """A truck cannot go on: what it has not begun goes to others."""
    unit = mission.unit
    if unit is None or not mission.can_leave:
        return
    take_back(state, yard, mission)
    if unit.crane is not None:
        queue = state.board.queue(unit.crane)
        free_behind_gap(state, yard, queue, queue.units.index(unit, queue.head))
