"""The tables of `terminal.toml`: the model one to one, and the short forms that expand to it."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from portway.app.config.tables import COUNT_MAX, COUNTED, NOT_NEGATIVE, POSITIVE, TURNED, GroundPoint, Table, mirror
from portway.core.model import Block, Gate, Lane, Node, Place, PlaceKind, Quay, QuayCrane, YardCrane, Zone

Positive = Annotated[float, Field(**POSITIVE)]
Along = Annotated[float, Field(**NOT_NEGATIVE)]
Angle = Annotated[float, Field(**TURNED)]
Count = Annotated[int, Field(**COUNTED)]
Number = Annotated[int, Field(ge=0, le=COUNT_MAX)]
Direction = Literal["forward", "backward"]

NodeTable: Any = mirror(Node)
LaneTable: Any = mirror(Lane)
PlaceTable: Any = mirror(Place)
GateTable: Any = mirror(Gate)
ZoneTable: Any = mirror(Zone)
YardCraneTable: Any = mirror(YardCrane)
QuayCraneTable: Any = mirror(QuayCrane)
QuayCraneDefaults: Any = mirror(QuayCrane, leave_out=("id", "bay_start", "bay_end"))
YardCraneDefaults: Any = mirror(YardCrane, leave_out=("id", "block", "bay_start"))
_QuayBase: Any = mirror(Quay, leave_out=("axis_rad",))
_BlockBase: Any = mirror(Block, leave_out=("axis_rad",))


class QuayTable(_QuayBase):
    """The quay wall; the axis in degrees, as people write it."""

    axis_deg: Angle = 0.0


class BlockTable(_BlockBase):
    """A yard block; the axis in degrees."""

    axis_deg: Angle = 0.0


class RoadTable(Table):
    """A road along its centre line: `lanes` in each direction if `two_way`, else all in the direction of `points`."""

    id: str = Field(min_length=1)
    points: list[GroundPoint] = Field(min_length=2)
    lanes: Annotated[int, Field(ge=1, le=20)] = 1
    two_way: bool = False
    spacing_m: Positive = 4.0
    width_m: Positive = 3.5
    speed_mps_max: Positive = 8.3
    radius_m: Positive = 12.0
    stopping: bool = True
    zone: str | None = None


class LaybysTable(Table):
    """A row of lay-bys beside a road: at every bay of a block or the quay (`bays_of`), or every `pitch_m`."""

    ids: str
    road: str
    direction: Direction = "forward"
    side: Literal["right", "left"] = "right"
    kind: PlaceKind
    bays_of: str | None = None
    bays_without: tuple[Count, ...] = ()
    first_at_m: Along | None = None
    pitch_m: Positive | None = None
    count: Count | None = None
    first_bay: Count | None = None
    serves: str | None = None
    power_kw: Positive | None = None
    offset_m: Positive = 4.0
    shift_m: Positive = 12.0
    straight_m: Positive = 17.0
    near_crossings: Literal["stretch", "skip"] = "stretch"

    @model_validator(mode="after")
    def _one_way_to_place(self) -> "LaybysTable":
        series = (self.first_at_m, self.pitch_m, self.count)
        if self.bays_of is None and None in series:
            raise ValueError("needs either bays_of, or first_at_m, pitch_m and count")
        if self.bays_of is not None and series != (None, None, None):
            raise ValueError("has bays_of and also first_at_m, pitch_m or count: keep one of the two")
        if self.bays_of is None and self.bays_without:
            raise ValueError("has bays_without, which leaves out bays of bays_of: give that, too")
        return self

    @property
    def series(self) -> tuple[float, float, int]:
        """(first_at_m, pitch_m, count) of a row without `bays_of`."""
        assert self.first_at_m is not None
        assert self.pitch_m is not None
        assert self.count is not None
        return self.first_at_m, self.pitch_m, self.count


class BaysTable(Table):
    """A row of drive-through bays from one road to another, `pitch_m` apart, the place half-way."""

    ids: str
    from_road: str
    from_direction: Direction = "forward"
    to_road: str
    to_direction: Direction = "forward"
    kind: PlaceKind = PlaceKind.PARKING
    first_at_m: Along
    pitch_m: Positive = 5.0
    count: Count
    serves: str | None = None
    power_kw: Positive | None = None
    width_m: Positive = 3.5
    speed_mps_max: Positive = 3.0
    radius_m: Positive = 12.0


class BlockRowTable(Table):
    """A row of equal blocks with their yard cranes and, where `road` is given, a lay-by at every bay."""

    ids: str
    first_n: Count = 1
    origin: GroundPoint
    axis_deg: Angle = 0.0
    count: Count
    pitch_m: Positive
    bays: Count
    rows: Count = 6
    tiers: Count = 5
    bay_pitch_m: Positive = 13.0
    row_pitch_m: Positive = 2.9
    cranes_per_block: Annotated[int, Field(ge=0, le=20)] = 1
    crane_ids: str = "RTG-{block}"
    road: str | None = None
    direction: Direction = "forward"
    side: Literal["right", "left"] = "right"
    offset_m: Positive = 4.0


class TerminalFile(Table):
    """The whole of `terminal.toml`."""

    id: str = Field(min_length=1)
    title: str = ""
    quay: QuayTable | None = None
    quay_cranes: Number | tuple[QuayCraneTable, ...] = 0
    quay_crane_defaults: QuayCraneDefaults = QuayCraneDefaults()
    yard_crane_defaults: YardCraneDefaults = YardCraneDefaults()
    roads: tuple[RoadTable, ...] = ()
    laybys: tuple[LaybysTable, ...] = ()
    bays: tuple[BaysTable, ...] = ()
    block_rows: tuple[BlockRowTable, ...] = ()
    nodes: tuple[NodeTable, ...] = ()
    lanes: tuple[LaneTable, ...] = ()
    places: tuple[PlaceTable, ...] = ()
    blocks: tuple[BlockTable, ...] = ()
    yard_cranes: tuple[YardCraneTable, ...] = ()
    gates: tuple[GateTable, ...] = ()
    zones: tuple[ZoneTable, ...] = ()
    turns_forbidden: tuple[tuple[str, str], ...] = ()
