"""What the TOS and the control room do in a storm: at random instants work is added, changed, cancelled, put into
another sequence and halted; trucks are paused and withdrawn, job orders moved to other trucks, roads closed. Wishes
that cannot be granted are among them. Whatever halts something is followed by what sets it going again, so all work
ends.
"""

import heapq
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from portway.core.commands import Command
from portway.core.controller import Controller
from portway.core.events import (
    Event,
    JobOrderCancelled,
    JobOrderMoved,
    JobOrderReceived,
    JobOrdersReceived,
    RoadBlocked,
    RoadTruckCame,
    TruckPaused,
    TruckWithdrawn,
    WorkQueueActivated,
    WorkQueueResequenced,
)
from portway.core.model import Container, JobOrder, MoveKind, Scenario, YardSlot
from portway.core.work.change import ROAD_KINDS, may_change
from portway.sim.world import SimWorld

BEFORE_MS = 5_400_000  # the last change
LASTS_MS_MAX = 1_200_000  # what is halted
ROWS = (3, 4)  # of the yard, left free by the work that a storm begins with
WHO = ("storm", "drawn")

WORK = ("add", "add", "add", "twins", "update", "cancel", "cancel", "resequence", "resequence", "suspend", "nonsense")
HOLDS = ("pause", "pause")
FLEET = ("withdraw", "move", "move")
ROADS = ("block",)
KINDS = (*WORK, *HOLDS, *FLEET, *ROADS)


