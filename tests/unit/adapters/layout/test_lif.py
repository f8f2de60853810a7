"""LIF 1.0: the official schema, the way there and back, and files of other makers."""

import copy
import json
import math
from datetime import UTC, datetime

import jsonschema
import msgspec
import pytest

from portway.adapters.layout.layout_error import LayoutError
from portway.adapters.layout.lif import terminal_from_lif, terminal_to_lif
from portway.app.config import load_scenario
from portway.core.model import Place, PlaceKind
from unit.app.small_terminal import small_terminal

META = {"projectIdentification": "p", "creator": "c", "exportTimestamp": "2026-01-01T00:00:00Z", "lifVersion": "1.0.0"}


def foreign(**more):
    """Two nodes, one edge there and one back, a station at the end."""
    prop = [{"vehicleTypeId": "v", "rotationAllowed": True}]
    layout = {
        "layoutId": "L",
        "layoutVersion": "1",
        "nodes": [
            {"nodeId": "a", "nodePosition": {"x": 0, "y": 0}, "vehicleTypeNodeProperties": []},
            {"nodeId": "b", "nodePosition": {"x": 10, "y": 10}, "vehicleTypeNodeProperties": []},
        ],
        "edges": [
            {"edgeId": "e1", "startNodeId": "a", "endNodeId": "b", "vehicleTypeEdgeProperties": copy.deepcopy(prop)},
            {"edgeId": "e2", "startNodeId": "b", "endNodeId": "a", "vehicleTypeEdgeProperties": copy.deepcopy(prop)},
        ],
        "stations": [{"stationId": "s", "interactionNodeIds": ["b"]}],
    }
    return {"metaInformation": META, "layouts": [{**layout, **more}]}


def round_trip(terminal):
    return terminal_from_lif(json.loads(json.dumps(terminal_to_lif(terminal))), "round")


@pytest.fixture(scope="module", params=["small", "huashan", "yangluo"])
def terminal(request):
    return small_terminal() if request.param == "small" else load_scenario(request.param).terminal


def test_export_obeys_the_official_schema(terminal, portway_data):
    schema = json.loads((portway_data / "vda5050/lif/LIF-1.0.schema").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(json.loads(json.dumps(terminal_to_lif(terminal))))


def test_nodes_lanes_and_places_come_back(terminal):
    back = round_trip(terminal)
    assert (back.id, back.title, back.nodes) == (terminal.id, terminal.title, terminal.nodes)
    assert back.lanes == terminal.lanes
    level = [[msgspec.structs.replace(p, at_m=0.0) for p in t.places] for t in (back, terminal)]
    assert level[0] == level[1]
    assert all(math.isclose(a.at_m, b.at_m, abs_tol=1e-6) for a, b in zip(back.places, terminal.places, strict=True))


def test_several_places_on_one_lane_stay_on_one_lane():
    terminal = small_terminal()
    more = [Place("q8", PlaceKind.BUFFER, "lay_q1", 22.0), Place("q9", PlaceKind.BUFFER, "lay_q1", 40.0)]
    terminal = msgspec.structs.replace(terminal, places=tuple(sorted([*terminal.places, *more], key=lambda p: p.id)))
    back = round_trip(terminal)
    assert back.lanes == terminal.lanes
    assert {p.id: round(p.at_m, 6) for p in back.places if p.lane == "lay_q1"} == {
        "q1": 29.439089,
        "q8": 22.0,
        "q9": 40.0,
    }


def test_time_of_export_is_an_argument():
    stamp = terminal_to_lif(small_terminal(), datetime(2026, 1, 2, 3, 4, tzinfo=UTC))["metaInformation"][
        "exportTimestamp"
    ]
    assert stamp == "2026-01-02T03:04:00.000Z"


def test_a_foreign_station_becomes_a_place_at_the_end_of_its_edge():
    terminal = terminal_from_lif(foreign(), "f.lif")
    assert [(p.id, p.lane, p.kind) for p in terminal.places] == [("s", "e1", PlaceKind.PARKING)]
    assert terminal.places[0].at_m == pytest.approx(math.sqrt(200))


def test_a_nurbs_quarter_circle_is_followed_within_two_centimetres():
    doc = foreign()
    doc["layouts"][0]["edges"][0]["vehicleTypeEdgeProperties"][0]["trajectory"] = {
        "degree": 2,
        "knotVector": [0, 0, 0, 1, 1, 1],
        "controlPoints": [{"x": 0, "y": 0}, {"x": 10, "y": 0, "weight": math.sqrt(0.5)}, {"x": 10, "y": 10}],
    }
    lane = next(n for n in terminal_from_lif(doc, "f.lif").lanes if n.id == "e1")
    assert len(lane.shape) > 5
    assert all(
        math.hypot(x, y - 10) == pytest.approx(10, abs=1e-6) for x, y in lane.shape
    )  # on the circle round (0, 10)


def test_every_problem_is_listed_with_its_place():
    doc = foreign(stations=[{"stationId": "s", "interactionNodeIds": ["z"]}])
    edges = doc["layouts"][0]["edges"]
    edges[0]["endNodeId"] = "nowhere"
    edges[1]["edgeId"] = "e1"
    edges[1]["vehicleTypeEdgeProperties"][0]["trajectory"] = {"degree": 3, "knotVector": [0, 1], "controlPoints": []}
    with pytest.raises(LayoutError) as caught:
        terminal_from_lif(doc, "f.lif")
    text = str(caught.value)
    for part in ("f.lif", "no node 'nowhere'", "'e1' occurs 2 times", "too few for degree 3", "station 's'"):
        assert part in text
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        ([], "document"),
        ({}, "metaInformation"),
        ({"metaInformation": META, "layouts": []}, "layouts"),
        (foreign(nodes=[{"nodeId": 7}]), "layouts.0.nodes.0.nodePosition"),
        (None, "document"),
    ],
)
def test_what_is_no_lif_is_refused_with_its_key(doc, said):
    with pytest.raises(LayoutError) as caught:
        terminal_from_lif(doc, "f.lif")
    assert any(p.startswith(said) for p in caught.value.problems)


def test_of_several_layouts_one_is_chosen():
    doc = foreign()
    doc["layouts"].append({**doc["layouts"][0], "layoutId": "M"})
    with pytest.raises(LayoutError, match="choose one of L, M"):
        terminal_from_lif(doc, "f.lif")
    assert terminal_from_lif(doc, "f.lif", "M").id == "M"
