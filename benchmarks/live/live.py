"""What live control must reach, measured on this machine with the trucks' agents on it too. Run with `portway bench
live`; a benchmark runs alone. `--quick` shortens the runs.

Each row starts its own terminal: a real Mosquitto, `portway serve` on a terminal that keeps all of them
busy (`busy_terminal.py`), 200 agents each with its own connection,
and an observer that judges the positions that the trucks report (`reports.py`).
"""

import random
import signal
import time
from collections import Counter
from typing import Any

from devices import hear_devices
from edi_files import drop, wait_taken
from fuzz import fuzz
from live_terminal import LiveTerminal, free_port, live_terminal
from reports import Reports

from portway.app.bench import Measurement
from postgres_server import postgres_server

Value = tuple[float | None, str]
TRUCKS = 200
DEVICES = 2_000
SETTLE_S = 20.0  # all trucks set off at once; what is measured is the work, not the start


def _judged(reports: Reports) -> str:
    return f"{reports.states} states, {reports.overlaps} overlaps, {reports.beyond} beyond the base"


def _held(quick: bool) -> Value:
    """States that came late, of 200 trucks at 1 Hz for an hour; latency of the loop in the remark."""
    return _run(quick)[0]


def _loop(percent: str, quick: bool) -> Value:
    """Milliseconds from a state's arrival in the server to the order it led to being published."""
    return _run(quick)[1][percent]


_kept: dict[bool, tuple[Value, dict[str, Value]]] = {}


def _run(quick: bool) -> tuple[Value, dict[str, Value]]:
    """One run answers three rows."""
    if quick not in _kept:
        _kept[quick] = _measure_run(20.0 if quick else 3600.0)
    return _kept[quick]


def _measure_run(seconds: float) -> tuple[Value, dict[str, Value]]:
    with live_terminal(TRUCKS) as (terminal, reports):
        time.sleep(min(SETTLE_S, seconds))
        reports.late = 0
        time.sleep(seconds)
        status = terminal.status()
    bad = reports.late + reports.overlaps + reports.beyond + (0 if status and not status["failed"] else 1)
    held = f"{seconds:.0f} s, {_judged(reports)}, oldest {1000 * reports.age_s_max:.0f} ms, {_work(status)}"
    held += f", loop p50 {status['loop_ms_p50']} ms, p99 {status['loop_ms_p99']} ms"
    loop = {p: (float(status[f"loop_ms_{p}"]), f"commit p99 {status['commit_ms_p99']} ms") for p in ("p50", "p99")}
    return (float(bad), held), loop


def _work(status: dict[str, Any]) -> str:
    return f"{status['jobs_done']} job orders done, {status['alerts']} alerts"


def _doubled(terminal: LiveTerminal) -> int:
    """Job orders that were collected or completed more than once."""
    events = Counter(
        (e["kind"], e["job_order"]) for e in terminal.progress() if e["kind"] in ("collected", "completed")
    )
    return sum(n > 1 for n in events.values())


def _killed(quick: bool) -> Value:
    """Seconds until the server is back after kill -9, the longest of all; infinite when anything was wrong."""
    back, rng = [], random.Random(1)
    with live_terminal(TRUCKS) as (terminal, reports):
        time.sleep(5.0)
        for _ in range(2 if quick else 20):
            time.sleep(rng.uniform(2.0, 12.0))
            records = terminal.status()["records"]
            terminal.end("server", signal.SIGKILL)
            terminal.start("server")
            back.append(terminal.wait(lambda s, r=records: s["broker_up"] and s["records"] > r, 60.0))
        time.sleep(10.0)
        doubled, status = _doubled(terminal), terminal.status()
    wrong = reports.overlaps + reports.beyond + doubled + bool(status["failed"])
    remark = (
        f"{len(back)} times, mean {sum(back) / len(back):.1f} s, {_judged(reports)}, {doubled} doubled, {_work(status)}"
    )
    return (float("inf") if wrong else max(back)), remark


