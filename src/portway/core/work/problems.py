"""Why a job order cannot be done, in words that cure it: asked at the border before the event is journaled, and by the
controller again, so that a job order that slips through changes nothing.

`in_yard` is the container register of whoever has one, beside what the board knows: with it a box that nobody knows is
refused as being nowhere, and so is a slot above nothing; without it the first word of a job order on a box is believed
(`boxes`). Once the whole stock has been handed over, the board's own knowledge is such a register.
"""

from collections.abc import Mapping

from portway.core.model.layout import PlaceKind, Terminal
from portway.core.model.work import JobOrder, MoveKind, YardSlot
from portway.core.work.board import Board
from portway.core.work.box_problems import find_box_problems
from portway.core.work.boxes import goes_to
from portway.core.work.change import ROAD_KINDS, change_for, may_change, requeue
from portway.core.work.feasibility import stuck_jobs
from portway.core.work.stack_problems import borne_by
from portway.core.work.units import UnitState
from portway.core.work.work_problem import Check, WorkProblem

TWIN_FT_MAX = 20


def problems_with(
    job: JobOrder, terminal: Terminal, board: Board, in_yard: Mapping[str, YardSlot] | None = None
) -> list[WorkProblem]:
    """Everything that keeps a job order from being done, in the order of its keys; empty when it can be.

    A job order that comes again unchanged has no problem, one that comes again with other contents is an update.
    """
    if is_known(job, board):
        return []
    check = checked(Check(job, terminal, board, in_yard))
    if not check.found:
        _ring(check)
    return check.found


def is_known(job: JobOrder, board: Board) -> bool:
    """Whether a job order is on the board with these very contents."""
    return job.id in board.unit_of_job and board.job(job.id) == job


def checked(check: Check) -> Check:
    """Everything but whether the job order would wait for itself."""
    for part in (_identity, _times, _quay, _slots, _gate, _twin, _after):
        part(check)
    if not check.found:
        find_box_problems(check)
    return check


def _identity(check: Check) -> None:
    job, board = check.job, check.board
    if not job.id:
        check.refuse("no_id", "id", job.id, "a job order needs an id", "name it")
    unit = board.unit_of_job.get(job.id)
    if unit is None:
        return
    if unit.state == UnitState.DONE or job.id in board.delivered:
        check.refuse("duplicate", "id", job.id, "a job order of this id is done", "give every job order its own id")
    elif not may_change(unit):
        check.refuse("too_late", "id", job.id, "the job order has begun", "let it end, then send another one")
    old = board.job(job.id)
    same = (old.container.id, goes_to(old)) == (job.container.id, goes_to(job))
    if check.later and not same:
        cure = f"cancel {', '.join(sorted(check.later)[:4])} first, or send them after it again"
        check.refuse("has_successors", "after", sorted(check.later), "job orders count on its box", cure)
    if goes_to(old) != goes_to(job) and may_change(unit):
        check.found += borne_by(board, old, [j for j in board.unit_of_job if j in check.coming])


def _times(check: Check) -> None:
    job = check.job
    if job.due_ms is not None and job.due_ms < job.release_ms:
        message = f"it may not begin before {job.release_ms} ms"
        check.refuse("due_before_release", "due_ms", job.due_ms, message, "let it be due after its release")


def _quay(check: Check) -> None:
    job, terminal = check.job, check.terminal
    if job.kind not in (MoveKind.DISCHARGE, MoveKind.LOAD):
        if job.quay_crane is not None:
            check.refuse(
                "crane_not_used", "quay_crane", job.quay_crane, f"a {job.kind} has no quay crane", "leave it out"
            )
        return
    cranes = {c.id: c for c in terminal.quay_cranes}
    if not check.known("unknown_crane", "quay_crane", job.quay_crane, cranes, "quay crane"):
        return
    crane = cranes[job.quay_crane or ""]
    if job.quay_bay is None and any(
        p.kind == PlaceKind.QUAY_TRANSFER and p.serves == crane.id for p in terminal.places
    ):
        return
    if job.quay_bay is None or not crane.bay_start <= job.quay_bay <= crane.bay_end:
        reach = f"{crane.bay_start} to {crane.bay_end}"
        check.refuse("bay_outside", "quay_bay", job.quay_bay, f"{crane.id} works bays {reach}", f"take {reach}")


