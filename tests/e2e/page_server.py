"""A command that shows the page, in a process of its own, and a browser to look at it."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
START_S = 60
SHOTS = Path(os.environ.get("PORTWAY_SCREENSHOTS", "runs/screenshots"))


@contextmanager
def page_of(*arguments: str, port: int) -> Iterator[str]:
    """The address of the page that `portway ARGUMENTS --port PORT` shows; ends with Ctrl-C, which must be answered."""
    command = [sys.executable, "-m", "portway", *arguments, "--port", str(port)]
    env = {k: v for k, v in os.environ.items() if k != "CI"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        try:
            said, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            raise AssertionError(f"{command} did not end:\n{said}") from None
    assert "Traceback" not in said, said


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}:\n{process.communicate()[0]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@contextmanager
def browser() -> Iterator[object]:
    """Headless Chromium; skips without one, fails under CI."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing; install it: apt-get install chromium")
        pytest.skip("no Chromium on this machine; install it: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            yield found
        finally:
            found.close()
