"""A drawing sheet in metres: y grows upwards on the ground and downwards in SVG, so every point is turned here."""

import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from portway.core.model.layout import Lane, Point, Terminal

FONTS = (
    "'DejaVu Sans','Noto Sans','Noto Sans CJK SC','Segoe UI','Microsoft YaHei','Liberation Sans',"
    "Arial,Helvetica,sans-serif"
)


def line_of(terminal: Terminal) -> dict[str, np.ndarray]:
    """Polyline (n, 2) of every lane."""
    nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}

    def points(lane: Lane) -> np.ndarray:
        return np.array([nodes[lane.from_node], *lane.shape, nodes[lane.to_node]], float)

    return {lane.id: points(lane) for lane in terminal.lanes}


def along(line: np.ndarray, at_m: float) -> tuple[float, float, float]:
    """Point and heading (degrees, left turning) `at_m` metres along a polyline."""
    step = np.hypot(*np.diff(line, axis=0).T)
    ends = np.cumsum(step)
    k = min(int(np.searchsorted(ends, at_m)), len(step) - 1)
    d = (line[k + 1] - line[k]) / max(step[k], 1e-9)
    x, y = line[k] + d * (at_m - (ends[k] - step[k]))
    return float(x), float(y), math.degrees(math.atan2(d[1], d[0]))


def box(centre: Point, length: float, width: float, heading_deg: float) -> list[Point]:
    """Corners of a rectangle."""
    c, s = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
    half = [(length / 2, width / 2), (-length / 2, width / 2), (-length / 2, -width / 2), (length / 2, -width / 2)]
    return [(centre[0] + u * c - v * s, centre[1] + u * s + v * c) for u, v in half]


class Canvas:
    """Collects SVG elements; all arguments are ground coordinates in metres."""

    def __init__(self, low: Point, high: Point) -> None:
        self.low, self.high = low, high
        self.parts: list[str] = []

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in metres."""
        return self.high[0] - self.low[0], self.high[1] - self.low[1]

    def xy(self, point: Sequence[float]) -> tuple[float, float]:
        """A ground point on the sheet."""
        return point[0] - self.low[0], self.high[1] - point[1]

    def _d(self, points: Iterable[Sequence[float]], closed: bool) -> str:
        return "M" + "L".join("{:.2f} {:.2f}".format(*self.xy(p)) for p in points) + ("Z" if closed else "")

    def add(self, name: str, **attributes: object) -> None:
        """An element as it stands."""
        text = " ".join(f"{k.replace('_', '-')}={quoteattr(str(v))}" for k, v in attributes.items())
        self.parts.append(f"<{name} {text}/>")

    def open(self, **attributes: object) -> None:
        """Begin a group."""
        self.parts.append(
            "<g " + " ".join(f"{k.replace('_', '-')}={quoteattr(str(v))}" for k, v in attributes.items()) + ">"
        )

    def close(self) -> None:
        """End a group."""
        self.parts.append("</g>")

    def polyline(self, points: Iterable[Sequence[float]], **attributes: object) -> None:
        """An open line."""
        self.add("path", d=self._d(points, False), fill="none", **attributes)

    def polygon(self, points: Iterable[Sequence[float]], **attributes: object) -> None:
        """A closed area."""
        self.add("path", d=self._d(points, True), **attributes)

    def circle(self, centre: Sequence[float], radius: float, **attributes: object) -> None:
        """A disc."""
        x, y = self.xy(centre)
        self.add("circle", cx=f"{x:.2f}", cy=f"{y:.2f}", r=radius, **attributes)

    def text(self, at: Sequence[float], text: str, size: float, heading_deg: float = 0.0, **attributes: object) -> None:
        """Text centred on a point, never upside down."""
        x, y = self.xy(at)
        angle = -((heading_deg + 90.0) % 180.0 - 90.0)
        look = {"text_anchor": "middle", "font_size": f"{size:.2f}", "fill": "#2b3137", **attributes}
        shift = f"translate({x:.2f} {y:.2f})" + (f" rotate({angle:.1f})" if abs(angle) > 0.05 else "")
        more = " ".join(f"{k.replace('_', '-')}={quoteattr(str(v))}" for k, v in look.items())
        self.parts.append(f'<text transform="{shift}" y="{0.36 * size:.2f}" {more}>{escape(text)}</text>')

    def svg(self, width_px: int, title: str) -> str:
        """The whole picture."""
        w, h = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_px}" height="{round(width_px * h / w)}" '
            f'viewBox="0 0 {w:.2f} {h:.2f}" font-family="{FONTS}"><title>{escape(title)}</title>'
        )
        return head + "\n".join(self.parts) + "</svg>\n"
