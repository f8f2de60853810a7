"""Node and the npm package of the independent party, installed beside the tests from its lock."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PEERS = Path(__file__).parent / "peers"


def node() -> str:
    """Path of Node, with the package installed: skips without Node or without the package, fails under CI."""
    found, npm = shutil.which("node"), shutil.which("npm")
    give_up = pytest.fail if os.environ.get("CI") else pytest.skip
    if found is None or npm is None:
        give_up("Node with npm is not installed")
    installed = PEERS / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (PEERS / "package-lock.json").stat().st_mtime:
        done = subprocess.run([str(npm), "ci"], cwd=PEERS, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            give_up(f"npm ci: {done.stderr[-500:]}")
    return str(found)
