"""Master control: orders and instant actions out, states in, for trucks of all versions on one broker.

Pure: instants are arguments, messages are returned. Base released is exactly what the core has allocated, horizon what
is claimed behind it.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.facts import (
    Fact,
    Jumped,
    Link,
    Lost,
    Outgoing,
    Progress,
    RefusedMessage,
    TruckError,
    UnknownTruck,
)
from portway.adapters.vda5050.order_way import nodes_and_edges
from portway.adapters.vda5050.road_book import RoadBook, along_line_m
from portway.adapters.vda5050.stretch_order import StretchOrder, order_id
from portway.adapters.vda5050.versions import Version, topic, version_of
from portway.adapters.vda5050.zone_desk import ZoneDesk
from portway.core.commands import ExtendBase

JUMP_M = 50.0  # a position may differ by so much from what a truck can have driven since the one before
SPEED_MPS = 12.0
OLDER_MAX = 10
UNKNOWN_MAX = 200  # senders that are not enrolled, kept to be shown
LINKS = {"ONLINE": "online", "OFFLINE": "offline", "CONNECTIONBROKEN": "broken", "CONNECTION_BROKEN": "broken",
         "HIBERNATING": "offline"}  # fmt: skip


def stamp(now_s: float) -> str:
    """Seconds of the Unix epoch as the standard writes an instant (section 6.3)."""
    return datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class EnrolledTruck:
    """What master control knows of one truck."""

    def __init__(self, truck: str, manufacturer: str, serial: str, version: Version) -> None:
        self.truck, self.manufacturer, self.serial, self.version = truck, manufacturer, serial, version
        self.order = StretchOrder(truck)
        self.link = "unknown"
        self.last_header: dict[str, tuple[int, str]] = {}  # by message
        self.older: dict[str, tuple[int, int]] = {}  # by message: number, how many in a row were dropped as older
        self.sent_headers: dict[str, int] = {}
        self.errors: frozenset[tuple[str, str]] = frozenset()
        self.position: tuple[float, float, float, float] | None = None  # x, y, theta, at_s
        self.jumped = False
        self.charge_percent: float | None = None
        self.refused = 0
        self.seen_s = 0.0
        self.stop = -1  # where the last told movement ends


class MasterControl:
    """The server's side of the standard."""

    def __init__(self, road_book: RoadBook, interface: str = "uagv", zones: ZoneDesk | None = None) -> None:
        self._road, self._interface, self.zones = road_book, interface, zones
        self.trucks: dict[str, EnrolledTruck] = {}
        self._by_topic: dict[tuple[str, str], EnrolledTruck] = {}
        self.unknown: dict[tuple[str, str], str] = {}

    def enrol(self, truck: str, manufacturer: str, serial: str, version: str) -> None:
        """Know a truck; from now on its messages are taken. One that spoke for the truck before is a stranger then."""
        before = self.trucks.get(truck)
        if before is not None:
            self._by_topic.pop((before.manufacturer, before.serial), None)
        enrolled = EnrolledTruck(truck, manufacturer, serial, version_of(version))
        self.trucks[truck] = self._by_topic[manufacturer, serial] = enrolled
        self.unknown.pop((manufacturer, serial), None)

    def subscriptions(self) -> list[str]:
        """Topic filters of everything that trucks say."""
        return [
            f"{self._interface}/+/+/+/{message}" for message in ("state", "connection", "factsheet", "visualization")
        ]

    # -- out ----------------------------------------------------------------------------------------------------

    def extend(self, command: ExtendBase, now_s: float) -> list[Outgoing]:
        """The core has allocated more of a truck's way, or announces another way behind it."""
        truck = self.trucks[command.truck]
        truck.order.extend(command)
        return self._tell(truck, now_s)

    def pause(self, truck: str, paused: bool, now_s: float) -> list[Outgoing]:
        """Stop a truck where it is, or let it go on (instant actions startPause, stopPause)."""
        return [self.instant_action(truck, "startPause" if paused else "stopPause", now_s)]

    def instant_action(
        self, truck: str, kind: str, now_s: float, parameters: Mapping[str, str] | None = None
    ) -> Outgoing:
        """Any instant action."""
        known = self.trucks[truck]
        words = wire.of(known.version)
        number = known.sent_headers.get("instantActions", 0)
        action = words.Action(
            action_type=kind, action_id=f"{truck}-{kind}-{number}-{int(now_s)}",
            blocking_type="NONE" if known.version.instant_states else "HARD",
            action_parameters=[words.ActionParameter(key=k, value=v) for k, v in (parameters or {}).items()] or None,
        )  # fmt: skip
        body = words.InstantActions(
            **self._header(known, "instantActions", now_s), **{known.version.instant_actions: [action]}
        )
        return Outgoing(self._topic(known, "instantActions"), wire.encode(body), known.version.reliable)

    def _header(self, truck: EnrolledTruck, message: str, now_s: float) -> dict[str, Any]:
        number = truck.sent_headers[message] = truck.sent_headers.get(message, -1) + 1
        return {
            "header_id": number, "timestamp": stamp(now_s), "version": truck.version.name,
            "manufacturer": truck.manufacturer, "serial_number": truck.serial,
        }  # fmt: skip

    def _topic(self, truck: EnrolledTruck, message: str) -> str:
        return topic(self._interface, truck.version, truck.manufacturer, truck.serial, message)

    def _tell(self, truck: EnrolledTruck, now_s: float) -> list[Outgoing]:
        order = truck.order
        if not order.has_news or truck.jumped:
            return []
        base_from = order.told
        first, update_id, opens = order.next_message(round(now_s * 1000))
        if base_from < 0:
            base_from = opens
        base = [order.movements[s] for s in range(base_from + 1, order.released + 1)]
        body = self._order(truck, first, update_id, opens, base, now_s)
        return [Outgoing(self._topic(truck, "order"), wire.encode(body), truck.version.reliable)]

    def _order(
        self, truck: EnrolledTruck, first: int, update_id: int, opens: int, base: list[int], now_s: float
    ) -> Any:
        words, order = wire.of(truck.version), truck.order
        way = [*base, *order.horizon]
        if way:
            truck.stop = self._road.start_of(way[0])
        nodes, edges = nodes_and_edges(truck.version, self._road, truck.stop, way, len(base), 2 * (opens - first))
        return words.Order(
            **self._header(truck, "order", now_s), order_id=order_id(truck.truck, first), order_update_id=update_id,
            nodes=nodes, edges=edges,
        )  # fmt: skip

    # -- in -----------------------------------------------------------------------------------------------------

    def who(self, topic_name: str) -> EnrolledTruck | None:
        """The truck on whose topic something was said."""
        parts = topic_name.split("/")
        return self._by_topic.get((parts[-3], parts[-2])) if len(parts) >= 5 else None

    def received(self, topic_name: str, payload: bytes, now_s: float) -> tuple[list[Fact], list[Outgoing]]:
        """One message from the broker: what it says, and what is to be answered."""
        parts = topic_name.split("/")
        if len(parts) < 5:
            return [RefusedMessage(None, topic_name[:200], "this is no topic of the standard")], []
        manufacturer, serial, message = parts[-3:]
        truck = self._by_topic.get((manufacturer, serial))
        if truck is None or parts[-4] != truck.version.topic:
            return self._stranger(manufacturer, serial, parts[-4], topic_name), []
        try:
            body = wire.decode(truck.version, message, payload)
            self._is_own(truck, body)
        except wire.RefusedError as error:
            truck.refused += 1
            return [RefusedMessage(truck.truck, topic_name, str(error))], []
        if not _is_new(truck, message, body):
            return [], []
        truck.seen_s = now_s
        if message == "connection":
            return self._connection(truck, body, now_s)
        return self._state(truck, body, now_s) if message == "state" else ([], [])

    def _stranger(self, manufacturer: str, serial: str, major: str, topic_name: str) -> list[Fact]:
        key = (manufacturer[:60], serial[:60])
        if key in self.unknown or len(self.unknown) >= UNKNOWN_MAX:
            return [RefusedMessage(None, topic_name[:200], "this truck is not enrolled")]
        self.unknown[key] = major[:10]
        return [UnknownTruck(*key, major[:10])]

    def _is_own(self, truck: EnrolledTruck, body: Any) -> None:
        if (body.manufacturer, body.serial_number) != (truck.manufacturer, truck.serial):
            raise wire.RefusedError(f"it says it is {body.manufacturer}/{body.serial_number}"[:160])

    def _connection(self, truck: EnrolledTruck, body: Any, now_s: float) -> tuple[list[Fact], list[Outgoing]]:
        state = LINKS.get(body.connection_state)
        if state is None:
            truck.refused += 1
            return [RefusedMessage(truck.truck, "connection", f"connectionState {body.connection_state}"[:160])], []
        truck.link = state
        ask = [self.instant_action(truck.truck, "stateRequest", now_s)] if state == "online" else []
        return [Link(truck.truck, state)], ask

    def _state(self, truck: EnrolledTruck, body: Any, now_s: float) -> tuple[list[Fact], list[Outgoing]]:
        facts: list[Fact] = self._errors(truck, body)
        if body.battery_state is not None:
            truck.charge_percent = body.battery_state.battery_charge
        jumped = self._moved(truck, body, now_s)
        if jumped is not None:
            truck.jumped = True
            return [*facts, Jumped(truck.truck, jumped)], self.pause(truck.truck, True, now_s)
        if truck.jumped:
            return facts, []
        released = max((n.sequence_id for n in body.node_states if n.released), default=0)
        step = truck.order.confirm(
            body.order_id, body.order_update_id, _last_sequence(body), released, round(now_s * 1000)
        )
        if step is not None:
            facts.append(Progress(truck.truck, step, self._along_m(truck, body, step), not body.driving))
        elif body.order_id:
            facts.append(Lost(truck.truck, body.order_id[:80]))
        return facts, [*self._tell(truck, now_s), *self._on_zones(truck, body, now_s)]

    def _on_zones(self, truck: EnrolledTruck, body: Any, now_s: float) -> list[Outgoing]:
        """Zone sets, and answers to requests."""
        words, out = wire.of(truck.version), []
        wishes = [] if self.zones is None else self.zones.wishes(truck.truck, truck.version, truck.order, body, now_s)
        for wish in wishes:
            if wish.message not in wire.STRUCT_OF:
                out.append(self.instant_action(truck.truck, wish.message, now_s, wish.body))
                continue
            struct = getattr(words, wire.STRUCT_OF[wish.message])
            message = struct(**self._header(truck, wish.message, now_s), **wish.body)
            out.append(Outgoing(self._topic(truck, wish.message), wire.encode(message), truck.version.reliable))
        return out

    def _along_m(self, truck: EnrolledTruck, body: Any, step: int) -> float:
        """Distance on the movement under way; the smaller of what position and odometer say is safe."""
        movement = truck.order.movements.get(step + 1)
        if movement is None:
            return 0.0
        stretch, said = self._road.stretch(movement), body.distance_since_last_node
        if body.agv_position is None:
            return 0.0 if said is None else min(max(0.0, said), stretch.length_m)
        along, off = along_line_m(stretch.line, body.agv_position.x, body.agv_position.y)
        if off > 3.0:  # the line is not the one it drives on
            return 0.0
        return along if said is None else max(0.0, min(along, said))

    def _moved(self, truck: EnrolledTruck, body: Any, now_s: float) -> float | None:
        """Metres of an implausible move since the last state, None when all is well."""
        p, last = body.agv_position, truck.position
        if p is None:
            return None
        truck.position = (p.x, p.y, p.theta, now_s)
        if last is None:
            return None
        metres = math.hypot(p.x - last[0], p.y - last[1])
        return metres if metres > JUMP_M + SPEED_MPS * max(0.0, now_s - last[3]) else None

    def _errors(self, truck: EnrolledTruck, body: Any) -> list[Fact]:
        now = frozenset((e.error_type, e.error_level) for e in body.errors)
        new = [e for e in body.errors if (e.error_type, e.error_level) not in truck.errors]
        truck.errors = now
        return [TruckError(truck.truck, e.error_type[:80], e.error_level[:20], (e.error_description or "")[:200])
                for e in new[:10]]  # fmt: skip

    def forgive(self, truck: str, now_s: float) -> list[Outgoing]:
        """A person has looked at a truck that jumped: it may go on."""
        known = self.trucks[truck]
        known.jumped = False
        return [*self.pause(truck, False, now_s), *self._tell(known, now_s)]


