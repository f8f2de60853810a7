"""`--set`: values of any depth are changed before they are checked; what names nothing is told with its neighbours."""

import pytest

from portway.app.config import ScenarioError, load_scenario
from portway.app.config.fleet_file import FleetFile, PoliciesTable
from portway.app.config.overrides import apply_overrides, parse_value, table_in
from portway.app.config.terminal_file import QuayTable, RoadTable, TerminalFile

FILES = {"terminal": TerminalFile, "fleet": FleetFile, "policies": PoliciesTable}


def changed(raw: dict, **overrides: str) -> tuple[dict, list[str]]:
    """The tables after some overrides (`__` for a dot), and the problems."""
    pairs = {key.replace("__", "."): value for key, value in overrides.items()}
    return raw, [str(p) for p in apply_overrides(raw, FILES, pairs)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("0.5", 0.5), ("true", True), ("'a b'", "a b"), ("[1, 2]", [1, 2]), ("nearest", "nearest"),
     ("QC01", "QC01"), ("", ""), ("1 # one", 1), ("{x", "{x"), ("2025-01-01x", "2025-01-01x")],
)  # fmt: skip
def test_a_value_is_toml_or_else_plain_text(text, value):
    assert parse_value(text) == value


def test_a_value_of_a_file_that_is_not_there_makes_its_table():
    assert changed({}, fleet__trucks="7") == ({"fleet": {"trucks": 7}}, [])
    assert changed({}, terminal__quay__bays="9") == ({"terminal": {"quay": {"bays": 9}}}, [])


def test_an_entry_of_a_list_is_found_by_its_id_and_the_others_stay():
    raw = {"terminal": {"roads": [{"id": "a", "lanes": 1}, {"id": "b", "lanes": 1}]}}
    raw, found = changed(raw, terminal__roads__b__lanes="2")
    assert found == []
    assert raw["terminal"]["roads"] == [{"id": "a", "lanes": 1}, {"id": "b", "lanes": 2}]


@pytest.mark.parametrize(
    ("key", "neighbour"),
    [
        ("fleet.truks", "fleet.trucks"),
        ("flet.trucks", "fleet.trucks"),
        ("fleet", "fleet.t"),
        ("terminal.roads.aple.lanes", "terminal.roads.apron"),
        ("terminal.roads.apron.lane", "terminal.roads.apron.lanes"),
        ("terminal.roads.apron", "terminal.roads.apron"),
        ("terminal.quay.bay", "terminal.quay.bays"),
        ("terminal.title.text", "terminal.title"),
        ("policies.dispatch.x", "policies.dispatch"),
    ],
)
def test_what_names_nothing_is_told_with_its_neighbours_and_changes_nothing(key, neighbour):
    raw = {"terminal": {"roads": [{"id": "apron"}]}, "fleet": {}, "policies": {}}
    found = apply_overrides(raw, FILES, {key: "1"})
    assert len(found) == 1
    assert (found[0].file, found[0].key) == ("--set", key)
    assert neighbour in found[0].cure
    assert raw["terminal"]["roads"] == [{"id": "apron"}]
    assert raw["fleet"] == raw["policies"] == {}


def test_every_wrong_key_is_reported_and_the_right_ones_are_applied():
    raw, found = changed({}, fleet__trucks="5", fleet__a="1", nothing__b="2")
    assert raw["fleet"] == {"trucks": 5}
    assert len(found) == 2


def test_the_table_inside_a_type_is_found_through_options_and_lists():
    assert table_in(TerminalFile.model_fields["quay"].annotation) is QuayTable
    assert table_in(TerminalFile.model_fields["roads"].annotation) is RoadTable
    assert table_in(TerminalFile.model_fields["title"].annotation) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [("fleet.trucks", "many"), ("fleet.trucks", "0"), ("terminal.roads.apron.lanes", "-1"),
     ("policies.traffic", "magic"), ("terminal.quay.bays", "2.5"), ("policies.delay_s", "[1]")],
)  # fmt: skip
def test_a_wrong_value_is_reported_where_it_was_written(key, text):
    with pytest.raises(ScenarioError) as error:
        load_scenario("huashan", {key: text})
    assert any(p.file == "--set" and p.value == text for p in error.value.problems), str(error.value)


def test_a_deep_value_reaches_the_scenario():
    scenario = load_scenario("huashan", {"terminal.quay_crane_defaults.cycle_s_mean": "99.5", "fleet.trucks": "3"})
    assert {c.cycle_s_mean for c in scenario.terminal.quay_cranes} == {99.5}
    assert len(scenario.fleet.trucks) == 3
