"""Whether a job order's box is where it is to be collected, and its slot free, or both will be when the time comes."""

from portway.core.model.work import JobOrder, MoveKind, YardSlot
from portway.core.work.boxes import TAKES, goes_to
from portway.core.work.stack_problems import find_stack_problems
from portway.core.work.work_problem import Check


def find_box_problems(check: Check) -> None:
    """Note what is wrong with the box and with the slot it goes to."""
    box = check.job.container.id
    same = check.others(check.board.boxes.open.get(box, []))
    unordered = [j for j in same if j.id not in check.before]
    if unordered:
        cure = f"name {unordered[0].id} in `after`, or cancel it"
        check.refuse("box_taken", "container", box, f"job order {unordered[0].id} is about the same box", cure)
    elif check.job.kind in TAKES:
        _collected(check, [j for j in same if goes_to(j) is not None])
    else:
        _brought(check, same)
    _length(check)
    _destination(check)


def _length(check: Check) -> None:
    """The box is as long as the one that is known to stand there."""
    job, boxes = check.job, check.board.boxes
    box = job.container.id
    known = boxes.container.get(box)
    if check.in_yard is None or known is None or box not in boxes.at or boxes.word_of.get(box) == job.id:
        return
    if known.length_ft != job.container.length_ft:
        message = f"box {box} is known to be {known.length_ft} ft long"
        check.refuse("box_differs", "container.length_ft", job.container.length_ft, message, f"take {known.length_ft}")


def _collected(check: Check, bringing: list[JobOrder]) -> None:
    """The box stands in the slot, or will when those job orders have ended that bring it."""
    job, boxes = check.job, check.board.boxes
    box = job.container.id
    heard_of = box in boxes.at and boxes.word_of.get(box) != job.id
    if bringing or heard_of:
        _stands_at(check, [goes_to(j) for j in bringing] or [boxes.at[box]])
    elif box in boxes.left:
        check.refuse("box_nowhere", "container", box, "the box has left the terminal", "correct its id")
    elif check.in_yard is None or (box in boxes.at and not boxes.is_whole):  # by its own word
        other = boxes.by_slot.get(job.slot) if job.slot else None
        if other is not None and other != box:
            check.refuse("slot_taken", "slot", _words(job.slot), f"box {other} stands there", "correct the slot")
    elif box not in check.in_yard:
        check.refuse("box_nowhere", "container", box, "nobody knows this box",
                     "bring it in first, or say by a stock-take where it stands")  # fmt: skip
    else:
        _stands_at(check, [check.in_yard[box]])


def _stands_at(check: Check, slots: list[YardSlot | None]) -> None:
    if check.job.slot not in slots:
        where, box = " or ".join(_words(slot) for slot in slots), check.job.container.id
        message = f"box {box} is, or will be, at {where}"
        check.refuse("box_elsewhere", "slot", _words(check.job.slot), message, f"take {where}")


def _brought(check: Check, same: list[JobOrder]) -> None:
    """A box that comes by ship or road is not in the yard already, or leaves it before."""
    box, boxes = check.job.container.id, check.board.boxes
    here = box in boxes.at or any(goes_to(j) is not None for j in same)
    if here and all(goes_to(j) is not None for j in same):
        check.refuse("box_here", "container", box, "the box is in the yard already", "correct its id")


def _destination(check: Check) -> None:
    """The slot for the box is free, or will be."""
    job, boxes = check.job, check.board.boxes
    slot = goes_to(job)
    if slot is None:
        return

    def leaves(box: str) -> bool:
        return any(j.kind in TAKES and j.id in check.before for j in boxes.open.get(box, []))

    stands = boxes.by_slot.get(slot)
    if stands is not None and stands != job.container.id and not leaves(stands):
        cure = "take a free slot, or name in `after` who takes that box away"
        check.refuse("slot_taken", "slot", _words(slot), f"box {stands} stands there", cure)
    for other in check.others(boxes.bringing.get(slot, [])):
        if other.id not in check.before or not leaves(other.container.id):
            message = f"job order {other.id} brings a box there"
            check.refuse("slot_taken", "slot", _words(slot), message, "take another slot")
    if check.in_yard is not None and not check.found and not _was_planned(check, slot):
        find_stack_problems(check, slot, "slot_to" if job.kind == MoveKind.YARD else "slot")


def _was_planned(check: Check, slot: YardSlot) -> bool:
    """Whether the job order is known to bring a box of this length there: then it is not questioned again."""
    job, board = check.job, check.board
    if job.id not in board.unit_of_job:
        return False
    old = board.job(job.id)
    return goes_to(old) == slot and old.container.length_ft == job.container.length_ft


def _words(slot: YardSlot | None) -> str:
    return "nowhere" if slot is None else f"{slot.block}/{slot.bay}/{slot.row}/{slot.tier}"
