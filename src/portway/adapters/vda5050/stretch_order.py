"""The order of one truck as master control knows it: what was released, what was sent, what the truck has confirmed.

Theory of operation. A truck's movements are numbered for life (`ExtendBase.step`). An order id names the run, the truck
and the number of the movement before its first one, so a state's order id and last sequence id give the truck's
progress without any memory: node at sequence id q is the end of movement `first + q / 2`. An id of another run is no
order of ours: a truck that has kept yesterday's is not believed to have driven today's. A server that has just
restarted waits for the truck's state, reads from it how far its base reaches, and goes on from there; nothing can be
driven twice. The same is done when the truck does not confirm an update in time: it or one before it was lost.

A truck without an order gets a new one from where it stands: from a node, or from the point of its way nearest to it.
"""

from typing import NamedTuple

from portway.core.commands import ExtendBase

REPEAT_MS = 2_500  # an order that is not confirmed for so long was lost
SELDOM_MS = 10_000  # so often one is sent again that a truck does not take
REJECTED_MS = 20_000  # an order that is not confirmed for so long, while the truck reports errors, was not taken
GIVEN_UP_MAX = 3  # orders one after the other that were taken and given up without a movement
IGNORED_MS = 60_000  # nor was one of which it says nothing for so long


class Opening(NamedTuple):
    """Where a new order begins: at the end of movement `first`, or `along_m` on the one behind it."""

    first: int
    along_m: float = 0.0


class OrderName(NamedTuple):
    """What an order id says: the movement before the first one, and how often an order began there before."""

    first: int
    again: int


def order_id(run: str, truck: str, name: OrderName) -> str:
    """The id of an order."""
    return f"{run}-{truck}-{name.first}" + (f".{name.again}" if name.again else "")


def name_of(run: str, truck: str, text: str) -> OrderName | None:
    """The inverse of `order_id`; None for an id that is not of this run and truck."""
    whose, _, numbers = text.rpartition("-")
    first, _, again = numbers.partition(".")
    ours = whose == f"{run}-{truck}" and all(n.isascii() and n.isdigit() and len(n) < 16 for n in (first, again or "0"))
    return OrderName(int(first), int(again or "0")) if ours else None


