"""What a truck is and has: its version, its place, its order, its switches, its errors."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_zones import AgentZones
from portway.adapters.vda5050.ground import Ground
from portway.adapters.vda5050.instant_actions import InstantActions
from portway.adapters.vda5050.master import stamp
from portway.adapters.vda5050.order_actions import OrderActions
from portway.adapters.vda5050.versions import Version, topic
from portway.core.model.truck import TruckType

STATE_S = 1.0
ERRORS_MAX = 20  # reported at a time


class AgentOptions(NamedTuple):
    """How an agent reports."""

    state_s: float = STATE_S
    visualization_s: float = 0.0  # 0: none
    interface: str = "uagv"
    crawl: bool = False
    map_id: str = "terminal"  # of the one map that it knows


class AgentBody:
    """One truck's picture of itself."""

    def __init__(
        self, manufacturer: str, serial: str, version: Version, pose: tuple[float, float, float], truck: TruckType,
        options: AgentOptions | None = None,
    ) -> None:  # fmt: skip
        self.manufacturer, self.serial, self.version = manufacturer, serial, version
        self.options = options or AgentOptions()
        self.ground = Ground(pose, truck)
        self.type = truck
        self.order_id, self.update_id = "", 0
        self.last_node, self.last_sequence = "", 0
        self.nodes: list[Any] = []  # to be driven, from the next one on
        self.edges: list[Any] = []
        self.paused, self.crawls = False, self.options.crawl
        self.errors: list[Any] = []
        self.zones = AgentZones()
        self.doing, self.instant = OrderActions(), InstantActions()
        self.mode = "AUTOMATIC"
        self.e_stop, self.field_violation, self.localized = "NONE", False, True
        self.charge_percent = 80.0
        self.rejected = 0
        self._headers: dict[str, int] = {}
        self._words = wire.of(version)
        self._stated_s = -1e9
        self._shown_s = -1e9
        self._has_news = False
        self._told: tuple = ()
        self._is_ended = False  # the order was cancelled or cleared: no update of it is taken
        self._content = b""  # of the last order message that was taken
        self._entered = -1  # sequence id of the edge under way
        self._last_at = pose[:2]  # where the last node is

    def subscriptions(self) -> list[str]:
        """What it listens to."""
        more = ["zoneSet", "responses"] if self.version.zones else []
        return [self.topic(message) for message in ("order", "instantActions", *more)]

    def topic(self, message: str) -> str:
        """The truck's own topic of a message."""
        return topic(self.options.interface, self.version, self.manufacturer, self.serial, message)

    def _header(self, message: str, now_s: float) -> dict[str, Any]:
        number = self._headers[message] = self._headers.get(message, -1) + 1
        return {
            "header_id": number, "timestamp": stamp(now_s), "version": self.version.name,
            "manufacturer": self.manufacturer, "serial_number": self.serial,
        }  # fmt: skip

    # What the vehicle itself decides is set from outside: by its buttons, its scanners, its driver.

    @property
    def mode(self) -> str:
        """Operating mode in the words of 2.1; setting it does what the version says (table 1; 6.6.6 of 3.0)."""
        return self._mode

    @mode.setter
    def mode(self, word: str) -> None:
        named = word.replace("_", "")
        if named not in self.version.modes:
            known = ", ".join(m.word for m in self.version.modes.values())
            raise ValueError(f"operating mode {word} is none of VDA 5050 {self.version.name}; take one of {known}")
        before, self._mode = getattr(self, "_mode", named), named
        if named != before:
            self._mode_changed(before)

    def _mode_changed(self, before: str) -> None:
        """Another operating mode holds."""

    @property
    def e_stop(self) -> str:
        """The emergency stop: NONE, or who has to acknowledge it."""
        return self._e_stop

    @e_stop.setter
    def e_stop(self, word: str) -> None:
        if word not in self.version.stops:
            known = ", ".join(self.version.stops)
            raise ValueError(f"e-stop {word} is none of VDA 5050 {self.version.name}; take one of {known}")
        self._e_stop = word

    # -- errors -------------------------------------------------------------------------------------------------

    def _lasting_errors(self) -> list[Any]:
        """Errors that are there as long as their cause."""
        lost = [
            self._error("releaseLost", "it lost its release inside and stands", (("zoneId", zone),))
            for zone in sorted(self.zones.lost)
        ]
        if self.localized or "localizationError" not in self.version.errors:
            return lost
        return [*lost, self._error("localizationError", "it does not know where it is; send initializePosition")]

    def _error(self, kind: str, why: str, references: Sequence[tuple[str, str]] = ()) -> Any:
        """An error in the version's word for it and with its level; what it is about as references (section 7.1)."""
        about = [self._words.ErrorReference(reference_key=k, reference_value=v[:200]) for k, v in references]
        return self._words.Error(
            error_type=self.version.errors.get(kind, kind), error_level=self.version.levels.get(kind, "WARNING"),
            error_description=why[:200], error_references=about or None,
        )  # fmt: skip

    def _warn(self, kind: str, why: str, references: Sequence[tuple[str, str]] = ()) -> None:
        """Report an error until what it is about is settled (`_settle`); the oldest make room."""
        self.errors = [*self.errors[1 - ERRORS_MAX :], self._error(kind, why, references)]
        self._has_news = True

    def _settle(self, kinds: Sequence[str]) -> None:
        """Errors of some kinds are over; a word that stands for others, too (2.x), stays until the next order."""
        words = {self.version.errors.get(kind, kind) for kind in kinds}
        words = {w for w in words if list(self.version.errors.values()).count(w) <= 1}
        self.errors = [e for e in self.errors if e.error_type not in words]
