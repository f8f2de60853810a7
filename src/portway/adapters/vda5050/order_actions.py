"""Actions of an order: which the truck can do, and how they wait, run and end (sections 6.11 and 6.12; 6.2.2 of 3.0).

Theory of operation. Every action of the order, horizon included, has a state from the moment the order is taken. When
its node is reached or its edge entered it joins the queue. From the queue actions start in their sequence: NONE and
SOFT side by side, SINGLE and HARD alone, SOFT and HARD only while the truck stands. While the queue holds a SOFT or
HARD one the truck does not drive; it stops at the node for it, since `stops` tells the ground beforehand.
"""

from typing import Any, NamedTuple

WAIT_S_MAX = 3600.0
ALONE, STANDING = ("SINGLE", "HARD"), ("SOFT", "HARD")
ENDED = ("FINISHED", "FAILED")
SCOPES = {"wait": ("NODE", "EDGE")}  # action type -> where in an order it may stand
DURATION = "durationS"  # parameter of `wait`, seconds


def order_action_fault(action: Any, scope: str) -> str:
    """Why the truck cannot do an action on a node or edge (scope NODE, EDGE); empty when it can."""
    kind = action.action_type
    if scope not in SCOPES.get(kind, ()):
        return f"{kind[:60]} cannot be done on a {scope.lower()}; {', '.join(SCOPES)} can"
    for p in action.action_parameters or []:
        if p.key != DURATION:
            return f"{kind} has no parameter {p.key[:40]}"
        if isinstance(p.value, bool) or not isinstance(p.value, int | float) or not 0 <= p.value <= WAIT_S_MAX:
            return f"{DURATION} {str(p.value)[:20]}; 0 to {WAIT_S_MAX:.0f} s can be waited"
    return ""


class ActionSaid(NamedTuple):
    """How an action stands."""

    id: str
    kind: str
    status: str
    result: str | None


class _Doing:
    """One action of the order."""

    def __init__(self, action: Any, sequence: int) -> None:
        self.id, self.kind, self.blocking = action.action_id, action.action_type, action.blocking_type
        self.sequence = sequence
        self.status = "WAITING"
        self.result: str | None = None
        self.left_s = float(next((p.value for p in action.action_parameters or [] if p.key == DURATION), 1.0))

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED


class OrderActions:
    """All actions of the order that the truck has."""

    def __init__(self) -> None:
        self._all: list[_Doing] = []
        self._queue: list[_Doing] = []
        self._is_paused = False
        self.has_news = False

    # -- the order ----------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """A new order has been taken."""
        self._all, self._queue = [], []

    def add(self, part: Any) -> None:
        """The actions of a node or edge."""
        self._all += [_Doing(a, part.sequence_id) for a in part.actions]

    def drop_after(self, sequence: int) -> None:
        """The horizon behind a node is another now."""
        self._all = [a for a in self._all if a.sequence <= sequence]

    def has(self, action_id: str) -> bool:
        """Whether an action of the order has an id."""
        return any(a.id == action_id for a in self._all)

    def known(self, sequence: int) -> set[str]:
        """Ids of the actions of one node or edge."""
        return {a.id for a in self._all if a.sequence == sequence}

    def known_up_to(self, sequence: float) -> set[str]:
        """Ids of the actions of the order up to a node or edge."""
        return {a.id for a in self._all if a.sequence <= sequence}

    def cancel(self) -> None:
        """Whatever has not ended has failed."""
        for action in self._all:
            if action.is_open:
                action.status, action.result = "FAILED", "the order was ended"
                self.has_news = True
        self._queue = []

    @property
    def has_ended(self) -> bool:
        """Whether every action is FINISHED or FAILED."""
        return not any(a.is_open for a in self._all)

    def said(self) -> list[ActionSaid]:
        """All states, in the order's sequence."""
        return [ActionSaid(a.id, a.kind, a.status, a.result) for a in self._all]

    # -- driving ------------------------------------------------------------------------------------------------

    @property
    def hold(self) -> bool:
        """Whether the truck must not drive."""
        return any(a.blocking in STANDING for a in self._queue)

    def stops(self) -> set[int]:
        """Sequence ids of edges at whose end the truck has to stop, for actions there or on the edge behind it."""
        at = {a.sequence for a in self._all if a.is_open and a.blocking in STANDING}
        return {s - 1 if s % 2 == 0 else s - 2 for s in at}

    def reach(self, sequence: int) -> None:
        """A node was reached or an edge entered: its actions are triggered."""
        self._queue += [a for a in self._all if a.sequence == sequence and a.status == "WAITING"]

    def leave(self, sequence: int) -> None:
        """An edge was left: what runs there ends, what has not begun there never will."""
        for action in [a for a in self._queue if a.sequence == sequence]:
            action.status = "FAILED" if action.status == "WAITING" else "FINISHED"
            action.result = "the edge was left"
            self._queue.remove(action)
            self.has_news = True

    def step(self, dt_s: float, stands: bool, paused: bool) -> None:
        """Let time pass."""
        if not self._all:
            self._is_paused = paused
            return
        before = [a.status for a in self._all]
        self._pause(paused)
        if not paused:
            for action in self._queue:
                if action.status == "RUNNING":
                    action.left_s -= dt_s
                    if action.left_s <= 0.0:
                        action.status = "FINISHED"
            self._queue = [a for a in self._queue if a.is_open]
            self._start(stands)
        self.has_news |= before != [a.status for a in self._all]

    def _pause(self, paused: bool) -> None:
        was, now = ("RUNNING", "PAUSED") if paused else ("PAUSED", "RUNNING")
        if paused != self._is_paused:
            for action in self._queue:
                action.status = now if action.status == was else action.status
            self._is_paused = paused

    def _start(self, stands: bool) -> None:
        for i, action in enumerate(self._queue):
            alone = action.blocking in ALONE
            if action.status == "WAITING":
                if (alone and i > 0) or (action.blocking in STANDING and not stands):
                    return
                action.status = "RUNNING"
            if alone:
                return
