"""Short forms of `terminal.toml`: what roads, lay-bys, bays and block rows expand to."""

from collections import Counter

from portway.app.config.groundplan import expand
from portway.app.config.terminal_file import TerminalFile

TWO_WAY = {"two_way": True}


def lay(**tables):
    terminal, problems = expand(TerminalFile.model_validate({"id": "t", **tables}), "terminal.toml")
    return terminal, [str(p) for p in problems]


def road(name, *points, **more):
    return {"id": name, "points": [list(p) for p in points], **more}


def positions(terminal):
    return sorted((n.x_m, n.y_m) for n in terminal.nodes)


def ends(terminal):
    """Nodes that no lane leads to, or from."""
    into, out = Counter(i.to_node for i in terminal.lanes), Counter(i.from_node for i in terminal.lanes)
    return [n.id for n in terminal.nodes if not into[n.id] or not out[n.id]]


def test_two_one_way_roads_cross_in_one_node():
    #      |
    #  ----+---->
    #      v
    terminal, _ = lay(roads=[road("a", (0, 0), (100, 0)), road("b", (50, 50), (50, -50))])
    assert (50, 0) in positions(terminal)
    assert sorted(lane.id for lane in terminal.lanes) == ["a+1", "a+2", "b+1", "b+2"]


def test_two_two_way_roads_cross_in_four_nodes_and_keep_right():
    terminal, _ = lay(roads=[road("a", (-90, 0), (90, 0), **TWO_WAY), road("b", (0, -90), (0, 90), **TWO_WAY)])
    crossings = [p for p in positions(terminal) if abs(p[0]) < 50 and abs(p[1]) < 50]
    assert crossings == [(-2, -2), (-2, 2), (2, -2), (2, 2)]
    start = next(n for n in terminal.nodes if n.id == "a+.start")
    assert (start.x_m, start.y_m) == (-90, -2)  # eastbound, so south of the centre line


def test_a_road_that_ends_on_another_joins_all_its_lanes():
    #      b
    #      |        b's lanes run on to the farthest lane of a
    #  ====+====a
    terminal, _ = lay(roads=[road("a", (-90, 0), (90, 0), **TWO_WAY), road("b", (0, 0), (0, 90), **TWO_WAY)])
    assert [p for p in positions(terminal) if abs(p[0]) < 50 and abs(p[1]) < 50] == [(-2, -2), (-2, 2), (2, -2), (2, 2)]


def test_a_ring_of_four_roads_has_no_loose_ends():
    corners = [(0, 0), (200, 0), (200, 100), (0, 100)]
    roads = [road(f"r{i}", corners[i], corners[(i + 1) % 4], **TWO_WAY) for i in range(4)]
    terminal, problems = lay(roads=roads)
    assert problems == []
    assert ends(terminal) == []
    assert len(terminal.nodes) == 8  # an outer and an inner corner each: the ways round, and no U-turn


def test_a_bent_road_gets_a_node_at_its_bend():
    terminal, _ = lay(roads=[road("a", (0, 0), (100, 0), (100, 100))])
    assert (100, 0) in positions(terminal)
    assert len(terminal.lanes) == 2


def test_a_low_level_node_on_a_road_cuts_it():
    terminal, _ = lay(roads=[road("a", (0, 0), (100, 0))], nodes=[{"id": "here", "x_m": 30.0, "y_m": 0.0}])
    assert [(lane.from_node, lane.to_node) for lane in terminal.lanes] == [("a+.start", "here"), ("here", "a+.end")]


def test_a_layby_runs_beside_its_road_with_the_place_in_the_middle():
    row = {"ids": "L{n}", "road": "a", "kind": "buffer", "first_at_m": 100.0, "pitch_m": 50.0, "count": 2}
    terminal, problems = lay(roads=[road("a", (0, 0), (300, 0))], laybys=[row])
    assert problems == []
    lane = next(i for i in terminal.lanes if i.id == "L01.lane")
    assert lane.shape == ((91.5, -4.0), (108.5, -4.0))  # 4 m to the right, 17 m straight
    place = terminal.places[0]
    assert abs(place.at_m - ((12**2 + 4**2) ** 0.5 + 8.5)) < 1e-3


