"""Lines in their own units under a transform, so that the page can tell the numbers of the nearest point."""

from portway.app.report.kinds import Track, Tracks
from portway.app.report.markup import tag, tip
from portway.app.report.plot.frame import frame, svg
from portway.app.report.plot.legend import legend


def tracks(figure: Tracks, width: float) -> str:
    """All lines, those of the last name on top."""
    f = frame(width, figure.height_px, figure.x, figure.y)
    shift = f.x.from_px - f.x.low * f.x.factor, f.y.from_px - f.y.low * f.y.factor
    matrix = f"matrix({f.x.factor:.5f},0,0,{f.y.factor:.5f},{shift[0]:.2f},{shift[1]:.2f})"
    groups = [_lines(track, i) for i, track in enumerate(figure.tracks)]
    world, dot = tag("g", *groups, class_="world", transform=matrix), tag("circle", class_="dot", r=4)
    drawn = svg(width, figure.height_px, f.axes, world, dot, class_="tracks", **tip(figure.tip))
    return drawn + legend([(t.name, t.colour) for t in figure.tracks])


def _lines(track: Track, index: int) -> str:
    pieces = [tag("polyline", points=" ".join(f"{x:g},{y:g}" for x, y in piece)) for piece in track.pieces]
    return tag("g", *pieces, stroke=track.colour, data_series=index)
