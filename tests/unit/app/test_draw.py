"""Drawings of a layout."""

import xml.etree.ElementTree as ET

import msgspec
import numpy as np
import pytest

from portway.app.draw import draw_png, draw_svg
from portway.app.report.occupancy import Heat
from portway.core.model import Terminal
from unit.app.small_terminal import small_terminal

NS = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def words():
    return {e.text for e in ET.fromstring(draw_svg(small_terminal())).iter(f"{NS}text")}


def test_names_places_blocks_cranes_and_gates(words):
    assert {"q1", "y2", "h1", "c1", "B1", "QC2", "R1", "G1", "Small terminal"} <= words


def test_legend_counts_the_kinds_that_occur(words):
    assert {"quay transfer 2", "parking 2", "charging 1"} <= words


def test_words_are_escaped():
    terminal = msgspec.structs.replace(small_terminal(), title="Quay <A> & B")
    assert ET.fromstring(draw_svg(terminal)).find(f"{NS}title").text == "Quay <A> & B"


def test_everything_lies_on_the_sheet():
    root = ET.fromstring(draw_svg(small_terminal()))
    _, _, width, height = map(float, root.get("viewBox").split())
    for text in root.iter(f"{NS}text"):
        x, y = map(float, text.get("transform").split("(")[1].split(")")[0].split())
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_stops_and_heat_are_drawn_on_demand():
    heat = Heat(0.0, 0.0, 4.0, np.array([[0.0, 1.0], [4.0, 0.0]]))
    plain = draw_svg(small_terminal())
    hot = draw_svg(small_terminal(), heat=heat)
    assert hot.count("<rect") == 2
    assert "0 to 4 truck seconds" in hot
    assert draw_svg(small_terminal(), np.array([[10.0, 0.0, 0.0]])) != plain


def test_a_terminal_with_nothing_can_be_drawn():
    ET.fromstring(draw_svg(Terminal("bare", (), (), ())))


def test_png_is_as_wide_as_asked(tmp_path):
    draw_png(draw_svg(small_terminal()), tmp_path / "a.png", 640)
    data = (tmp_path / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") == 640


def test_drawing_is_the_same_twice():
    assert draw_svg(small_terminal()) == draw_svg(small_terminal())