def test_a_layby_near_a_crossing_is_stretched_over_it_or_skipped():
    roads = [road("a", (0, 0), (300, 0)), road("b", (80, 100), (80, -100))]
    row = {"ids": "L", "road": "a", "kind": "buffer", "first_at_m": 104.0, "pitch_m": 50.0, "count": 1}
    terminal, _ = lay(roads=roads, laybys=[row])
    begins = {n.id: n.x_m for n in terminal.nodes}["L.in"]
    assert begins == 78.0  # before the crossing, where it would have begun 3.5 m behind it
    terminal, _ = lay(roads=roads, laybys=[{**row, "near_crossings": "skip"}])
    assert terminal.places == ()


def test_a_layby_on_another_road_is_left_out():
    roads = [road("a", (0, 0), (300, 0)), road("b", (100, 100), (100, -100))]
    row = {"ids": "L{n}", "road": "a", "kind": "buffer", "first_at_m": 100.0, "pitch_m": 100.0, "count": 2}
    terminal, _ = lay(roads=roads, laybys=[row])
    assert [p.id for p in terminal.places] == ["L02"]


def test_bays_lead_from_one_road_to_the_other():
    roads = [road("a", (0, 0), (100, 0)), road("b", (0, 56), (100, 56))]
    row = {"ids": "P{n}", "from_road": "a", "to_road": "b", "first_at_m": 40.0, "count": 3}
    terminal, _ = lay(roads=roads, bays=[row])
    assert [p.id for p in terminal.places] == ["P01", "P02", "P03"]
    assert {p.at_m for p in terminal.places} == {28.0}


def test_a_block_row_brings_cranes_and_a_place_at_every_bay():
    row = {"ids": "A{n}", "origin": [60.0, 10.0], "count": 2, "pitch_m": 150.0, "bays": 5, "road": "a"}
    terminal, problems = lay(roads=[road("a", (0, 0), (400, 0))], block_rows=[row])
    assert problems == []
    assert [b.id for b in terminal.blocks] == ["A1", "A2"]
    assert [c.id for c in terminal.yard_cranes] == ["RTG-A1", "RTG-A2"]
    assert Counter(p.serves for p in terminal.places) == {"A1": 5, "A2": 5}
    assert {p.bay for p in terminal.places} == {1, 2, 3, 4, 5}


def test_block_rows_go_on_counting_where_another_ended_and_lay_bys_leave_bays_out():
    row = {"ids": "A{n}", "count": 1, "pitch_m": 1.0, "bays": 4, "cranes_per_block": 0}
    lane = {"ids": "Q{bay}", "road": "r", "kind": "yard_transfer", "bays_of": "A3", "bays_without": [2, 3]}
    blocks = [{**row, "origin": [0.0, 20.0]}, {**row, "first_n": 3, "origin": [60.0, 20.0]}]
    terminal, problems = lay(roads=[road("r", (0, 0), (300, 0))], block_rows=blocks, laybys=[lane])
    assert problems == []
    assert [b.id for b in terminal.blocks] == ["A1", "A3"]
    assert [p.id for p in terminal.places] == ["Q01", "Q04"]
    _, problems = lay(
        roads=[road("r", (0, 0), (300, 0))], block_rows=blocks, laybys=[{**lane, "bays_without": [4, 5]}]
    )  # fmt: skip
    assert any("bays_without" in p and "5" in p and "bays 1 to 4" in p for p in problems)


def test_unknown_roads_and_rows_off_the_road_are_all_refused():
    row = {"ids": "L{n}", "road": "a", "kind": "buffer", "first_at_m": 10.0, "pitch_m": 50.0, "count": 1}
    bays = {"ids": "P{n}", "from_road": "nowhere", "to_road": "a", "first_at_m": 1.0, "count": 1}
    _, problems = lay(roads=[road("a", (0, 0), (100, 0))], laybys=[row, {**row, "road": "aa"}], bays=[bays])
    assert len(problems) == 3
    assert "make the road longer" in problems[0]
    assert "known roads: a" in problems[1]
    assert "nowhere" in problems[2]
