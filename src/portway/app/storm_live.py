"""Live storms: the real core and master control among trucks that lie, with every breach of trust told.

A seed draws a small terminal's work, two or three lies out of the table (`testing.lies`) with their times, restarts of
the server and strangers who meddle. Checked all the time: no two trucks overlap of which the server could know where
they are, no healthy truck stands for more than five minutes without an alarm that names it, every lie that does harm
has raised its alarm, nothing crashes. When all lies are over and a person has come, every job order ends.
"""

import random
import traceback
from typing import NamedTuple

import msgspec

from portway.app.config import load_scenario
from portway.core.model import Scenario
from portway.testing.liar_yard import LiarYard
from portway.testing.lies import BY_NAME, LIES, Lie

LIES_FROM_S, LIES_UNTIL_S = 60, 900
LASTS_S = (5, 30, 120, 400)
ALARM_S = 100  # within so long a harmful lie is told
HOURS_MAX = 5.0


class LiveStorm(NamedTuple):
    """What one live storm did and what it broke."""

    seed: int
    lies: list[str]
    minutes: float
    alarms: int
    breaches: list[str]
    marks: dict[str, int]

    def __str__(self) -> str:
        state = "ok" if not self.breaches else "BROKEN: " + "; ".join(self.breaches[:5])
        return f"live storm {self.seed}: {', '.join(self.lies)}: {self.minutes:.0f} min, {self.alarms} alarms: {state}"


class _Act(NamedTuple):
    """A lie of a truck from one instant to another."""

    truck: str
    lie: Lie
    from_ms: int
    to_ms: int


