"""A stock-take: where boxes stand in the yard, said by somebody who has looked, before a run or while it goes on.

What stands where it was known to stand is never questioned. Whatever is new or elsewhere must be possible, and must
not contradict a box that is in hand, or one that a job order is about: that job order is named, and nothing is taken
over, for either it or the stock-take is wrong and only the TOS can say which.
"""

from collections.abc import Iterator

from portway.core.events import StockReceived
from portway.core.model.layout import Terminal
from portway.core.model.work import JobOrder, YardBox, YardSlot
from portway.core.work.board import Board
from portway.core.work.boxes import TAKES, goes_to
from portway.core.work.stack_problems import bears, under
from portway.core.work.work_problem import WorkProblem


def stock_problems(event: StockReceived, terminal: Terminal, board: Board) -> list[WorkProblem]:
    """Everything that keeps a stock-take from being taken over; empty when nothing does."""
    found = [*_shape(event, terminal)]
    if not found:
        take = _Take(event, board)
        found = [*take.box_problems(), *take.missing(), *take.stacks()]
    return found


def changes_nothing(event: StockReceived, board: Board) -> bool:
    """Whether a stock-take says only what is known."""
    boxes = board.boxes
    if event.whole and (not boxes.is_whole or boxes.at.keys() != {b.container.id for b in event.boxes}):
        return False
    return all(_is_known(box, board) for box in event.boxes)


def _is_known(box: YardBox, board: Board) -> bool:
    name, boxes = box.container.id, board.boxes
    said = boxes.at.get(name) == box.slot and boxes.container.get(name) == box.container
    return said and name not in boxes.word_of


def _shape(event: StockReceived, terminal: Terminal) -> Iterator[WorkProblem]:
    """Every slot is one of the yard, and no box and no slot is named twice."""
    blocks = {b.id: b for b in terminal.blocks}
    rows: dict[str, int] = {}
    slots: dict[YardSlot, int] = {}
    for i, box in enumerate(event.boxes):
        name, slot = box.container.id, box.slot
        block = blocks.get(slot.block)
        if block is None:
            known = f"known: {', '.join(sorted(blocks)[:8])}"
            yield _problem("unknown_block", f"boxes.{i}.slot.block", slot.block, f"{name}: no such block", known)
            continue
        for part, most in (("bay", block.bays), ("row", block.rows), ("tier", block.tiers)):
            value = getattr(slot, part)
            if not 1 <= value <= most:
                message = f"{name}: block {block.id} has {part}s 1 to {most}"
                yield _problem("slot_outside", f"boxes.{i}.slot.{part}", value, message, f"take 1 to {most}")
        if rows.setdefault(name, i) != i:
            yield _problem("twice", f"boxes.{i}.container.id", name, "given twice", "leave one out")
        elif slots.setdefault(slot, i) != i:
            other = event.boxes[slots[slot]].container.id
            yield _problem(
                "slot_taken", f"boxes.{i}.slot", words(slot), f"{other} is said to be there, too", "look again"
            )


