"""Storms: seeded runs with everything drawn, faults included, and every invariant checked after every event.

A seed draws the number of cranes and trucks, the strategy, the work (all kinds, twins, dual queues), how often and how
long movements are delayed, and how often plans are improved. Checked after every event: each resource has one holder,
a truck stands only where it has a claim, no two trucks claim one place, the order of passage has no cycle, no box is
lost or doubled. At the end: no footprints overlapped, every job order is done, and a seed gives one journal.

The same seed is drawn twice: as planned, and with work that changes and people who intervene (`storm_changes`), where
independent books are held against the state (`storm_ledger`).
"""

import traceback
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from portway.adapters.storage.journal import JournalHeader, JournalWriter
from portway.app.compose import Run, make_controller, make_world, simulate, visitors_of
from portway.app.config import load_scenario
from portway.app.run_record import run_record
from portway.app.storm_changes import KINDS, ChangingWorld
from portway.app.storm_ledger import Ledger
from portway.core.controller import Controller
from portway.core.dispatch import STRATEGIES
from portway.core.kernels import columns as c
from portway.core.model import Container, JobOrder, MoveKind, Policies, Scenario, Terminal, WorkList, YardSlot
from portway.core.routing.traffic import DeadlockError
from portway.core.units import ms_from_h
from portway.runtime import Runtime

MARKS = (
    "discharge",
    "load",
    "yard",
    "receive",
    "deliver",
    "twin",
    "late",
    "exchanged",
    "waited_for_place",
    "planned_ahead",
    "rehearsed",
    "made_way",
)
CHANGE_MARKS = (
    "received",
    "batch",
    "updated",
    "cancelled",
    "after_cancelled",
    "resequenced",
    "suspended",
    "paused",
    "withdrawn",
    "moved",
    "refused",
)
HOURS_MAX = 24.0


class StormResult(NamedTuple):
    """What one storm did and what it broke."""

    seed: int
    trucks: int
    jobs: int
    hours: float
    events: int
    breaches: list[str]
    marks: dict[str, int]

    def __str__(self) -> str:
        state = "ok" if not self.breaches else "BROKEN: " + "; ".join(self.breaches[:5])
        return (
            f"storm {self.seed}: {self.trucks} trucks, {self.jobs} job orders, {self.hours:.1f} h,"
            f" {self.events} events: {state}"
        )


def _draw_work(terminal: Terminal, rng: np.random.Generator, count: int) -> WorkList:
    """Job orders of every kind; yard slots are used once, so boxes cannot meet."""
    cells = [
        (b, bay, row, tier)
        for b in terminal.blocks
        for bay in range(1, b.bays + 1)
        for row in (1, 2)
        for tier in (1, 2)
    ]
    cells = [cells[i] for i in rng.permutation(len(cells))]
    slots = [YardSlot(b.id, bay, row, tier) for b, bay, row, tier in cells]
    kinds = [MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD, MoveKind.RECEIVE, MoveKind.DELIVER]
    shares = [0.4, 0.35, 0.1, 0.075, 0.075] if terminal.gates else [0.45, 0.4, 0.15, 0.0, 0.0]
    jobs: list[JobOrder] = []
    for i in range(count):
        kind, name = kinds[int(rng.choice(5, p=shares))], f"J{i:04d}"
        crane = terminal.quay_cranes[int(rng.integers(len(terminal.quay_cranes)))]
        quay = kind in (MoveKind.DISCHARGE, MoveKind.LOAD)
        job = JobOrder(
            name, kind, Container(f"B{i:04d}", 40), release_ms=0 if quay else int(rng.integers(0, 3_600_000)),
            quay_crane=crane.id if quay else None, sequence=i, slot=slots.pop(),
            quay_bay=int(rng.integers(crane.bay_start, crane.bay_end + 1)) if quay else None,
            slot_to=slots.pop() if kind == MoveKind.YARD else None,
        )  # fmt: skip
        last = jobs[-1] if jobs else None
        if (
            quay
            and last
            and last.kind == kind
            and last.quay_crane == job.quay_crane
            and not last.twin
            and rng.random() < 0.5
        ):
            jobs[-1] = msgspec.structs.replace(last, twin=name, container=Container(last.container.id, 20))
            job = msgspec.structs.replace(
                job, twin=last.id, container=Container(f"B{i:04d}", 20), quay_bay=last.quay_bay
            )
        jobs.append(job)
    return WorkList(tuple(jobs))


