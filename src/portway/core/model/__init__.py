"""Nouns, frozen."""

from portway.core.model.layout import (
    Block,
    Gate,
    Lane,
    Node,
    Place,
    PlaceKind,
    Quay,
    QuayCrane,
    Terminal,
    YardCrane,
    Zone,
)
from portway.core.model.scenario import Policies, Scenario
from portway.core.model.truck import Fleet, Truck, TruckType
from portway.core.model.work import Container, JobOrder, MoveKind, WorkList, WorkQueue, YardBox, YardSlot

__all__ = [
    "Block",
    "Container",
    "Fleet",
    "Gate",
    "JobOrder",
    "Lane",
    "MoveKind",
    "Node",
    "Place",
    "PlaceKind",
    "Policies",
    "Quay",
    "QuayCrane",
    "Scenario",
    "Terminal",
    "Truck",
    "TruckType",
    "WorkList",
    "WorkQueue",
    "YardBox",
    "YardCrane",
    "YardSlot",
    "Zone",
]
