"""To gates and road trucks."""

from portway.core.commands.base import Command


class AdmitRoadTruck(Command, frozen=True):
    """The barrier of a gate opens for a road truck."""

    truck: str
    gate: str


class RoadTruckLeft(Command, frozen=True):
    """A road truck has left through the gate."""

    truck: str
    job_order: str


RoadTruckCommand = AdmitRoadTruck | RoadTruckLeft
