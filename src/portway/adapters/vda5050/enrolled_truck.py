"""What master control knows of one truck, and which of its messages are news.

Section 6.3 of 2.1: the header id counts the messages of a topic, the timestamp says when they were made. Messages may
come twice, late or after others. A state is whole, so one that is older than the last is dropped and a gap is none of
our business. The connection topic is never filtered: its last will was written before everything that it ends.
"""

from datetime import UTC, datetime

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.facts import Pose
from portway.adapters.vda5050.stretch_order import StretchOrder
from portway.adapters.vda5050.versions import Version

OLDER_MAX = 10  # so many older messages one after the other are no late ones: the clock was set back


class EnrolledTruck:
    """One truck."""

    def __init__(self, run: str, truck: str, manufacturer: str, serial: str, version: Version) -> None:
        self.truck, self.manufacturer, self.serial, self.version = truck, manufacturer, serial, version
        self.order = StretchOrder(run, truck)
        self.link = "unknown"
        self.connection: tuple = ()  # its last word about that: state, header id, timestamp
        self.link_s = 0.0  # when it said so
        self.held = True  # it is told nothing of its way until the core says that it is fit
        self.cancels = False  # its order is to be cancelled
        self.cancelled_s = 0.0
        self.sent_headers: dict[str, int] = {}
        self.errors: frozenset[tuple[str, str]] = frozenset()
        self.faults: tuple[str, ...] = ()  # of its last state
        self.holds, self.standing, self.detail = "unknown", True, ""
        self.paused: bool | None = None
        self.loaded: bool | None = None
        self.position: Pose | None = None
        self.has_jumped = False  # between two states
        self.position_s = self.position_made_s = 0.0  # when it came, and when it was made by the truck's own clock
        self.charge_percent: float | None = None
        self.size: str | None = None  # what is wrong with its size, None before it has said that
        self.refused = 0
        self.stop = -1  # where the last told movement ends
        self.untold_s: float | None = None  # since when it cannot be told its way
        self.last_state_s: float | None = None  # when its last state came, whatever has become of its link since
        self.stated_s: float | None = None  # last state since it was enrolled, or since it came back
        self._newest: dict[str, tuple[float, int]] = {}  # by message: instant and header id
        self._older: dict[str, tuple[float, int]] = {}  # by message: instant of the last older one, how many in a row

    def begin_anew(self) -> None:
        """It has come back, or a vehicle speaks for it for the first time: nothing that it said before counts."""
        self.stated_s, self.position, self.errors = None, None, frozenset()
        self._newest.clear()
        self._older.clear()
        self.order.synced, self.untold_s, self.has_jumped = False, None, False

    def is_news(self, message: str, header_id: int, instant_s: float) -> bool:
        """Whether a message is newer than the last of its kind. Equal instants are told apart by the header id."""
        newest = self._newest.get(message)
        if newest is not None and (instant_s, header_id) <= newest and not self._goes_on(message, instant_s):
            return False
        self._older.pop(message, None)
        self._newest[message] = instant_s, header_id
        return True

    def _goes_on(self, message: str, instant_s: float) -> bool:
        """Whether older messages go on and on, each later than the one before: then not they were late, but the one
        that was taken for newer was wrong, say from a truck whose clock was ahead."""
        last, count = self._older.get(message, (-1e18, 0))
        if instant_s != last:
            self._older[message] = instant_s, count + 1 if instant_s > last else 1
        return self._older[message][1] >= OLDER_MAX


def stamp(now_s: float) -> str:
    """Seconds of the Unix epoch as the standard writes an instant (section 6.3)."""
    return datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_s(text: str) -> float:
    """The inverse of `stamp` for any instant of ISO 8601, with any offset and fraction; without an offset it is UTC.

    Raises `wire.RefusedError` for anything else.
    """
    try:
        found = datetime.fromisoformat(text[:64])
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise wire.RefusedError(
            f"timestamp {text[:40]!r} is no instant of ISO 8601 (YYYY-MM-DDTHH:mm:ss.fffZ)"
        ) from None
