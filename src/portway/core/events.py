"""Facts that come in. Everything the core knows arrives as one of these, with its instant; nothing else moves it."""

import msgspec

from portway.core.model.work import JobOrder, YardBox


class RunStarted(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: a run begins; answered by the first commands."""

    at_ms: int


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


class TruckReported(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: how far a truck has come. `step` is the last movement of `ExtendBase` whose end its centre has reached,
    `along_m` how far it is on the next one, `standing` whether it stands still, `pose` where it says that it is (x, y
    in metres, heading in radians)."""

    at_ms: int
    truck: str
    step: int
    along_m: float
    standing: bool
    pose: tuple[float, float, float] | None = None


class TruckCondition(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: how a truck is, as a whole, whenever that changes: what is wrong with it (codes of `safety.fitness`), what
    order it holds (`none`, `ours`, `foreign`, or `unknown` before it has spoken), whether it stands, whether it is
    paused and whether it is loaded (None: it does not say), and where it says that it is."""

    at_ms: int
    truck: str
    faults: tuple[str, ...]
    holds: str
    standing: bool
    paused: bool | None
    pose: tuple[float, float, float] | None
    detail: str = ""
    loaded: bool | None = None


class FleetCondition(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Live: how several trucks are, when that changes for all of them at once: a server has begun, or its link to the
    broker was lost."""

    at_ms: int
    trucks: tuple[TruckCondition, ...]


class JobOrderCancelled(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS takes a job order back; only one whose box is not on a truck yet."""

    at_ms: int
    job_order: str
    by: str
    reason: str


class WorkQueueResequenced(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS gives a quay crane's open job orders another sequence."""

    at_ms: int
    quay_crane: str
    job_orders: tuple[str, ...]
    by: str
    reason: str


class WorkQueueActivated(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A quay crane's work queue is activated, or suspended (`active` false): only what is begun is ended then."""

    at_ms: int
    quay_crane: str
    active: bool
    by: str
    reason: str


class TruckPaused(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A truck stops where it can and stays until resumed (`paused` false)."""

    at_ms: int
    truck: str
    paused: bool
    by: str
    reason: str


class TruckWithdrawn(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A truck gets no new work and goes home when it is free (`withdrawn` false: it works again)."""

    at_ms: int
    truck: str
    withdrawn: bool
    by: str
    reason: str


class RoadBlocked(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Lanes are closed at once (`blocked` false: open again): trucks on them leave, nobody enters."""

    at_ms: int
    name: str
    lanes: tuple[str, ...]
    blocked: bool
    by: str
    reason: str


class JobOrderMoved(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A job order whose box is not on a truck yet goes to another truck."""

    at_ms: int
    job_order: str
    truck: str
    by: str
    reason: str


class TruckEnrolled(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """From now on a vehicle speaks for a truck: manufacturer, serial number and version as in VDA 5050."""

    at_ms: int
    truck: str
    manufacturer: str
    serial: str
    version: str
    by: str
    reason: str
    is_other: bool = True  # it is another vehicle than before


class TroubleReported(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A link to the outside has noticed something that a person has to look at; answered by an `Alert`."""

    at_ms: int
    code: str
    subject: str
    detail: str


class JobOrdersReceived(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS hands over several job orders: all are taken, or none. They may count on each other."""

    at_ms: int
    jobs: tuple[JobOrder, ...]


class StockReceived(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The TOS says where boxes stand in the yard; `whole`: all that are there, so that no other box is."""

    at_ms: int
    boxes: tuple[YardBox, ...]
    whole: bool
    by: str
    reason: str


Event = (
    JobOrderReceived
    | TruckArrived
    | CraneReady
    | HandoverDone
    | RoadTruckCame
    | TimerFired
    | TruckReported
    | JobOrderCancelled
    | WorkQueueResequenced
    | WorkQueueActivated
    | TruckPaused
    | TruckWithdrawn
    | RoadBlocked
    | JobOrderMoved
    | TruckEnrolled
    | TroubleReported
    | TruckCondition
    | FleetCondition
    | RunStarted
    | JobOrdersReceived
    | StockReceived
)
