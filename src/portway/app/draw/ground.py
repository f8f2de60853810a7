"""Water, quay, cranes, blocks and zones: what lies under and beside the roads."""

import math

import numpy as np

from portway.app.draw.canvas import Canvas
from portway.core.model.layout import Block, Point, Quay, Terminal

WATER, WALL, RAIL = "#cddce4", "#7f95a1", "#9aa6ae"
BLOCK, BAY_LINE, BLOCK_INK = "#dcd6c8", "#c6bfae", "#6d6552"
CRANE, YARD_CRANE = "#48627a", "#8a7a4e"
WALL_M = 4.0  # from the waterside rail to the edge


class Shore:
    """Coordinates along the quay (u) and towards the land (v)."""

    def __init__(self, terminal: Terminal, quay: Quay) -> None:
        self.quay = quay
        self._axis = np.array([math.cos(quay.axis_rad), math.sin(quay.axis_rad)])
        left = np.array([-self._axis[1], self._axis[0]])
        away = [float(np.dot((n.x_m - quay.origin[0], n.y_m - quay.origin[1]), left)) for n in terminal.nodes]
        self._land = left if not away or float(np.median(away)) >= 0 else -left

    def point(self, u: float, v: float) -> Point:
        """Ground point `u` metres along the rail from bay 1 and `v` metres inland."""
        x, y = np.array(self.quay.origin) + u * self._axis + v * self._land
        return float(x), float(y)

    def at_bay(self, bay: float) -> float:
        """Metres along the rail of a bay."""
        return (bay - 1) * self.quay.bay_pitch_m

    @property
    def heading_deg(self) -> float:
        """Direction of the rail."""
        return math.degrees(self.quay.axis_rad)


def draw_shore(canvas: Canvas, shore: Shore) -> None:
    """Water to the edge of the sheet, the wall, both rails and every tenth bay number."""
    far = 3 * max(canvas.size)
    canvas.polygon(
        [shore.point(-far, -WALL_M), shore.point(far, -WALL_M), shore.point(far, -far), shore.point(-far, -far)],
        fill=WATER,
    )
    canvas.polyline([shore.point(-far, -WALL_M), shore.point(far, -WALL_M)], stroke=WALL, stroke_width=2.0)
    low, high = shore.at_bay(0.5), shore.at_bay(shore.quay.bays + 0.5)
    for v in (0.0, shore.quay.gauge_m):
        canvas.polyline([shore.point(low, v), shore.point(high, v)], stroke=RAIL, stroke_width=0.7)
    for bay in range(1, shore.quay.bays + 1):
        long = 2.2 if bay % 10 == 0 or bay == 1 else 1.1
        u = shore.at_bay(bay)
        canvas.polyline([shore.point(u, -WALL_M), shore.point(u, -WALL_M - long)], stroke=WALL, stroke_width=0.5)
        if long > 2:
            canvas.text(shore.point(u, -WALL_M - 6.0), str(bay), 4.5, shore.heading_deg, fill="#5d7482")


def draw_quay_cranes(canvas: Canvas, terminal: Terminal, shore: Shore) -> None:
    """Portal between the rails and boom over the water, in the middle of each crane's stretch."""
    gauge = shore.quay.gauge_m
    for crane in terminal.quay_cranes:
        u = shore.at_bay((crane.bay_start + crane.bay_end) / 2)
        canvas.open(stroke=CRANE, stroke_linejoin="round")
        portal = [shore.point(u + a, v) for a, v in ((-9, -1), (9, -1), (9, gauge + 1), (-9, gauge + 1))]
        canvas.polygon(portal, fill=CRANE, fill_opacity=0.10, stroke_width=1.2)
        boom = [shore.point(u + a, v) for a, v in ((-2, -38), (2, -38), (2, gauge + 12), (-2, gauge + 12))]
        canvas.polygon(boom, fill=CRANE, fill_opacity=0.55, stroke_width=0.4)
        canvas.close()
        canvas.text(shore.point(u, -46), crane.id, 9, shore.heading_deg, font_weight="bold", fill=CRANE)