def _taken_over(quick: bool) -> Value:
    """Seconds until a standby on PostgreSQL goes on after kill -9 of the server that led, the longest of all."""
    back, wrong, remarks = [], 0, []
    for _ in range(1 if quick else 5):
        with postgres_server() as database, live_terminal(TRUCKS, database=database) as (terminal, reports):
            time.sleep(2.0 if quick else SETTLE_S)
            leader, terminal.http = terminal.http, terminal.standby_http
            terminal.start("standby")
            terminal.wait(lambda s: bool(s.get("standby")) and s["records"] > 0 and s["records_behind"] < 50, 60.0)
            time.sleep(5.0)
            terminal.http, records = leader, terminal.status()["records"]
            terminal.end("server", signal.SIGKILL)
            terminal.http = terminal.standby_http
            back.append(terminal.wait(lambda s, r=records: s.get("broker_up") and s["records"] > r, 60.0))
            time.sleep(10.0)
            status = terminal.status()
            wrong += reports.overlaps + reports.beyond + _doubled(terminal) + bool(status["failed"])
            remarks.append(f"{_judged(reports)}, {_work(status)}")
    return (
        float("inf") if wrong else max(back)
    ), f"{len(back)} times, mean {sum(back) / len(back):.1f} s, {remarks[-1]}"


def _without_broker(quick: bool) -> Value:
    """Trucks that did not stop inside their base, or did not go on, over stops of the broker."""
    times, away_s, bad = (1, 10.0) if quick else (10, 30.0), 0.0, 0
    with live_terminal(TRUCKS) as (terminal, reports):
        time.sleep(5.0)
        for _ in range(times[0]):
            terminal.end("broker")
            time.sleep(times[1])
            terminal.start("broker")
            began = time.monotonic()
            reports.restart_clocks()
            terminal.wait_ready()
            away_s = max(away_s, time.monotonic() - began)
            before = reports.poses[: len(reports.index), :2].copy()
            time.sleep(10.0)
            moved = (abs(reports.poses[: len(reports.index), :2] - before).max(axis=1) > 1.0).sum()
            bad += moved == 0
        status = terminal.status()
    bad += reports.overlaps + reports.beyond + bool(status["failed"])
    return float(
        bad
    ), f"{times[0]} times {times[1]:.0f} s, all online again in {away_s:.1f} s, {_judged(reports)}, {_work(status)}"


def _edi_files(quick: bool) -> Value:
    """The loop's p99 with 200 trucks while lists of a TOS come all at once, milliseconds; infinite when one was not
    taken."""
    files = 50 if quick else 1_000
    with live_terminal(TRUCKS, edi=True) as (terminal, reports):
        time.sleep(SETTLE_S)
        before, began = terminal.status(), time.monotonic()
        drop(terminal.edi_in, files)
        done, refused = wait_taken(terminal.edi_in, files, 10.0 + files)
        took, status = time.monotonic() - began, terminal.status()
    remark = f"{done} of {files} lists taken in {took:.0f} s, {refused} refused; before: {before['loop_ms_p99']} ms"
    wrong = reports.overlaps + reports.beyond + bool(status["failed"]) + files - done
    return (float("inf") if wrong else float(status["loop_ms_p99"])), f"{remark}, {_judged(reports)}"


def _many_devices(quick: bool) -> Value:
    """States of 2,000 devices, one a second each, that did not come to the one who listens to all."""
    heard = hear_devices(free_port(), DEVICES, 10.0 if quick else 60.0)
    age = f"age p50 {heard.age_p50_ms:.0f} ms, p99 {heard.age_p99_ms:.0f} ms"
    broker = f"broker {heard.broker_cores:.2f} of a core, {heard.broker_mb:.0f} MB"
    return float(heard.sent - heard.came), f"{DEVICES} devices, {heard.came} states, {age}, {broker}"


def _fuzzed(quick: bool) -> Value:
    """Random and mutated messages that made anything but a fact, an answer or a refusal."""
    fuzzed = fuzz(50_000 if quick else 1_000_000, 1)
    counts = ", ".join(f"{name} {n}" for name, n in sorted(fuzzed.counts.items()))
    return float(len(fuzzed.crashes)), f"{counts}; memory +{fuzzed.grown_kb / 1024:.1f} MB; {fuzzed.crashes[:1]}"


MEASUREMENTS = [
    Measurement("live_200_late", "count", 0, 0, False, _held),
    Measurement("live_loop_p50", "ms", 2, 2, False, lambda q: _loop("p50", q)),
    Measurement("live_loop_p99", "ms", 10, 4, False, lambda q: _loop("p99", q)),
    Measurement("live_killed_back", "s", 10, 2, False, _killed),
    Measurement("live_standby_back", "s", 10, 3, False, _taken_over),
    Measurement("live_without_broker_bad", "count", 0, 0, False, _without_broker),
    Measurement("live_edi_loop_p99", "ms", 10, 4, False, _edi_files),
    Measurement("live_devices_lost", "count", 0, 0, False, _many_devices),
    Measurement("live_fuzz_crashes", "count", 0, 0, False, _fuzzed),
]
