"""Short runs whose journals must not change unnoticed: what they give, as plain figures. Prints them when run."""

import json
from typing import Any

from portway.app.compose import simulate
from portway.app.config import load_scenario
from portway.app.report import key_figures
from portway.app.run_record import run_record

SCENARIO = "huashan"
HOURS = 0.5
SEEDS = (1, 2)
STRATEGIES = ("nearest", "rolling_horizon")

Figures = dict[str, Any]


def one(strategy: str, seed: int) -> Figures:
    """Counts of a run and the digest of its journal."""
    run = simulate(load_scenario(SCENARIO, {"policies.dispatch": strategy}), seed, HOURS)
    report = key_figures(run_record(run))
    figures = {name: report[name] for name in ("moves_completed", "quay_moves", "drives", "conflicts", "deadlocks")}
    distance_m = {name: round(metres) for name, metres in report["distance_m"].items()}
    return {
        **figures,
        "distance_m": distance_m,
        "records": run.journal.records,
        "journal_digest": run.journal.digest,
    }


def all_runs() -> dict[str, Figures]:
    """The figures of every run, by its name."""
    return {f"{strategy}, seed {seed}": one(strategy, seed) for strategy in STRATEGIES for seed in SEEDS}


if __name__ == "__main__":
    print(json.dumps(all_runs()))
