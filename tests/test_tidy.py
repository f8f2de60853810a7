"""The repository stays tidy: nothing generated, nothing private, nothing stale.

Files are those that git tracks or would track, so a breach is found before it is committed.
"""

import ast
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src/portway"
GENERATED = re.compile(
    r"(^|/)(uv\.lock|\.venv|node_modules|__pycache__|dist|\.[a-z]+_cache|\.hypothesis)(/|$)|\.(pyc|nbi|nbc)$"
)
VAGUE_NAMES = ("utils", "util", "helpers", "helper", "manager", "managers", "common", "misc")
SIZE_MAX = 2_000_000  # bytes; work lists are the largest files
# Put together here so that this file does not contain what it looks for.
HOSTS = [".".join(p) for p in (("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"))]
HOSTS += [
    ".".join(p) for p in (("registry", "yarnpkg", "com"), ("proxy", "golang", "org"), ("registry", "npmmirror", "com"))
]
INDEX = re.compile("--(extra-)?index" + "-url|" + '"resol' + 'ved": *"https?://')
HOME = re.compile(r"(?<![\w.])/(ho" + r"me|ro" + r"ot|Us" + r"ers)/\w|[A-Z]:\\Us" + "ers")


@cache
def repository_files(*how: str) -> list[Path]:
    """Files that git tracks; with `--others` also those it would track."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--exclude-standard", *how]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no git repository here: {result.stderr.strip()}")
    return sorted(ROOT / name for name in result.stdout.split("\0") if name and (ROOT / name).is_file())


@cache
def texts() -> dict[Path, str]:
    """Text of every text file; the lock is left out."""
    found = {}
    for file in repository_files("--others"):
        data = file.read_bytes()
        if b"\0" not in data[:4096] and file.name != "requirements.lock":
            found[file.relative_to(ROOT)] = data.decode("utf-8", errors="replace")
    return found


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """`file:line: text` of every line that matches."""
    found = []
    for file, text in texts().items():
        if pattern.search(text):
            lines = enumerate(text.splitlines(), 1)
            found += [f"{file}:{n}: {line.strip()[:100]}" for n, line in lines if pattern.search(line)]
    return found


def modules() -> list[Path]:
    """Python files of the package."""
    return [f for f in repository_files("--others") if f.suffix == ".py" and f.is_relative_to(SRC)]


def project() -> dict:
    """The `[project]` table."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_nothing_generated_is_tracked():
    assert [str(f) for f in repository_files() if GENERATED.search(f.relative_to(ROOT).as_posix())] == []


def test_no_file_is_too_large():
    assert [f"{f}: {f.stat().st_size}" for f in repository_files("--others") if f.stat().st_size > SIZE_MAX] == []


def test_no_file_names_a_folder_of_somebodys_machine():
    own = [re.escape(f"{folder}/") for folder in {str(ROOT), str(ROOT.parent), str(Path.home())} if len(folder) > 4]
    assert lines_with(HOME) == []
    assert lines_with(re.compile("|".join(own) or r"(?!)")) == []


def test_no_file_names_a_package_registry():
    assert lines_with(re.compile("|".join(map(re.escape, HOSTS)))) == []
    assert lines_with(INDEX) == []
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search("https?://", lock)


def test_outside_data_is_not_committed(portway_data):
    outside: dict[int, list[Path]] = {}
    for file in sorted(portway_data.rglob("*")):
        if file.is_file() and file.stat().st_size > 256:
            outside.setdefault(file.stat().st_size, []).append(file)
    copies = []
    for file in repository_files("--others"):
        for other in outside.get(file.stat().st_size, []):
            if hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest():
                copies.append(f"{file.relative_to(ROOT)} is a copy of {other.relative_to(portway_data)}")
    assert copies == []


def test_modules_have_telling_names():
    assert [str(f) for f in modules() if f.stem in VAGUE_NAMES or set(f.stem.split("_")) & set(VAGUE_NAMES[:6])] == []


def test_every_module_and_what_it_offers_has_a_docstring():
    bare = []
    for file in modules():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            bare.append(str(file.relative_to(ROOT)))
        for node in tree.body:
            offered = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if offered and not ast.get_docstring(node):
                bare.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert bare == []


def test_the_core_does_not_print():
    calls = []
    for file in modules():
        if file.is_relative_to(SRC / "core"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in ("print", "open", "input")
                ):
                    calls.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.func.id}()")
    assert calls == []


def anchors(text: str) -> set[str]:
    """Anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ +(.+?)\s*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_links_between_pages_lead_somewhere():
    dead = []
    for page, text in texts().items():
        if page.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (ROOT / page.parent / path).resolve() if path else ROOT / page
            if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
                dead.append(f"{page}: {target}")
    assert dead == []


def test_pages_that_are_mentioned_exist():
    dead = []
    for file, text in texts().items():
        for name in re.findall(r"(?<![\w/.-])(?:docs|benchmarks|scenarios)/[\w/.-]+\.(?:md|py|toml|csv)\b", text):
            if not (ROOT / name).exists():
                dead.append(f"{file}: {name}")
    assert dead == []


def cli_commands() -> set[str]:
    """Commands that `portway --help` lists."""
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    run = subprocess.run(
        [sys.executable, "-m", "portway", "--help"], capture_output=True, text=True, check=False, env=env, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return set(re.findall(r"^[^\w\n]*([a-z][a-z-]*)\s{2,}", run.stdout, re.M))


def test_the_commands_in_the_readme_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 run.py demo" in readme
    assert "python3 run.py test" in readme
    named = set(re.findall(r"(?:run\.py|^\s*portway|`portway) +([a-z][a-z-]*)", readme, re.M)) - {"test"}
    assert sorted(named - cli_commands()) == []


def test_every_scenario_says_what_it_is():
    folders = {f.parent for f in repository_files("--others") if f.name == "terminal.toml" and "scenarios" in f.parts}
    assert len(folders) >= 2
    assert sorted(str(f) for f in folders if not (f / "README.md").is_file()) == []


def test_the_changelog_knows_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(project()['version'])}\b", changelog, re.M)


def test_the_licence_is_the_one_that_is_declared():
    assert project()["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]


def test_the_lock_covers_every_dependency_with_hashes():
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*document["project"]["dependencies"], *document["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {m[0].lower().replace("_", "-") for m in re.findall(r"^([\w.-]+)==(\S+)", lock, re.M)}
    names = {re.match(r"[\w.-]+", line).group().lower().replace("_", "-") for line in wanted}
    assert sorted(names - pinned) == []
    assert lock.count("==") <= lock.count("--hash=sha256:")


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(f.name[:4]) for f in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
