"""Slots in which boxes can really stand: on the ground, or on a box of their own length.

A TOS that sends lists of boxes leaves the slots to us. The planner finds the block and the bay; which row and tier it
is there follows from what stands, so that no box is planned above nothing or on what cannot bear it.
"""

from collections.abc import Iterator, Mapping

from portway.core.model.layout import Terminal
from portway.core.model.work import YardSlot
from portway.core.work.stack_problems import bears


class Stacks:
    """Slots of a yard with the lengths of the boxes that stand there, or are to come."""

    def __init__(self, terminal: Terminal, lengths_ft: Mapping[YardSlot, int]) -> None:
        self._blocks = {b.id: b for b in terminal.blocks}
        self._feet = dict(lengths_ft)

    def take(self, wish: YardSlot, length_ft: int) -> YardSlot | None:
        """The slot nearest to a wished one, along its block first; None when no stack takes the box."""
        for block, bay in self._bays(wish):
            rows = range(1, self._blocks[block].rows + 1)
            free = [slot for row in rows if (slot := self._lowest(block, bay, row, length_ft)) is not None]
            if free:
                slot = min(free, key=lambda s: (s.tier == 1, s.tier, abs(s.row - wish.row), s.row))
                self._feet[slot] = length_ft
                return slot
        return None

    def _bays(self, wish: YardSlot) -> Iterator[tuple[str, int]]:
        for block in sorted(self._blocks.values(), key=lambda b: (b.id != wish.block, b.id)):
            for bay in sorted(range(1, block.bays + 1), key=lambda bay: (abs(bay - wish.bay), bay)):
                yield block.id, bay

    def _lowest(self, block: str, bay: int, row: int, length_ft: int) -> YardSlot | None:
        """The lowest free slot of a stack, if a box of this length can stand there and bear what is above."""
        stack = [YardSlot(block, bay, row, tier) for tier in range(1, self._blocks[block].tiers + 1)]
        free = next((i for i, slot in enumerate(stack) if slot not in self._feet), None)
        if free is None:
            return None
        beside = [
            self._feet.get(slot, length_ft) for slot in (*stack[max(free - 1, 0) : free], *stack[free + 1 : free + 2])
        ]
        return stack[free] if all(bears(feet, length_ft) for feet in beside) else None