def draw_scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    rng = np.random.default_rng((seed, 4711))
    trucks = int(rng.integers(2, 17))
    base = load_scenario("huashan", {"fleet.trucks": str(trucks), "terminal.quay_cranes": str(int(rng.integers(1, 4)))})
    policies = Policies(
        dispatch=sorted(STRATEGIES)[int(rng.integers(len(STRATEGIES)))],
        best_response_s=float(rng.choice([0.0, 2.0, 4.0, 10.0])),
        delay_probability=float(rng.choice([0.0, 0.01, 0.05, 0.1])),
        delay_s=float(rng.choice([5.0, 20.0, 60.0])),
    )
    work = _draw_work(base.terminal, rng, int(rng.integers(20, 61)))
    return msgspec.structs.replace(base, id=f"storm-{seed}", work=work, policies=policies)


def check_state(controller: Controller) -> list[str]:
    """Breaches of the invariants that hold after every event."""
    state, traffic = controller.state, controller.state.traffic
    return [*_two_holders(traffic), *_claims(controller), *_cycle(traffic), *_boxes(state), *_in_the_way(state)]


def _two_holders(traffic) -> list[str]:
    """A granted use that another truck's granted use meets on the same resource."""
    broken = []
    for k in np.flatnonzero(traffic.count > 1):
        uses = traffic.uses[k, : traffic.count[k]]
        granted = uses[:, c.STEP_NO] <= traffic.trucks[uses[:, c.WHO], c.T_GRANTED]
        if len(set(uses[granted, c.WHO].tolist())) > 1:
            broken.append(f"resource {k} has {sorted(set(uses[granted, c.WHO].tolist()))} as holders")
    return broken


def _claims(controller: Controller) -> list[str]:
    """Every truck that stands at a place has claimed it, or the place it goes on to when its handover ends; and no two
    trucks that shut each other have claims."""
    state, broken = controller.state, []
    held = {m.truck: state.claims.place_of(m.truck) for m in state.missions.values()}
    for mission in state.missions.values():
        if mission.at_place is not None and held[mission.truck] != (mission.ahead or mission.at_place):
            broken.append(f"{mission.truck} stands at {mission.at_place} and has claimed {held[mission.truck]}")
    owners = {place: truck for truck, place in held.items() if place}
    for place, truck in owners.items():
        for other in state.traffic.map.excludes.get(place, ()):
            if owners.get(other, truck) != truck:
                broken.append(f"{truck} at {place} and {owners[other]} at {other} shut each other in")
    return broken


def _cycle(traffic) -> list[str]:
    traffic.clock[c.C_DIRTY] = 1
    try:
        traffic.renew()
    except DeadlockError as error:
        return [str(error)]
    return []


def _in_the_way(state) -> list[str]:
    """A truck that nobody competes with for a place in the yard, and that cannot have it because of trucks that only
    wait there."""
    broken, wanting = [], [m for m in state.wanting() if m.current_leg.block is not None]
    if any(name == "retry" for _, name in state.timers):
        return []  # a way out was looked for and not found yet
    for mission in wanting:
        wanted = {q for p in state.book.for_leg(mission.current_leg) for q in (p, *state.claims.shut_by(p))}
        if any(m is not mission and not wanted.isdisjoint(state.book.for_leg(m.current_leg)) for m in wanting):
            continue
        holders = {state.claims.holder_of(place) for place in wanted} - {None, mission.truck}
        if all(state.missions[t].only_waits and state.missions[t].at_place in wanted for t in holders):
            broken.append(f"{mission.truck} waits for {sorted(holders)}, who wait for nobody there")
    return broken


def _boxes(state) -> list[str]:
    """A unit in the hands of a truck that does not know of it, or of two."""
    broken = []
    owners = Counter(m.unit.id for m in state.missions.values() if m.unit is not None)
    broken += [f"{unit} is on {n} trucks" for unit, n in owners.items() if n > 1]
    for mission in state.missions.values():
        if mission.unit is not None and mission.unit.truck != mission.truck:
            broken.append(f"{mission.truck} carries {mission.unit.id}, which belongs to {mission.unit.truck}")
    return broken


