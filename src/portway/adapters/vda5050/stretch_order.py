"""The order of one truck as master control knows it: what was released, what was sent, what the truck has confirmed.

Theory of operation. A truck's movements are numbered for life (`ExtendBase.step`). An order id carries the number of
the movement before its first one, so a state's order id and last sequence id give the truck's progress without any
memory: node at sequence id q is the end of movement `first + q / 2`. A server that has just restarted waits for the
truck's state, reads from it how far its base reaches, and goes on from there; nothing can be driven twice. The same is
done when the truck does not confirm an update in time: it or one before it was lost.
"""

from portway.core.commands import ExtendBase

REPEAT_MS = 2_500  # an order that is not confirmed for so long was lost


def order_id(truck: str, first: int) -> str:
    """Id of the order whose first node is the end of movement `first`."""
    return f"{truck}-{first}"


def first_of(truck: str, text: str) -> int | None:
    """The inverse of `order_id`; None for an id that is not ours."""
    name, _, number = text.rpartition("-")
    return int(number) if name == truck and number.isascii() and number.isdigit() and len(number) < 16 else None


class StretchOrder:
    """Steps of one truck; all numbers are movement numbers."""

    def __init__(self, truck: str) -> None:
        self.truck = truck
        self.movements: dict[int, int] = {}  # released, from the one under way on
        self.horizon: tuple[int, ...] = ()
        self.released = -1  # last movement that may be driven, -1 before the first word of the core
        self.passed = 0
        self.first = -1  # of the order under way, -1 when none is known
        self.update_id = 0
        self.told = -1  # last movement sent to the truck
        self.told_horizon: tuple[int, ...] = ()
        self.sent_ms = 0
        self.synced = False  # the truck has said what it has

    def extend(self, command: ExtendBase) -> None:
        """Take over what the core has allocated; a repetition after a restart changes nothing."""
        for i, movement in enumerate(command.base):
            self.movements[command.step + i] = movement
        self.released = max(self.released, command.step + len(command.base) - 1)
        self.horizon = command.horizon
        if self.released < 0 or not self.movements:
            self.released = max(self.released, command.step - 1)

    def confirm(self, text: str, update_id: int, last_sequence: int, released_to: int, now_ms: int) -> int | None:
        """The truck's state: returns its last movement, None when it has no order, or one that is not ours.

        `released_to` is the highest sequence id of the released nodes that the truck still has.
        """
        first = first_of(self.truck, text)
        if text and first is None:
            return None
        has_last = first is not None and first == self.first and update_id >= self.update_id
        if not self.synced or (not has_last and now_ms - self.sent_ms > REPEAT_MS):
            self.synced, self.told_horizon = True, ()
            self.first, self.update_id = (-1, 0) if first is None else (first, update_id)
            self.told = -1 if first is None else first + max(last_sequence, released_to) // 2
        if first is None:
            return None
        self.passed = first + last_sequence // 2
        for step in [s for s in self.movements if s <= self.passed]:
            del self.movements[step]
        return self.passed

    @property
    def has_news(self) -> bool:
        """Whether the truck lacks something."""
        grown = any(step > self.told for step in self.movements)
        return self.synced and (grown or self.horizon != self.told_horizon)

    def next_message(self, now_ms: int) -> tuple[int, int, int]:
        """(first movement, update id, movement whose end node opens the message) of the order to be sent now.

        A truck that has ended its order, horizon and all, gets a new one.
        """
        ended = self.first < 0 or (self.first < self.passed == self.told and not self.told_horizon)
        if ended:
            self.first, self.update_id = (self.told if self.told >= 0 else self.passed), 0
            opens = self.first
        else:
            self.update_id += 1
            opens = self.told
        self.told, self.told_horizon = self.released, self.horizon
        self.sent_ms = now_ms
        return self.first, self.update_id, opens
