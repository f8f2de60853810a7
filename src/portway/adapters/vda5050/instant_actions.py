"""Instant actions: which there are, which ids have been seen, and how they are reported (sections 6.8 and 6.9).

What is remembered is not what is reported. An id is remembered long after its state is gone, so that a message that
comes again is never carried out again; a state is reported until a new order is taken (2.x) or until
clearInstantActions (3.0).
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.order_shape import ID_MAX
from portway.adapters.vda5050.versions import Version

MESSAGE_MAX = 50  # actions in one message
REMEMBERED_MAX = 10_000
REPORTED_MAX = 100
START_CRAWL, STOP_CRAWL = "startCrawl", "stopCrawl"  # of our own, told in the factsheet
QUESTIONS = ("stateRequest", "factsheetRequest", "clearInstantActions")  # move nothing and change no order


class Kind(NamedTuple):
    """An instant action: parameters that it must have, and may have, with the JSON type of each."""

    required: Mapping[str, str] = MappingProxyType({})
    optional: Mapping[str, str] = MappingProxyType({})
    zones: bool = False  # only with zones (3.0)
    own_states: bool = False  # only where instant actions have states of their own (3.0)


POSE = {"x": "NUMBER", "y": "NUMBER", "theta": "NUMBER", "mapId": "STRING", "lastNodeId": "STRING"}
KINDS = {
    "startPause": Kind(),
    "stopPause": Kind(),
    "cancelOrder": Kind(optional={"orderId": "STRING"}),  # of 3.0; obeyed in 2.x, too, if somebody sends it
    "stateRequest": Kind(),
    "factsheetRequest": Kind(),
    "initPosition": Kind(required=POSE),
    START_CRAWL: Kind(),
    STOP_CRAWL: Kind(),
    "clearInstantActions": Kind(own_states=True),
    "enableZoneSet": Kind(required={"zoneSetId": "STRING"}, zones=True),
    "deleteZoneSet": Kind(required={"zoneSetId": "STRING"}, zones=True),
}
TYPES: dict[str, tuple[type, ...]] = {"NUMBER": (int, float), "STRING": (str,)}


def kinds_of(version: Version) -> dict[str, Kind]:
    """The instant actions of a version by its own words."""
    has = {k: v for k, v in KINDS.items() if (version.zones or not v.zones)
           and (version.instant_states or not v.own_states)}  # fmt: skip
    return {version.actions.get(k, k): v for k, v in has.items()}


def parameters_fault(kind: Kind, values: dict[str, Any]) -> str:
    """What is wrong with the parameters of an instant action; empty when nothing is."""
    known = {**kind.required, **kind.optional}
    for key in kind.required:
        if key not in values:
            return f"parameter {key} is missing"
    for key, value in values.items():
        if key not in known:
            return f"parameter {key[:40]} is not known"
        if isinstance(value, bool) or not isinstance(value, TYPES[known[key]]):
            return f"parameter {key} is no {known[key].lower()}"
    return ""


def _digest(action: Any) -> bytes:
    """Of an action with its parameters: what is remembered stays small."""
    return hashlib.sha256(wire.encode(action)).digest()


class Told:
    """An instant action that was received."""

    def __init__(self, action: Any) -> None:
        self.id, self.kind = action.action_id, action.action_type[:ID_MAX]
        self.status = "RUNNING"
        self.result: str | None = None

    @property
    def has_ended(self) -> bool:
        """FINISHED or FAILED."""
        return self.status in ("FINISHED", "FAILED")


class InstantActions:
    """Those that the truck has received."""

    def __init__(self) -> None:
        self._seen: dict[str, bytes] = {}  # id -> digest of the action, oldest first
        self.reported: dict[str, Told] = {}

    def is_known(self, action_id: str) -> bool:
        """Whether an action with this id has come before."""
        return action_id in self._seen

    def is_repeated(self, action: Any) -> bool:
        """Whether this very action has come before."""
        return self._seen.get(action.action_id) == _digest(action)

    def take(self, action: Any) -> Told:
        """Remember and report an action from now on."""
        self._seen[action.action_id] = _digest(action)
        while len(self._seen) > REMEMBERED_MAX:
            del self._seen[next(iter(self._seen))]
        told = self.reported[action.action_id] = Told(action)
        return told

    def shorten(self) -> bool:
        """Stop reporting the oldest that have ended where there are too many; whether there were."""
        over = len(self.reported) - REPORTED_MAX
        for told in [t for t in self.reported.values() if t.has_ended][: max(0, over)]:
            del self.reported[told.id]
        return over > 0

    def clear(self) -> None:
        """Report no longer what has ended."""
        self.reported = {k: t for k, t in self.reported.items() if not t.has_ended}

    def running(self, kind: str) -> list[Told]:
        """Those of a kind that have not ended."""
        return [t for t in self.reported.values() if t.kind == kind and not t.has_ended]

    def end(self, kind: str, status: str, result: str | None = None) -> bool:
        """End those of a kind that are running; whether there were any."""
        running = self.running(kind)
        for told in running:
            told.status, told.result = status, result
        return bool(running)
