"""The kinds of figures on the page: plain numbers, words in both languages. `plot/` draws them."""

from typing import NamedTuple

from portway.app.report.words import Text

Point = tuple[float, float]
Ramp = list[tuple[float, str]]  # share of the top value, colour there


class Axis(NamedTuple):
    """Values from `low` to `high`, with a line every `every` or else at round numbers."""

    title: Text
    low: float
    high: float
    every: float | None = None


class Series(NamedTuple):
    """A name and a colour of the legend, and a value for each column or bin."""

    name: Text
    colour: str
    values: list[float]


class Columns(NamedTuple):
    """Stacked columns; column i stands from i to i + 1. `tips[series]` takes the value as field 0."""

    x: Axis
    y: Axis
    series: list[Series]
    tips: list[Text]
    height_px: int


class Areas(NamedTuple):
    """Stacked areas over bins that begin and end at `edges`; `tip` takes the middle of the bin, then all values."""

    x: Axis
    y: Axis
    edges: list[float]
    series: list[Series]
    tip: Text
    height_px: int = 360


class Part(NamedTuple):
    """A piece of a horizontal bar."""

    value: float
    colour: str
    tip: Text


class Row(NamedTuple):
    """A horizontal bar of parts, its name on the left and a remark on the right."""

    name: Text
    parts: list[Part]
    beside: Text


class Rows(NamedTuple):
    """Horizontal bars from the top down; `legend` names the parts in their order, `at_end` puts remarks at the bars."""

    x: Axis
    rows: list[Row]
    legend: list[tuple[Text, str]]
    height_px: int
    at_end: bool = False


class Matrix(NamedTuple):
    """Percentages, a row for each name, a cell for each bin; `tips[row]` takes the middle of the bin and the value."""

    x: Axis
    names: list[str]
    edges: list[float]
    values: list[list[float]]
    tips: list[Text]
    ramp: Ramp
    unit: Text


class RoadMap(NamedTuple):
    """A raster over the ground, row 0 at `y_m`; None is no road. `tip` takes x, y and the value."""

    x_m: float
    y_m: float
    cell_m: float
    values: list[list[float | None]]
    top: float
    blocks: list[list[Point]]
    quay: list[Point]
    ramp: Ramp
    unit: Text
    metres: Text
    tip: Text


class Track(NamedTuple):
    """A name and a colour of the legend, and the unbroken lines drawn in it."""

    name: Text
    colour: str
    pieces: list[list[Point]]


class Tracks(NamedTuple):
    """Lines through (x, y); `tip` takes x and y."""

    x: Axis
    y: Axis
    tracks: list[Track]
    tip: Text
    height_px: int = 400


Figure = Columns | Areas | Rows | Matrix | RoadMap | Tracks
