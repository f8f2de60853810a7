"""What the page on deploying says, and the files beside it.

Commands are taken from the page. Folders of the system become folders of the test; what only root can do is noted.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "examples" / "deploy"
UNITS = ("portway.service", "portway-standby.service")
PAGE = (ROOT / "docs/howto/deploy.md").read_text(encoding="utf-8")
OURS = ("/var/lib/portway", "/var/backups", "/opt/portway", "/etc/systemd/system")
ROOTS = ("systemctl", "chown", "useradd")  # programs that note what they were asked


def blocks(heading: str, kind: str) -> list[str]:
    """The blocks of a kind (`sh`, `console`) in a section of the page."""
    (section,) = re.findall(rf"^## \d\. {heading}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return re.findall(rf"^```{kind}\n(.*?)^```", section, re.M | re.S)


def commands(heading: str) -> list[str]:
    """The `sh` blocks of a section of the page."""
    return blocks(heading, "sh")


def shell(text: str, folder: Path, **env: str) -> list[str]:
    """Run a block of the page; what root's programs were asked. Whatever fails ends the test."""
    for path in OURS:
        (folder / path.strip("/")).mkdir(parents=True, exist_ok=True)
        text = text.replace(path, str(folder / path.strip("/")))
    path = os.pathsep.join([str(_tools(folder)), *env.pop("path", []), os.environ["PATH"]])
    run = subprocess.run(["bash", "-ec", text], capture_output=True, text=True, cwd=folder, check=False,
                         env={**os.environ, **env, "PATH": path})  # fmt: skip
    assert run.returncode == 0, run.stderr
    asked = folder / "asked"
    return asked.read_text().splitlines() if asked.exists() else []


def _tools(folder: Path) -> Path:
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    words = {name: f'echo {name} "$@" >> {folder}/asked' for name in ROOTS}
    for name, what in {**words, "python3": f'exec {sys.executable} "$@"'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{what}\n")
        (tools / name).chmod(0o755)
    return tools


def settings(unit: str, folder: Path = DEPLOY) -> dict[str, list[str]]:
    """Settings of a unit by name, lines that go on put together."""
    text = (folder / unit).read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment() -> dict[str, str]:
    """What `portway.env` says."""
    lines = [line for line in (DEPLOY / "portway.env").read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def command_of(unit: str, values: dict[str, str], folder: Path = DEPLOY) -> list[str]:
    """What a unit starts: `${NAME}` is put in as it is, a word `$NAME` as so many words (systemd.service(5))."""
    (line,) = settings(unit, folder)["ExecStart"]
    found: list[str] = []
    for word in shlex.split(line):
        if whole := re.fullmatch(r"\$(\w+)", word):
            found += values[whole[1]].split()
        else:
            found.append(re.sub(r"\$\{(\w+)\}", lambda m: values[m[1]], word))
    return found
