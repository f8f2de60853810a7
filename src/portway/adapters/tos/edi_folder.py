"""A watched folder: EDIFACT files dropped there become work, each once.

A file is taken when it has not changed between two looks and ends as an interchange does. What became of it stands
beside (`edi_tray.py`). Job orders are named after box and file, so a file that was taken but not moved away before a
crash is known again; and a second copy is known by its digest.

The planner plans an empty yard and free cranes. So it is told of the boxes that stand, or will, as boxes with a given
slot, and the new sequences follow behind those that the cranes have. Its slots are then exchanged for near ones in
which the boxes can stand (`stacks.py`).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.views import JobOrderState
from portway.adapters.tos.container_rules import box_faults
from portway.adapters.tos.edi_tray import EdiTray, plain_name
from portway.adapters.tos.edifact import edi_rows, read_edi
from portway.adapters.tos.planner import plan_work
from portway.adapters.tos.rows import WorkError, WorkProblem, WorkRow
from portway.adapters.tos.stacks import Stacks
from portway.core.model.layout import Terminal
from portway.core.model.work import JobOrder, MoveKind, YardSlot
from portway.core.work.boxes import goes_to
from portway.core.work.predecessors import predecessors_first

ORDERS = ("COPRAR", "BAPLIE")  # the other messages report what has been done; our own come out as these
BYTES_MAX = 20_000_000
ASKED_AT_ONCE = 50  # so many questions to the desk, then others have their turn
STANDING = "standing/"  # job orders of the planner's eye only; no real one has this character
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class EdiResult(NamedTuple):
    """What became of a file."""

    name: str
    job_orders: int
    problems: list[str]  # empty: taken
    warnings: list[str]
    put_in: str = ""  # where it is now, below the folder; empty: it could not be moved, and is tried again


class Known(NamedTuple):
    """What planning has to know of the terminal at one moment."""

    standing: Mapping[str, YardSlot]  # boxes in the yard, or on their way there
    length_ft: Mapping[str, int]
    last_sequence: Mapping[str, int]  # by quay crane
    now_s: float


def _promised(open_work: Sequence[JobOrder]) -> dict[str, YardSlot]:
    """Slots to which boxes are on their way."""
    return {job.container.id: slot for job in open_work if (slot := goes_to(job)) is not None}


def _last_sequences(open_work: Sequence[JobOrder]) -> dict[str, int]:
    last: dict[str, int] = {}
    for job in open_work:
        crane = job.quay_crane or ""
        last[crane] = max(last.get(crane, 0), job.sequence)
    return last


class EdiFolder:
    """Looks into a folder and gives what it finds to the desk.

    `in_yard` tells the slot of every box that stands in the yard, `length_ft` how long a box is, `now_ms` the time from
    which new work may begin. What is known is looked up at once; all work on files, and planning, run in threads beside
    whoever else uses the event loop.
    """

    def __init__(
        self,
        folder: Path,
        desk: TosDesk,
        terminal: Terminal,
        in_yard: Callable[[], Mapping[str, YardSlot]],
        length_ft: Callable[[str], int],
        now_ms: Callable[[], int],
    ) -> None:
        self._folder, self._desk, self._terminal = folder, desk, terminal
        self._in_yard, self._length_ft, self._now_ms = in_yard, length_ft, now_ms
        self._tray: EdiTray | None = None

    async def look(self) -> list[EdiResult]:
        """Take the files that have come to rest since the last look, by name.

        A file that cannot be read or moved stays and is tried again, as are all while the desk is not ready.
        """
        if self._tray is None:
            self._tray = await asyncio.to_thread(EdiTray, self._folder, self._desk.run().run_id)
        results = []
        for file in await asyncio.to_thread(self._tray.at_rest):
            try:
                if (digest := await asyncio.to_thread(self._tray.digest, file)) is not None:
                    results.append(await self._take(self._tray, file, digest))
            except OSError as error:
                results.append(EdiResult(file.name, 0, [f"cannot be read or moved: {error}"], []))
        return results

    async def _take(self, tray: EdiTray, file: Path, digest: str) -> EdiResult:
        result = EdiResult(file.name, 0, [], [])
        if await asyncio.to_thread(tray.was_taken, digest):
            result = result._replace(problems=["the same file was taken before; its work is not done twice"])
        else:
            try:
                result = await self._submit(file, digest)
            except WorkError as error:
                result = result._replace(problems=str(error).splitlines())
        put_in = await asyncio.to_thread(tray.put_away, file, digest, result.problems, result.warnings)
        return result._replace(put_in=put_in)

    async def _submit(self, file: Path, digest: str) -> EdiResult:
        rows, odd = await asyncio.to_thread(read_orders, file)
        rows = [r._replace(job_id=f"{r.job_id}.{digest}") for r in rows]
        source = plain_name(file.name)
        boxes = await in_portions(self._desk.container, [r.container_id for r in rows])
        await asyncio.to_thread(_check, rows, [box is not None for box in boxes], source)
        views = await in_portions(self._desk.job_order, [r.job_id for r in rows])
        if rows and all(v is not None and v.state != JobOrderState.ABORTED for v in views):
            return EdiResult(file.name, len(rows), [], odd)  # taken before a crash
        jobs = await asyncio.to_thread(self._planned, rows, self._known(), source)
        found = await self._desk.submit(jobs)
        return EdiResult(file.name, 0 if found else len(jobs), [str(p) for p in found], odd)

    def _known(self) -> Known:
        """What planning has to know of the terminal, as it is now."""
        open_work = self._desk.open_work()
        standing = {**self._in_yard(), **_promised(open_work)}
        lengths = {box: self._length_ft(box) for box in standing}
        return Known(standing, lengths, _last_sequences(open_work), self._now_ms() / 1000)

    def _planned(self, rows: list[WorkRow], known: Known, source: str) -> list[JobOrder]:
        """The rows as job orders, each behind those that it waits for. Reads nothing but its arguments, so that it can
        run beside the terminal; raises WorkError."""
        standing, now_s = known.standing, known.now_s
        placed = [
            _at(r, standing[r.container_id]) if r.kind == "load" and r.container_id in standing else r for r in rows
        ]
        placed = [r._replace(release_s=max(r.release_s, now_s)) for r in placed]
        named = {r.container_id for r in rows}
        brought = {r.container_id for r in rows if r.kind == "discharge"}
        nowhere = [r for r in rows if r.kind == "load" and r.container_id not in {*standing, *brought}]
        problems = [
            WorkProblem(source, 0, "EQD", r.container_id, "nobody knows this box", "bring it in first") for r in nowhere
        ]
        if not self._terminal.quay_cranes:
            problems.append(WorkProblem(source, 0, "file", "", "the terminal has no quay crane", "give it one"))
        if problems:
            raise WorkError(problems)
        others = [
            _at(WorkRow(f"{STANDING}{box}", "receive", box), slot)
            for box, slot in sorted(standing.items())
            if box not in named
        ]
        work = plan_work(others + placed, self._terminal, source)
        jobs = [
            msgspec.structs.replace(j, sequence=j.sequence + known.last_sequence.get(j.quay_crane or "", 0))
            for j in work.job_orders
            if not j.id.startswith(STANDING)
        ]
        return predecessors_first(self._stacked(jobs, known, source))[0]

    def _stacked(self, jobs: list[JobOrder], known: Known, source: str) -> list[JobOrder]:
        """Boxes that come get a slot in which they can stand; raises WorkError when there is none."""
        stacks = Stacks(self._terminal, {slot: known.length_ft[box] for box, slot in known.standing.items()})
        slots, problems = dict[str, YardSlot](), list[WorkProblem]()
        for job in sorted(jobs, key=lambda j: (j.release_ms, j.quay_crane or "", j.sequence, j.id)):
            if job.kind == MoveKind.DISCHARGE and job.slot is not None:
                slot = stacks.take(job.slot, job.container.length_ft)
                if slot is None:
                    message, cure = "no stack of the yard takes it", "take boxes out"
                    problems.append(WorkProblem(source, 0, "EQD", job.container.id, message, cure))
                else:
                    slots[job.container.id] = slot
        if problems:
            raise WorkError(problems)
        return [msgspec.structs.replace(j, slot=slots.get(j.container.id, j.slot)) for j in jobs]


async def in_portions(ask: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """All answers to quick questions; whoever else uses the event loop has a turn in between."""
    answers = []
    for number, item in enumerate(items, 1):
        answers.append(ask(item))
        if number % ASKED_AT_ONCE == 0:
            await asyncio.sleep(0)
    return answers


def _check(rows: list[WorkRow], known: list[bool], source: str) -> None:
    """What no box can be; one that the terminal knows may have any name. Raises WorkError."""
    faults = [
        (row, fault)
        for row, is_known in zip(rows, known, strict=True)
        for fault in box_faults(row.container_id, row.length_ft, row.mass_kg, row.iso_type, is_known)
    ]
    if faults:
        segment = {"id": "EQD", "iso_type": "EQD", "mass_kg": "MEA"}
        raise WorkError([
            WorkProblem(source, 0, segment[f.key], f"{f.value:g}" if isinstance(f.value, float) else str(f.value),
                        f.message if row.container_id in f.message else f"{row.container_id}: {f.message}", f.cure)
            for row, f in faults
        ])  # fmt: skip


def read_orders(file: Path) -> tuple[list[WorkRow], list[str]]:
    """Rows of a file that says what shall be done, and warnings. Raises WorkError with every problem."""
    name = plain_name(file.name)

    def problem(column: str, value: str, message: str, cure: str) -> WorkProblem:
        return WorkProblem(name, 0, column, value, message, cure)

    if file.stat().st_size > BYTES_MAX:
        raise WorkError([problem("file", "", f"larger than {BYTES_MAX} bytes", "split it")])
    rows, odd, problems = [], [], []
    for work in read_edi(file):
        if work.message not in ORDERS:
            problems.append(problem("message", work.message, "a report, not work", f"give one of {', '.join(ORDERS)}"))
            continue
        rows += edi_rows(work)
        odd += [f"{name}: {text}" for text in work.warnings]
    if not rows and not problems:
        problems.append(problem("EQD", "", "no box is named", f"give a {' or a '.join(ORDERS)} with boxes"))
    if problems:
        raise WorkError(problems)
    return rows, odd


def _at(row: WorkRow, slot: YardSlot) -> WorkRow:
    return row._replace(block=slot.block, bay=slot.bay, row=slot.row, tier=slot.tier)
