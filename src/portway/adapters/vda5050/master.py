"""Master control: orders and instant actions out, states in, for trucks of all versions on one broker.

Pure: instants are arguments, messages are returned. It reports facts and decides nothing: what a truck may be told is
what the core has allocated (base) and announced (horizon), and only while the core holds it to be fit. A state's step
is believed when order id, last node and step agree; where the truck says it is goes to the core with it.
"""

import math
from collections.abc import Mapping
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.enrolled_truck import EnrolledTruck, instant_s, stamp
from portway.adapters.vda5050.facts import (
    Condition,
    Fact,
    Link,
    Outgoing,
    Pose,
    Progress,
    RefusedMessage,
    TruckError,
    UnknownTruck,
)
from portway.adapters.vda5050.order_way import nodes_and_edges
from portway.adapters.vda5050.road_book import RoadBook, along_line_m
from portway.adapters.vda5050.stretch_order import Opening, OrderName, order_id
from portway.adapters.vda5050.truck_condition import faults_of, held_order, loaded_of, position_of
from portway.adapters.vda5050.versions import topic, version_of
from portway.adapters.vda5050.zone_desk import ZoneDesk
from portway.core.commands import CancelOrder, ExtendBase, HoldOrders

JUMP_M = 50.0  # a position may differ by so much from what a truck can have driven since the one before
SPEED_MPS = 12.0
BURST_S = 15.0  # a truck's own clock is believed for so long between two states that come at once
NODE_M = 1.5  # a truck so near to a node stands on it
OFF_LINE_M = 3.0  # further off, a line is not the one that it drives on
SIZE_M = 0.05  # a truck may be larger by so much than its type says
SILENT_S = 40.0  # a state comes at least every 30 s (section 6.10)
CANCEL_S = 5.0  # so often an order is cancelled that a truck has not given up
UNTOLD_S = 20.0  # a truck that cannot be told its way for so long needs a person
ALIVE_S = 2.0  # a state so long after a last will was sent by a truck that lives
UNKNOWN_MAX = 200  # senders that are not enrolled, kept to be shown
LINKS = {"ONLINE": "online", "OFFLINE": "offline", "CONNECTIONBROKEN": "broken", "CONNECTION_BROKEN": "broken",
         "HIBERNATING": "offline"}  # fmt: skip

__all__ = ["EnrolledTruck", "MasterControl", "stamp"]


