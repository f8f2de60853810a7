"""A cell for each row and bin, coloured by its percentage."""

import numpy as np

from portway.app.report import style
from portway.app.report.kinds import Matrix
from portway.app.report.markup import fields, tag, tip
from portway.app.report.plot.frame import BOTTOM_PX, TOP_PX, Lanes, lanes, svg
from portway.app.report.plot.legend import ramp_legend
from portway.app.report.words import same

ROW_PX = 24


def matrix(figure: Matrix, width: float) -> str:
    """Rows of cells with a little air between them."""
    height = TOP_PX + BOTTOM_PX + ROW_PX * max(len(figure.names), 3)
    area = lanes(width, height, figure.x, [same(n) for n in figure.names])
    groups = [tag("g", *_cells(figure, area, i), **tip(told)) for i, told in enumerate(figure.tips)]
    return svg(width, height, area.axes, *groups) + ramp_legend(figure.ramp, ["0", "50", "100"], figure.unit)


def _cells(figure: Matrix, area: Lanes, row: int) -> list[str]:
    (top, bottom), values = area.rows[row], figure.values[row]
    colours = style.hex_of(style.ramp_rgb(figure.ramp, np.array(values) / 100))
    cells = []
    for a, b, value, colour in zip(figure.edges, figure.edges[1:], values, colours, strict=False):
        left, right = area.x.px(a), area.x.px(b)
        look = {"x": left, "y": top + 1, "width": round(max(right - left - 1, 0.5), 2), "height": bottom - top - 2}
        cells.append(tag("rect", **look, fill=colour, data_v=fields(f"{(a + b) / 2:.2f}", f"{value:g}")))
    return cells
