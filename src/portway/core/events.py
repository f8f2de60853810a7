"""Facts that come in. Everything the core knows arrives as one of these, with its instant; nothing else moves it."""

import msgspec

from portway.core.model.work import JobOrder


class JobOrderReceived(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS hands over a job order."""

    at_ms: int
    job: JobOrder


class TruckArrived(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A truck stands at the place it was sent to."""

    at_ms: int
    truck: str
    place: str


class CraneReady(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A quay crane has prepared its next move: it stands at the bay, for a discharge with the box over the lane."""

    at_ms: int
    crane: str
    unit: str


class HandoverDone(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Crane and truck have finished a handover; the truck may leave."""

    at_ms: int
    crane: str
    truck: str
    job_orders: tuple[str, ...]


class RoadTruckCame(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A road truck stands before the gate with its job order (RECEIVE or DELIVER)."""

    at_ms: int
    truck: str
    gate: str
    job_order: str


class TimerFired(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A timer set by the core has run out."""

    at_ms: int
    name: str


class TruckPaused(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A truck stops where it can and stays until resumed (`paused` false)."""

    at_ms: int
    truck: str
    paused: bool


Event = JobOrderReceived | TruckArrived | CraneReady | HandoverDone | RoadTruckCame | TimerFired | TruckPaused