class MasterControl:
    """The server's side of the standard."""

    def __init__(
        self, road_book: RoadBook, interface: str = "uagv", zones: ZoneDesk | None = None, run: str = "run",
        size_m: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """`run` names the run in the ids of its orders; `size_m` (length, width) is what ways are planned for."""
        self._size_m = size_m
        self._road, self._interface, self.zones, self._run = road_book, interface, zones, run
        self.trucks: dict[str, EnrolledTruck] = {}
        self._by_topic: dict[tuple[str, str], EnrolledTruck] = {}
        self.unknown: dict[tuple[str, str], str] = {}
        self._ticked_s: float | None = None

    def enrol(self, truck: str, manufacturer: str, serial: str, version: str) -> Condition:
        """Know a truck; from now on its messages are taken. One that spoke for the truck before is a stranger then."""
        before = self.trucks.get(truck)
        if before is not None:
            self._by_topic.pop((before.manufacturer, before.serial), None)
        enrolled = EnrolledTruck(self._run, truck, manufacturer, serial, version_of(version))
        self.trucks[truck] = self._by_topic[manufacturer, serial] = enrolled
        self.unknown.pop((manufacturer, serial), None)
        return self.condition(truck)

    def farewell(self, truck: str, now_s: float) -> list[Outgoing]:
        """To a vehicle that speaks for a truck no longer: it stops and gives up what it was told."""
        return [self.instant_action(truck, kind, now_s) for kind in ("startPause", "cancelOrder")]

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

    def hold(self, command: HoldOrders, now_s: float) -> list[Outgoing]:
        """The core holds a truck to be fit, or not."""
        truck = self.trucks[command.truck]
        truck.held = command.held
        if not command.held:
            truck.cancels = False
        return self._tell(truck, now_s)

    def cancel(self, command: CancelOrder, now_s: float) -> list[Outgoing]:
        """Whatever order a truck holds is to be given up, and said so until it is."""
        truck = self.trucks[command.truck]
        if command.void:
            truck.order.void()
        truck.cancels, truck.cancelled_s = True, 0.0
        return self._cancel(truck, now_s)

    def _cancel(self, truck: EnrolledTruck, now_s: float) -> list[Outgoing]:
        has_any = truck.holds in ("ours", "foreign") or not truck.standing  # who drives has one, whatever it says
        if not truck.cancels or not has_any or now_s - truck.cancelled_s < CANCEL_S:
            return []
        truck.cancelled_s = now_s
        return [self.instant_action(truck.truck, "cancelOrder", now_s)]

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
            action_type=kind, action_id=f"{self._run}-{truck}-{kind}-{number}-{round(now_s * 1000)}",
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
        wrong = set(truck.faults) - {"order_rejected", "no_beginning"}  # of that the core has to say what follows
        if truck.held or wrong or truck.stated_s is None or not order.has_news or truck.holds == "foreign":
            truck.untold_s = None
            return []
        opening, here = (self._opening(truck) if order.is_ended else Opening(order.told)), None
        if opening is None:
            return self._cannot_tell(truck, now_s)
        if opening.along_m > 0.0 and truck.position is not None:
            here = truck.position, opening.along_m
        steps = range(opening.first + 1, order.released + 1)
        if any(s not in order.movements for s in steps):
            return self._cannot_tell(truck, now_s)  # the truck says that it lacks what it has driven
        base = [order.movements[s] for s in steps]
        way = [*base, *order.horizon]
        if way:
            truck.stop = self._road.start_of(way[0])
        elif truck.stop < 0:
            return []  # where its base ends is not known since the restart, and there is nothing to add to it
        truck.untold_s = None
        name, update_id, opens = order.next_message(round(now_s * 1000), opening)
        body = self._order(truck, name, update_id, opens, base, here, now_s)
        if base:
            truck.stop = self._road.end_of(base[-1])
        return [Outgoing(self._topic(truck, "order"), wire.encode(body), truck.version.reliable)]

    def _cannot_tell(self, truck: EnrolledTruck, now_s: float) -> list[Outgoing]:
        """What a truck says contradicts what it is to be told: nothing is told; if it lasts, a person is called."""
        first_s = now_s if truck.untold_s is None else truck.untold_s
        truck.untold_s = first_s if truck.order.movements else None  # while nothing is released, nothing is to be told
        return []

    def _opening(self, truck: EnrolledTruck) -> Opening | None:
        """Where the order of a truck that has none begins: the node that it stands on, or the point of its way that is
        nearest to it; None when it stands on neither."""
        order, pose = truck.order, truck.position
        steps = sorted(order.movements)
        if not steps or pose is None:
            return None
        for step in [steps[0] - 1, *steps]:
            x, y = self._end_of(order.movements, step)
            if math.hypot(pose[0] - x, pose[1] - y) <= NODE_M and step < steps[-1]:
                return Opening(step)
        ways = [(along_line_m(self._road.stretch(order.movements[s]).line, *pose[:2]), s) for s in steps]
        (along, off), step = min(ways, key=lambda way: (way[0][1], way[1]))
        return Opening(step - 1, max(along, 0.1)) if off <= OFF_LINE_M else None

    def _end_of(self, movements: dict[int, int], step: int) -> tuple[float, float]:
        """Where a step ends: at its own node, or at the beginning of the one behind it."""
        stretch = self._road.stretch(movements[step]) if step in movements else None
        if stretch is not None:
            return stretch.x, stretch.y
        _, x, y, _ = self._road.node(self._road.start_of(movements[step + 1]))
        return x, y

    def _order(
        self, truck: EnrolledTruck, name: OrderName, update_id: int, opens: int, base: list[int],
        here: tuple[Pose, float] | None, now_s: float,
    ) -> Any:  # fmt: skip
        words, order = wire.of(truck.version), truck.order
        way, sequence = [*base, *order.horizon], 2 * (opens - name.first)
        nodes, edges = nodes_and_edges(truck.version, self._road, truck.stop, way, len(base), sequence, here)
        return words.Order(
            **self._header(truck, "order", now_s), order_id=order_id(self._run, truck.truck, name),
            order_update_id=update_id, nodes=nodes, edges=edges,
        )  # fmt: skip

    # -- in -----------------------------------------------------------------------------------------------------

    def who(self, topic_name: str) -> EnrolledTruck | None:
        """The truck on whose topic something was said."""
        parts = topic_name.split("/")
        return self._by_topic.get((parts[-3], parts[-2])) if len(parts) >= 5 else None

    def received(
        self, topic_name: str, payload: bytes, now_s: float, kept: bool = False
    ) -> tuple[list[Fact], list[Outgoing]]:
        """One message from the broker: what it says, and what is to be answered. `kept` says that the broker had it in
        store (retained): of a connection that is how things are, of anything else it is old news."""
        parts = topic_name.split("/")
        if len(parts) < 5:
            return [RefusedMessage(None, topic_name[:200], "this is no topic of the standard")], []
        manufacturer, serial, message = parts[-3:]
        truck = self._by_topic.get((manufacturer, serial))
        if truck is None or parts[-4] != truck.version.topic:
            return self._stranger(manufacturer, serial, parts[-4], topic_name), []
        if not payload or (kept and message not in ("connection", "factsheet")):
            return [], []  # an empty message clears what the broker has kept
        try:
            body = wire.decode(truck.version, message, payload)
            self._is_own(truck, body)
            made_s = instant_s(body.timestamp)
        except wire.RefusedError as error:
            truck.refused += 1
            return [RefusedMessage(truck.truck, topic_name, str(error))], []
        if message == "connection":
            return self._connection(truck, body, now_s, kept)
        if not truck.is_news(message, body.header_id, made_s):
            return [], []
        if message == "factsheet":
            return self._measured(truck, body.physical_parameters), []
        if message == "visualization":
            return self._seen_at(truck, body, made_s, now_s), []
        return self._state(truck, body, made_s, now_s) if message == "state" else ([], [])

    def _measured(self, truck: EnrolledTruck, size: Any) -> list[Fact]:
        """How large a truck is; one that is larger than planned would touch others where the plan is clear."""
        planned = self._size_m or (math.inf, math.inf)
        fits = size.length <= planned[0] + SIZE_M and size.width <= planned[1] + SIZE_M
        truck.size = (
            "" if fits else f"{size.length:g} x {size.width:g} m, planned for {planned[0]:g} x {planned[1]:g} m"
        )
        return [self.condition(truck.truck)]

    def _seen_at(self, truck: EnrolledTruck, body: Any, made_s: float, now_s: float) -> list[Fact]:
        """Where a truck is between two states: of one that the core does not lead all that is known is where it is."""
        if not truck.held or truck.stated_s is None:
            return []
        truck.has_jumped = self._jumped(truck, body, made_s, now_s) or truck.has_jumped
        return [self.condition(truck.truck)]

    def _stranger(self, manufacturer: str, serial: str, major: str, topic_name: str) -> list[Fact]:
        key = (manufacturer[:60], serial[:60])
        if key in self.unknown or len(self.unknown) >= UNKNOWN_MAX:
            return [RefusedMessage(None, topic_name[:200], "this truck is not enrolled")]
        self.unknown[key] = major[:10]
        return [UnknownTruck(*key, major[:10])]

    def _is_own(self, truck: EnrolledTruck, body: Any) -> None:
        if (body.manufacturer, body.serial_number) != (truck.manufacturer, truck.serial):
            raise wire.RefusedError(f"it says it is {body.manufacturer}/{body.serial_number}"[:160])

    def _connection(
        self, truck: EnrolledTruck, body: Any, now_s: float, kept: bool
    ) -> tuple[list[Fact], list[Outgoing]]:
        said = body.connection_state, body.header_id, body.timestamp
        if kept and truck.link != "unknown" and said == truck.connection:
            return [], []  # the broker says again what is known
        truck.connection = said
        state = LINKS.get(body.connection_state)
        if state is None:
            truck.refused += 1
            return [RefusedMessage(truck.truck, "connection", f"connectionState {body.connection_state}"[:160])], []
        truck.link, truck.link_s = state, now_s
        if state == "online":
            truck.begin_anew()
        asks_size = truck.size != "" and not truck.version.name.startswith("2.0")  # new then: many answer an empty one
        kinds = ["stateRequest", *(["factsheetRequest"] if asks_size else [])] if state == "online" else []
        ask = [self.instant_action(truck.truck, kind, now_s) for kind in kinds]
        return [Link(truck.truck, state), self.condition(truck.truck)], ask

    def cut_off(self) -> list[Condition]:
        """Our own link to the broker is gone: nothing is known of any truck until it speaks again."""
        for truck in self.trucks.values():
            truck.begin_anew()
            truck.link, truck.faults = "unknown", ()
        return [self.condition(name) for name in self.trucks]

    def tick(self, now_s: float) -> list[Fact]:
        """Once a second or so: trucks that have fallen silent. A server that itself was away for a while does not hold
        that against the trucks."""
        away_s = 0.0 if self._ticked_s is None else max(0.0, now_s - self._ticked_s - SILENT_S / 4)
        self._ticked_s = now_s
        facts: list[Fact] = []
        for truck in self.trucks.values():
            if truck.stated_s is None:
                continue
            truck.stated_s += away_s
            if now_s - truck.stated_s > SILENT_S and "silent" not in truck.faults:
                truck.faults = (*truck.faults, "silent")
                facts.append(self.condition(truck.truck))
        return facts

    def condition(self, name: str) -> Condition:
        """How a truck is, from all that it has said since it came."""
        truck = self.trucks[name]
        faults = set(truck.faults)
        if truck.link in ("offline", "broken"):
            faults.add(truck.link)
        if truck.size:
            faults.add("too_large")
        if truck.stated_s is None:
            faults = {truck.link if truck.link in ("offline", "broken") else "unheard"}
        return Condition(
            name, tuple(sorted(faults)), truck.holds if truck.stated_s is not None else "unknown", truck.standing,
            truck.paused if truck.stated_s is not None else None, truck.position, truck.detail or truck.size or "",
            truck.loaded if truck.stated_s is not None else None,
        )  # fmt: skip

    def _state(self, truck: EnrolledTruck, body: Any, made_s: float, now_s: float) -> tuple[list[Fact], list[Outgoing]]:
        facts: list[Fact] = self._errors(truck, body)
        if body.battery_state is not None:
            truck.charge_percent = body.battery_state.battery_charge
        if truck.link != "online" and now_s - truck.link_s > ALIVE_S:
            truck.link = "online"
        faults, truck.detail = faults_of(body, self._road.map_id)
        if self._jumped(truck, body, made_s, now_s) or truck.has_jumped:
            faults.add("jumped")
        truck.has_jumped = False
        truck.stated_s = truck.last_state_s = now_s
        truck.standing, truck.paused, truck.loaded = not body.driving, body.paused, loaded_of(body)
        truck.holds = held_order(body, truck.order.is_ours(body.order_id))
        if truck.holds == "foreign":
            faults.add("foreign_order")
            truck.detail = truck.detail or f"order {body.order_id[:80]}"
        step = None if "jumped" in faults else self._step(truck, body, faults, now_s)
        if faults:
            truck.order.given_up = 0  # for a reason
        if truck.order.is_rejected(round(now_s * 1000), bool(body.errors)):
            faults.add("order_rejected")
        if truck.untold_s is not None and now_s - truck.untold_s > UNTOLD_S:
            faults.add("no_beginning")
            truck.detail = truck.detail or "where it says it is, its way cannot begin"
        truck.faults = tuple(sorted(faults))
        facts.append(self.condition(truck.truck))
        if step is not None:
            facts.append(Progress(truck.truck, step, self._along_m(truck, body, step), not body.driving,
                                  truck.position))  # fmt: skip
        return facts, [*self._tell(truck, now_s), *self._cancel(truck, now_s), *self._on_zones(truck, body, now_s)]

    def _step(self, truck: EnrolledTruck, body: Any, faults: set[str], now_s: float) -> int | None:
        """The step that a truck has come to, when order id, last node and step agree."""
        order, last = truck.order, _last_sequence(body)
        step = order.step_of(body.order_id, last)
        if step is not None and step in order.movements and step > order.passed:
            node = self._road.stretch(order.movements[step]).node_id
            if body.last_node_id != node:
                faults.add("wrong_node")
                truck.detail = f"{body.last_node_id[:60]} instead of {node}"
                return None
        released = max((n.sequence_id for n in body.node_states if n.released), default=0) if body.node_states else None
        return order.confirm(
            body.order_id, body.order_update_id, last, released, round(now_s * 1000), bool(body.errors)
        )  # fmt: skip

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
        stretch, said, opened = self._road.stretch(movement), body.distance_since_last_node, truck.order.opened
        if said is not None and opened.first == step:
            said += opened.along_m  # the order began on this movement, not at its node
        p = position_of(body, self._road.map_id)
        if p is None:
            return 0.0 if said is None else min(max(0.0, said), stretch.length_m)
        along, off = along_line_m(stretch.line, p[0], p[1])
        if off > OFF_LINE_M:
            return 0.0
        return along if said is None else max(0.0, min(along, said))

    def _jumped(self, truck: EnrolledTruck, body: Any, made_s: float, now_s: float) -> bool:
        """Whether a truck is further from where it was than it can have driven since; states that were held up come in
        a burst, so what their own times say counts, too."""
        p, last = position_of(body, self._road.map_id), truck.position
        since_s = max(now_s - truck.position_s, min(made_s - truck.position_made_s, BURST_S), 0.0)
        if p is None:
            return False  # where it was last is the best that is known
        truck.position, truck.position_s, truck.position_made_s = p, now_s, made_s
        if last is None:
            return False
        return math.hypot(p[0] - last[0], p[1] - last[1]) > JUMP_M + SPEED_MPS * since_s

    def _errors(self, truck: EnrolledTruck, body: Any) -> list[Fact]:
        now = frozenset((e.error_type, e.error_level) for e in body.errors)
        new = [e for e in body.errors if (e.error_type, e.error_level) not in truck.errors]
        truck.errors = now
        return [TruckError(truck.truck, e.error_type[:80], e.error_level[:20], (e.error_description or "")[:200])
                for e in new[:10]]  # fmt: skip


def _last_sequence(body: Any) -> int:
    """Sequence id of the last node passed. A truck that has taken an order and not yet passed its first node may still
    say that of the order before: whatever is ahead of it has not been passed."""
    ahead = min((n.sequence_id for n in body.node_states), default=None)
    last = int(body.last_node_sequence_id)
    return last if ahead is None or last < ahead else max(0, ahead - 2)
