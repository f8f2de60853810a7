"""Portway's strategies in the WSC 2025 challenge's own simulator, against the organisers' heuristic and MAPPO.

    python benchmarks/peers/wsc2025.py --challenge DIR                  scenario 0: each strategy alone and all together
    python benchmarks/peers/wsc2025.py --challenge DIR --scenarios 0-14 and all together on the others

How to get the checkout, and what was measured: `benchmarks/peers/README.md`.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from wsc2025_bridge import Bridge, Strategies
from wsc2025_challenge import SEED, Challenge, ChallengeError, Result, open_challenge, run_challenge

from portway.app.bench import Measurement, Row, print_rows
from portway.core.dispatch import Nearest, RollingHorizon
from portway.core.dispatch.berth import ShortestFirst
from portway.core.dispatch.yard import BalancedBlock

PUBLISHED_H = 17.387693168797227  # heuristic, scenario 0, seed 95036: `results_output/` of the challenge
MAPPO_H = 12.38048664068782  # the organisers' learner, same run
TOLERANCE_H = 1e-6
HEURISTIC, TOGETHER = "heuristic", "all"
CHOICES = {
    HEURISTIC: Strategies(),
    "truck": Strategies(truck=RollingHorizon()),
    "block": Strategies(block=BalancedBlock()),
    "berth": Strategies(berth=ShortestFirst()),
    TOGETHER: Strategies(Nearest(), BalancedBlock(), ShortestFirst()),  # looking ahead for trucks does not pay here
}
Runs = dict[tuple[str, int], Result]

_challenge: Challenge | None = None  # of a worker process


def _open(folder: Path, heap: bool) -> None:
    global _challenge
    _challenge = open_challenge(folder, heap)


def _run(name: str, scenario: int, seed: int) -> Result:
    challenge = _challenge
    assert challenge is not None
    if name == HEURISTIC:
        return run_challenge(challenge, None, scenario, seed)
    strategies = CHOICES[name]
    return run_challenge(challenge, lambda port: Bridge(port, challenge.heuristic(port), strategies), scenario, seed)


def measure(folder: Path, scenarios: list[int], seed: int, heap: bool, jobs: int, only: list[str]) -> Runs:
    """All runs: on the first scenario every choice of `only`, on the others the heuristic and all together.

    The organisers' heuristic on scenario 0 comes first and must give their published figure; else ChallengeError.
    """
    open_challenge(folder)  # a wrong folder is refused before a process is started
    runs: Runs = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _open, (folder.resolve(), heap)) as pool:
        check = pool.submit(_run, HEURISTIC, 0, SEED).result()
        if abs(check.total_h - PUBLISHED_H) > TOLERANCE_H:
            raise ChallengeError(
                f"the organisers' heuristic gives {check.total_h:.6f} h on scenario 0, not their {PUBLISHED_H:.6f} h: "
                "this checkout is another version of the challenge"
            )
        wanted = [(n, s) for s in scenarios for n in only if s == scenarios[0] or n in (HEURISTIC, TOGETHER)]
        known = {(HEURISTIC, 0): check} if seed == SEED else {}
        tasks = {(n, s): pool.submit(_run, n, s, seed) for n, s in wanted if (n, s) not in known}
        for name, scenario in wanted:
            result = known.get((name, scenario)) or tasks[name, scenario].result()
            runs[name, scenario] = result
            print(f"scenario {scenario}, {name}: {result.total_h:.3f} h", file=sys.stderr, flush=True)
    return runs


def rows_of(runs: Runs) -> list[Row]:
    """Rows of the benchmark; a floor or an aim is held when the value is below it, scenarios when at least."""
    rows = []
    total = runs.get((TOGETHER, 0))
    if total:
        rows.append(Row("wsc_total", total.total_h, "h", PUBLISHED_H, MAPPO_H, total.total_h < PUBLISHED_H))
    pairs = [(runs[TOGETHER, s], runs[HEURISTIC, s]) for n, s in runs if n == TOGETHER and (HEURISTIC, s) in runs]
    if pairs:
        better = sum(ours.total_h < theirs.total_h for ours, theirs in pairs)
        rows.append(Row("wsc_better", 100 * better / len(pairs), "%", 100, 100, better == len(pairs)))
    return rows


def shares(runs: Runs, scenario: int) -> dict[str, float]:
    """Each strategy's gain on the heuristic, in % of the gain of all together. They need not add up to 100."""
    base, best = runs[HEURISTIC, scenario].total_h, runs[TOGETHER, scenario].total_h
    names = [n for n, s in runs if s == scenario and n != HEURISTIC]
    return {n: 100 * (base - runs[n, scenario].total_h) / (base - best) if base != best else 0.0 for n in names}


