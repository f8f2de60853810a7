"""Nouns of the work: containers, job orders and the work queues of the points of work.

A job order is one subject, one action, one box: what is dispatched. Its two ends are points of work: a quay crane
(`QC..`), a yard block (`block/bay/row/tier`), or a gate.
"""

from enum import StrEnum

import msgspec


class MoveKind(StrEnum):
    """What happens to the box, seen from the terminal (TIC 4.0 move kinds)."""

    DISCHARGE = "discharge"  # quay crane -> yard
    LOAD = "load"  # yard -> quay crane
    YARD = "yard"  # block -> block
    RECEIVE = "receive"  # gate -> yard, by a road truck
    DELIVER = "deliver"  # yard -> gate, by a road truck


class Container(msgspec.Struct, frozen=True):
    """A box: ISO 6346 number where known, nominal length, mass."""

    id: str
    length_ft: int = 40  # 20, 40 or 45
    mass_kg: float = 20_000.0
    iso_type: str = ""


class YardSlot(msgspec.Struct, frozen=True):
    """An address in the yard; bays count 40 ft pitches from 1, rows and tiers from 1."""

    block: str
    bay: int
    row: int
    tier: int


class YardBox(msgspec.Struct, frozen=True):
    """A box that stands in the yard."""

    container: Container
    slot: YardSlot


class JobOrder(msgspec.Struct, frozen=True):
    """One box to be moved between two points of work.

    `quay_crane` and `sequence` place it in that crane's work queue (load and discharge): lower numbers first, equal
    numbers in any order. `slot` is its yard address (origin of a load, destination of a discharge); for a yard move
    `slot` is the origin and `slot_to` the destination. `twin` names the other 20 ft box of a twin lift, which travels
    on the same truck. `after` are job orders that must be delivered before this one may be collected.
    """

    id: str
    kind: MoveKind
    container: Container
    release_ms: int = 0  # not before
    due_ms: int | None = None
    quay_crane: str | None = None
    quay_bay: int | None = None
    sequence: int = 0
    slot: YardSlot | None = None
    slot_to: YardSlot | None = None
    gate: str | None = None
    twin: str | None = None
    after: tuple[str, ...] = ()


class WorkQueue(msgspec.Struct, frozen=True):
    """The sequenced job orders of one quay crane; `dual` allows a discharge and a load in one crane cycle."""

    id: str
    quay_crane: str
    job_orders: tuple[str, ...]
    start_ms: int = 0
    dual: bool = False


class WorkList(msgspec.Struct, frozen=True):
    """All work of a scenario: job orders sorted by id, work queues sorted by id."""

    job_orders: tuple[JobOrder, ...]
    queues: tuple[WorkQueue, ...] = ()
