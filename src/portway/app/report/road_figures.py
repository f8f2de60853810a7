"""Plots of the roads: the heat map over the layout and the space-time diagram of one lane."""

from typing import Any

import numpy as np

from portway.app.report import style
from portway.app.report.figures import Figure
from portway.app.report.occupancy import Heat, SpaceTime
from portway.app.report.style import axis, layout
from portway.app.report.words import word
from portway.core.model.layout import Block, Terminal
from portway.core.units import MS_PER_MIN


def _outline(block: Block) -> str:
    """SVG path of a block's ground area in layout coordinates."""
    cos, sin = np.cos(block.axis_rad), np.sin(block.axis_rad)
    low_u, high_u = -block.bay_pitch_m / 2, (block.bays - 0.5) * block.bay_pitch_m
    low_v, high_v = -block.row_pitch_m / 2, (block.rows - 0.5) * block.row_pitch_m
    corners = [(low_u, low_v), (high_u, low_v), (high_u, high_v), (low_u, high_v)]
    points = [(block.origin[0] + u * cos - v * sin, block.origin[1] + u * sin + v * cos) for u, v in corners]
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"


def _ground(terminal: Terminal) -> list[dict[str, Any]]:
    """Blocks and quay wall under the heat."""
    fill, under = "rgba(120,132,142,0.16)", {"line": {"width": 0}, "layer": "below"}
    shapes = [{"type": "path", "path": _outline(b), "fillcolor": fill, **under} for b in terminal.blocks]
    if terminal.quay is None:
        return shapes
    (x, y), axis_rad, pitch = terminal.quay.origin, terminal.quay.axis_rad, terminal.quay.bay_pitch_m
    low, high = -pitch / 2, (terminal.quay.bays - 0.5) * pitch
    ends = {f"{c}{i}": float(o + u * f) for i, u in ((0, low), (1, high))
            for c, o, f in (("x", x, np.cos(axis_rad)), ("y", y, np.sin(axis_rad)))}  # fmt: skip
    return [*shapes, {"type": "line", **ends, "line": {"color": "#7d95a3", "width": 4}, "layer": "below"}]


def road_heat(heat: Heat, terminal: Terminal) -> Figure:
    """The layout with the time that trucks spend on every metre of road; colours follow the square root."""
    value = np.where(heat.value > 0, heat.value, np.nan)
    top = float(np.nanpercentile(value, 99.5)) if np.isfinite(value).any() else 1.0
    trace = {
        "type": "heatmap",
        "x0": round(heat.x_m + heat.cell_m / 2, 2),
        "dx": heat.cell_m,
        "y0": round(heat.y_m + heat.cell_m / 2, 2),
        "dy": heat.cell_m,
        "z": [[None if np.isnan(v) else float(f"{v:.3g}") for v in row] for row in value],
        "zmin": 0,
        "zmax": round(top, 3),
        "colorscale": [(at**2, colour) for at, colour in style.HEAT_SCALE],
        "hoverongaps": False,
        "colorbar": style.BAR,
        "hovertemplate": word("hover_heat"),
    }
    x = axis("metres", showgrid=False, constrain="domain")
    y = axis(showgrid=False, scaleanchor="x", constrain="domain")
    rows, columns = heat.value.shape
    height = round(min(max(1150 * rows / columns + 90, 260), 720))  # fits a card of full width
    return {
        "data": [trace],
        "layout": layout(shapes=_ground(terminal), xaxis=x, yaxis=y, height=height, dragmode="pan"),
    }


def lane_tracks(tracks: SpaceTime) -> Figure:
    """Distance along the lane over time; a steep line is a fast truck, a level one a standing truck."""
    traces = []
    for loaded, colour, name in ((0.0, style.PALE, "unloaded"), (1.0, style.DEEP, "loaded")):
        along = np.where(tracks.loaded == loaded, tracks.along_m, np.nan)
        before = np.concatenate(([np.nan], along[:-1])) if len(along) else along
        keep = ~np.isnan(along) | ~np.isnan(before)  # one gap between two pieces is enough
        traces.append({
            "type": "scatter",
            "mode": "lines",
            "name": word(name),
            "x": [None if np.isnan(v) else round(float(v), 3) for v in tracks.at_min[keep]],
            "y": [None if np.isnan(v) else float(v) for v in along[keep]],
            "line": {"color": colour, "width": 1.4},
            "connectgaps": False,
            "hovertemplate": word("hover_track"),
        })  # fmt: skip
    x = axis("minute", range=[tracks.from_ms / MS_PER_MIN, tracks.to_ms / MS_PER_MIN])
    return {"data": traces, "layout": layout(1, xaxis=x, yaxis=axis("along"), height=420)}