def print_table(runs: Runs) -> None:
    """A line for each run."""
    print(
        f"{'scenario':>8}  {'answers':<10}{'service h':>10}{'wait h':>9}{'total h':>9}"
        f"{'delayed %':>11}{'of gain %':>11}"
    )
    for (name, scenario), r in runs.items():
        complete = {(HEURISTIC, scenario), (TOGETHER, scenario)} <= runs.keys()
        share = f"{shares(runs, scenario)[name]:.0f}" if complete and name != HEURISTIC else ""
        print(
            f"{scenario:>8}  {name:<10}{r.service_h:>10.3f}{r.wait_h:>9.3f}{r.total_h:>9.3f}"
            f"{r.delayed_percent:>11.2f}{share:>11}"
        )


def wsc_measurements() -> list[Measurement]:
    """Rows for `portway bench core`: the checkout's folder is taken from the environment variable PORTWAY_WSC.

    Each measurement is a process of its own, because the challenge wants to be in its own working directory.
    """

    def value(row: str, scenarios: str) -> tuple[float | None, str]:
        folder = os.environ.get("PORTWAY_WSC")
        if not folder:
            return None, "set PORTWAY_WSC to a checkout of the challenge, see benchmarks/peers/README.md"
        command = [sys.executable, __file__, "--challenge", folder, "--json", "--only", f"{HEURISTIC},{TOGETHER}"]
        command += ["--scenarios", scenarios, "--heap"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, done.stderr.strip().splitlines()[-1]
        rows = {r["id"]: r["value"] for r in json.loads(done.stdout)["rows"]}
        return rows[row], f"12 trucks, scenarios {scenarios}, seed {SEED}"

    return [
        Measurement("wsc_total", "h", PUBLISHED_H, MAPPO_H, False, lambda _: value("wsc_total", "0"), False),
        Measurement("wsc_better", "%", 100, 100, True, lambda _: value("wsc_better", "0-14"), False),
    ]


def _numbers(text: str) -> list[int]:
    """`0-2,5` gives [0, 1, 2, 5]; raises ValueError for anything else, and for what is not among the 30 scenarios."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    if not found or not all(0 <= n < 30 for n in found):
        raise ValueError(text)
    return found


def _names(text: str) -> list[str]:
    names = text.split(",")
    if not set(names) <= set(CHOICES):
        raise ValueError(text)
    return names


def main() -> int:
    """Exit status: 0 floors held, 1 not, 2 wrong arguments or checkout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--challenge", type=Path, required=True, help="checkout of o2des/WSCSimulationChallenge2025")
    parser.add_argument("--scenarios", type=_numbers, default=[0], help="such as 0, 0-14 or 0,3,7 (default 0)")
    parser.add_argument("--only", type=_names, default=list(CHOICES), help=f"some of {','.join(CHOICES)}")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the arrivals (default {SEED}, as published)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time (default 1)")
    parser.add_argument("--heap", action="store_true", help="coming events in one heap: same results, 5 times faster")
    parser.add_argument("--json", action="store_true", help="one JSON object with rows and runs")
    args = parser.parse_args()
    try:
        runs = measure(args.challenge, args.scenarios, args.seed, args.heap, args.jobs, args.only)
    except ChallengeError as error:
        print(f"wsc2025: {error}", file=sys.stderr)
        return 2
    rows = rows_of(runs)
    if args.json:
        listed: list[dict[str, Any]] = [{"answers": n, "scenario": s, **r._asdict()} for (n, s), r in runs.items()]
        print(json.dumps({"rows": [r._asdict() for r in rows], "runs": listed}))
    else:
        print_table(runs)
        print()
        print_rows(rows)
    return 0 if all(r.ok for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
