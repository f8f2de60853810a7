"""Replay: the core again on the events of a journal, its answers compared with the journal's one by one.

Events that came from outside are fed back; trucks drive again, and arrivals follow from what they report. So a replay
that agrees shows that the run is a function of its journal.
"""

import time
from pathlib import Path
from typing import NamedTuple

from portway.adapters.storage.journal import Entry, JournalError, JournalWriter, read_journal
from portway.app.compose import Run, make_controller, make_world
from portway.core.controller import Controller
from portway.core.dispatch import STRATEGIES
from portway.runtime import Repeat
from portway.sim.world import SimWorld


class Replay(NamedTuple):
    """The run again, and how it compares."""

    run: Run
    entries: int
    whole: bool  # the file ended with a whole record
    differs_at: int | None  # number of the first record whose answer differs


def _differs_at(controller: Controller, world: SimWorld, journal: JournalWriter, entries: list[Entry]) -> int | None:
    """Handle all events; returns the number of the first record that differs, None when none does."""
    repeat = Repeat(controller, world, journal)
    repeat.start()
    for number, entry in enumerate(entries):
        if not repeat.answers_alike(entry.event, entry.commands):
            return number
    return None


def replay(path: Path) -> Replay:
    """Replay a journal. Raises JournalError for a file that is none or names an unknown strategy, OSError when it
    cannot be read."""
    header, entries, whole = read_journal(path)
    strategy = header.scenario.policies.dispatch
    if strategy not in STRATEGIES:
        raise JournalError(f"{path}: made with the strategy {strategy}, which is not known; add it to STRATEGIES")
    controller = make_controller(header.scenario, header.visitors)
    world = make_world(header.scenario, header.seed, controller)
    journal = JournalWriter(None, header)
    began = time.perf_counter()
    differs_at = _differs_at(controller, world, journal, entries)
    end_ms = entries[-1].event.at_ms if entries else 0
    board, tick_ms = controller.state.board, 1000 * header.scenario.policies.dispatch_period_s
    ended = board.jobs_done == board.jobs_total or end_ms >= header.end_ms - tick_ms  # else it was interrupted
    run = Run(
        header.scenario, controller, world, journal, header.seed, end_ms, header.end_ms / 3.6e6,
        time.perf_counter() - began, ended and whole and differs_at is None, 0, [],
    )  # fmt: skip
    return Replay(run, len(entries), whole, differs_at)
