"""Intents that go out. The world behind the ports carries them out and answers with events.

One file a subsystem, which lists its own; `base` says what all of them have.
"""

from portway.core.commands.base import Command
from portway.core.commands.cranes import CraneCommand, GantryTo, PrepareMove, StartHandover
from portway.core.commands.road_trucks import AdmitRoadTruck, RoadTruckCommand, RoadTruckLeft
from portway.core.commands.run import Alert, RunCommand, SetTimer
from portway.core.commands.trucks import CancelOrder, DriveTo, ExtendBase, HoldOrders, PauseTruck, TruckCommand
from portway.core.commands.work import JobOrderAssigned, JobOrderDone, JobOrderStopped, WorkCommand

__all__ = [
    "AdmitRoadTruck",
    "Alert",
    "CancelOrder",
    "Command",
    "CraneCommand",
    "DriveTo",
    "ExtendBase",
    "GantryTo",
    "HoldOrders",
    "JobOrderAssigned",
    "JobOrderDone",
    "JobOrderStopped",
    "PauseTruck",
    "PrepareMove",
    "RoadTruckCommand",
    "RoadTruckLeft",
    "RunCommand",
    "SetTimer",
    "StartHandover",
    "TruckCommand",
    "WorkCommand",
]
