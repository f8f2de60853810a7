"""GeoJSON there and back."""

import copy
import itertools
import json

import pytest

from portway.adapters.layout.geojson import Projection, terminal_from_geojson, terminal_to_geojson
from portway.adapters.layout.layout_error import LayoutError
from portway.app.config import load_scenario
from unit.app.small_terminal import small_terminal


def exported(projection=None):
    return json.loads(json.dumps(terminal_to_geojson(small_terminal(), projection)))


def feature(doc, name):
    return next(f for f in doc["features"] if f["id"] == name)


@pytest.mark.parametrize("projection", [None, Projection(48.4, -4.5, 37.0), Projection(-33.9, 151.2, 270.0)])
def test_comes_back_exactly_from_any_place_and_bearing(projection):
    assert terminal_from_geojson(exported(projection), "x") == small_terminal()


def test_yangluo_comes_back_exactly():
    terminal = load_scenario("yangluo").terminal
    assert terminal_from_geojson(json.loads(json.dumps(terminal_to_geojson(terminal))), "x") == terminal


def test_lies_where_the_origin_says():
    doc = exported(Projection(30.68, 114.55, 0.0))  # x to the north
    lon, lat = feature(doc, "node/B")["geometry"]["coordinates"]  # 600 m along x
    assert lon == pytest.approx(114.55, abs=1e-9)
    assert lat - 30.68 == pytest.approx(600 / 110_860, rel=1e-3)  # metres a degree of latitude there


def test_polygons_are_closed_and_counter_clockwise():
    for f in exported()["features"]:
        if f["geometry"]["type"] == "Polygon":
            (ring,) = f["geometry"]["coordinates"]
            assert ring[0] == ring[-1]
            assert sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) > 0


def test_a_place_moved_on_the_map_moves_along_its_lane():
    doc = exported()
    lane, place = feature(doc, "lane/lay_q1")["geometry"]["coordinates"], feature(doc, "place/q1")
    place["geometry"]["coordinates"] = [(lane[1][i] + lane[2][i]) / 2 for i in (0, 1)]
    moved = {p.id: p.at_m for p in terminal_from_geojson(doc, "x").places}
    assert moved["q1"] == pytest.approx((18**2 + 4**2) ** 0.5 + 11.0, abs=1e-3)  # the middle is where it was
    place["geometry"]["coordinates"] = lane[1]
    moved = {p.id: p.at_m for p in terminal_from_geojson(doc, "x").places}
    assert moved["q1"] == pytest.approx((18**2 + 4**2) ** 0.5, abs=1e-3)


def test_every_problem_is_listed():
    doc = exported()
    feature(doc, "lane/B>C")["properties"]["to_node"] = "nowhere"
    feature(doc, "node/A")["geometry"] = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    feature(doc, "place/q1")["properties"]["kind"] = "lake"
    feature(doc, "block/B1")["properties"]["bays"] = "ten"
    doc["features"].append({"type": "Feature", "properties": {"feature": "ship"}, "geometry": None})
    doc["features"].append("rubbish")
    with pytest.raises(LayoutError) as caught:
        terminal_from_geojson(doc, "map.json")
    text = str(caught.value)
    for part in (
        "map.json",
        "no node 'nowhere'",
        "draw a Point",
        "lake",
        "bays",
        "'ship'",
        "no feature with properties",
    ):
        assert part in text


def test_lanes_and_places_off_their_ground_are_refused():
    doc = exported()
    feature(doc, "lane/B>C")["geometry"]["coordinates"][0][0] += 0.001
    with pytest.raises(LayoutError, match=r"lane 'B>C' begins .* m away from node 'B'"):
        terminal_from_geojson(doc, "x")
    doc = exported()
    feature(doc, "place/q1")["geometry"]["coordinates"][1] += 0.001
    with pytest.raises(LayoutError, match="place 'q1' lies"):
        terminal_from_geojson(doc, "x")


@pytest.mark.parametrize("change", [{"type": "Feature"}, {"features": None}, {"portway": None}, {"portway": {"id": 3}}])
def test_what_is_no_terminal_is_refused(change):
    with pytest.raises(LayoutError):
        terminal_from_geojson({**copy.deepcopy(exported()), **change}, "x")


def test_a_bad_origin_is_refused():
    doc = exported()
    doc["portway"]["projection"]["lat_deg"] = 95.0
    with pytest.raises(LayoutError, match="95"):
        terminal_from_geojson(doc, "x")
