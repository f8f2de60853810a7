"""Intents that go out. The world behind the ports carries them out and answers with events."""

import msgspec


class DriveTo(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Send a truck to a place; traffic control has planned it (`eta_ms`)."""

    truck: str
    place: str
    eta_ms: int


class PrepareMove(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A quay crane shall go to the bay of its next unit and, for a discharge, bring the box over the lane."""

    crane: str
    unit: str
    bay: int
    discharge: bool
    after_load: bool  # the move before was a load in the same bay: double cycling


class StartHandover(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Crane and truck are in place and locked to each other: give (`to_truck`) or take the boxes."""

    crane: str
    truck: str
    job_orders: tuple[str, ...]
    to_truck: bool
    bay: int


class GantryTo(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """An idle yard crane shall wait at a bay where a truck is expected."""

    crane: str
    bay: int


class AdmitRoadTruck(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The barrier of a gate opens for a road truck."""

    truck: str
    gate: str


class RoadTruckLeft(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A road truck has left through the gate."""

    truck: str
    job_order: str


class JobOrderDone(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS is told that a box has arrived."""

    job_order: str
    truck: str
    from_place: str
    to_place: str
    assigned_ms: int
    collected_ms: int
    delivered_ms: int


class SetTimer(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Wake the core at an instant."""

    at_ms: int
    name: str


class ExtendBase(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: what a truck may drive. `base` are the movements (indices of the traffic map) that have been allocated to
    it since the last such command, the first of them with number `step`; numbers grow by one for the life of the
    truck. `horizon` are those that it has claimed behind them; they replace all announced before."""

    truck: str
    step: int
    base: tuple[int, ...]
    horizon: tuple[int, ...]


class PauseTruck(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: a truck shall stop at once, or go on (`paused` false)."""

    truck: str
    paused: bool


class HoldOrders(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: a truck is told nothing of its way until it is fit again (`held` false). A link begins with all held."""

    truck: str
    held: bool


class CancelOrder(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: whatever order a truck holds shall be cancelled; `void` says that it is led no longer, so that nothing told
    before counts."""

    truck: str
    void: bool


class JobOrderStopped(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS is told that a job order will not be done: `code` says why."""

    job_order: str
    code: str


class Alert(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The control room is told of something that a person has to look at."""

    code: str
    subject: str
    detail: str


class JobOrderAssigned(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: the TOS is told that a truck has been chosen for job orders; until it has the boxes another one may be."""

    truck: str
    job_orders: tuple[str, ...]


Command = (
    DriveTo
    | PrepareMove
    | StartHandover
    | GantryTo
    | AdmitRoadTruck
    | RoadTruckLeft
    | JobOrderDone
    | SetTimer
    | ExtendBase
    | PauseTruck
    | HoldOrders
    | CancelOrder
    | JobOrderStopped
    | Alert
    | JobOrderAssigned
)
