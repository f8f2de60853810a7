"""Layouts out and in again by the command line: the roads come back, `portway check` accepts them, errors are told."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from portway.app.cli import main
from portway.app.config import built_in_folders, load_scenario, terminal_toml
from portway.core.model import PlaceKind, Terminal


class Done(NamedTuple):
    """What a call gave."""

    returncode: int
    stderr: str


@pytest.fixture
def called(monkeypatch, capsys) -> Callable[..., Done]:
    """The command in this process, for calls that end soon."""

    def call(*args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["portway", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            main()
        return Done(int(stop.value.code or 0), capsys.readouterr().err)

    return call


def portway(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "portway", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def there_and_back(kind: str, folder: Path, *more: str) -> tuple[Terminal, str]:
    """Huashan exported, imported and checked; the terminal that came back and what the import said."""
    file, scenario = folder / f"huashan.{kind}", folder / "scenario"
    done = portway("export", kind, "huashan", "--out", file)
    assert (done.returncode, done.stdout) == (0, f"{file.resolve()}\n"), done.stderr
    brought_in = portway("import", kind, file, "--out", scenario, "--trucks", "4", *more)
    assert brought_in.returncode == 0, brought_in.stderr
    checked = portway("check", scenario, "--json")
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout)["findings"] == []
    back = load_scenario(scenario)
    assert len(back.fleet.trucks) == 4
    return back.terminal, brought_in.stderr


def assert_same_roads(back: Terminal, terminal: Terminal) -> None:
    assert back.nodes == terminal.nodes
    assert back.lanes == terminal.lanes
    assert [(p.id, p.lane) for p in back.places] == [(p.id, p.lane) for p in terminal.places]
    assert all(math.isclose(a.at_m, b.at_m, abs_tol=1e-3) for a, b in zip(back.places, terminal.places, strict=True))


def assert_same_terminal(back: Terminal, terminal: Terminal) -> None:
    level = [msgspec.structs.replace(t, lanes=(), nodes=(), places=()) for t in (back, terminal)]
    assert terminal_toml(level[0]) == terminal_toml(level[1])  # angles in degrees, as a file keeps them
    kinds = [[(p.kind, p.serves, p.bay, p.power_kw) for p in t.places] for t in (back, terminal)]
    assert kinds[0] == kinds[1]


def test_geojson_brings_the_whole_terminal_back(tmp_path):
    terminal = load_scenario("huashan").terminal
    back, said = there_and_back("geojson", tmp_path)
    assert_same_roads(back, terminal)
    assert_same_terminal(back, terminal)
    assert said == ""


def test_lif_brings_the_roads_back_and_says_what_it_cannot(tmp_path):
    terminal = load_scenario("huashan").terminal
    back, said = there_and_back("lif", tmp_path)
    assert_same_roads(back, terminal)
    assert not back.blocks
    transfers = sum(p.kind in (PlaceKind.QUAY_TRANSFER, PlaceKind.YARD_TRANSFER) for p in terminal.places)
    before = sum(p.kind == PlaceKind.BUFFER for p in terminal.places)
    assert sum(p.kind == PlaceKind.BUFFER for p in back.places) == before + transfers
    assert "quay_transfer places became buffers" in said
    assert "--equipment" in said


def test_lif_with_the_equipment_of_a_scenario_brings_all_back(tmp_path):
    terminal = load_scenario("huashan").terminal
    back, said = there_and_back("lif", tmp_path, "--equipment", "huashan")
    assert_same_roads(back, terminal)
    assert_same_terminal(back, terminal)
    assert said == ""


def test_geojson_lies_where_the_options_say(called, tmp_path):
    file = tmp_path / "a.geojson"
    options = ("--lat", "53.5", "--lon", "9.9", "--bearing", "12")
    assert called("export", "geojson", "huashan", "--out", file, *options).returncode == 0
    head = json.loads(file.read_text(encoding="utf-8"))["portway"]
    assert head["projection"] == {"lat_deg": 53.5, "lon_deg": 9.9, "x_bearing_deg": 12.0}


@pytest.mark.parametrize("kind", ["lif", "geojson"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("{", "no JSON"),
        ('{"metaInformation": 1e999}', "1e999"),
        ('["\\ud800"]', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1, 2]", "document"),
    ],
)
def test_a_file_of_something_else_is_refused_by_name_and_nothing_is_written(called, tmp_path, kind, text, said):
    file = tmp_path / "some.file"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    done = called("import", kind, file, "--out", tmp_path / "scenario")
    assert done.returncode == 2
    assert "some.file" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "scenario").exists()


def test_a_map_with_wrong_fields_is_refused_with_key_value_and_cure(called, tmp_path):
    file = tmp_path / "a.geojson"
    assert called("export", "geojson", "huashan", "--out", file).returncode == 0
    document = json.loads(file.read_text(encoding="utf-8"))
    by_kind = {f["properties"]["feature"]: f["properties"] for f in document["features"]}
    by_kind["lane"]["width_m"] = -3.0
    by_kind["block"]["tiers"] = 0
    file.write_text(json.dumps(document), encoding="utf-8")
    done = called("import", "geojson", file, "--out", tmp_path / "scenario")
    assert done.returncode == 2
    assert "width_m = -3.0" in done.stderr
    assert "tiers = 0" in done.stderr
    assert not (tmp_path / "scenario").exists()


def test_more_trucks_than_rest_places_are_refused(called, tmp_path):
    file = tmp_path / "a.lif"
    assert called("export", "lif", "huashan", "--out", file).returncode == 0
    done = called("import", "lif", file, "--out", tmp_path / "scenario", "--trucks", "500")
    assert done.returncode == 2
    assert "500" in done.stderr
    assert not (tmp_path / "scenario").exists()


@pytest.mark.parametrize("kind", ["lif", "geojson"])
def test_an_export_that_cannot_be_written_leaves_nothing(called, tmp_path, kind):
    (tmp_path / "file").write_text("in the way")
    done = called("export", kind, "huashan", "--out", tmp_path / "file" / "layout")
    assert done.returncode == 3
    assert str(tmp_path / "file") in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_name_of_an_unknown_scenario_is_answered(called):
    done = called("export", "lif", "huashn")
    assert done.returncode == 2
    assert f"did you mean {next(n for n in built_in_folders() if n.startswith('h'))}" in done.stderr


def test_a_latitude_off_the_globe_is_refused(called, tmp_path):
    done = called("export", "geojson", "huashan", "--lat", "95", "--out", tmp_path / "a.geojson")
    assert done.returncode == 2
    assert "95" in done.stderr
    assert not (tmp_path / "a.geojson").exists()
