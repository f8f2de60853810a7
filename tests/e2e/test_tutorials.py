"""The tutorials and how-tos, followed to the letter in an empty folder.

A block whose first line names a file (```toml small/terminal.toml) is written there; blocks of one file follow each
other. In a `console` block every line that begins with `$` is run, and what the page prints below it must come out:
the words always, figures where they do not depend on how this version decides. `sh` blocks are not run.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [
    "tutorials/first-run.md",
    "tutorials/your-own-terminal.md",
    "howto/own-strategy.md",
    "howto/own-subsystem.md",
    "howto/import-work.md",
    "howto/mosquitto.md",
    "howto/deploy.md",
]
EXACT = ("certs", "check", "draw", "export", "import")  # commands whose figures are the same in every version
REFUSED = re.compile(r"^\d+ problems? in |^\S+:\d+: \w+ = ", re.M)


class Step(NamedTuple):
    """Text to append to a file, or a command with the output that the page shows."""

    file: str
    text: str
    command: str = ""


class Done(NamedTuple):
    """A command of a page as it was run."""

    step: Step
    code: int
    said: str


def steps_of(page: Path) -> list[Step]:
    """What a reader does, from top to bottom."""
    found: list[Step] = []
    for info, body in re.findall(r"^```(\S.*?)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        kind, _, file = info.partition(" ")
        if file:
            found.append(Step(file, body))
        elif kind == "console":
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, _, shown = part.partition("\n")
                found.append(Step("", shown, command))
    return found


def in_folder(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as the reader would, at a terminal of 100 columns."""
    words = shlex.split(command)
    start = {"portway": [sys.executable, "-m", "portway"], "python": [sys.executable]}.get(words[0], words[:1])
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [*start, *words[1:]], capture_output=True, text=True, encoding="utf-8", cwd=folder, env=env, check=False
    )


def follow(page: str, folder: Path) -> list[Done]:
    """Do all steps of a page; the commands that were run."""
    done, begun = [], set()
    for step in steps_of(DOCS / page):
        if step.command:
            run = in_folder(step.command, folder)
            done.append(Done(step, run.returncode, run.stderr + run.stdout))
            continue
        file = folder / step.file
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if file in begun else "w", encoding="utf-8") as out:
            out.write(("\n" if file in begun else "") + step.text)
        begun.add(file)
    return done


def plain(text: str, exact: bool) -> list[str]:
    """The words of some output: no frames, no folders of a machine, no blanks, and figures only if asked for."""
    text = re.sub(r"[│╭╮╰╯─]", " ", text)
    text = re.sub(r"(?<!\S)(?:/|\.\.\.|[A-Z]:\\)\S*[/\\]", "", text)
    if not exact:
        text = re.sub(r"\d[\d.,]*%?", "#", text)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> dict[str, tuple[Path, list[Done]]]:
    """Every page, followed once, in a folder of its own."""
    found = {}
    for page in PAGES:
        folder = tmp_path_factory.mktemp(Path(page).stem)
        found[page] = folder, follow(page, folder)
    return found


def test_every_page_is_followed():
    assert sorted(PAGES) == sorted(f"{d}/{f.name}" for d in ("tutorials", "howto") for f in (DOCS / d).glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_ends_as_the_page_says(followed, page):
    wrong = []
    for step, code, said in followed[page][1]:
        expected = 2 if REFUSED.search(step.text) else 0
        if code != expected:
            wrong.append(f"$ {step.command}: exit code {code} instead of {expected}\n{said}")
    assert wrong == []
    assert followed[page][1] != []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_says_what_the_page_shows(followed, page):
    for step, _, said in followed[page][1]:
        if step.text.strip():
            exact = any(f"portway {word} " in step.command for word in EXACT) or bool(REFUSED.search(step.text))
            assert plain(said, exact) == plain(step.text, exact), step.command


@pytest.mark.parametrize("page", PAGES)
def test_no_run_on_a_page_has_a_conflict(followed, page):
    for step, _, said in followed[page][1]:
        if "conflicts, deadlocks" in said:
            assert re.search(r"conflicts, deadlocks +0, 0 ", said), step.command


def report(folder: Path, run: str) -> dict:
    return json.loads((folder / "runs" / run / "report.json").read_text(encoding="utf-8"))


def test_what_the_first_run_says_of_its_figures_is_so(followed):
    folder, _ = followed["tutorials/first-run.md"]
    first, twelve, nearest, gangs = (report(folder, name) for name in ("first", "twelve", "nearest", "gangs"))
    assert twelve["moves_completed"] == first["moves_completed"]
    assert twelve["qc_wait_share"] < first["qc_wait_share"]
    rate = "moves_per_qc_hour_at_work"
    assert twelve[rate] > first[rate]
    assert gangs[rate] < nearest[rate] < first[rate]
    assert not (folder / "runs/gangs/poses.parquet").exists()
    others = {"journal", "report.html", "report.json", "moves.parquet", "poses.parquet"}
    assert {file.name for file in (folder / "runs/first").iterdir()} == others


def test_the_terminal_of_the_tutorial_does_all_its_work(followed):
    folder, _ = followed["tutorials/your-own-terminal.md"]
    small = report(folder, "small")
    assert small["moves_completed"] == 12
    assert small["job_orders_open"] == 0
    assert 0.5 < small["hours"] < 0.75  # a little more than half an hour


def test_the_strategy_of_the_how_to_is_the_one_that_was_run_and_replays(followed):
    folder, _ = followed["howto/own-strategy.md"]
    assert report(folder, "mine")["strategy"] == "longest_wait"
    assert in_folder("python longest_wait.py replay runs/mine", folder).returncode == 0
    assert in_folder("portway simulate huashan --strategy longest_wait", folder).returncode == 2


def test_the_subsystem_of_the_how_to_replays_and_is_refused_where_it_is_not_known(followed):
    folder, _ = followed["howto/own-subsystem.md"]
    assert in_folder("python weighbridge.py replay runs/weighed", folder).returncode == 0
    assert in_folder("portway replay runs/weighed", folder).returncode == 2


def test_the_last_import_of_the_how_to_runs_to_its_end(followed):
    folder, _ = followed["howto/import-work.md"]
    run = in_folder("portway simulate port --hours 24 --json", folder)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["job_orders_open"] == 0


def test_a_page_that_shows_something_else_is_found():
    """Proof that the comparison can fail."""
    shown = "│  moves completed   12    0 job orders open  │\n"
    assert plain(shown, False) == plain("moves completed 9 3 job orders open", False)
    assert plain(shown, True) != plain("moves completed 9 3 job orders open", True)
    assert plain(shown, False) != plain("boxes completed 9 3 job orders open", False)