def _slots(check: Check) -> None:
    wanted = {"slot": check.job.slot, **({"slot_to": check.job.slot_to} if check.job.kind == MoveKind.YARD else {})}
    blocks = {b.id: b for b in check.terminal.blocks}
    for key, slot in wanted.items():
        if slot is None:
            check.refuse("no_slot", key, None, f"a {check.job.kind} needs it", "name block, bay, row and tier")
        elif check.known("unknown_block", f"{key}.block", slot.block, blocks, "block"):
            block = blocks[slot.block]
            for part, most in (("bay", block.bays), ("row", block.rows), ("tier", block.tiers)):
                value = getattr(slot, part)
                if not 1 <= value <= most:
                    message = f"block {block.id} has {part}s 1 to {most}"
                    check.refuse("slot_outside", f"{key}.{part}", value, message, f"take 1 to {most}")


def _gate(check: Check) -> None:
    if check.job.kind not in ROAD_KINDS:
        return
    gates = {g.id for g in check.terminal.gates}
    if not gates:
        check.refuse("unknown_gate", "kind", str(check.job.kind), "the terminal has no gate", "take another kind")
    elif check.job.gate is not None:
        check.known("unknown_gate", "gate", check.job.gate, gates, "gate")


def _twin(check: Check) -> None:
    job, board = check.job, check.board
    if job.twin is None:
        return

    def differs(message: str, cure: str) -> None:
        check.refuse("twin_differs", "twin", job.twin, message, cure)

    if job.kind in ROAD_KINDS or job.twin == job.id:
        return differs("road trucks carry one box, and none is its own twin", "leave it out")
    if job.container.length_ft > TWIN_FT_MAX:
        return differs(f"a twin is {TWIN_FT_MAX} ft long, this box {job.container.length_ft} ft", "leave it out")
    mate, unit = check.coming.get(job.twin), board.unit_of_job.get(job.twin)
    if mate is None:
        if unit is None or not may_change(unit):
            return None  # it comes later, or has gone ahead: then each goes alone
        mate = board.job(job.twin)
    if mate.twin != job.id:
        return differs(f"{mate.id} names {mate.twin or 'no twin'}", f"send {mate.id} with this twin first")
    ours, theirs = [(j.kind, j.quay_crane, j.quay_bay) for j in (job, mate)]
    if ours != theirs:
        return differs(f"{mate.id} is another kind of move, or at another crane or bay", "make them alike")
    return None


def _after(check: Check) -> None:
    for name in check.job.after:
        if name == check.job.id or name == check.job.twin:
            check.refuse("ring", "after", name, "it would wait for itself", "leave it out")
        elif name not in check.board.unit_of_job:
            check.refuse("unknown_after", "after", name, "no such job order", "send that one first, or leave it out")


def _ring(check: Check) -> None:
    """It does not wait for itself across `after`, twins and the sequence of a crane."""
    board, job = check.board, check.job
    if not (job.after or job.twin or check.later):
        return  # whoever waits for nobody closes no ring
    change = change_for(board, job)
    queues = {crane: queue.copy() for crane, queue in board.queues.items()}
    numbers = {unit.id: unit for unit in change.gone}
    empty = board.queue  # a crane without work so far
    requeue(change, lambda crane: queues[crane] if crane in queues else queues.setdefault(crane, empty(crane).copy()),
            board.placed)  # fmt: skip
    loose = [u for u in board.units.values() if u.crane is None and u.state < UnitState.COLLECTED]
    loose = [u for u in loose if u.id not in numbers] + [u for u, _ in change.come if u.crane is None]
    stuck = stuck_jobs(board, [q.units[q.head :] for q in queues.values()], loose)
    if job.id in stuck:
        cure = "correct `after` or `sequence`"
        check.refuse(
            "ring", "after", list(job.after), "it would wait for itself, over others or its crane's queue", cure
        )


__all__ = ["WorkProblem", "problems_with"]
