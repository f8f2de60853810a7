"""The heat map of the roads: a raster in metres over blocks and quay, which the page lets move and grow."""

import numpy as np

from portway.app.report import style
from portway.app.report.kinds import Axis, Point, RoadMap
from portway.app.report.markup import said, tag, tip
from portway.app.report.plot.frame import BOTTOM_PX, RIGHT_PX, TOP_PX, svg, width_px, x_axis, y_axis
from portway.app.report.plot.legend import ramp_legend
from portway.app.report.plot.png import data_url
from portway.app.report.plot.scale import Scale
from portway.app.report.words import same, word

HEIGHT_PX = (220, 680)  # of the map itself, at least and at most
COLOURS = 255


def road_map(figure: RoadMap, width: float) -> str:
    """The whole map, as large as it fits."""
    rows, columns = len(figure.values), len(figure.values[0])
    left = 32 + width_px("1,000")
    wide = width - left - RIGHT_PX
    high = min(max(wide * rows / columns, HEIGHT_PX[0]), HEIGHT_PX[1])
    x, y = _fitted(figure, wide, high)
    axes = tag("g", _axes(figure, x, y, left, high), class_="axes")
    inner = tag(
        "svg", tag("rect", class_="ground", width=wide, height=high), _world(figure, x, y),
        class_="view", x=left, y=TOP_PX, width=wide, height=high,
    )  # fmt: skip
    drawn = svg(width, high + TOP_PX + BOTTOM_PX, axes, inner, class_="map", **tip(figure.tip))
    return tag("div", drawn, _buttons(), class_="map-holder") + _legend(figure)


def _fitted(figure: RoadMap, wide: float, high: float) -> tuple[Scale, Scale]:
    """Scales of the same size both ways, with the raster in the middle."""
    rows, columns = len(figure.values), len(figure.values[0])
    metre_px = min(wide / columns, high / rows) / figure.cell_m
    across, up = wide / metre_px, high / metre_px
    low_x = figure.x_m - (across - columns * figure.cell_m) / 2
    low_y = figure.y_m - (up - rows * figure.cell_m) / 2
    return Scale(low_x, low_x + across, 0, wide), Scale(low_y, low_y + up, high, 0)


def _axes(figure: RoadMap, x: Scale, y: Scale, left: float, high: float) -> str:
    """Numbers around the map; the page writes them anew when it is moved."""
    across, up = x._replace(from_px=left, to_px=left + x.to_px), y._replace(from_px=TOP_PX + high, to_px=TOP_PX)
    title = Axis(figure.metres, 0, 0)
    return x_axis(across, title, TOP_PX + high, TOP_PX + high) + y_axis(up, title, left, left)


def _world(figure: RoadMap, x: Scale, y: Scale) -> str:
    """Everything in metres, north up."""
    matrix = f"matrix({x.factor:.6f},0,0,{y.factor:.6f},{-x.low * x.factor:.3f},{y.from_px - y.low * y.factor:.3f})"
    blocks = tag("path", class_="block", d="".join(_line(b) + "Z" for b in figure.blocks))
    quay = tag("path", class_="quay", d=_line(figure.quay))
    return tag("g", blocks, quay, _raster(figure), class_="world", transform=matrix)


def _line(points: list[Point]) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) if points else ""


def _raster(figure: RoadMap) -> str:
    """The cells as a picture, with their values for the page; its first row lies lowest, as the group is turned."""
    value = np.array([[v or 0.0 for v in row] for row in figure.values])
    shares = np.sqrt(np.clip(value / figure.top, 0, 1))
    index = np.where(value > 0, 1 + np.round(shares * (COLOURS - 1)), 0).astype(np.uint8)
    palette = style.ramp_rgb(figure.ramp, np.concatenate(([0], np.linspace(0, 1, COLOURS))))
    cells = ";".join(",".join("" if v is None else f"{v:g}" for v in row).rstrip(",") for row in figure.values)
    rows, columns = value.shape
    place = {"x": figure.x_m, "y": figure.y_m, "width": columns * figure.cell_m, "height": rows * figure.cell_m}
    return tag("image", href=data_url(index, palette), **place, data_cell=figure.cell_m, data_cells=cells,
               preserveAspectRatio="none")  # fmt: skip


def _buttons() -> str:
    ways = {"out": same("−"), "in": same("+"), "all": word("zoom_all")}
    buttons = [tag("button", said("span", text), type="button", data_zoom=way) for way, text in ways.items()]
    return tag("div", *buttons, class_="zoom")


def _legend(figure: RoadMap) -> str:
    """Colours follow the square root, so a quarter of the top value is in the middle."""
    return ramp_legend(figure.ramp, ["0", f"{figure.top / 4:.3g}", f"≥ {figure.top:.3g}"], figure.unit)
