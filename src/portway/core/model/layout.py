"""Nouns of the terminal's ground plan: nodes, lanes, places, blocks, cranes, gates and zones.

Coordinates are metres in one right-handed frame (x east or along the quay, y to the left of x); headings follow from
the direction of the lane. Words are those of TIC 4.0 where it has one (`docs/glossary.md`).
"""

from enum import StrEnum

import msgspec

Point = tuple[float, float]


class PlaceKind(StrEnum):
    """What a truck does at a place."""

    QUAY_TRANSFER = "quay_transfer"  # handover with a quay crane
    YARD_TRANSFER = "yard_transfer"  # handover with a yard crane
    BUFFER = "buffer"  # short wait on the way to a transfer point
    PARKING = "parking"  # rest place; every truck owns one
    CHARGING = "charging"  # rest place with a pile
    GATE_IN = "gate_in"  # road trucks appear here
    GATE_OUT = "gate_out"  # road trucks leave here


class Node(msgspec.Struct, frozen=True):
    """A point where lanes begin, end or cross."""

    id: str
    x_m: float
    y_m: float


class Lane(msgspec.Struct, frozen=True):
    """A directed lane from one node to another; `shape` are the points between them; corners get rounded.

    `stopping` tells whether trucks may stop on it between its ends (false on crossings and in places where a stopped
    truck would be in the way). A place on a lane is always a stop.
    """

    id: str
    from_node: str
    to_node: str
    shape: tuple[Point, ...] = ()
    width_m: float = 3.5
    speed_mps_max: float = 8.3
    stopping: bool = True
    radius_m: float = 12.0  # smallest turning radius of the rounded corners on this lane
    zone: str | None = None


class Place(msgspec.Struct, frozen=True):
    """A spot on a lane that one truck occupies; `at_m` is the truck's centre, measured along the lane's shape."""

    id: str
    kind: PlaceKind
    lane: str
    at_m: float
    serves: str | None = None  # id of the crane group, block, gate or charger
    bay: int | None = None  # of a block, or of the quay rail
    power_kw: float | None = None  # charging places


class Block(msgspec.Struct, frozen=True):
    """A yard block: `bays` along its axis (40 ft pitch `bay_pitch_m`), `rows` across, `tiers` high.

    `origin` is the centre of bay 1 at row 1; `axis_rad` the direction of growing bays, rows grow to its left.
    """

    id: str
    origin: Point
    axis_rad: float
    bays: int
    rows: int
    tiers: int
    bay_pitch_m: float = 13.0
    row_pitch_m: float = 2.9

    @property
    def capacity_boxes(self) -> int:
        """Number of 40 ft slots."""
        return self.bays * self.rows * self.tiers


class YardCrane(msgspec.Struct, frozen=True):
    """A crane that serves one block (RTG, RMG or ASC)."""

    id: str
    block: str
    bay_start: int = 1
    gantry_mps: float = 1.5
    cycle_s_mean: float = 90.0
    cycle_s_sd: float = 18.0
    handover_s: float = 20.0  # the part of a cycle during which truck and crane are interlocked


class QuayCrane(msgspec.Struct, frozen=True):
    """A ship-to-shore crane on the quay rail; `bay_start` .. `bay_end` is the stretch of rail bays it may work.

    One move takes `cycle_s_mean` on average (30 moves/h: 120 s), of which `handover_s` are spent over the truck.
    """

    id: str
    bay_start: int
    bay_end: int
    gantry_mps: float = 0.75
    cycle_s_mean: float = 120.0
    cycle_s_sd: float = 20.0
    handover_s: float = 25.0


class Quay(msgspec.Struct, frozen=True):
    """The quay wall and its rail: bay i lies at `origin` + (i - 1) * `bay_pitch_m` along `axis_rad`."""

    origin: Point
    axis_rad: float
    bays: int
    bay_pitch_m: float = 14.5
    gauge_m: float = 30.0


class Gate(msgspec.Struct, frozen=True):
    """A gate lane pair through which road trucks come and go."""

    id: str
    place_in: str
    place_out: str
    inspection_s: float = 30.0


class Zone(msgspec.Struct, frozen=True):
    """An area with a rule: a speed limit, or no entry."""

    id: str
    polygon: tuple[Point, ...]
    speed_mps_max: float | None = None
    closed: bool = False


class Terminal(msgspec.Struct, frozen=True):
    """The whole ground plan. Tuples are sorted by id; every reference between them has been checked by the loader."""

    id: str
    nodes: tuple[Node, ...]
    lanes: tuple[Lane, ...]
    places: tuple[Place, ...]
    blocks: tuple[Block, ...] = ()
    yard_cranes: tuple[YardCrane, ...] = ()
    quay: Quay | None = None
    quay_cranes: tuple[QuayCrane, ...] = ()
    gates: tuple[Gate, ...] = ()
    zones: tuple[Zone, ...] = ()
    turns_forbidden: tuple[tuple[str, str], ...] = ()  # (lane in, lane out)
    title: str = ""
