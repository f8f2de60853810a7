"""Road trucks before the gates."""

from portway.core.events.base import Fact


class RoadTruckCame(Fact, frozen=True):
    """A road truck stands before the gate with its job order (RECEIVE or DELIVER)."""

    truck: str
    gate: str
    job_order: str


RoadTruckEvent = RoadTruckCame
