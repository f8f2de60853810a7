"""Rows of `portway bench twin`."""

import gzip
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from live_terminal import NoMosquittoError, free_port, live_terminal
from page_server import CHROMIUM

from portway.app.bench import Measurement
from portway.app.web.page import FILES

HERE = Path(__file__).parent
POINTS_MANY = 20_000
HZ = 10.0
CLIENTS = (sys.executable, str(HERE / "clients.py"))
STATE = """(() => { const w = window.portway, r = w.stream.reader; return {
  frames: r.frames, gaps: r.gaps, keys: r.keys, points: w.stream.points.all.length,
  painted: w.shown.map.painted, ages: w.shown.map.agesMs.slice(-2500) } })()"""


@contextmanager
def served(*command: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves the page on a port."""
    env = {k: v for k, v in os.environ.items() if k != "CI"}
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
    )
    try:
        for _ in range(900):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def watched(port: int, seconds: float, width: int = 1280, height: int = 720) -> dict[str, Any] | None:
    """What a page in headless Chromium has seen over some seconds; None without a browser."""
    if CHROMIUM is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/#panel=roads")
        page.wait_for_function("window.portway?.stream.reader?.frames > 5 && window.portway.shown.map")
        page.wait_for_timeout(2_000)
        first, began = page.evaluate(STATE), time.monotonic()
        page.wait_for_timeout(1000 * seconds)
        last, took = page.evaluate(STATE), time.monotonic() - began
        browser.close()
    return last | {
        "rate": (last["frames"] - first["frames"]) / took, "fps": (last["painted"] - first["painted"]) / took,
        "lost": last["gaps"] - first["gaps"] + last["keys"] - first["keys"],
    }  # fmt: skip


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- rows -----------------------------------------------------------------------------------------------------------


def points_to_a_browser(quick: bool) -> tuple[float | None, str]:
    """Points that arrive ten times a second, none dropped."""
    port = free_port()
    with served(str(HERE / "synthetic.py"), str(port), str(POINTS_MANY), str(HZ), port=port):
        seen = watched(port, 6 if quick else 30)
    if seen is None:
        return None, "no Chromium"
    whole = seen["lost"] == 0 and seen["rate"] > 0.97 * HZ
    return float(seen["points"] if whole else 0), f"{seen['rate']:.2f} frames/s, {seen['lost']} dropped"


def server_share(clients: int, quick: bool) -> tuple[float | None, str]:
    """Share of one core that the server takes for 20,000 points at 10 Hz to some pages, and what they got of it."""
    port, seconds = free_port(), 8 if quick else 20
    with served(str(HERE / "synthetic.py"), str(port), str(POINTS_MANY), str(HZ), port=port) as server:
        idle_from, began = cpu_s(server.pid), time.monotonic()
        time.sleep(seconds / 2)
        idle = (cpu_s(server.pid) - idle_from) / (time.monotonic() - began)
        command = [*CLIENTS, str(port), str(clients), str(seconds + 4)]
        pages = subprocess.Popen(command, stdout=subprocess.PIPE)
        time.sleep(3)
        busy_from, began = cpu_s(server.pid), time.monotonic()
        time.sleep(seconds)
        share = (cpu_s(server.pid) - busy_from) / (time.monotonic() - began)
        got = json.loads(pages.communicate()[0])
    above, fewest, keys = share - idle, min(got["frames"]), max(got["keys"])
    return share, f"{clients} pages, {above:.2f} above making the values; fewest frames {fewest}, most keys {keys}"


def map_rate(quick: bool) -> tuple[float | None, str]:
    """Frames that the map paints a second with 200 trucks that all move."""
    port = free_port()
    with served(str(HERE / "synthetic.py"), str(port), "11000", str(HZ), port=port):
        seen = watched(port, 5 if quick else 20)
    return (None, "no Chromium") if seen is None else (seen["fps"], "200 trucks moving, 1280 x 720, software rendering")


def position_age(quick: bool) -> tuple[float | None, str]:
    """p99 of the age of what is painted, from sample to screen, of the Yangluo demo at real time."""
    port = free_port()
    with TemporaryDirectory() as folder:
        command = (
            "-m",
            "portway",
            "watch",
            "yangluo",
            "--speed",
            "1",
            "--no-browser",
            "--out",
            folder,
            "--port",
            str(port),
        )
        with served(*command, port=port):
            time.sleep(5)
            seen = watched(port, 10 if quick else 40)
    if seen is None:
        return None, "no Chromium"
    ages = np.array(seen["ages"])
    return float(np.percentile(ages, 99)), f"p50 {np.percentile(ages, 50):.0f} ms; 60 trucks, {seen['points']} points"


def scrub(_quick: bool) -> tuple[float | None, str]:
    """Longest of opening a day of 60 trucks and of 40 jumps to random instants, values and all tables."""
    from portway.app.compose import simulate
    from portway.app.config import load_scenario
    from portway.app.web.journal_run import JournalRun
    from portway.twin.recording_reader import Recording

    with TemporaryDirectory() as name:
        folder = Path(name)
        simulate(load_scenario("yangluo"), 0, 24.0, folder / "journal")
        began = time.perf_counter()
        JournalRun(folder).record()
        made_s = time.perf_counter() - began
        began = time.perf_counter()
        recording = Recording(folder / "recording")
        opened_s, took = time.perf_counter() - began, []
        for at in np.random.default_rng(0).integers(0, recording.end_ms(), 40):
            began = time.perf_counter()
            recording.values_at(int(at))
            recording.tables_at(int(at))
            took.append(time.perf_counter() - began)
        size_mb = (folder / "recording").stat().st_size / 1e6
    hours, whole = recording.end_ms() / 3.6e6, f"{size_mb:.0f} MB, made from the journal in {made_s:.0f} s"
    return max(opened_s, *took), f"{hours:.1f} h, opened in {opened_s:.2f} s; {whole}"


def weight(_quick: bool) -> tuple[float | None, str]:
    """Everything that the page can load, compressed."""
    files = [f for f in FILES.rglob("*") if f.is_file() and f.name != "sources"]
    sizes = {f.suffix: 0.0 for f in files}
    for f in files:
        sizes[f.suffix] += len(gzip.compress(f.read_bytes())) / 1e6
    return sum(sizes.values()), "gzip; the 3D part, two thirds of it, is loaded when it is asked for"


def loop_effect(quick: bool) -> tuple[float | None, str]:
    """How much the control loop's p99 grows with 20 pages, two servers after each other, percent."""
    seconds, found = 20 if quick else 90, []
    try:
        for clients in (0, 20):
            with live_terminal(200) as (terminal, _):
                if clients:
                    subprocess.run([*CLIENTS, str(terminal.http), str(clients), str(seconds), terminal.key], check=True)
                else:
                    time.sleep(seconds)
                found.append(terminal.status())
    except NoMosquittoError as error:
        return None, str(error)
    before, after = (f["loop_ms_p99"] for f in found)
    return 100.0 * (after / before - 1.0), f"p99 {before:.1f} ms without, {after:.1f} ms with 20 pages"


MEASUREMENTS = [
    Measurement("points_to_a_browser_10hz", "points", 2_000, 20_000, True, points_to_a_browser),
    Measurement("server_core_share_20_pages", "cores", 1.0, 0.2, False, lambda quick: server_share(20, quick)),
    Measurement("server_core_share_100_pages", "cores", 1.0, 1.0, False, lambda quick: server_share(100, quick)),
    Measurement("map_frames_per_s", "1/s", 15, 30, True, map_rate),
    Measurement("position_age_p99", "ms", 200, 100, False, position_age),
    Measurement("scrub_24h", "s", 3.0, 0.5, False, scrub, in_quick=False),
    Measurement("page_weight", "MB", 2.0, 1.0, False, weight),
    Measurement("loop_p99_growth_20_pages", "%", 20.0, 5.0, False, loop_effect, in_quick=False),
]
