"""The command as a user types it: exit codes, JSON, every problem listed, nothing half-written."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from portway.app.config import built_in_folders


def portway(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "portway", *args], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_simulate_prints_one_json_object_and_leaves_the_files(tmp_path):
    done = portway("simulate", "huashan", "--hours", "0.5", "--json", "--out", str(tmp_path / "run"), "--poses", "1")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["conflicts"] == figures["deadlocks"] == 0
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {"report.json", "report.html", "moves.parquet", "poses.parquet", "journal"}


def test_a_wrong_scenario_is_refused_with_every_problem_and_nothing_is_written(tmp_path):
    folder = tmp_path / "bad"
    shutil.copytree(built_in_folders()["huashan"], folder)
    (folder / "fleet.toml").write_text("trucks = 500\ncolour = 'red'\n")
    with (folder / "work.csv").open("a") as file:
        file.write("X1,nonsense,ABC\n")
    done = portway("simulate", str(folder), "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "fleet.toml" in done.stderr
    assert "colour" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_an_unknown_setting_names_its_neighbours():
    done = portway("check", "huashan", "--set", "fleet.truks=3")
    assert done.returncode == 2
    assert "trucks" in done.stderr


def test_the_built_in_scenarios_have_no_errors():
    for name in ("huashan", "yangluo"):
        done = portway("check", name, "--json")
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout)["errors"] == 0


def test_draw_writes_a_picture(tmp_path):
    assert portway("draw", "huashan", "--out", str(tmp_path / "a.png")).returncode == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_garbage_instead_of_edifact_is_a_clear_error(tmp_path):
    (tmp_path / "x.edi").write_text("hello")
    done = portway("import", "edi", str(tmp_path / "x.edi"), "--out", str(tmp_path / "s"), "--terminal", "huashan")
    assert done.returncode == 2
    assert "x.edi" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "s").exists()


def test_the_challenge_terminal_runs(tmp_path, portway_data):
    done = portway("import", "wsc", str(portway_data / "wsc2025"), "--out", str(tmp_path / "wsc"))
    assert done.returncode == 0, done.stderr
    done = portway("simulate", str(tmp_path / "wsc"), "--hours", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["moves_completed"] > 20
