"""What is drawn is as large as its number says."""

import base64
import re
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest

from portway.app.report import style
from portway.app.report.kinds import Areas, Axis, Columns, Matrix, Part, RoadMap, Row, Rows, Series, Track, Tracks
from portway.app.report.plot import draw
from portway.app.report.plot.png import png
from portway.app.report.plot.scale import Scale, round_step
from portway.app.report.words import same

HOURS, COUNT = Axis(same("hours"), 0, 2, 1), Axis(same("count"), 0, 10)
TWO = [Series(same("A"), "#111111", [4, 2]), Series(same("B"), "#222222", [1, 8])]


def drawn(figure, wide=True):
    return ElementTree.fromstring(draw(figure, wide))


def marks(root, series=None):
    """Attributes of all marks with a tip, of one series or of all."""
    under = root if series is None else root.find(f".//g[@data-series='{series}']")
    return [{k: float(m.get(k)) for k in ("x", "y", "width", "height")} for m in under.findall(".//rect[@data-v]")]


@pytest.mark.parametrize(("least", "step"), [(0.7, 1), (1, 1), (1.2, 2), (3, 5), (7, 10), (0.03, 0.05), (340, 500)])
def test_steps_are_round(least, step):
    assert round_step(least) == pytest.approx(step)


def test_ticks_are_round_and_written_with_the_digits_they_need():
    assert [text for _, text in Scale(0, 2500, 0, 300).ticks(100)] == ["0", "1,000", "2,000"]
    assert [text for _, text in Scale(0.1, 0.31, 0, 300).ticks(100)] == ["0.1", "0.2", "0.3"]
    assert [text for _, text in Scale(-5, 5, 100, 0).ticks(20, 5)] == ["-5", "0", "5"]


def test_a_scale_of_nothing_can_be_drawn():
    assert Scale(3, 3, 0, 100).px(3) == 0
    assert Scale(3, 3, 0, 100).ticks(50)


def test_columns_stand_on_each_other_and_are_as_high_as_their_values():
    root = drawn(Columns(HOURS, COUNT, TWO, [same("{0}")] * 2, 300), wide=False)
    (a0, a1), (b0, b1) = marks(root, 0), marks(root, 1)
    assert a0["height"] / a1["height"] == pytest.approx(2, abs=0.01)
    assert b1["height"] / a0["height"] == pytest.approx(2, abs=0.01)
    assert b0["y"] + b0["height"] == pytest.approx(a0["y"], abs=0.02)
    assert b1["y"] + b1["height"] == pytest.approx(a1["y"], abs=0.02)
    assert a0["y"] + a0["height"] == pytest.approx(a1["y"] + a1["height"], abs=0.02)


def test_parts_of_a_bar_follow_each_other():
    parts = [Part(25.0, "#111111", same("a")), Part(50.0, "#222222", same("b"))]
    root = drawn(Rows(Axis(same("%"), 0, 100), [Row(same("QC1"), parts, same("30/h"))], [], 200))
    a, b = marks(root)
    assert b["x"] == pytest.approx(a["x"] + a["width"], abs=0.02)
    assert b["width"] == pytest.approx(2 * a["width"], abs=0.02)


def test_areas_have_a_band_for_each_bin_that_tells_all_values():
    root = drawn(Areas(HOURS, COUNT, [0.0, 1.0, 2.0], TWO, same("{0} {1} {2}")))
    assert [m.get("data-v") for m in root.iter("rect")] == ["0.50|4.0|1.0", "1.50|2.0|8.0"]
    assert [p.get("data-series") for p in root.findall(".//path[@data-series]")] == ["0", "1"]


def test_cells_are_coloured_by_their_percentage():
    root = drawn(Matrix(HOURS, ["QC1"], [0.0, 1.0, 2.0], [[0.0, 100.0]], [same("{1}")], style.WAIT_RAMP, same("%")))
    cells = [(m.get("data-v"), m.get("fill")) for m in root.iter("rect")]
    assert cells == [("0.50|0", style.WAIT_RAMP[0][1]), ("1.50|100", style.WAIT_RAMP[-1][1])]


def test_a_track_keeps_its_own_numbers_and_is_put_in_place_by_its_group():
    track = Track(same("T"), "#111111", [[(10, 0), (40, 500)]])
    root = drawn(Tracks(Axis(same("min"), 10, 40), Axis(same("m"), 0, 500), [track], same("{0} {1}")))
    a, _, _, d, e, f = map(float, re.findall(r"-?[\d.]+", root.find(".//g[@class='world']").get("transform")))
    width, height = map(float, root.find("svg").get("viewBox").split()[2:])
    assert root.find(".//polyline").get("points") == "10,0 40,500"
    assert 0 < a * 10 + e < a * 40 + e < width
    assert 0 < d * 500 + f < d * 0 + f < height


def road_map():
    values = [[None, 1.5], [100.0, None], [None, None]]
    corners = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    texts = (same("s"), same("m"), same("{0} {1} {2}"))
    return RoadMap(-4.0, 8.0, 4.0, values, 100.0, [corners], [(0.0, 0.0), (9.0, 0.0)], style.HEAT_RAMP, *texts)


def test_the_map_has_its_values_and_lies_in_metres():
    image = drawn(road_map()).find(".//image")
    assert image.get("data-cells") == ",1.5;100;"
    assert [float(image.get(k)) for k in ("x", "y", "width", "height")] == [-4.0, 8.0, 8.0, 12.0]


def test_both_ways_of_the_map_have_one_scale_and_the_raster_fits():
    root = drawn(road_map())
    a, _, _, d, e, f = map(float, re.findall(r"-?[\d.]+", root.find(".//g[@class='world']").get("transform")))
    view = root.find(".//svg[@class='view']")
    assert a == pytest.approx(-d)
    assert -0.01 <= a * -4 + e < a * 4 + e <= float(view.get("width")) + 0.01
    assert -0.01 <= d * 20 + f < d * 8 + f <= float(view.get("height")) + 0.01


def pixels(data):
    """Width, height, palette and the rows of an indexed picture."""
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        chunks[data[at + 4 : at + 8]] = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(data[at + 4 : at + 8 + size])
        at += 12 + size
    wide, high = struct.unpack(">II", chunks[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(high, wide + 1)
    return wide, high, np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3), lines[:, 1:]


def test_a_picture_keeps_its_cells_and_colours():
    index, rgb = np.array([[0, 1, 2], [2, 1, 0]], np.uint8), np.array([[0, 0, 0], [9, 8, 7], [255, 0, 1]], np.uint8)
    wide, high, palette, rows = pixels(png(index, rgb))
    assert (wide, high) == (3, 2)
    assert np.array_equal(rows, index)
    assert np.array_equal(palette, rgb)


def test_the_hottest_cell_has_the_last_colour_and_no_road_is_clear():
    url = drawn(road_map()).find(".//image").get("href")
    _, _, palette, rows = pixels(base64.b64decode(url.partition(",")[2]))
    assert rows[1, 0] == len(palette) - 1
    assert rows[0, 0] == rows[2, 1] == 0
    assert tuple(palette[-1]) == (0x9B, 0x2F, 0x1F)
