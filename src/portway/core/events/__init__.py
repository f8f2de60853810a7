"""Facts and wishes that come in. Everything the core knows arrives as one of these; nothing else moves it.

One file a subsystem, which lists its own; `base` says what all of them have.
"""

from portway.core.events.base import Event, Fact, Wish
from portway.core.events.cranes import CraneEvent, CraneReady, HandoverDone
from portway.core.events.interventions import Intervention, JobOrderMoved, RoadBlocked, TruckPaused, TruckWithdrawn
from portway.core.events.road_trucks import RoadTruckCame, RoadTruckEvent
from portway.core.events.run import RunEvent, RunStarted, TimerFired, TroubleReported
from portway.core.events.trucks import (
    FleetCondition,
    TruckArrived,
    TruckCondition,
    TruckEnrolled,
    TruckEvent,
    TruckReported,
)
from portway.core.events.work import (
    JobOrderCancelled,
    JobOrderReceived,
    JobOrdersReceived,
    StockReceived,
    WorkChange,
    WorkQueueActivated,
    WorkQueueResequenced,
)

__all__ = [
    "CraneEvent",
    "CraneReady",
    "Event",
    "Fact",
    "FleetCondition",
    "HandoverDone",
    "Intervention",
    "JobOrderCancelled",
    "JobOrderMoved",
    "JobOrderReceived",
    "JobOrdersReceived",
    "RoadBlocked",
    "RoadTruckCame",
    "RoadTruckEvent",
    "RunEvent",
    "RunStarted",
    "StockReceived",
    "TimerFired",
    "TroubleReported",
    "TruckArrived",
    "TruckCondition",
    "TruckEnrolled",
    "TruckEvent",
    "TruckPaused",
    "TruckReported",
    "TruckWithdrawn",
    "Wish",
    "WorkChange",
    "WorkQueueActivated",
    "WorkQueueResequenced",
]
