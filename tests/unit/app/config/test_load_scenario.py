"""Scenario folders: built-in ones load, overrides apply, and every mistake is listed with its line and cure."""

from itertools import pairwise
from pathlib import Path

import pytest

from portway.app.config import ScenarioError, built_in_folders, load_scenario, write_scenario
from portway.core.model import PlaceKind

TERMINAL = """id = "tiny"
[[nodes]]
id = "a"
x_m = 0.0
y_m = 0.0
[[nodes]]
id = "b"
x_m = 100.0
y_m = 0.0
[[lanes]]
id = "ab"
from_node = "a"
to_node = "b"
[[lanes]]
id = "ba"
from_node = "b"
to_node = "a"
shape = [[100.0, 60.0], [0.0, 60.0]]
[[places]]
id = "p"
kind = "parking"
lane = "ab"
at_m = 50.0
"""


def folder(tmp_path: Path, terminal: str = TERMINAL, **files: str) -> Path:
    (tmp_path / "terminal.toml").write_text(terminal)
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def problems(path: Path | str, **overrides: str) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        load_scenario(path, {key.replace("__", "."): value for key, value in overrides.items()})
    return [str(p) for p in error.value.problems]


@pytest.mark.parametrize("name", ["huashan", "yangluo"])
def test_built_in_scenarios_load_by_name(name):
    scenario = load_scenario(name)
    assert scenario.id == name
    assert name in built_in_folders()
    rest = [p for p in scenario.terminal.places if p.kind in (PlaceKind.PARKING, PlaceKind.CHARGING)]
    assert len({t.home for t in scenario.fleet.trucks}) == len(scenario.fleet.trucks) <= len(rest)


def test_loading_twice_gives_the_same_scenario():
    assert load_scenario("huashan") == load_scenario("huashan")


def test_a_low_level_terminal_needs_no_roads(tmp_path):
    scenario = load_scenario(folder(tmp_path))
    assert [lane.id for lane in scenario.terminal.lanes] == ["ab", "ba"]
    assert scenario.fleet.trucks[0].home == "p"
    assert scenario.work.job_orders == ()


@pytest.mark.parametrize("count", [3, 8, 12])
def test_the_number_of_quay_cranes_is_a_parameter(count):
    terminal = load_scenario("yangluo", {"terminal.quay_cranes": str(count)}).terminal
    stretches = [(c.bay_start, c.bay_end) for c in terminal.quay_cranes]
    assert len(stretches) == count
    assert stretches[0][0] == 1
    assert stretches[-1][1] == 60
    assert all(b[0] == a[1] + 1 for a, b in pairwise(stretches))


def test_overrides_reach_numbers_names_and_entries_by_id():
    scenario = load_scenario(
        "yangluo",
        {
            "fleet.trucks": "200",
            "policies.dispatch": "nearest",
            "terminal.roads.back.speed_mps_max": "5",
            "terminal.quay_crane_defaults.cycle_s_mean": "100",
        },
    )
    assert len(scenario.fleet.trucks) == 200
    assert scenario.policies.dispatch == "nearest"
    assert {lane.speed_mps_max for lane in scenario.terminal.lanes if lane.id.startswith("back")} == {5.0}
    assert scenario.terminal.quay_cranes[0].cycle_s_mean == 100


def test_every_problem_of_every_file_is_listed(tmp_path):
    bad = TERMINAL.replace('to_node = "b"', 'to_node = "c"').replace("at_m = 50.0", "at_m = 50.0\ncolour = 3")
    found = problems(folder(tmp_path, bad, fleet="truks = 3", policies="weight = 0"))
    assert len(found) == 3
    assert "places[p].colour" in found[0]
    assert "terminal.toml:24" in found[0]
    assert "did you mean trucks?" in found[1]
    assert "policies.toml:1: weight = 0" in found[2]


def test_wrong_references_name_close_ids_and_bounds(tmp_path):
    bad = TERMINAL.replace('lane = "ab"', 'lane = "ac"').replace('to_node = "a"', 'to_node = "aa"')
    bad += '[[places]]\nid = "p"\nkind = "parking"\nlane = "ab"\nat_m = 400.0\n'
    found = "\n".join(problems(folder(tmp_path, bad)))
    assert "terminal.toml:17: lanes[ba].to_node = 'aa': no such node" in found
    assert "no such lane; did you mean ba or ab?" in found
    assert "lane ab is 100.0 m long; take 0 to 100.0" in found
    assert "this id is used 2 times" in found


def test_a_syntax_error_names_its_line(tmp_path):
    assert "terminal.toml:2: is not valid TOML" in problems(folder(tmp_path, 'id = "x"\nbroken ='))[0]


@pytest.mark.parametrize(
    ("key", "value", "cure"),
    [
        ("terminal__quay_crane", "3", "did you mean terminal.quay_cranes"),
        ("fleet__truck", "3", "did you mean fleet.trucks"),
        ("policies__dispatch", "nearst", "did you mean nearest?"),
        ("terminal__quay_cranes", "99", "--set: terminal.quay_cranes = '99'"),
        ("terminal__quay_cranes", "many", "--set: terminal.quay_cranes = 'many'"),
        ("fleet__trucks", "9999", "--set: fleet.trucks = '9999'"),
        ("terminal__roads__apro__width_m", "3", "did you mean terminal.roads.apron"),
        ("nonsense", "1", "no such key"),
    ],
)
def test_a_wrong_override_is_refused_with_a_cure(key, value, cure):
    assert cure in problems("huashan", **{key: value})[0]


def test_an_unknown_scenario_names_the_known_ones():
    assert "did you mean yangluo?" in problems("yanglo")[0]


def test_a_written_scenario_loads_as_the_same_one(tmp_path):
    scenario = load_scenario("huashan")
    write_scenario(tmp_path / "copy", scenario.terminal, scenario.fleet, scenario.policies)
    again = load_scenario(tmp_path / "copy")
    assert again.terminal == scenario.terminal
    assert again.fleet == scenario.fleet
    assert again.policies == scenario.policies
    assert sorted(p.name for p in (tmp_path / "copy").iterdir()) == ["fleet.toml", "policies.toml", "terminal.toml"]
