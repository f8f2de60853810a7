"""The ground plan as the TOS interface tells it, with what stands on it and what is closed."""

from collections import Counter
from collections.abc import Mapping

from portway.adapters.tos.api.views import (
    BlockView,
    GateView,
    LaneView,
    PlaceView,
    QuayCraneView,
    RoadBlockView,
    TerminalView,
)
from portway.core.model.layout import Terminal
from portway.core.work.boxes import Boxes


def terminal_view(terminal: Terminal, boxes: Boxes, closed: list[RoadBlockView]) -> TerminalView:
    """Everything that a job order or a road block can name."""
    closed_by: dict[str, list[str]] = {}
    for block in closed:
        for lane in block.lanes:
            closed_by.setdefault(lane, []).append(block.name)
    return TerminalView(
        id=terminal.id,
        title=terminal.title,
        blocks=_blocks(terminal, boxes),
        quay_cranes=[
            QuayCraneView(id=c.id, bay_first=c.bay_start, bay_last=c.bay_end)
            for c in sorted(terminal.quay_cranes, key=lambda c: c.id)
        ],
        gates=[
            GateView(id=g.id, place_in=g.place_in, place_out=g.place_out)
            for g in sorted(terminal.gates, key=lambda g: g.id)
        ],
        places=[
            PlaceView(id=p.id, kind=str(p.kind), lane=p.lane, serves=p.serves, bay=p.bay)
            for p in sorted(terminal.places, key=lambda p: p.id)
        ],
        lanes=_lanes(terminal, closed_by),
        road_blocks=closed,
    )


def _blocks(terminal: Terminal, boxes: Boxes) -> list[BlockView]:
    standing = Counter(slot.block for slot in boxes.by_slot)
    promised = Counter(slot.block for slot in boxes.bringing if slot not in boxes.by_slot)
    cranes: dict[str, list[str]] = {}
    for crane in sorted(terminal.yard_cranes, key=lambda c: c.id):
        cranes.setdefault(crane.block, []).append(crane.id)
    return [
        BlockView(
            id=b.id, bays=b.bays, rows=b.rows, tiers=b.tiers, slots=b.capacity_boxes, boxes=standing[b.id],
            promised=promised[b.id], yard_cranes=cranes.get(b.id, []),
        )
        for b in sorted(terminal.blocks, key=lambda b: b.id)
    ]  # fmt: skip


def _lanes(terminal: Terminal, closed_by: Mapping[str, list[str]]) -> list[LaneView]:
    at = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}
    shut = {z.id for z in terminal.zones if z.closed}
    return [
        LaneView(
            id=lane.id, from_node=lane.from_node, to_node=lane.to_node, speed_mps_max=lane.speed_mps_max,
            points=[at[lane.from_node], *lane.shape, at[lane.to_node]], zone=lane.zone,
            closed=lane.id in closed_by or lane.zone in shut, closed_by=sorted(closed_by.get(lane.id, [])),
        )
        for lane in sorted(terminal.lanes, key=lambda lane: lane.id)
    ]  # fmt: skip
