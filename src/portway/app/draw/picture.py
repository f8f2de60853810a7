"""The layout of a terminal as one picture, SVG or PNG."""

import math
from pathlib import Path

import numpy as np

from portway.app.draw.canvas import Canvas, line_of
from portway.app.draw.ground import Shore, block_corners, draw_blocks, draw_quay_cranes, draw_shore, draw_zones
from portway.app.draw.roads import (
    PLACE_COLOURS,
    PLACE_NAMES,
    draw_gates,
    draw_heat,
    draw_lanes,
    draw_places,
    draw_stops,
    heat_colour,
    heat_top,
)
from portway.app.report.occupancy import Heat
from portway.app.report.whole_files import whole_file
from portway.core.model.layout import Point, Terminal

LAND, INK, QUIET = "#eef0ef", "#2b3137", "#6b747c"
WIDTH_PX = 1800
MARGIN_M = 14.0
WATER_M = 56.0  # of water shown before the quay: booms and crane names


def _extent(terminal: Terminal, shore: Shore | None) -> tuple[Point, Point]:
    points = [p for line in line_of(terminal).values() for p in line.tolist()]
    points += [c for b in terminal.blocks for c in block_corners(b)]
    points += [p for z in terminal.zones for p in z.polygon]
    if shore is not None:
        points += [
            shore.point(shore.at_bay(b), v) for b in (0, shore.quay.bays + 1) for v in (-WATER_M, shore.quay.gauge_m)
        ]
    table = np.array(points or [(0.0, 0.0), (100.0, 60.0)])
    (x0, y0), (x1, y1) = table.min(axis=0).tolist(), table.max(axis=0).tolist()
    return (x0 - MARGIN_M, y0 - MARGIN_M), (x1 + MARGIN_M, y1 + MARGIN_M)


def _nice_m(span_m: float) -> float:
    """A round length near a tenth of the picture."""
    power = 10 ** math.floor(math.log10(span_m / 8))
    return max(f * power for f in (1, 2, 5) if f * power <= span_m / 8)


def _scale_bar(canvas: Canvas, unit: float, at: Point) -> None:
    long = _nice_m(canvas.size[0])
    x, y = at
    canvas.polyline([(x - long, y + unit), (x - long, y), (x, y), (x, y + unit)], stroke=INK, stroke_width=unit * 0.18)
    canvas.text((x - long / 2, y + 1.5 * unit), f"{long:g} m", 1.5 * unit, fill=INK)


def _legend(canvas: Canvas, terminal: Terminal, unit: float, top: float) -> None:
    """Kinds of places that occur, with their number."""
    x, y = canvas.low[0] + 2 * unit, top
    for kind, colour in PLACE_COLOURS.items():
        count = sum(p.kind == kind for p in terminal.places)
        if not count:
            continue
        corners = [
            (x, y - 0.5 * unit),
            (x + 3 * unit, y - 0.5 * unit),
            (x + 3 * unit, y + 0.5 * unit),
            (x, y + 0.5 * unit),
        ]
        canvas.polygon(corners, fill=colour)
        text = f"{PLACE_NAMES[kind]} {count}"
        canvas.text((x + 3.7 * unit, y), text, 1.5 * unit, text_anchor="start", fill=INK)
        x += (5.6 + 0.92 * len(text)) * unit


def _heat_legend(canvas: Canvas, heat: Heat, unit: float, top: float) -> None:
    """The scale of the heat, from nothing to the hottest colour."""
    left, wide, steps = canvas.low[0] + 2 * unit, 24 * unit, 48
    low, high = top - 0.5 * unit, top + 0.5 * unit
    for i in range(steps):
        x0, x1 = left + wide * i / steps, left + wide * (i + 1) / steps + 0.1
        canvas.polygon([(x0, low), (x1, low), (x1, high), (x0, high)], fill=heat_colour(i / (steps - 1)))
    label = f"0 to {heat_top(heat):.0f} truck seconds per metre and hour"
    canvas.text((left + wide + unit, top), label, 1.5 * unit, text_anchor="start", fill=INK)


