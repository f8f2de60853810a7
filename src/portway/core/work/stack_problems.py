"""Whether a box can stand where it is to go: on the ground, or on a box that bears it.

A box rests on its corner fittings (ISO 1161), so it stands only on one of its own length class: 20 ft on 20 ft, and 40
or 45 ft, whose fittings are both 40 ft apart, on 40 or 45 ft. A slot holds one box here, so a 40 ft box over two of
20 ft cannot be told and is refused with the one over a single 20 ft.
"""

from collections.abc import Collection, Sequence

import msgspec

from portway.core.model.work import JobOrder, YardSlot
from portway.core.work.board import Board
from portway.core.work.boxes import TAKES, Boxes, goes_to
from portway.core.work.change import change_for, may_change
from portway.core.work.units import Unit
from portway.core.work.work_problem import Check, WorkProblem


def bears(below_ft: int, above_ft: int) -> bool:
    """Whether a box of one nominal length can stand on one of another."""
    return (below_ft == 20) == (above_ft == 20)


def under(slot: YardSlot) -> YardSlot | None:
    """The slot below; None for one on the ground."""
    return msgspec.structs.replace(slot, tier=slot.tier - 1) if slot.tier > 1 else None


def over(slot: YardSlot) -> YardSlot:
    """The slot above."""
    return msgspec.structs.replace(slot, tier=slot.tier + 1)


def find_stack_problems(check: Check, slot: YardSlot, key: str) -> None:
    """Note that nothing would bear the job order's box in a slot, or that it would bear what it cannot."""
    job = check.job
    length, below = job.container.length_ft, under(slot)
    resting = None if below is None else _there(check, below)
    late = None if below is None else _bearer_behind(check, below)
    if late is not None:
        message = f"{late.id}, whose box is to bear it, comes behind it in the queue of {job.quay_crane}"
        check.refuse("hanging", f"{key}.tier", slot.tier, message, f"let it come behind {late.id}")
    elif below is not None and resting is None:
        message = f"nothing stands, or is to stand, in tier {below.tier} below it"
        cure = f"take tier {_lowest_free(check, slot)}, or hand over the stock if a box is there"
        check.refuse("hanging", f"{key}.tier", slot.tier, message, cure)
    for other, it_is in ((resting, "on"), (_there(check, over(slot)), "under")):
        if other is not None and not bears(other[1], length):
            message = f"a {length} ft box cannot stand {it_is} box {other[0]}, which is {other[1]} ft long"
            check.refuse("stack_mixed", f"{key}.tier", slot.tier, message, "take a stack of its own length")


def _bearer_behind(check: Check, below: YardSlot) -> JobOrder | None:
    """The job order that brings the box below, if that comes off the ship by the same crane and later."""
    job, boxes = check.job, check.board.boxes
    if job.quay_crane is None or below in boxes.by_slot:
        return None
    board, ours = check.board, change_for(check.board, job).come[0][0].sequence
    units = {j.id: board.unit_of_job[j.id] for j in boxes.bringing.get(below, []) if j.id not in check.coming}
    behind = [j for u in units.values() for j in u.jobs if j.id in units and may_change(u) and u.sequence > ours]
    behind += [j for j in check.coming.to(below) if (j.sequence, j.id) > ours]
    return next((j for j in behind if j.quay_crane == job.quay_crane and j.id not in check.before), None)


def hanging_in(board: Board, units: Sequence[Unit]) -> list[str]:
    """Job orders that would be served before those that bring the box under theirs, in a new order of a crane."""
    come = [(i, job.id, slot) for i, u in enumerate(units) for job in u.jobs if (slot := goes_to(job)) is not None]
    first = {slot: i for i, _, slot in reversed(come)}
    return [
        job for i, job, slot in come
        if (below := under(slot)) is not None and first.get(below, -1) > i and below not in board.boxes.by_slot
    ]  # fmt: skip


def borne_by(board: Board, job: JobOrder, gone: Collection[str]) -> list[WorkProblem]:
    """What would hang when a job order is not done: boxes that are to stand on its box, but for those of `gone`."""
    slot = goes_to(job)
    if slot is None or slot in board.boxes.by_slot:
        return []
    above = [j for j in board.boxes.bringing.get(over(slot), []) if j.id not in gone]
    others = [j for j in board.boxes.bringing.get(slot, []) if j.id not in gone and j.id != job.id]
    if not above or others:
        return []
    message = f"box {above[0].container.id} of {above[0].id} is to stand on its box"
    cure = f"cancel {above[0].id} first, or give it another slot"
    return [WorkProblem(job.id, "bears_others", "job_order", job.id, message, cure)]


def _there(check: Check, slot: YardSlot) -> tuple[str, int] | None:
    """Number and length of the box that stands in a slot, or will, when the job order is done."""
    boxes, job = check.board.boxes, check.job
    brings = [j for j in boxes.bringing.get(slot, []) if j.id != job.id and j.id not in check.coming]
    for other in [*brings, *check.coming.to(slot)]:
        return other.container.id, other.container.length_ft
    stands = boxes.by_slot.get(slot)
    if stands is None or stands == job.container.id or _leaves(boxes, stands, check):
        return None
    return stands, boxes.length_ft(stands)


def _leaves(boxes: Boxes, box: str, check: Check) -> bool:
    return any(j.kind in TAKES and j.id in check.before for j in boxes.open.get(box, []))


def _lowest_free(check: Check, slot: YardSlot) -> int:
    tier = slot.tier
    while tier > 1 and _there(check, msgspec.structs.replace(slot, tier=tier - 1)) is None:
        tier -= 1
    return tier