def small_work(boxes: int) -> Scenario:
    """Huashan with the first boxes of two of its cranes."""
    scenario = load_scenario("huashan")
    queues = [msgspec.structs.replace(q, job_orders=q.job_orders[: boxes // 2]) for q in scenario.work.queues[:2]]
    ids = {j for q in queues for j in q.job_orders}
    jobs = tuple(j for j in scenario.work.job_orders if j.id in ids)
    work = msgspec.structs.replace(scenario.work, job_orders=jobs, queues=tuple(queues))
    return msgspec.structs.replace(scenario, work=work)


def run_live_storm(seed: int) -> LiveStorm:
    """One storm from its seed."""
    rng = random.Random(seed)
    yard = LiarYard(small_work(rng.choice([12, 20, 28])), seed)
    acts = _acts(rng, sorted(yard.agents), seed)
    incidents = {rng.randrange(LIES_FROM_S, LIES_UNTIL_S) * 1000: kind for kind in _incidents(rng)}
    try:
        _run(yard, acts, incidents)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        yard.breaches.append(f"{yard.now_ms // 1000} s: crash {error!r} at {where.name}:{where.lineno}"[:300])
    names = [f"{a.truck} {a.lie.name} ({a.from_ms // 1000}-{a.to_ms // 1000} s)" for a in acts]
    return LiveStorm(
        seed, [*names, *incidents.values()], yard.now_ms / 60_000, len(yard.alerts), yard.breaches, dict(yard.marks)
    )  # fmt: skip


def run_restart(seed: int) -> LiveStorm:
    """One restart of the server at a drawn instant, beside a truck that comes back with its order, without one or with
    another, where it was or moved by 10, 30 or 300 m: it is driven on, or a person is called, and nothing touches."""
    rng = random.Random(seed)
    yard = LiarYard(small_work(20), seed)
    at_ms, truck = 1000 * rng.randrange(20, 1200), rng.choice(sorted(yard.agents))
    moved_m, order = rng.choice([0.0, 10.0, 30.0, 300.0]), rng.choice(["its order", "no order", "another order"])
    aside, orderless = rng.random() < 0.5, order != "its order"
    first = rng.choice(["server", "truck"])
    try:
        _until(yard, at_ms)
        if first == "server":
            yard.restart_server()
        if orderless or moved_m:
            yard.restart_truck(truck, 0.0 if aside else moved_m, moved_m if aside else 0.0, with_order=not orderless)
        if order == "another order":
            yard.lie(truck, BY_NAME["order of yesterday"])
        if first == "truck":
            yard.restart_server()
        _until(yard, at_ms + 30_000)
        if truck in yard.lies:
            yard.honest(truck)
        _until(yard, at_ms + 240_000)
        _look_at(yard, truck)
        while not yard.done and yard.now_ms < HOURS_MAX * 3_600_000:
            yard.tick()
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        yard.breaches.append(f"{yard.now_ms // 1000} s: crash {error!r} at {where.name}:{where.lineno}"[:300])
    if not yard.done:
        yard.breaches.append("not all job orders were done")
    what = (
        f"{truck} with {order}, moved {moved_m:.0f} m {'aside' if aside else 'along'}, {first} first, {at_ms // 1000} s"
    )
    return LiveStorm(seed, [what], yard.now_ms / 60_000, len(yard.alerts), yard.breaches, dict(yard.marks))


def _until(yard: LiarYard, at_ms: int) -> None:
    while yard.now_ms < at_ms:
        yard.tick()


def _look_at(yard: LiarYard, truck: str) -> None:
    """A truck that has something to do drives, or waits in turn, or somebody was called."""
    mission, file = yard.controller.state.missions[truck], yard.controller.fitness.files[truck]
    if mission.unfit and not any(a.subject == truck for a in yard.alerts):
        yard.breaches.append(f"{yard.now_ms // 1000} s: {truck} is unfit ({file.faults()}) and nobody was called")


def _acts(rng: random.Random, trucks: list[str], seed: int) -> list[_Act]:
    """Lies of two or three trucks; the first two go through the table seed by seed, so that fifty seeds tell all."""
    liars = rng.sample(trucks, rng.choice([2, 2, 3]))
    acts = []
    for n, truck in enumerate(liars):
        lie = LIES[(seed + 50 * n) % len(LIES)] if n < 2 else rng.choice(LIES)
        at_s = rng.randrange(LIES_FROM_S, LIES_UNTIL_S)
        acts.append(_Act(truck, lie, at_s * 1000, (at_s + rng.choice(LASTS_S)) * 1000))
    return acts


def _incidents(rng: random.Random) -> list[str]:
    kinds = ["server restarts", "server restarts", "another master pauses all"]
    return [k for k in kinds if rng.random() < 0.4]


def _run(yard: LiarYard, acts: list[_Act], incidents: dict[int, str]) -> None:
    due = {a: False for a in acts}
    while yard.now_ms < HOURS_MAX * 3_600_000:
        yard.tick()
        for act in acts:
            if yard.now_ms == act.from_ms:
                yard.lie(act.truck, act.lie)
            elif yard.now_ms == act.to_ms:
                _check_alarm(yard, act)
                yard.honest(act.truck)
                due[act] = True
        kind = incidents.get(yard.now_ms)
        if kind == "server restarts":
            yard.restart_server()
        elif kind is not None:
            yard.foreign_pause()
        if all(due.values()) and yard.now_ms > LIES_UNTIL_S * 1000 and yard.done:
            return
    board = yard.controller.state.board
    yard.breaches.append(f"{board.jobs_total - board.jobs_done} job orders were not done in {HOURS_MAX:.0f} h")


def _check_alarm(yard: LiarYard, act: _Act) -> None:
    """A harmful lie that has lasted long enough has called a person."""
    calls = yard.lies[act.truck].calls
    if not calls or act.to_ms - act.from_ms < ALARM_S * 1000:
        return
    told = {a.code for a in yard.alerts if a.subject == act.truck}
    told |= {"message_refused" for f in yard.facts if type(f).__name__ == "RefusedMessage"}
    if told.isdisjoint(calls):
        yard.breaches.append(f"{act.to_ms // 1000} s: {act.truck} {act.lie.name}: none of {calls} was told")
