"""What can be wrong with a truck, and what follows: one table.

A truck with any fault gets neither order nor work. Beyond that faults differ in four ways: whether the truck is told to
stop (it might drive on where it should not), whether a person has to look before it works again, how long it may last
before a person is called, and whether the truck may lose its place in the order of passage for it.

Sources: operating modes and safety state of VDA 5050 2.1 section 6.10.6 and 3.0 section 6.10; the state at least every
30 s of section 6.10.
"""

from typing import NamedTuple

PATIENCE_MS = 120_000  # for so long a truck that holds our order keeps its place in the order of passage
TRY_AGAIN_MS = 10_000  # a truck that cannot come back on the road now is tried again


class Fault(NamedTuple):
    """What follows from one thing that is wrong."""

    stop: bool = False
    latched: bool = False  # until a person has looked
    grace_ms: int = 0  # a person is called when it lasts so long
    keeps_way: bool = False  # it is a healthy truck that others hinder


FAULTS: dict[str, Fault] = {
    "unheard": Fault(grace_ms=60_000),  # nothing was heard since the server's start, its enrolment or its reconnection
    "offline": Fault(grace_ms=5_000),  # it has said goodbye
    "broken": Fault(grace_ms=5_000),  # its last will was published
    "silent": Fault(),  # online, and no state for longer than the standard allows
    "manual": Fault(),
    "service": Fault(),
    "teach_in": Fault(),
    "starting": Fault(grace_ms=60_000),
    "intervened": Fault(),
    "mode_unknown": Fault(),
    "emergency_stop": Fault(),
    "field_violation": Fault(grace_ms=10_000),
    "safety_unknown": Fault(stop=True),  # it does not say how its emergency stop and its fields are
    "not_localised": Fault(stop=True),  # no position, one that is not initialised, or one on another map
    "fatal_error": Fault(),
    "order_rejected": Fault(latched=True),  # it has not taken an order or an update
    "no_beginning": Fault(latched=True),  # its way cannot begin where it says that it is
    "foreign_order": Fault(stop=True, grace_ms=5_000),  # it drives an order that is not of this run
    "drives_unled": Fault(stop=True, latched=True),  # it drives, has no order, and nobody is at its wheel
    "wrong_node": Fault(stop=True),  # the node it names is not the one at the end of the step it names
    "jumped": Fault(stop=True, latched=True),  # further than it can have driven
    "elsewhere": Fault(stop=True),  # its position is not on the way that was released to it
    "beyond_base": Fault(stop=True, latched=True),  # it has passed a node that was not released to it
    "paused_by_other": Fault(),  # it stays paused, although it was told to go on
    "too_large": Fault(stop=True),  # its factsheet says that it is larger than the ways were planned for
    "exchanged": Fault(stop=True, latched=True),  # another vehicle speaks for it, and the one before may still drive
    "way_blocked": Fault(stop=True, keeps_way=True),  # an unfit truck stands on what was released to this one
}  # fmt: skip
LINK_FAULTS = ("unheard", "offline", "broken", "silent")  # nobody knows what it does


def fault(code: str) -> Fault:
    """What follows from a fault; one that nobody knows is the worst."""
    return FAULTS.get(code, Fault(stop=True, latched=True))