class StretchOrder:
    """Steps of one truck; all numbers are movement numbers."""

    def __init__(self, run: str, truck: str) -> None:
        self.run, self.truck = run, truck
        self.name: OrderName | None = None  # of the order under way, None when none is known
        self.begun: OrderName | None = None  # the last that was sent as a new one
        self.update_id = 0
        self.sent_update = 0  # highest sent under this name: no number stands for two contents
        self.opened = Opening(-1)  # where the order under way began
        self.confirmed: tuple[OrderName | None, int] = None, 0  # what the truck has said last
        self.void()

    def void(self) -> None:
        """Nothing is released any more, and nothing is known of what the truck has."""
        self.movements: dict[int, int] = {}  # released, from the one under way on
        self.horizon: tuple[int, ...] = ()
        self.released = -1  # last movement that may be driven, -1 before the first word of the core
        self.passed = -1
        self.is_over = True  # the truck has no order of ours, or has given it up
        self.waits = False  # it has nodes ahead of those that were told, from before we knew it
        self.told = -1  # last movement sent to the truck
        self.told_horizon: tuple[int, ...] = ()
        self.sent_ms = 0
        self.unconfirmed_since_ms = -1  # what was sent has not been confirmed, -1 when it has
        self.given_up, self.given_up_at = 0, -1  # orders in a row, at the same step
        self.synced = False  # the truck has said what it has

    def extend(self, command: ExtendBase) -> None:
        """Take over what the core has allocated; a repetition after a restart changes nothing."""
        for i, movement in enumerate(command.base):
            self.movements[command.step + i] = movement
        self.released = max(self.released, command.step + len(command.base) - 1)
        self.horizon = command.horizon
        self.passed = command.step - 1 if self.passed < 0 else self.passed

    def is_ours(self, text: str) -> bool:
        """Whether an order id is of this run and truck."""
        return name_of(self.run, self.truck, text) is not None

    def step_of(self, text: str, last_sequence: int) -> int | None:
        """The last movement that a truck says it has passed; None when its order is not ours."""
        name = name_of(self.run, self.truck, text)
        return None if name is None else name.first + last_sequence // 2

    def confirm(
        self,
        text: str,
        update_id: int,
        last_sequence: int,
        released_to: int | None,
        now_ms: int,
        has_errors: bool = False,
    ) -> int | None:
        """The truck's state: returns its last movement, None when it has no order, or one that is not ours.

        `released_to` is the highest sequence id of the released nodes that the truck still has, None when it has no
        nodes at all.
        """
        name = name_of(self.run, self.truck, text)
        has_last = name is not None and name == self.name and update_id >= self.update_id
        if has_last:
            self.unconfirmed_since_ms = -1
        elif self.unconfirmed_since_ms >= 0 and (name, update_id) != self.confirmed:
            self.unconfirmed_since_ms = now_ms  # it takes something, if not the last
        self.confirmed = name, update_id
        again_ms = SELDOM_MS if self.is_rejected(now_ms, has_errors) else REPEAT_MS
        if not self.synced or (not has_last and now_ms - self.sent_ms > again_ms):
            self._learn(name, update_id, last_sequence, released_to)
        elif has_last and name is not None and released_to is None:
            self.waits = False  # whatever it had from before we knew it
            if name.first + last_sequence // 2 < self.told:
                self._learn(name, update_id, last_sequence, None)  # it has given up what it had
                self._given_up(self.told)
        if name is None:
            return None
        step = name.first + last_sequence // 2
        if step <= self.released:  # what was not released to it is not ours to take for passed
            self.passed = step
            if step > self.given_up_at:
                self.given_up = 0
            for known in [s for s in self.movements if s <= step]:
                del self.movements[known]
        return step

    def _learn(self, name: OrderName | None, update_id: int, last_sequence: int, released_to: int | None) -> None:
        """Take from a state what the truck has; while it has nodes ahead, released or not, its order is under way, and
        without any it has ended, or was given up."""
        self.synced, self.told_horizon, self.is_over = True, (), name is None or released_to is None
        self.waits = released_to is not None
        if name is None:
            self.told = -1
            return
        if name != self.name:
            self.name, self.sent_update = name, update_id
        self.update_id = update_id
        self.told = name.first + max(last_sequence, released_to or 0) // 2

    def _given_up(self, step: int) -> None:
        """Count how often the truck has taken an order and given it up without driving any of it."""
        self.given_up, self.given_up_at = self.given_up + 1 if step == self.given_up_at else 1, step

    def is_rejected(self, now_ms: int, has_errors: bool) -> bool:
        """Whether the truck does not take what it is told, however often, or takes it and does not keep it."""
        if self.given_up >= GIVEN_UP_MAX:
            return True
        patience_ms = REJECTED_MS if has_errors else IGNORED_MS
        return self.unconfirmed_since_ms >= 0 and now_ms - self.unconfirmed_since_ms >= patience_ms

    @property
    def has_news(self) -> bool:
        """Whether the truck lacks something."""
        grown = any(step > self.told for step in self.movements)
        return self.synced and (grown or (self.horizon != self.told_horizon and not self.is_over))

    @property
    def is_ended(self) -> bool:
        """Whether what is told next is a new order: the truck has none of ours, or has driven its own to the end."""
        first = -1 if self.name is None else self.name.first
        return self.is_over or (first < self.passed == self.told and not self.told_horizon and not self.waits)

    def next_message(self, now_ms: int, opening: Opening) -> tuple[OrderName, int, int]:
        """(name, update id, movement whose end node opens the message) of the order to be sent now.

        A truck that has ended its order, horizon and all, gets a new one, which begins at the opening. No name and no
        pair of name and update id ever stands for two contents.
        """
        if self.is_ended:
            used = [name.again for name in (self.name, self.begun) if name is not None and name.first == opening.first]
            self.name = self.begun = OrderName(opening.first, max(used, default=-1) + 1)
            self.update_id, self.opened, self.is_over = 0, opening, False
            opens = opening.first
        else:
            self.update_id = max(self.update_id, self.sent_update) + 1
            opens = self.told
        assert self.name is not None
        self.sent_update = self.update_id
        self.told, self.told_horizon, self.waits = self.released, self.horizon, False
        self.sent_ms = now_ms
        if self.unconfirmed_since_ms < 0:
            self.unconfirmed_since_ms = now_ms
        return self.name, self.update_id, opens
