"""Runs give what they gave when `huashan.json` was stored, in this process and in a fresh one.

A change of the core that changes decisions on purpose renews the file and says why in its commit:

    python3 run.py test tests/golden --renew
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from golden_runs import HOURS, SCENARIO, Figures, all_runs

HERE = Path(__file__).parent
STORED = HERE / f"{SCENARIO}.json"
RENEW = "python3 run.py test tests/golden --renew"


def differences(stored: Figures, found: Figures, name: str) -> list[str]:
    """One line for each figure that differs, counts before the digest."""
    lines = []
    for key in stored | found:
        was, now = stored.get(key), found.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            lines += differences(was, now, f"{name}, {key}")
        elif was != now:
            lines.append(f"{name}, {key}: {was} -> {now}")
    return lines


@pytest.fixture(scope="module")
def found() -> Figures:
    """What the runs give now."""
    return all_runs()


def test_the_journals_are_as_they_were(found, request):
    if request.config.getoption("--renew", default=False):
        STORED.write_text(json.dumps({"hours": HOURS, "runs": found}, indent=1) + "\n", encoding="utf-8")
    changed = differences(json.loads(STORED.read_text(encoding="utf-8"))["runs"], found, SCENARIO)
    assert changed == [], f"decisions changed; if they should, renew with {RENEW}\n" + "\n".join(changed)


def test_a_fresh_process_gives_the_same(found):
    env = {**os.environ, "PYTHONHASHSEED": "4711"}
    run = subprocess.run(
        [sys.executable, str(HERE / "golden_runs.py")], capture_output=True, text=True, check=False, env=env
    )
    assert run.returncode == 0, run.stderr
    assert differences(found, json.loads(run.stdout), SCENARIO) == []


def test_seeds_and_strategies_differ(found):
    assert len({figures["journal_digest"] for figures in found.values()}) == len(found)


def test_counts_come_before_the_digest_in_what_is_shown():
    was = {"moves_completed": 3, "distance_m": {"total": 5}, "journal_digest": "a"}
    now = {"moves_completed": 4, "distance_m": {"total": 6}, "journal_digest": "b"}
    assert differences({"run": was}, {"run": now}, "huashan") == [
        "huashan, run, moves_completed: 3 -> 4",
        "huashan, run, distance_m, total: 5 -> 6",
        "huashan, run, journal_digest: a -> b",
    ]
