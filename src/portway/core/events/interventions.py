"""What a person in the control room wants."""

from portway.core.events.base import Wish


class TruckPaused(Wish, frozen=True):
    """A truck stops where it can and stays until resumed (`paused` false)."""

    truck: str
    paused: bool
    by: str
    reason: str


class TruckWithdrawn(Wish, frozen=True):
    """A truck gets no new work and goes home when it is free (`withdrawn` false: it works again)."""

    truck: str
    withdrawn: bool
    by: str
    reason: str


class RoadBlocked(Wish, frozen=True):
    """Lanes are closed at once (`blocked` false: open again): trucks on them leave, nobody enters."""

    name: str
    lanes: tuple[str, ...]
    blocked: bool
    by: str
    reason: str


class JobOrderMoved(Wish, frozen=True):
    """A job order whose box is not on a truck yet goes to another truck."""

    job_order: str
    truck: str
    by: str
    reason: str


Intervention = TruckPaused | TruckWithdrawn | RoadBlocked | JobOrderMoved
