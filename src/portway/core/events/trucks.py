"""What trucks do and how they are."""

from portway.core.events.base import Fact


class TruckArrived(Fact, frozen=True):
    """A truck stands at the place it was sent to."""

    truck: str
    place: str


class TruckReported(Fact, frozen=True):
    """Live: how far a truck has come. `step` is the last movement of `ExtendBase` whose end its centre has reached,
    `along_m` how far it is on the next one, `standing` whether it stands still, `pose` where it says that it is (x, y
    in metres, heading in radians)."""

    truck: str
    step: int
    along_m: float
    standing: bool
    pose: tuple[float, float, float] | None = None


class TruckCondition(Fact, frozen=True):
    """Live: how a truck is, as a whole, whenever that changes: what is wrong with it (codes of `safety.fitness`), what
    order it holds (`none`, `ours`, `foreign`, or `unknown` before it has spoken), whether it stands, whether it is
    paused and whether it is loaded (None: it does not say), and where it says that it is."""

    truck: str
    faults: tuple[str, ...]
    holds: str
    standing: bool
    paused: bool | None
    pose: tuple[float, float, float] | None
    detail: str = ""
    loaded: bool | None = None


class FleetCondition(Fact, frozen=True):
    """Live: how several trucks are, when that changes for all of them at once: a server has begun, or its link to the
    broker was lost."""

    trucks: tuple[TruckCondition, ...]


class TruckEnrolled(Fact, frozen=True):
    """From now on a vehicle speaks for a truck: manufacturer, serial number and version as in VDA 5050."""

    truck: str
    manufacturer: str
    serial: str
    version: str
    by: str
    reason: str
    is_other: bool = True  # it is another vehicle than before


TruckEvent = TruckArrived | TruckReported | TruckCondition | FleetCondition | TruckEnrolled