def _last_sequence(body: Any) -> int:
    """Sequence id of the last node passed. A truck that has taken an order and not yet passed its first node may still
    say that of the order before: whatever is ahead of it has not been passed."""
    ahead = min((n.sequence_id for n in body.node_states), default=None)
    last = int(body.last_node_sequence_id)
    return last if ahead is None or last < ahead else max(0, ahead - 2)


def _is_new(truck: EnrolledTruck, message: str, body: Any) -> bool:
    """Whether a message is newer than the last of its kind: repeated and overtaken ones are dropped, a gap is none of
    our business (each state is whole), and a truck that counts anew with a later time has restarted."""
    number, at = truck.last_header.get(message, (-1, ""))
    is_older = body.header_id <= number and (
        body.timestamp <= at or (number - body.header_id < 100 and body.header_id > 1)
    )
    if is_older and not _goes_on(truck, message, body.header_id):
        return False
    truck.older.pop(message, None)
    truck.last_header[message] = (body.header_id, body.timestamp)
    return True


def _goes_on(truck: EnrolledTruck, message: str, number: int) -> bool:
    """Whether older messages go on and on, one number after the other: then not they were late, but the one that was
    taken for newer was wrong, say from a truck whose clock was ahead."""
    last, count = truck.older.get(message, (-1, 0))
    count = count + 1 if number == last + 1 else 1
    truck.older[message] = number, count
    return count >= OLDER_MAX
