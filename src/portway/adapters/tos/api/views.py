"""What the interface tells: job orders, containers, work queues, equipment and progress, as they leave in JSON."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from portway.adapters.tos.api.instants import Utc
from portway.adapters.tos.api.job_order import ContainerBody, JobOrderBody, YardSlotBody
from portway.core.model.work import Container


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
    updated_at: Utc | None = None
    unchanged: bool = Field(False, description="In the answer to a request: it said only what was known.")


class ContainerView(View):
    """A box and where it is: in a slot, on a truck, or away."""

    id: str
    length_ft: int
    mass_kg: float
    iso_type: str = ""
    slot: YardSlotBody | None = None
    truck: str | None = None
    job_orders: list[str] = Field(default=[], description="Those that are not completed, by id.")

    def to_core(self) -> Container:
        """The noun of the core."""
        return Container(self.id, self.length_ft, self.mass_kg, self.iso_type)


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
    UNFIT = "unfit"


class TruckView(View):
    """One of our trucks."""

    id: str
    state: TruckState
    job_orders: list[str] = []
    faults: list[str] = Field([], description="What is wrong with it: it gets no work; codes of the alerts.")
    is_led: bool = Field(True, description="False: it is off the road, and the ground where it stands is locked.")
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
    at: Utc | None = None
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
    RESEQUENCED = "resequenced"  # a quay crane's work queue has another sequence
    ACTIVATED = "activated"  # a quay crane's work queue goes on
    SUSPENDED = "suspended"  # of a quay crane's work queue only what has begun is ended
    STOCK = "stock"  # a stock-take was taken over
    ROAD = "road"  # lanes were closed or opened


class ProgressEvent(View):
    """One thing that happened; `id` grows by one with every event and survives a restart."""

    id: int
    at_ms: int
    at: Utc | None = Field(None, description="The same instant as absolute time.")
    kind: ProgressKind
    job_order: str | None = None
    job_orders: list[str] = Field(
        default=[], description="Of a handover: all that are handed over together; of `resequenced`: as asked for."
    )
    truck: str | None = None
    crane: str | None = None
    from_place: str | None = None
    to_place: str | None = None
    code: str = Field("", description="Why it was aborted, or what the alert is.")
    detail: str = ""


class RunView(View):
    """The run and its clock: what an instant in milliseconds means."""

    run_id: str = Field(description="Another one after a new beginning; ids of events count within it.")
    terminal: str
    title: str = ""
    started_at: Utc = Field(description="Millisecond 0.")
    now_ms: int
    now_at: Utc | None
    speed: float = Field(description="1, or of a rehearsal how many times faster its clock runs.")
    last_event: int = Field(description="Id of the newest progress event, 0 when there is none.")
    stock_known: bool = Field(description="The whole stock has been handed over: what is not in it is not in the yard.")


class StockBoxView(View):
    """A box in the yard."""

    container: ContainerBody
    slot: YardSlotBody
    confirmed: bool = Field(description="False while only the job order that takes it has said that it is there.")


class RoadBlockView(View):
    """Lanes that are closed under a name."""

    name: str
    lanes: list[str]
    since_ms: int
    since: Utc | None = None
    by: str = ""
    reason: str = ""


class BlockView(View):
    """A yard block; its slots are bay, row and tier from 1 on, a box each."""

    id: str
    bays: int
    rows: int
    tiers: int
    slots: int
    boxes: int = Field(description="Slots in which a box stands.")
    promised: int = Field(description="Free slots to which a box is to come.")
    yard_cranes: list[str] = []


class QuayCraneView(View):
    """A quay crane and the rail bays that it may work."""

    id: str
    bay_first: int
    bay_last: int


class PlaceView(View):
    """A spot for one truck: under a crane, beside a bay, at a gate, to rest or to charge."""

    id: str
    kind: str
    lane: str
    serves: str | None = None
    bay: int | None = None


class GateView(View):
    """A gate."""

    id: str
    place_in: str
    place_out: str


class LaneView(View):
    """A lane; `points` are x and y in metres."""

    id: str
    from_node: str
    to_node: str
    points: list[tuple[float, float]]
    speed_mps_max: float
    zone: str | None = None
    closed: bool = False
    closed_by: list[str] = Field(default=[], description="Road blocks, by name.")


class TerminalView(View):
    """The ground plan as job orders and road blocks name it; every list by id."""

    id: str
    title: str = ""
    blocks: list[BlockView]
    quay_cranes: list[QuayCraneView]
    gates: list[GateView]
    places: list[PlaceView]
    lanes: list[LaneView]
    road_blocks: list[RoadBlockView]