class _Watched(Controller):
    """A controller that is checked after every event."""

    breaches: list[str]
    marks: Counter[str]
    ledger: Ledger | None

    def handle(self, event):
        commands = super().handle(event)
        if self.ledger is not None and len(self.breaches) < 20:
            self.breaches += [f"{event.at_ms} ms: {text}" for text in self.ledger.note(event, commands, self.state)]
        if len(self.breaches) < 20:
            self.breaches += [f"{event.at_ms} ms: {text}" for text in check_state(self)]
        self.marks["waited_for_place"] += any(m.wanting_since >= 0 for m in self.state.missions.values())
        self.marks["made_way"] = self.yard.ways_made
        self.marks["planned_ahead"] += any(m.ahead is not None for m in self.state.missions.values())
        return commands


def _watched(scenario: Scenario, seed: int, ledger: Ledger | None = None) -> _Watched:
    controller = make_controller(scenario, visitors_of(scenario))
    controller.__class__ = _Watched
    assert isinstance(controller, _Watched)
    controller.breaches, controller.marks, controller.ledger = [], Counter(), ledger
    return controller


def _watched_run(scenario: Scenario, seed: int) -> tuple[Run, _Watched]:
    controller = _watched(scenario, seed)
    return simulate(scenario, seed, HOURS_MAX, controller=controller), controller


def _changing_run(scenario: Scenario, seed: int, kinds: Sequence[str]) -> tuple[Run, _Watched]:
    """A run in which work changes and people intervene, to the end of all that is left to be done."""
    controller, end_ms = _watched(scenario, seed, Ledger(scenario)), ms_from_h(HOURS_MAX)
    inner = make_world(scenario, seed, controller)
    world = ChangingWorld(inner, controller, scenario, seed, kinds)
    journal = JournalWriter(None, JournalHeader(1, scenario, seed, end_ms, visitors_of(scenario)))
    runtime, board = Runtime(controller, world, journal), controller.state.board
    try:
        runtime.start()
        while runtime.step(end_ms) and not (world.calm and board.jobs_done == board.jobs_total):
            pass
    except AssertionError as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        controller.breaches.append(f"{runtime.now_ms} ms: {at.name}: {type(error).__name__} {error}")
    journal.close()
    run = Run(scenario, controller, inner, journal, seed, runtime.now_ms, HOURS_MAX, 0.0, True, 0, [])
    return run, controller


def _of_all_work(run: Run, ledger: Ledger) -> Run:
    """A run whose scenario has every job order that ever was on the board, for the record."""
    work = WorkList(tuple(ledger.ever[name] for name in sorted(ledger.ever)))
    return run._replace(scenario=msgspec.structs.replace(run.scenario, work=work))


def run_storm(seed: int, kinds: Sequence[str] = KINDS) -> StormResult:
    """Run a storm with changes of some kinds, or as planned when there are none; and its repetition."""
    scenario = draw_scenario(seed)

    def once() -> tuple[Run, _Watched]:
        return _changing_run(scenario, seed, kinds) if kinds else _watched_run(scenario, seed)

    run, watched = once()
    breaches, board = list(watched.breaches), run.controller.state.board
    if watched.ledger is not None:
        breaches += watched.ledger.at_end()
        run = _of_all_work(run, watched.ledger)
    elif board.jobs_done < board.jobs_total:
        breaches.append(f"{board.jobs_total - board.jobs_done} job orders are not done after {HOURS_MAX} h")
    overlaps = run_record(run).conflicts
    if overlaps:
        breaches.append(f"{overlaps} overlaps of footprints")
    if once()[0].journal.digest != run.journal.digest:
        breaches.append("the same seed gave another journal")
    return StormResult(
        seed, len(scenario.fleet.trucks), board.jobs_total, run.end_ms / 3.6e6, run.journal.records, breaches,
        _marks(scenario, run, watched),
    )  # fmt: skip


def _marks(scenario: Scenario, run: Run, watched: _Watched) -> dict[str, int]:
    """How often rare paths were taken."""
    marks = Counter(str(j.kind) for j in scenario.work.job_orders)
    marks["twin"] = sum(j.twin is not None for j in scenario.work.job_orders)
    marks["late"] = int((run.trucks.drives()[:, 5] > 0).sum())
    marks["exchanged"] = run.controller.quay.exchanges
    marks["rehearsed"] = run.controller.state.traffic.rehearsals_count
    marks += watched.marks
    if watched.ledger is not None:
        marks += watched.ledger.marks
    return {name: int(marks[name]) for name in (*MARKS, *(CHANGE_MARKS if watched.ledger is not None else ()))}
