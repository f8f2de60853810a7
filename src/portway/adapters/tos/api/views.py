"""What the interface tells: job orders, containers, work queues, equipment and progress, as they leave in JSON."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from portway.adapters.tos.api.job_order import JobOrderBody, YardSlotBody


class View(BaseModel):
    """Frozen: a view is a picture of a moment."""

    model_config = ConfigDict(frozen=True)


class JobOrderState(StrEnum):
    """How far a job order is."""

    OPEN = "open"
    ASSIGNED = "assigned"  # a truck has been chosen; it may still change
    COLLECTED = "collected"  # the box is on a truck
    COMPLETED = "completed"
    ABORTED = "aborted"  # cancelled, or given up: `reason` says why


class JobOrderView(View):
    """A job order and what has become of it."""

    job_order: JobOrderBody
    state: JobOrderState
    truck: str | None = None
    reason: str = Field("", description="Why it was aborted.")
    updated_ms: int = 0


class ContainerView(View):
    """A box and where it is: in a slot, on a truck, or away."""

    id: str
    length_ft: int
    mass_kg: float
    iso_type: str = ""
    slot: YardSlotBody | None = None
    truck: str | None = None
    job_orders: list[str] = Field(default=[], description="Those that are not completed, by id.")


class WorkQueueView(View):
    """The job orders of one quay crane in their sequence; begun ones first, ended ones left out."""

    quay_crane: str
    active: bool
    job_orders: list[str]
    in_work: list[str] = Field(default=[], description="Those that have begun and cannot be changed.")


class TruckState(StrEnum):
    """What a truck is doing, as far as the TOS cares."""

    IDLE = "idle"
    WORKING = "working"
    CHARGING = "charging"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    OFFLINE = "offline"


class TruckView(View):
    """One of our trucks."""

    id: str
    state: TruckState
    job_orders: list[str] = []
    place: str | None = Field(None, description="Where it stands or goes.")
    x_m: float | None = None
    y_m: float | None = None
    charge_percent: float | None = None


class CraneView(View):
    """A quay or yard crane; `job_order` is what it works on."""

    id: str
    kind: str = Field(description="quay or yard")
    job_order: str | None = None
    truck: str | None = None
    bay: int | None = None


class VehicleView(View):
    """A vehicle as VDA 5050 names it."""

    manufacturer: str
    serial_number: str
    version: str


class EnrolmentView(View):
    """Which vehicle speaks for a truck."""

    truck: str
    vehicle: VehicleView
    online: bool


class StrangerView(View):
    """Somebody who speaks on the trucks' topics and is not enrolled: nothing of it is heard."""

    manufacturer: str
    serial_number: str
    topic_version: str


class AlertView(View):
    """Something that a person has to look at."""

    at_ms: int
    code: str
    subject: str
    detail: str


class ProgressKind(StrEnum):
    """What happened."""

    ACCEPTED = "accepted"
    UPDATED = "updated"
    ASSIGNED = "assigned"
    PREPARE = "prepare"  # a quay crane shall prepare this move
    HANDOVER = "handover"  # crane and truck are in place: give or take the box
    COLLECTED = "collected"
    COMPLETED = "completed"
    ABORTED = "aborted"
    ALERT = "alert"


class ProgressEvent(View):
    """One thing that happened; `id` grows by one with every event and survives a restart."""

    id: int
    at_ms: int
    kind: ProgressKind
    job_order: str | None = None
    job_orders: list[str] = Field(default=[], description="Of a handover: all that are handed over together.")
    truck: str | None = None
    crane: str | None = None
    from_place: str | None = None
    to_place: str | None = None
    code: str = Field("", description="Why it was aborted, or what the alert is.")
    detail: str = ""
