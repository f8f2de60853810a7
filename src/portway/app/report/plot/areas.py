"""Stacked areas over time; a band over each bin tells all values at once."""

import numpy as np

from portway.app.report.kinds import Areas
from portway.app.report.markup import fields, tag, tip
from portway.app.report.plot.frame import Frame, frame, svg
from portway.app.report.plot.legend import legend


def areas(figure: Areas, width: float) -> str:
    """One area on the other, from the middle of the first bin to that of the last."""
    f = frame(width, figure.height_px, figure.x, figure.y)
    edges = np.array(figure.edges)
    middle = (edges[:-1] + edges[1:]) / 2
    tops = np.cumsum([np.zeros(len(middle)), *(s.values for s in figure.series)], axis=0)
    shapes = [
        tag("path", d=_outline(f, middle, tops[i], tops[i + 1]), fill=s.colour, class_="piece", data_series=i)
        for i, s in enumerate(figure.series)
    ]
    bands = tag("g", *_bands(figure, f, edges, middle), class_="bands", **tip(figure.tip))
    keys = [(s.name, s.colour) for s in figure.series]
    return svg(width, figure.height_px, f.axes, *shapes, bands) + legend(keys)


def _outline(f: Frame, at: np.ndarray, low: np.ndarray, high: np.ndarray) -> str:
    """Along the upper edge and back along the lower one."""
    points = [*zip(at, high, strict=True), *zip(at[::-1], low[::-1], strict=True)]
    return "M" + "L".join(f"{f.x.px(x):.1f} {f.y.px(y):.1f}" for x, y in points) + "Z" if points else ""


def _bands(figure: Areas, f: Frame, edges: np.ndarray, middle: np.ndarray) -> list[str]:
    values = zip(*(s.values for s in figure.series), strict=True)
    top, high = f.y.to_px, f.y.from_px - f.y.to_px
    return [
        tag("rect", x=f.x.px(a), y=top, width=round(f.x.px(b) - f.x.px(a), 2), height=high,
            data_v=fields(f"{at:.2f}", *(f"{v:.1f}" for v in told)))
        for a, b, at, told in zip(edges, edges[1:], middle, values, strict=False)
    ]  # fmt: skip
