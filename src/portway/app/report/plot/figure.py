"""The drawing of each kind of figure."""

from collections.abc import Callable
from typing import Any

from portway.app.report.kinds import Areas, Columns, Figure, Matrix, RoadMap, Rows, Tracks
from portway.app.report.markup import tag
from portway.app.report.plot.areas import areas
from portway.app.report.plot.bars import columns, rows
from portway.app.report.plot.matrix import matrix
from portway.app.report.plot.road_map import road_map
from portway.app.report.plot.tracks import tracks

WIDE_PX, HALF_PX = 1206, 578  # inside of a card of page.css where the letters have their natural size
DRAWINGS: dict[type, Callable[[Any, float], str]] = {
    Columns: columns,
    Areas: areas,
    Rows: rows,
    Matrix: matrix,
    RoadMap: road_map,
    Tracks: tracks,
}


def draw(figure: Figure, wide: bool = True) -> str:
    """A figure with its legend, for a card of full or half width."""
    drawing = DRAWINGS[type(figure)](figure, WIDE_PX if wide else HALF_PX)
    return tag("figure", drawing, class_="wide" if wide else "half")
