"""The frame of a figure: axes with round numbers, or names of rows, around the area that is drawn in."""

from typing import NamedTuple

from portway.app.report.kinds import Axis
from portway.app.report.markup import said, tag
from portway.app.report.plot.scale import Scale
from portway.app.report.words import Text

TICK_PX = 11  # size of the letters at an axis, as in page.css
TOP_PX, BOTTOM_PX, RIGHT_PX = 8, 42, 16
X_APART_PX, Y_APART_PX, X_BELOW_PX = 70, 36, 17


class Frame(NamedTuple):
    """Scales of the area that is drawn in, and the drawn axes."""

    x: Scale
    y: Scale
    axes: str


class Lanes(NamedTuple):
    """A scale from left to right, a lane of pixels (top, bottom) for each name, and what is drawn around them."""

    x: Scale
    rows: list[tuple[float, float]]
    axes: str


def width_px(text: Text | str, size_px: float = TICK_PX) -> float:
    """About how wide a text is, in the language that needs more; no browser is asked."""
    told = [text] if isinstance(text, str) else text.values()
    return size_px * max(sum(1.0 if ord(c) > 0x2E7F else 0.6 for c in t) for t in told)


def svg(width: float, height: float, *inside: str, **attributes: object) -> str:
    """A drawing that is as wide as its card."""
    return tag("svg", *inside, viewBox=f"0 0 {width:g} {height:g}", **attributes)


def x_axis(scale: Scale, axis: Axis, top: float, bottom: float) -> str:
    """Lines upwards, their numbers and the title below."""
    ticks = [(scale.px(v), text) for v, text in scale.ticks(X_APART_PX, axis.every)]
    grid = tag("path", class_="grid", d="".join(f"M{px:g} {top:g}V{bottom:g}" for px, _ in ticks))
    numbers = [tag("text", text, x=px, y=bottom + X_BELOW_PX, text_anchor="middle") for px, text in ticks]
    middle = (scale.from_px + scale.to_px) / 2
    return grid + "".join(numbers) + said("text", axis.title, class_="title", x=middle, y=bottom + 35)


def y_axis(scale: Scale, axis: Axis, left: float, right: float) -> str:
    """Lines from left to right, their numbers and the title, turned, on the left."""
    ticks = [(scale.px(v), text) for v, text in scale.ticks(Y_APART_PX, axis.every)]
    grid = tag("path", class_="grid", d="".join(f"M{left:g} {px:g}H{right:g}" for px, _ in ticks))
    numbers = [tag("text", text, x=left - 8, y=px + 4, text_anchor="end") for px, text in ticks]
    turned = f"translate(12 {(scale.from_px + scale.to_px) / 2:g}) rotate(-90)"
    return grid + "".join(numbers) + said("text", axis.title, class_="title", transform=turned)


def frame(width: float, height: float, x: Axis, y: Axis) -> Frame:
    """An area with numbers on both axes."""
    up = Scale(y.low, y.high, height - BOTTOM_PX, TOP_PX)
    left = round(32 + max((width_px(text) for _, text in up.ticks(Y_APART_PX, y.every)), default=0))
    across = Scale(x.low, x.high, left, width - RIGHT_PX)
    axes = x_axis(across, x, TOP_PX, height - BOTTOM_PX) + y_axis(up, y, left, width - RIGHT_PX)
    return Frame(across, up, tag("g", axes, class_="axes"))


def lanes(width: float, height: float, x: Axis, names: list[Text], right: float = RIGHT_PX) -> Lanes:
    """An area with a named lane for each row from the top down."""
    left = round(12 + max((width_px(n) for n in names), default=0))
    across, bottom = Scale(x.low, x.high, left, width - right), height - BOTTOM_PX
    high = (bottom - TOP_PX) / max(len(names), 1)
    rows = [(round(TOP_PX + i * high, 1), round(TOP_PX + (i + 1) * high, 1)) for i in range(len(names))]
    told = [
        said("text", n, x=left - 8, y=(low + up) / 2 + 4, text_anchor="end")
        for n, (low, up) in zip(names, rows, strict=True)
    ]
    return Lanes(across, rows, tag("g", x_axis(across, x, TOP_PX, bottom), *told, class_="axes"))