class ChangingWorld:
    """A simulated terminal with a TOS and a control room that change their minds."""

    def __init__(
        self, inner: SimWorld, controller: Controller, scenario: Scenario, seed: int, kinds: Sequence[str] = KINDS
    ) -> None:
        self.inner, self._controller, self._scenario = inner, controller, scenario
        self._rng = np.random.default_rng((seed, 815))
        self._agenda: list[tuple[int, int, Callable[[int], Event | None]]] = []
        self._made = 0
        terminal = scenario.terminal
        cells = [(b.id, bay, row, 1) for b in terminal.blocks for bay in range(1, b.bays + 1) for row in ROWS]
        more = [(b, bay, row, tier) for tier in (3, 2) for b, bay, row, _ in cells]
        self._cells = [YardSlot(*cell) for cell in [*more, *(cells[i] for i in self._rng.permutation(len(cells)))]]
        for _ in range(int(self._rng.integers(10, 50))):
            kind = kinds[int(self._rng.integers(len(kinds)))]
            self._later(int(self._rng.integers(0, BEFORE_MS)), getattr(self, "_" + kind))

    # -- a world ------------------------------------------------------------------------------------------------

    def next_ms(self) -> int:
        """Instant of the next event."""
        return min(self.inner.next_ms(), self._agenda[0][0] if self._agenda else 1 << 60)

    def drive(self, until_ms: int) -> None:
        """Let trucks drive."""
        self.inner.drive(until_ms)

    def take(self, now_ms: int) -> Sequence[Event]:
        """Events due now; changes are drawn from the state as it is before them."""
        events = list(self.inner.take(now_ms))
        while self._agenda and self._agenda[0][0] <= now_ms:
            event = heapq.heappop(self._agenda)[2](now_ms)
            events += [] if event is None else [event]
        return events

    def apply(self, commands: Sequence[Command], now_ms: int) -> None:
        """Carry out commands."""
        self.inner.apply(commands, now_ms)

    @property
    def calm(self) -> bool:
        """Whether nothing more will be changed."""
        return not self._agenda

    def _later(self, at_ms: int, make: Callable[[int], Event | None]) -> None:
        self._made += 1
        heapq.heappush(self._agenda, (at_ms, self._made, make))

    def _ends(self, now_ms: int, make: Callable[[int], Event | None]) -> None:
        self._later(now_ms + int(self._rng.integers(10_000, LASTS_MS_MAX)), make)

    # -- work ---------------------------------------------------------------------------------------------------

    def _pick(self, items: Sequence) -> object:
        return items[int(self._rng.integers(len(items)))]

    def _known(self) -> list[JobOrder]:
        board = self._controller.state.board
        return [board.job(name) for name in sorted(board.unit_of_job)]

    def _new(self, kind: MoveKind, name: str) -> JobOrder:
        """A job order of a kind, now and then after another one."""
        rng, terminal = self._rng, self._scenario.terminal
        crane = terminal.quay_cranes[int(rng.integers(len(terminal.quay_cranes)))]
        quay = kind in (MoveKind.DISCHARGE, MoveKind.LOAD)
        known = self._known()
        after = (str(known[int(rng.integers(len(known)))].id),) if known and rng.random() < 0.25 else ()
        return JobOrder(
            name, kind, Container("B" + name, 40), quay_crane=crane.id if quay else None,
            sequence=int(rng.integers(0, 80)), slot=self._cells.pop(), after=after,
            quay_bay=int(rng.integers(crane.bay_start, crane.bay_end + 1)) if quay else None,
            slot_to=self._cells.pop() if kind == MoveKind.YARD else None,
        )  # fmt: skip

    def _add(self, now_ms: int) -> Event:
        kinds = list(MoveKind) if self._controller.visitors.rows else list(MoveKind)[:3]
        job = self._new(kinds[int(self._rng.integers(len(kinds)))], f"N{self._made:04d}-{len(self._cells)}")
        discharged = [j for j in self._known() if j.kind == MoveKind.DISCHARGE]
        if job.kind == MoveKind.LOAD and discharged and self._rng.random() < 0.3:  # a box that comes by ship
            first = discharged[int(self._rng.integers(len(discharged)))]
            job = msgspec.structs.replace(job, container=first.container, slot=first.slot, after=(first.id,))
        if job.kind in ROAD_KINDS:
            self._later(now_ms + 60_000, lambda at: RoadTruckCame(at, "R-" + job.id, "", job.id))
        return JobOrderReceived(now_ms, job)

    def _twins(self, now_ms: int) -> Event:
        """Two job orders of a twin lift: as one batch, or the second later, perhaps too late."""
        kind, name = list(MoveKind)[int(self._rng.integers(3))], f"T{self._made:04d}-{len(self._cells)}"
        one = self._new(kind, name + "a")
        one = msgspec.structs.replace(one, twin=name + "b", container=Container("B" + one.id, 20))
        two = msgspec.structs.replace(
            one, id=name + "b", twin=one.id, container=Container("B" + name + "b", 20), slot=self._cells.pop(),
            slot_to=self._cells.pop() if kind == MoveKind.YARD else None, after=(),
        )  # fmt: skip
        wait_ms = int(self._pick((0, 3_000, 200_000)))  # type: ignore[call-overload]
        if wait_ms == 0:
            return JobOrdersReceived(now_ms, (two, one))
        self._later(now_ms + wait_ms, lambda at: JobOrderReceived(at, two))
        return JobOrderReceived(now_ms, one)

    def _update(self, now_ms: int) -> Event | None:
        known = self._known()
        if not known:
            return None
        job = known[int(self._rng.integers(len(known)))]
        changes: list[dict] = [{"sequence": int(self._rng.integers(0, 80))}, {"twin": None}, {"release_ms": now_ms}]
        return JobOrderReceived(now_ms, msgspec.structs.replace(job, **changes[int(self._rng.integers(3))]))

    def _cancel(self, now_ms: int) -> Event | None:
        known = self._known()
        open_ones = [j for j in known if may_change(self._controller.state.board.unit_of_job[j.id])]
        among = open_ones if open_ones and self._rng.random() < 0.8 else known
        if not among:
            return None
        return JobOrderCancelled(now_ms, among[int(self._rng.integers(len(among)))].id, *WHO)

    def _resequence(self, now_ms: int) -> Event | None:
        board = self._controller.state.board
        queues = board.in_order()
        if not queues:
            return None
        queue = queues[int(self._rng.integers(len(queues)))]
        jobs = [job.id for unit in queue.movable(board.placed) for job in unit.jobs]
        if self._rng.random() < 0.5:  # two change places
            order = list(range(len(jobs)))
            if len(jobs) > 1:
                i, j = sorted(self._rng.permutation(min(6, len(jobs)))[:2].tolist())
                order[i], order[j] = order[j], order[i]
        else:
            order = self._rng.permutation(len(jobs)).tolist()
        return WorkQueueResequenced(now_ms, queue.crane, tuple(jobs[i] for i in order), *WHO)

    def _suspend(self, now_ms: int) -> Event:
        cranes = self._scenario.terminal.quay_cranes
        crane = cranes[int(self._rng.integers(len(cranes)))].id
        self._ends(now_ms, lambda at: WorkQueueActivated(at, crane, True, *WHO))
        return WorkQueueActivated(now_ms, crane, False, *WHO)

    # -- the control room ---------------------------------------------------------------------------------------

    def _truck(self) -> str:
        trucks = sorted(self._controller.state.homes)
        return trucks[int(self._rng.integers(len(trucks)))]

    def _pause(self, now_ms: int) -> Event:
        truck = self._truck()
        self._ends(now_ms, lambda at: TruckPaused(at, truck, False, *WHO))
        return TruckPaused(now_ms, truck, True, *WHO)

    def _withdraw(self, now_ms: int) -> Event:
        truck = self._truck()
        self._ends(now_ms, lambda at: TruckWithdrawn(at, truck, False, *WHO))
        return TruckWithdrawn(now_ms, truck, True, *WHO)

    def _move(self, now_ms: int) -> Event | None:
        """Mostly to a truck that is free."""
        state = self._controller.state
        free = [t for t in sorted(state.homes) if state.missions[t].unit is None] or [self._truck()]
        jobs = [j.id for j in self._known() if may_change(state.board.unit_of_job[j.id])]
        under_way = [j for j in jobs if state.board.unit_of_job[j].truck is not None] or jobs
        if not jobs:
            return None
        among = under_way if self._rng.random() < 0.8 else jobs
        job, truck = among[int(self._rng.integers(len(among)))], free[int(self._rng.integers(len(free)))]
        return JobOrderMoved(now_ms, job, truck, *WHO)

    def _block(self, now_ms: int) -> Event:
        """Some lane, mostly one on which trucks are about to drive."""
        lanes = self._scenario.terminal.lanes
        lane = lanes[int(self._rng.integers(len(lanes)))].id
        self._ends(now_ms, lambda at: RoadBlocked(at, lane, (lane,), False, *WHO))
        return RoadBlocked(now_ms, lane, (lane,), True, *WHO)

    def _nonsense(self, now_ms: int) -> Event:
        """Something that must be refused; a wrong job order now and then with a right one before it."""
        job = self._new(MoveKind.LOAD, f"X{self._made:04d}")
        right = msgspec.structs.replace(job, id=job.id + "r", container=Container("B" + job.id + "r"), after=())
        wrong = (
            {"quay_crane": "QC99"}, {"after": ("nobody",)}, {"after": (job.id,)}, {"slot": YardSlot("A1", 999, 1, 1)},
            {"twin": job.id}, {"quay_bay": 999}, {"slot": None},
        )  # fmt: skip
        right = msgspec.structs.replace(right, slot=self._cells.pop())
        refused = [msgspec.structs.replace(job, **w) for w in wrong]
        events: list[Event] = [
            JobOrdersReceived(now_ms, (right, job)) if i % 2 else JobOrderReceived(now_ms, job)
            for i, job in enumerate(refused)
        ]
        events += [
            TruckPaused(now_ms, "nobody", True, *WHO), JobOrderCancelled(now_ms, "nothing", *WHO),
            WorkQueueResequenced(now_ms, self._scenario.terminal.quay_cranes[0].id, ("nothing",), *WHO),
            RoadBlocked(now_ms, "nowhere", ("nowhere",), True, *WHO),
        ]  # fmt: skip
        return events[int(self._rng.integers(len(events)))]
