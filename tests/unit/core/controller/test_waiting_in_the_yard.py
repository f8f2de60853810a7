"""Trucks wait where they stand in the yard, until somebody wants their place."""

import msgspec
from running_core import WHO, Core, job

from portway.core.commands import DriveTo
from portway.core.controller import Phase
from portway.core.events import TruckWithdrawn
from portway.core.model import MoveKind, PlaceKind, YardSlot

D, L = MoveKind.DISCHARGE, MoveKind.LOAD


def in_one_bay(count: int) -> list:
    """Loads whose boxes stand on each other in one bay of block A1."""
    return [
        msgspec.structs.replace(job(f"L{i}", L, i), slot=YardSlot("A1", 5, 1 + i // 5, 1 + i % 5)) for i in range(count)
    ]


def kind(core: Core, place: str | None) -> PlaceKind | None:
    return None if place is None else core.state.book.kind(place)


def test_a_load_waits_at_its_yard_place_for_a_place_under_the_crane():
    slots = [YardSlot(block, bay, 1, 1) for bay in (1, 6, 11) for block in ("A1", "B1")]
    core = Core(*(msgspec.structs.replace(job(f"L{i}", L, i), slot=s) for i, s in enumerate(slots)), trucks=6)
    missions = core.state.missions.values()
    core.until(lambda: any(m.phase == Phase.WAIT_PLACE and m.leg == 1 for m in missions))
    waiting = next(m for m in missions if m.phase == Phase.WAIT_PLACE and m.leg == 1)
    assert kind(core, waiting.at_place) == PlaceKind.YARD_TRANSFER
    core.until(lambda: waiting.phase == Phase.TO_DELIVER)
    sent = [c.place for c in core.said if isinstance(c, DriveTo) and c.truck == waiting.truck]
    assert [kind(core, p) for p in sent] == [PlaceKind.YARD_TRANSFER, PlaceKind.QUAY_TRANSFER]
    assert core.to_the_end() == [f"L{i}" for i in range(6)]


def test_a_waiting_truck_steps_aside_for_the_next_one_at_its_bay():
    core = Core(*in_one_bay(8))
    assert core.to_the_end() == [f"L{i}" for i in range(8)]
    aside = [c for c in core.said if isinstance(c, DriveTo) and kind(core, c.place) == PlaceKind.BUFFER]
    assert aside


def test_a_truck_without_work_stays_for_some_minutes_and_then_goes_home():
    core = Core(job("D1", D), trucks=1)
    core.to_the_end()
    (mission,) = core.state.missions.values()
    core.minutes(4)
    assert kind(core, mission.at_place) == PlaceKind.YARD_TRANSFER
    assert mission.phase == Phase.PARKED
    core.minutes(8)
    assert mission.at_place == core.state.homes[mission.truck]


def test_a_withdrawn_truck_goes_home_at_once():
    core = Core(job("D1", D), trucks=1)
    core.to_the_end()
    (mission,) = core.state.missions.values()
    core.tell(TruckWithdrawn, mission.truck, True, *WHO)
    core.minutes(4.5)
    assert mission.at_place == core.state.homes[mission.truck]
