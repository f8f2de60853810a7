"""Whether a box can stand where it is to go: on the ground, or on a box that bears it.

A box rests on its corner fittings (ISO 1161), so it stands only on one of its own length class: 20 ft on 20 ft, and 40
or 45 ft, whose fittings are both 40 ft apart, on 40 or 45 ft. A slot holds one box here, so a 40 ft box over two of
20 ft cannot be told and is refused with the one over a single 20 ft.
"""

import msgspec

from portway.core.dispatch.boxes import TAKES, Boxes, goes_to
from portway.core.dispatch.work_problem import Check
from portway.core.model.work import YardSlot


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
    if below is not None and resting is None:
        message = f"nothing stands, or is to stand, in tier {below.tier} below it"
        cure = f"take tier {_lowest_free(check, slot)}, or hand over the stock if a box is there"
        check.refuse("hanging", f"{key}.tier", slot.tier, message, cure)
    for other, it_is in ((resting, "on"), (_there(check, over(slot)), "under")):
        if other is not None and not bears(other[1], length):
            message = f"a {length} ft box cannot stand {it_is} box {other[0]}, which is {other[1]} ft long"
            check.refuse("stack_mixed", f"{key}.tier", slot.tier, message, "take a stack of its own length")


def _there(check: Check, slot: YardSlot) -> tuple[str, int] | None:
    """Number and length of the box that stands in a slot, or will, when the job order is done."""
    boxes, job = check.board.boxes, check.job
    brings = [j for j in boxes.bringing.get(slot, []) if j.id != job.id and j.id not in check.coming]
    for other in [*brings, *(j for j in check.coming.values() if goes_to(j) == slot)]:
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
