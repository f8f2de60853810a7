"""Runs that end early: a full disk and Ctrl-C. What was written is readable and says how far it goes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HOURS = "1"
# the child sets its own limit and its own answer to Ctrl-C: those of the test's parent may differ
START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
limit = int(sys.argv.pop(1))
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from portway.app.cli import main
main()
"""


def command(*args: str | Path, limit: int = 0) -> list[str]:
    """`portway ARGS` whose files may not grow beyond `limit` bytes."""
    return [sys.executable, "-c", START, str(limit), *map(str, args)]


def portway(*args: str | Path, limit: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args, limit=limit), capture_output=True, text=True, check=False)


def header_bytes(journal: Path) -> int:
    return int.from_bytes(journal.read_bytes()[:4], "big") + 8


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Folder of an undisturbed run."""
    folder = tmp_path_factory.mktemp("whole")
    done = portway("simulate", "huashan", "--hours", HOURS, "--out", folder, "--poses", "off")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes here")
def test_a_journal_that_cannot_grow_ends_the_run_and_is_readable(whole, tmp_path):
    journal, out = whole / "journal", tmp_path / "run"
    limit = (header_bytes(journal) + journal.stat().st_size) // 2
    done = portway("simulate", "huashan", "--hours", HOURS, "--out", out, limit=limit)
    assert done.returncode == 3
    assert f"{out / 'journal'}: File too large; give another folder" in done.stderr
    assert f"kept in {out}: journal" in done.stderr
    assert "Traceback" not in done.stderr
    assert (out / "journal").read_bytes() == journal.read_bytes()[:limit]
    again = portway("replay", out)
    assert again.returncode == 0, again.stderr
    assert "every answer as in the journal" in again.stdout
    assert "cut off" in again.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_report_that_cannot_be_written_keeps_the_files_before_it(whole, tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / "report.html.unfinished").symlink_to("/dev/full")
    done = portway("simulate", "huashan", "--hours", HOURS, "--out", out)
    assert done.returncode == 3
    assert "report.html" in done.stderr
    assert sorted(p.name for p in out.iterdir()) == ["journal", "moves.parquet", "report.json"]
    assert (out / "journal").read_bytes() == (whole / "journal").read_bytes()
    assert json.loads((out / "report.json").read_text())["finished"] is True


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_named(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/journal").symlink_to("/dev/full")
    done = portway("simulate", "huashan", "--hours", HOURS, "--out", tmp_path / "run")
    assert done.returncode == 3
    assert f"{tmp_path / 'run/journal'}: the disk is full; free space or give another folder" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process here")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_whole_run(tmp_path, number, code):
    out = tmp_path / "run"
    args = command("simulate", "huashan", "--hours", "100", "--out", out, "--poses", "1")
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        journal = out / "journal"
        while run.poll() is None and not (journal.exists() and journal.stat().st_size > header_bytes(journal)):
            time.sleep(0.005)
        run.send_signal(number)
        _, said = run.communicate(timeout=120)
    assert run.returncode == code, said
    assert "Traceback" not in said
    assert {p.name for p in out.iterdir()} == {
        "journal", "moves.parquet", "poses.parquet", "report.html", "report.json",
    }  # fmt: skip
    figures = json.loads((out / "report.json").read_text())
    assert figures["finished"] is False
    assert 0 < figures["hours"] < figures["hours_asked"] == 100
    again = portway("replay", out, "--json")
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    assert json.loads(again.stdout)["journal_digest"] == figures["journal_digest"]