def _block_point(block: Block, u: float, v: float) -> Point:
    c, s = math.cos(block.axis_rad), math.sin(block.axis_rad)
    return block.origin[0] + u * c - v * s, block.origin[1] + u * s + v * c


def block_corners(block: Block) -> list[Point]:
    """Outline of a block."""
    u0, u1 = -block.bay_pitch_m / 2, (block.bays - 0.5) * block.bay_pitch_m
    v0, v1 = -block.row_pitch_m / 2, (block.rows - 0.5) * block.row_pitch_m
    return [_block_point(block, *p) for p in ((u0, v0), (u1, v0), (u1, v1), (u0, v1))]


def draw_blocks(canvas: Canvas, terminal: Terminal) -> None:
    """Blocks with bay and row lines, bay numbers, their id and their cranes."""
    for block in terminal.blocks:
        canvas.polygon(block_corners(block), fill=BLOCK, stroke=BAY_LINE, stroke_width=0.6)
        u0, u1 = -block.bay_pitch_m / 2, (block.bays - 0.5) * block.bay_pitch_m
        v0, v1 = -block.row_pitch_m / 2, (block.rows - 0.5) * block.row_pitch_m
        heading = math.degrees(block.axis_rad)
        for bay in range(block.bays):
            u = (bay + 0.5) * block.bay_pitch_m
            if bay + 1 < block.bays:
                canvas.polyline([_block_point(block, u, v) for v in (v0, v1)], stroke=BAY_LINE, stroke_width=0.35)
            number_at = _block_point(block, bay * block.bay_pitch_m, v0 + 1.6)
            canvas.text(number_at, str(bay + 1), 2.2, heading, fill=BLOCK_INK, fill_opacity=0.7)
        for row in range(1, block.rows):
            v = (row - 0.5) * block.row_pitch_m
            canvas.polyline([_block_point(block, u, v) for u in (u0, u1)], stroke=BAY_LINE, stroke_width=0.2)
        size = min(10.0, 0.55 * (v1 - v0))
        beside = _block_point(block, u0 + 0.25 * (u1 - u0), (v0 + v1) / 2)  # a crane may stand in the middle
        canvas.text(beside, block.id, size, heading, font_weight="bold", fill=BLOCK_INK, stroke=BLOCK, stroke_width=1.6,
                    paint_order="stroke")  # fmt: skip
    by_id = {b.id: b for b in terminal.blocks}
    for crane in terminal.yard_cranes:
        if crane.block in by_id:
            _draw_yard_crane(canvas, by_id[crane.block], crane.bay_start, crane.id)


def _draw_yard_crane(canvas: Canvas, block: Block, bay: int, name: str) -> None:
    u, half = (bay - 1) * block.bay_pitch_m, 5.0
    v0, v1 = -block.row_pitch_m / 2 - 1.5, (block.rows - 0.5) * block.row_pitch_m + 1.5
    legs = [_block_point(block, *p) for p in ((u - half, v0), (u + half, v0), (u + half, v1), (u - half, v1))]
    canvas.polygon(legs, fill=YARD_CRANE, fill_opacity=0.12, stroke=YARD_CRANE, stroke_width=0.9)
    canvas.text(_block_point(block, u, (v0 + v1) / 2), name, 3.2, math.degrees(block.axis_rad), fill="#5f5330")


def draw_zones(canvas: Canvas, terminal: Terminal) -> None:
    """Closed zones red, zones with a speed limit amber, both dashed."""
    for zone in terminal.zones:
        colour = "#b5533c" if zone.closed else "#c98a2b"
        canvas.polygon(
            zone.polygon, fill=colour, fill_opacity=0.07, stroke=colour, stroke_width=0.7, stroke_dasharray="4 2.5"
        )
        rule = "closed" if zone.closed else f"{3.6 * (zone.speed_mps_max or 0):.0f} km/h"
        x, y = np.mean(zone.polygon, axis=0)
        canvas.text((float(x), float(y)), f"{zone.id}: {rule}", 4.0, fill=colour)
