"""Stacked columns, and horizontal bars of parts."""

from portway.app.report.kinds import Columns, Row, Rows
from portway.app.report.markup import fields, said, tag, tip
from portway.app.report.plot.frame import Lanes, frame, lanes, svg, width_px
from portway.app.report.plot.legend import legend

GAP = 0.06  # of an hour, on either side of a column
BAR_SHARE, BAR_PX_MAX = 0.72, 30  # of the height of its lane


def columns(figure: Columns, width: float) -> str:
    """Columns of all series on one another."""
    f = frame(width, figure.height_px, figure.x, figure.y)
    wide = round(f.x.factor * (1 - 2 * GAP), 2)
    below, groups = [0.0] * max((len(s.values) for s in figure.series), default=0), []
    for i, (series, told) in enumerate(zip(figure.series, figure.tips, strict=True)):
        marks = []
        for k, value in enumerate(series.values):
            top, high = f.y.px(below[k] + value), round(-f.y.factor * value, 2)
            marks.append(tag("rect", x=f.x.px(k + GAP), y=top, width=wide, height=high, data_v=fields(value)))
            below[k] += value
        groups.append(tag("g", *marks, class_="piece", fill=series.colour, data_series=i, **tip(told)))
    return svg(width, figure.height_px, f.axes, *groups) + legend([(s.name, s.colour) for s in figure.series])


def rows(figure: Rows, width: float) -> str:
    """A bar for each row, its remark at its end or in line with the others."""
    room = 14 + max((width_px(r.beside) for r in figure.rows), default=0)
    area = lanes(width, figure.height_px, figure.x, [r.name for r in figure.rows], room)
    bars = [_bar(area, row, lane, figure.at_end) for row, lane in zip(figure.rows, area.rows, strict=True)]
    return svg(width, figure.height_px, area.axes, *bars) + legend(figure.legend)


def _bar(area: Lanes, row: Row, lane: tuple[float, float], at_end: bool) -> str:
    high = min(BAR_SHARE * (lane[1] - lane[0]), BAR_PX_MAX)
    top, at, marks = (lane[0] + lane[1] - high) / 2, 0.0, []
    for i, part in enumerate(row.parts):
        left, right = area.x.px(at), area.x.px(at + part.value)
        look = {"x": left, "y": round(top, 1), "width": round(right - left, 2), "height": round(high, 1)}
        marks.append(tag("rect", **look, fill=part.colour, data_series=i, data_v="", **tip(part.tip)))
        at += part.value
    end = area.x.px(at) if at_end else area.x.to_px
    return "".join(marks) + said("text", row.beside, class_="beside", x=end + 7, y=(lane[0] + lane[1]) / 2 + 4)
