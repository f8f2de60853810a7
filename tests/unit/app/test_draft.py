"""The draft of a terminal's file: judged as `check` would, saved with its comments kept."""

import json
import shutil
from pathlib import Path

import pytest

from portway.app.config import ScenarioError, load_scenario
from portway.app.config.loader import built_in_folders
from portway.app.web.draft import ChangedMeanwhileError, Draft


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(built_in_folders()["huashan"], tmp_path / "port"))


def said(draft: Draft) -> tuple[dict, str]:
    """The draft as a page gets it: through JSON."""
    opened = json.loads(json.dumps(draft.opened()))
    return opened["raw"], opened["mark"]


def test_what_is_saved_unchanged_is_the_same_to_the_last_byte(folder):
    before = (folder / "terminal.toml").read_bytes()
    draft = Draft(str(folder))
    draft.save(*said(draft))
    assert (folder / "terminal.toml").read_bytes() == before


def test_a_moved_point_changes_its_line_alone(folder):
    before = (folder / "terminal.toml").read_text().splitlines()
    draft = Draft(str(folder))
    raw, mark = said(draft)
    raw["roads"][1]["points"][0] = [-45.0, 57.5]
    assert draft.save(raw, mark)["problems"] == []
    after = (folder / "terminal.toml").read_text().splitlines()
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert changed == [("points = [[-45.0, 58.0], [263.0, 58.0]]", "points = [[-45.0, 57.5], [263.0, 58.0]]")]


def test_rows_are_added_and_removed_and_the_scenario_still_loads(folder):
    draft = Draft(str(folder))
    raw, mark = said(draft)
    kept = [row["id"] for row in raw["roads"]]
    raw["roads"].append({"id": "spur", "points": [[263.0, 210.0], [330.0, 210.0]], "two_way": True})
    raw["zones"] = [{"id": "slow", "polygon": [[0, 90], [60, 90], [60, 110]], "speed_mps_max": 3}]
    opened = draft.save(raw, mark)
    assert [row["id"] for row in opened["raw"]["roads"]] == [*kept, "spur"]
    terminal = load_scenario(folder).terminal
    assert any(lane.id.startswith("spur") for lane in terminal.lanes)
    assert [z.id for z in terminal.zones] == ["slow"]
    raw, mark = opened["raw"], opened["mark"]
    raw["roads"] = [row for row in raw["roads"] if row["id"] != "spur"]
    del raw["zones"]
    draft.save(raw, mark)
    assert not any(lane.id.startswith("spur") for lane in load_scenario(folder).terminal.lanes)
    assert "# two lanes between the legs of the cranes" in (folder / "terminal.toml").read_text()


def test_a_mistake_is_named_where_it_stands_and_the_last_plan_is_not_lost(folder):
    draft = Draft(str(folder))
    raw, _ = said(draft)
    raw["roads"][0]["points"] = [[0, 0]]
    judged = draft.judged(raw)
    assert judged["ground"] is None
    assert [p["key"] for p in judged["problems"]] == ["roads[portal].points"]


def test_what_check_finds_is_found(folder):
    draft = Draft(str(folder))
    raw, _ = said(draft)
    raw["roads"] = [row for row in raw["roads"] if row["id"] != "west"]
    found = draft.judged(raw)
    assert found["problems"] or any(f["severity"] == "error" for f in found["findings"])


def test_somebody_elses_change_is_not_overwritten(folder):
    draft = Draft(str(folder))
    raw, mark = said(draft)
    text = (folder / "terminal.toml").read_text() + "\n# mine\n"
    (folder / "terminal.toml").write_text(text)
    with pytest.raises(ChangedMeanwhileError, match="open it again"):
        draft.save(raw, mark)
    assert (folder / "terminal.toml").read_text() == text


def test_a_folder_without_a_terminal_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="no such file"):
        Draft(str(tmp_path))


def test_a_file_that_is_no_toml_is_refused_with_its_line(folder):
    (folder / "terminal.toml").write_text("id = \n")
    with pytest.raises(ScenarioError, match="line 1"):
        Draft(str(folder))
