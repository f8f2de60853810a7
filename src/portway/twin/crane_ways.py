"""Which way-points a crane's commands stand for, and what its job state is then.

Quay cranes: trolley 0 m is the waterside rail, positive to the land, the ship lies on the negative side. Yard cranes:
trolley 0 m is row 1, rows grow; the truck lane lies before row 1. Hoist 0 m is the ground.
"""

from portway.core.commands import GantryTo, PrepareMove, StartHandover
from portway.core.model.work import YardSlot
from portway.twin.crane_model import WayPoint

SHIP_M, DECK_M = -18.0, 9.0
QUAY_TRAVEL_M, OVER_LANE_M, TRUCK_BED_M = 26.0, 12.0, 4.2
YARD_TRAVEL_M, LANE_M, BOX_HIGH_M = 18.0, -4.2, 2.6


def quay_prepare(command: PrepareMove, bay_m: float, lane_m: float, load_kg: float) -> list[WayPoint]:
    """To the bay, and for a discharge with the box from the ship to above the lane."""
    first = WayPoint(bay_m, lane_m, QUAY_TRAVEL_M)
    if not command.discharge:
        return [first, WayPoint(bay_m, lane_m, OVER_LANE_M)]
    return [
        WayPoint(bay_m, SHIP_M, QUAY_TRAVEL_M),
        WayPoint(bay_m, SHIP_M, DECK_M, load_kg),
        WayPoint(bay_m, SHIP_M, QUAY_TRAVEL_M),
        first,
        WayPoint(bay_m, lane_m, OVER_LANE_M),
    ]


def quay_handover(command: StartHandover, gantry_m: float, lane_m: float, load_kg: float) -> list[WayPoint]:
    """Down on the truck and up again; a loaded box goes on to the ship."""
    up = WayPoint(gantry_m, lane_m, OVER_LANE_M)
    if command.to_truck:
        return [WayPoint(gantry_m, lane_m, OVER_LANE_M, load_kg), WayPoint(gantry_m, lane_m, TRUCK_BED_M, 0.0), up]
    return [
        WayPoint(gantry_m, lane_m, TRUCK_BED_M, load_kg),
        WayPoint(gantry_m, lane_m, QUAY_TRAVEL_M),
        WayPoint(gantry_m, SHIP_M, QUAY_TRAVEL_M),
        WayPoint(gantry_m, SHIP_M, DECK_M, 0.0),
        WayPoint(gantry_m, SHIP_M, QUAY_TRAVEL_M),
    ]


def yard_gantry(command: GantryTo, bay_pitch_m: float, trolley_m: float) -> list[WayPoint]:
    """Wait at a bay."""
    return [WayPoint((command.bay - 1) * bay_pitch_m, trolley_m, YARD_TRAVEL_M)]


def yard_handover(
    command: StartHandover, slot: YardSlot | None, bay_pitch_m: float, row_pitch_m: float, load_kg: float
) -> list[WayPoint]:
    """Between the slot and the truck, either way."""
    bay_m = (command.bay - 1) * bay_pitch_m
    row, tier = (slot.row, slot.tier) if slot is not None else (1, 1)
    row_m, top_m = (row - 1) * row_pitch_m, tier * BOX_HIGH_M
    above_stack, above_lane = WayPoint(bay_m, row_m, YARD_TRAVEL_M), WayPoint(bay_m, LANE_M, YARD_TRAVEL_M)
    stack = [above_stack, WayPoint(bay_m, row_m, top_m), above_stack]
    lane = [above_lane, WayPoint(bay_m, LANE_M, TRUCK_BED_M), above_lane]
    first, second = (stack, lane) if command.to_truck else (lane, stack)
    first[1], second[1] = first[1]._replace(load_kg=load_kg), second[1]._replace(load_kg=0.0)
    return [*first, *second]