def _strip(canvas: Canvas, terminal: Terminal, heat: Heat | None, unit: float) -> None:
    """Title, figures, legend and scale below the ground plan."""
    (x0, y0), (x1, _) = canvas.low, canvas.high
    high = y0 + 8 * unit
    canvas.polygon([(x0, y0), (x1, y0), (x1, high), (x0, high)], fill="#f8f9f9")
    canvas.polyline([(x0, high), (x1, high)], stroke="#d3d8dc", stroke_width=unit * 0.1)
    title = terminal.title or terminal.id
    canvas.text((x0 + 2 * unit, y0 + 5.6 * unit), title, 2.3 * unit, text_anchor="start", font_weight="bold")
    km = sum(float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in line_of(terminal).values()) / 1000
    boxes = sum(b.capacity_boxes for b in terminal.blocks)
    cranes, blocks = len(terminal.quay_cranes), len(terminal.blocks)
    facts = f"{cranes} quay cranes, {blocks} blocks for {boxes:,} boxes, {km:.1f} km of lanes"
    canvas.text((x1 - 2 * unit, y0 + 5.6 * unit), facts, 1.5 * unit, text_anchor="end", fill=QUIET)
    _scale_bar(canvas, unit, (x1 - 2 * unit, y0 + 1.5 * unit))
    if heat is None:
        _legend(canvas, terminal, unit, y0 + 2.2 * unit)
    else:
        _heat_legend(canvas, heat, unit, y0 + 2.2 * unit)


def sheet_of(terminal: Terminal) -> tuple[Point, Point]:
    """Lower left and upper right corner of the picture of a terminal, in ground coordinates."""
    shore = Shore(terminal, terminal.quay) if terminal.quay is not None else None
    low, high = _extent(terminal, shore)
    return (low[0], low[1] - 8 * _unit(low, high)), high


def _unit(low: Point, high: Point) -> float:
    """The measure of the texts below the plan, metres."""
    return max(high[0] - low[0], 200.0) / 150


def draw_svg(terminal: Terminal, traffic_stops: np.ndarray | None = None, heat: Heat | None = None) -> str:
    """The ground plan as SVG; with the stops (S, 3) of a compiled map, or the heat of a run, when given."""
    shore = Shore(terminal, terminal.quay) if terminal.quay is not None else None
    low, high = _extent(terminal, shore)
    unit = _unit(low, high)
    canvas = Canvas(*sheet_of(terminal))
    canvas.polygon([low, (high[0], low[1]), high, (low[0], high[1])], fill=LAND)
    if shore is not None:
        draw_shore(canvas, shore)
    draw_blocks(canvas, terminal)
    draw_lanes(canvas, terminal)
    draw_zones(canvas, terminal)
    if heat is not None:
        draw_heat(canvas, heat)
    if traffic_stops is not None:
        draw_stops(canvas, traffic_stops)
    if heat is None:
        draw_places(canvas, terminal)
    draw_gates(canvas, terminal)
    if shore is not None:
        draw_quay_cranes(canvas, terminal, shore)
    _strip(canvas, terminal, heat, unit)
    return canvas.svg(WIDTH_PX, terminal.title or terminal.id)


def draw_png(svg: str, path: Path | str, width: int = WIDTH_PX) -> bool:
    """Write an SVG as PNG, `width` pixels wide; False when the machine has no font, so that labels are missing."""
    import resvg_py

    with whole_file(Path(path)) as temporary:
        temporary.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width)))
    return _fonts_work()


def _fonts_work() -> bool:
    """Whether a letter leaves a trace: a picture with one is not the picture without."""
    import resvg_py

    def rendered(letter: str) -> bytes:
        text = f'<text x="2" y="16" font-size="16" font-family="DejaVu Sans,Arial,sans-serif">{letter}</text>'
        frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{text}</svg>'
        return bytes(resvg_py.svg_to_bytes(svg_string=frame))

    return rendered("H") != rendered("")