class _Take:
    """One stock-take against what the board knows."""

    def __init__(self, event: StockReceived, board: Board) -> None:
        self._event, self._board = event, board
        boxes = board.boxes
        self._row = {b.container.id: i for i, b in enumerate(event.boxes)}
        self._stays = {} if event.whole else {n: s for n, s in boxes.at.items() if n not in self._row}
        self._length = {b.container.id: b.container.length_ft for b in event.boxes}
        self._after = {
            **{slot: name for name, slot in self._stays.items()},
            **{b.slot: b.container.id for b in event.boxes},
        }

    def box_problems(self) -> Iterator[WorkProblem]:
        """Boxes that are elsewhere, are wanted elsewhere, or whose slot is not free."""
        boxes = self._board.boxes
        stands = {slot: name for name, slot in self._stays.items()}
        for i, box in enumerate(self._event.boxes):
            name, slot = box.container.id, box.slot
            yield from self._own_jobs(f"boxes.{i}", box)
            if boxes.at.get(name) == slot:
                continue
            other = stands.get(slot)
            if other is not None:
                cure = f"say where {other} is, too, or hand over the whole stock"
                yield _problem("slot_taken", f"boxes.{i}.slot", words(slot), f"box {other} stands there", cure)
            for job in boxes.bringing.get(slot, []):
                if job.container.id != name:
                    message = f"job order {job.id} brings box {job.container.id} there"
                    yield _problem("slot_promised", f"boxes.{i}.slot", words(slot), message, f"change {job.id} first")

    def _own_jobs(self, key: str, box: YardBox) -> Iterator[WorkProblem]:
        """The job orders about a box count on it where it is said to be."""
        name, boxes = box.container.id, self._board.boxes
        jobs = boxes.open.get(name, [])
        aboard = next((j for j in jobs if j.id in self._board.unit_of_job[j.id].collected), None)
        if aboard is not None:
            truck = self._board.unit_of_job[aboard.id].truck
            message = f"job order {aboard.id} has it on truck {truck}"
            yield _problem("box_in_hand", f"{key}.container.id", name, message, "leave it out")
            return
        bringing = next((j for j in jobs if goes_to(j) is not None and j.kind not in TAKES), None)
        if bringing is not None and name not in boxes.at:
            message = f"job order {bringing.id} is still to bring it"
            yield _problem("box_expected", f"{key}.container.id", name, message, f"cancel {bringing.id} first")
            return
        other = next((j for j in jobs if j.container.length_ft != box.container.length_ft), None)
        if other is not None:
            message = f"{name}: job order {other.id} is about a box of {other.container.length_ft} ft"
            yield _problem("box_differs", f"{key}.container.length_ft", box.container.length_ft, message, "look again")
        first = self._takes_first(jobs)
        if first is not None and first.slot != box.slot:
            begun = self._board.unit_of_job[first.id].begun
            message = f"job order {first.id} {'is taking' if begun else 'takes'} it from {words(first.slot)}"
            cure = "let it end" if begun else f"cancel {first.id} first, and give it again"
            yield _problem("box_in_hand" if begun else "box_wanted", f"{key}.slot", words(box.slot), message, cure)

    def _takes_first(self, jobs: list[JobOrder]) -> JobOrder | None:
        """The job order that takes a box from where it stands now: it waits for no other about the same box."""
        takes = [j for j in jobs if j.kind in TAKES]
        names = {j.id for j in jobs}
        return next((j for j in takes if not names.intersection(j.after)), None)

    def missing(self) -> Iterator[WorkProblem]:
        """Boxes that nobody has seen, and that a job order counts on."""
        if not self._event.whole:
            return
        for name in sorted(self._board.boxes.at.keys() - self._row.keys()):
            first = self._takes_first(self._board.boxes.open.get(name, []))
            if first is not None:
                message = f"job order {first.id} takes it from {words(first.slot)}, and it is not in the stock"
                yield _problem("box_missing", "boxes", name, message, f"cancel {first.id} first, or name the box")

    def stacks(self) -> Iterator[WorkProblem]:
        """Boxes above nothing, or on what cannot bear them, unless that was so before."""
        boxes = self._board.boxes
        for slot, name in self._after.items():
            below = under(slot)
            rests = None if below is None else self._after.get(below)
            before = None if below is None else boxes.by_slot.get(below)
            if below is None or (boxes.at.get(name) == slot and rests == before):
                continue
            i = self._row.get(name)
            key = "boxes" if i is None else f"boxes.{i}.slot.tier"
            if rests is None:
                message = f"{name}: nothing stands in tier {below.tier} below it"
                yield _problem("hanging", key, slot.tier, message, "look again")
            elif not bears(self._feet(rests), self._feet(name)):
                message = f"{name}: a {self._feet(name)} ft box cannot stand on {rests}, {self._feet(rests)} ft long"
                yield _problem("stack_mixed", key, slot.tier, message, "look again")

    def _feet(self, name: str) -> int:
        return self._length.get(name) or self._board.boxes.length_ft(name)


def words(slot: YardSlot | None) -> str:
    """A slot as a person writes it."""
    return "nowhere" if slot is None else f"{slot.block}/{slot.bay}/{slot.row}/{slot.tier}"


def _problem(code: str, key: str, value: object, message: str, cure: str) -> WorkProblem:
    return WorkProblem("", code, key, value, message, cure)
