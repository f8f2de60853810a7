"""What is known of one truck's fitness: what it said last, what is wrong with it since when, and what was done."""

import math

from portway.core.events import TruckCondition
from portway.core.routing.whereabouts import Pose
from portway.core.safety.fitness import LINK_FAULTS, TRY_AGAIN_MS

LASTING = ("no_way_back", "paused_by_other", "load_differs")  # told, and ended by themselves
UNLED_M = 5.0  # so far a truck drives at most behind the end of its order
PAUSE_MS = 5_000  # so long after our word a truck may still say otherwise about its pause


class TruckFile:
    """What is known of one truck's fitness."""

    def __init__(self) -> None:
        self.said = TruckCondition(0, "", (), "unknown", True, None, None)
        self.latched: set[str] = set()
        self.seen: set[str] = set()  # what the core has found by itself
        self.since_ms: dict[str, int] = {}  # by fault
        self.told: set[str] = set()  # faults that a person was called for
        self.unfit_since_ms = 0
        self.trusted: Pose | None = None  # last pose that agreed with the model
        self.lost: list[Pose] = []  # ground that it may still drive on, or may really be on
        self.is_locked = False  # ground where it says that it is, although it keeps its own
        self.details: dict[str, str] = {}  # of what the core has found
        self.unled_from: Pose | None = None  # where it began to drive without an order
        self.cancelled_ms = -TRY_AGAIN_MS
        self.word_ms = -PAUSE_MS  # pause or go on was last said
        self.pause_since_ms = -1  # its pause is not what was told
        self.kept_off_ms = -1  # nothing is wrong, and it cannot be led again yet
        self.load_since_ms = -1  # it says of its load what the core does not believe
        self.wakes: set[int] = set()

    def faults(self) -> list[str]:
        """All that is wrong now."""
        return sorted({*self.said.faults, *self.latched, *self.seen})

    def begin(self, faults: list[str], now_ms: int) -> None:
        """Note since when each of the present faults lasts. A link that is dead in one way after the other was never
        alive between."""
        dead_ms = min((self.since_ms[f] for f in LINK_FAULTS if f in self.since_ms), default=now_ms)
        links = LINK_FAULTS if any(f in LINK_FAULTS for f in faults) else ()
        self.since_ms = {f: dead_ms if f in LINK_FAULTS else self.since_ms.get(f, now_ms) for f in faults}
        self.told &= {*faults, *links, *LASTING}

    @property
    def may_drive(self) -> bool:
        """Whether it could still follow an order of ours: one that drives, or has driven, without one does, whatever
        it says that it holds."""
        said = self.said
        has_one = said.holds != "none" or not said.standing or "drives_unled" in self.latched
        return has_one or any(f in said.faults for f in LINK_FAULTS)

    def notes_driving(self, by_hand: bool) -> None:
        """See whether it drives on without an order and with nobody at its wheel; the end of a way takes a bit."""
        pose = self.said.pose
        if self.said.standing or self.said.holds != "none" or by_hand or pose is None:
            self.unled_from = None
        elif self.unled_from is None:
            self.unled_from = pose
        elif math.dist(pose[:2], self.unled_from[:2]) > UNLED_M:
            self.latched.add("drives_unled")
