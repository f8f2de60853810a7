"""What cranes have done."""

from portway.core.events.base import Fact


class CraneReady(Fact, frozen=True):
    """A quay crane has prepared its next move: it stands at the bay, for a discharge with the box over the lane."""

    crane: str
    unit: str


class HandoverDone(Fact, frozen=True):
    """Crane and truck have finished a handover; the truck may leave."""

    crane: str
    truck: str
    job_orders: tuple[str, ...]


CraneEvent = CraneReady | HandoverDone
