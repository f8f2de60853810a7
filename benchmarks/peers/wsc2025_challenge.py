"""Opens a checkout of the WSC 2025 challenge and runs its simulator with our decision maker in the heuristic's place.

Nothing of the challenge is copied or changed on disk. Two modules that it imports are stood in for:
`reinforcing_learning` (needs torch; only its own learner uses it) and, where it is not installed, `pandas` (the
simulator asks of it one thing, whether an instant is a `pandas.Timestamp`, and never makes one).
"""

import contextlib
import heapq
import importlib
import importlib.util
import io
import math
import os
import sys
import types
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

SOURCE = "https://github.com/o2des/WSCSimulationChallenge2025"
NEEDED = (
    "__init__.py",
    "port_simulation/model/port_sim_model.py",
    "strategy_making/decision_maker_heuristic.py",
    "conf",
)
SEED = 95036  # of the published results
TRUCKS = 12


class ChallengeError(Exception):
    """The folder is not a checkout of the challenge, or a run was not valid by the challenge's own checks."""


class Result(NamedTuple):
    """A run's figures, as the challenge computes them: means over the vessels that arrived in ten weeks."""

    delayed_percent: float  # vessels that waited longer than two hours
    service_h: float
    wait_h: float
    total_h: float


class Challenge(NamedTuple):
    """The challenge's modules that a run needs."""

    root: Any
    heuristic_module: Any
    heuristic: Any  # its class DecisionMaker


def open_challenge(folder: Path, heap: bool = False) -> Challenge:
    """Imports the challenge from a checkout, and makes it the working directory: its file names are relative.

    `heap` keeps all coming events in one heap instead of a list for each of some forty activities that are searched at
    every event. The order of events, by time and then by their making, stays the same, and so does every result.

    Raises ChallengeError naming what is missing and the cure.
    """
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise ChallengeError(
            f"{folder}: not a checkout of the WSC 2025 challenge, {', '.join(missing)} missing; "
            f"make one with `git clone {SOURCE} {folder.name or 'wsc2025'}` and pass its folder to --challenge"
        )
    if importlib.util.find_spec("sortedcontainers") is None:
        raise ChallengeError(
            "the challenge needs the Python package sortedcontainers; install it into this environment"
        )
    os.chdir(folder)
    if sys.path[0] != str(folder):
        sys.path.insert(0, str(folder))
    sys.modules.setdefault("reinforcing_learning", types.ModuleType("reinforcing_learning"))
    if importlib.util.find_spec("pandas") is None:
        stand_in = types.ModuleType("pandas")
        stand_in.Timestamp = type("Timestamp", (), {})  # type: ignore[attr-defined]
        sys.modules["pandas"] = stand_in
    spec = importlib.util.spec_from_file_location("wsc2025_root", folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    root = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(root)
    module = importlib.import_module("strategy_making.decision_maker_heuristic")
    if heap:
        _keep_events_in_a_heap()
    return Challenge(root, module, module.DecisionMaker)


def run_challenge(challenge: Challenge, make: Callable[[Any], Any] | None, scenario: int, seed: int = SEED) -> Result:
    """One run of ten weeks; `make(model)` gives the decision maker, None takes the organisers' heuristic.

    Raises ChallengeError when the challenge's own checks at the end of the run fail.
    """
    printed = io.StringIO()
    challenge.heuristic_module.DecisionMaker = make or challenge.heuristic
    try:
        with contextlib.redirect_stdout(printed):
            figures = challenge.root.Simulation().run(scenario, seed, None, TRUCKS)
    finally:
        challenge.heuristic_module.DecisionMaker = challenge.heuristic
    errors = [line for line in printed.getvalue().splitlines() if "Error" in line or line.startswith("Failed")]
    if any(math.isnan(f) for f in figures) or errors:
        raise ChallengeError(f"scenario {scenario}: not a valid run: {printed.getvalue()[-1500:]}")
    return Result(*figures)


def _keep_events_in_a_heap() -> None:
    """Replaces how the challenge's event list finds the next event; nothing else of it."""
    sandbox = importlib.import_module("o2despy.sandbox").Sandbox
    action = importlib.import_module("o2despy.action").Action

    def top(self: Any) -> Any:
        while self._parent is not None:
            self = self._parent
        return self

    def schedule(self: Any, act: Any, clock_time: Any = None, tag: Any = None, *args: Any, **named: Any) -> None:
        model = top(self)
        if clock_time is None:
            clock_time = timedelta(0)
        at = model._clock_time + clock_time if isinstance(clock_time, timedelta) else clock_time
        events = model.__dict__.setdefault("_heap", [])
        model._made = model.__dict__.get("_made", 0) + 1
        heapq.heappush(events, (at, model._made, partial(act, *args, **named)))

    def run_until(self: Any, terminate: Any) -> bool:
        model = top(self)
        events = model.__dict__.setdefault("_heap", [])
        while events and events[0][0] <= terminate:
            model._clock_time, _, act = heapq.heappop(events)
            act()
        model._clock_time = terminate
        return bool(events)

    sandbox.schedule, sandbox.run_until = schedule, run_until
    action._check_subaction = lambda self, subaction: None  # looks for programming errors, at every event
