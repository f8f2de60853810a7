"""Lanes, places, stops and the heat of the roads."""

import math

import numpy as np

from portway.app.draw.canvas import Canvas, along, box, line_of
from portway.app.report.occupancy import Heat
from portway.core.model.layout import PlaceKind, Terminal

SURFACE, EDGE, ARROW = "#c3c9ce", "#b3babf", "#7b858d"
ARROW_PITCH_M = 36.0
TRUCK_M = (15.0, 3.0)
PLACE_COLOURS: dict[PlaceKind, str] = {
    PlaceKind.QUAY_TRANSFER: "#3f6c86",
    PlaceKind.YARD_TRANSFER: "#5d8571",
    PlaceKind.BUFFER: "#b58a3c",
    PlaceKind.PARKING: "#78838c",
    PlaceKind.CHARGING: "#2f8f83",
    PlaceKind.GATE_IN: "#7d5f9c",
    PlaceKind.GATE_OUT: "#a17fb5",
}
PLACE_NAMES: dict[PlaceKind, str] = {
    PlaceKind.QUAY_TRANSFER: "quay transfer",
    PlaceKind.YARD_TRANSFER: "yard transfer",
    PlaceKind.BUFFER: "buffer",
    PlaceKind.PARKING: "parking",
    PlaceKind.CHARGING: "charging",
    PlaceKind.GATE_IN: "gate in",
    PlaceKind.GATE_OUT: "gate out",
}
HEAT_COLOURS = np.array(
    [[0xDF, 0xE9, 0xEE], [0x9D, 0xBF, 0xCE], [0x4D, 0x83, 0xA0], [0xC9, 0x8F, 0x3A], [0x9B, 0x2F, 0x1F]], float
)


def draw_lanes(canvas: Canvas, terminal: Terminal) -> None:
    """Road surface as wide as the lanes, then arrows in the direction of travel."""
    lines = line_of(terminal)
    for colour, more in ((EDGE, 0.8), (SURFACE, 0.0)):
        canvas.open(stroke=colour, stroke_linejoin="round", stroke_linecap="round")
        for lane in terminal.lanes:
            canvas.polyline(lines[lane.id], stroke_width=round(lane.width_m + more, 2))
        canvas.close()
    canvas.open(stroke=ARROW, stroke_width=0.45, stroke_linejoin="round", stroke_linecap="round")
    places = {p.lane for p in terminal.places}
    for lane in terminal.lanes:
        length = float(np.hypot(*np.diff(lines[lane.id], axis=0).T).sum())
        count = max(1, round(length / ARROW_PITCH_M))
        if lane.id in places or length < 8:
            continue
        for i in range(count):
            x, y, heading = along(lines[lane.id], length * (i + 0.5) / count)
            c, s = math.cos(math.radians(heading)), math.sin(math.radians(heading))
            tip = [(-1.0, 1.0), (0.9, 0.0), (-1.0, -1.0)]
            canvas.polyline([(x + u * c - v * s, y + u * s + v * c) for u, v in tip])
    canvas.close()


def draw_places(canvas: Canvas, terminal: Terminal) -> None:
    """A truck's outline at every place, with the place's id inside."""
    lines = line_of(terminal)
    for place in terminal.places:
        x, y, heading = along(lines[place.lane], place.at_m)
        colour = PLACE_COLOURS[place.kind]
        canvas.polygon(
            box((x, y), *TRUCK_M, heading), fill=colour, fill_opacity=0.9, stroke="#ffffff", stroke_width=0.35
        )
        size = min(2.4, 1.55 * (TRUCK_M[0] - 1.0) / max(len(place.id), 1))
        canvas.text((x, y), place.id, size, heading, fill="#ffffff")


def draw_gates(canvas: Canvas, terminal: Terminal) -> None:
    """The name of each gate on the lane before its entrance."""
    lines, places = line_of(terminal), {p.id: p for p in terminal.places}
    for gate in terminal.gates:
        place = places.get(gate.place_in)
        if place is not None:
            x, y, heading = along(lines[place.lane], place.at_m)
            c, s = math.cos(math.radians(heading)), math.sin(math.radians(heading))
            behind = (x - 13.0 * c, y - 13.0 * s)
            canvas.text(behind, gate.id, 4.2, heading, fill=PLACE_COLOURS[PlaceKind.GATE_IN], font_weight="bold")


def draw_stops(canvas: Canvas, stops: np.ndarray) -> None:
    """Outlines of trucks at the stops (S, 3) of a compiled map: x, y, heading."""
    canvas.open(fill="none", stroke="#55606a", stroke_width=0.35, stroke_dasharray="1.2 0.8")
    for x, y, heading in np.asarray(stops, float).tolist():
        canvas.polygon(box((x, y), *TRUCK_M, math.degrees(heading)))
    canvas.close()


def heat_colour(share: float) -> str:
    """Colour of a share 0..1 of the scale."""
    at = min(max(share, 0.0), 1.0) * (len(HEAT_COLOURS) - 1)
    k = min(int(at), len(HEAT_COLOURS) - 2)
    rgb = HEAT_COLOURS[k] + (HEAT_COLOURS[k + 1] - HEAT_COLOURS[k]) * (at - k)
    return "#" + "".join(f"{int(v):02x}" for v in rgb)


def heat_top(heat: Heat) -> float:
    """Value that gets the hottest colour."""
    used = heat.value[heat.value > 0]
    return float(np.percentile(used, 99.5)) if len(used) else 1.0


def draw_heat(canvas: Canvas, heat: Heat) -> None:
    """Cells of the road coloured by the square root of the time that trucks spend there."""
    top, cell = heat_top(heat), heat.cell_m
    canvas.open(shape_rendering="crispEdges", fill_opacity=0.92)
    for row, column in np.argwhere(heat.value > 0).tolist():
        x, y = canvas.xy((heat.x_m + column * cell, heat.y_m + (row + 1) * cell))
        share = math.sqrt(heat.value[row, column] / top)
        canvas.add("rect", x=f"{x:.2f}", y=f"{y:.2f}", width=cell, height=cell, fill=heat_colour(share))
    canvas.close()
