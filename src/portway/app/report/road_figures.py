"""Figures of the roads: the heat map over the layout and the space-time diagram of one lane."""

import numpy as np

from portway.app.report import style
from portway.app.report.kinds import Axis, Point, RoadMap, Track, Tracks
from portway.app.report.occupancy import Heat, SpaceTime
from portway.app.report.words import word
from portway.core.model.layout import Block, Quay, Terminal
from portway.core.units import MS_PER_MIN


def _outline(block: Block) -> list[Point]:
    """Corners of a block's ground area."""
    cos, sin = np.cos(block.axis_rad), np.sin(block.axis_rad)
    low_u, high_u = -block.bay_pitch_m / 2, (block.bays - 0.5) * block.bay_pitch_m
    low_v, high_v = -block.row_pitch_m / 2, (block.rows - 0.5) * block.row_pitch_m
    corners = [(low_u, low_v), (high_u, low_v), (high_u, high_v), (low_u, high_v)]
    (x, y), turned = block.origin, [(u * cos - v * sin, u * sin + v * cos) for u, v in corners]
    return [(float(x + dx), float(y + dy)) for dx, dy in turned]


def _wall(quay: Quay) -> list[Point]:
    """Both ends of the quay along its rail."""
    low, high = -quay.bay_pitch_m / 2, (quay.bays - 0.5) * quay.bay_pitch_m
    cos, sin = float(np.cos(quay.axis_rad)), float(np.sin(quay.axis_rad))
    return [(quay.origin[0] + u * cos, quay.origin[1] + u * sin) for u in (low, high)]


def road_heat(heat: Heat, terminal: Terminal) -> RoadMap:
    """The layout with the time that trucks spend on every metre of road; colours follow the square root."""
    used = heat.value[heat.value > 0]
    return RoadMap(
        x_m=heat.x_m,
        y_m=heat.y_m,
        cell_m=heat.cell_m,
        values=[[float(f"{v:.3g}") if v > 0 else None for v in row] for row in heat.value.tolist()],
        top=round(float(np.percentile(used, 99.5)), 3) if len(used) else 1.0,
        blocks=[_outline(b) for b in terminal.blocks],
        quay=_wall(terminal.quay) if terminal.quay is not None else [],
        ramp=style.HEAT_RAMP,
        unit=word("heat_unit"),
        metres=word("metres"),
        tip=word("hover_heat"),
    )


def _pieces(at_min: np.ndarray, along_m: np.ndarray) -> list[list[Point]]:
    """Unbroken lines through the points; NaN parts two of them."""
    known = np.flatnonzero(~np.isnan(along_m))
    runs = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    return [list(zip(at_min[r].round(3).tolist(), along_m[r].tolist(), strict=True)) for r in runs if len(r)]


def lane_tracks(tracks: SpaceTime) -> Tracks:
    """Distance along the lane over time; a steep line is a fast truck, a level one a standing truck."""
    along = tracks.along_m[~np.isnan(tracks.along_m)]
    low, high = (float(along.min()), float(along.max())) if len(along) else (0.0, 1.0)
    looks = ((0.0, style.PALE, "unloaded"), (1.0, style.DEEP, "loaded"))
    return Tracks(
        x=Axis(word("minute"), tracks.from_ms / MS_PER_MIN, tracks.to_ms / MS_PER_MIN),
        y=Axis(word("along"), low, high),
        tracks=[
            Track(word(name), colour, _pieces(tracks.at_min, np.where(tracks.loaded == loaded, tracks.along_m, np.nan)))
            for loaded, colour, name in looks
        ],
        tip=word("hover_track"),
    )
