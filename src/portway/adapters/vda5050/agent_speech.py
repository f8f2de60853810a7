"""What a truck says: connection, state, visualization and factsheet, in the words of its version."""

from typing import Any, NamedTuple

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_zones import SUPPORTED, AgentZones
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.ground import Ground
from portway.adapters.vda5050.master import stamp
from portway.adapters.vda5050.versions import Version, topic
from portway.core.model.truck import TruckType

STATE_S = 1.0
START_CRAWL, STOP_CRAWL = "startCrawl", "stopCrawl"  # instant actions of our own, told in the factsheet


class AgentOptions(NamedTuple):
    """How an agent reports."""

    state_s: float = STATE_S
    visualization_s: float = 0.0  # 0: none
    interface: str = "uagv"
    crawl: bool = False


class AgentSpeech:
    """One truck's picture of itself, and the messages that show it."""

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
        self.actions: dict[str, tuple[str, str]] = {}  # instant action: kind, status
        self.charge_percent = 80.0
        self.rejected = 0
        self._headers: dict[str, int] = {}
        self._words = wire.of(version)
        self._stated_s = -1e9
        self._shown_s = -1e9
        self._has_news = False

    def subscriptions(self) -> list[str]:
        """What it listens to."""
        more = ["zoneSet", "responses"] if self.version.zones else []
        return [self.topic(message) for message in ("order", "instantActions", *more)]

    def topic(self, message: str) -> str:
        """The truck's own topic of a message."""
        return topic(self.options.interface, self.version, self.manufacturer, self.serial, message)

    def connection(self, state: str, now_s: float) -> Outgoing:
        """ONLINE, OFFLINE or, as last will, the version's word for a broken connection; retained (section 6.14)."""
        body = self._words.Connection(**self._header("connection", now_s), connection_state=state)
        return Outgoing(self.topic("connection"), wire.encode(body), 1, True)

    def _header(self, message: str, now_s: float) -> dict[str, Any]:
        number = self._headers[message] = self._headers.get(message, -1) + 1
        return {
            "header_id": number, "timestamp": stamp(now_s), "version": self.version.name,
            "manufacturer": self.manufacturer, "serial_number": self.serial,
        }  # fmt: skip

    def _position(self) -> Any:
        x, y, theta = self.ground.pose
        return self._words.Position(x=round(x, 3), y=round(y, 3), theta=theta, map_id="terminal",
                                    position_initialized=True)  # fmt: skip

    def _velocity(self) -> Any:
        return self._words.Velocity(vx=round(self.ground.mps, 3), vy=0.0, omega=0.0)

    def state(self, now_s: float) -> Outgoing:
        """The whole state (section 6.10)."""
        self._stated_s, self._has_news = now_s, False
        w = self._words
        states = [w.ActionState(action_id=a, action_type=k, action_status=s) for a, (k, s) in self.actions.items()]
        own = self.version.instant_states
        body = w.State(
            **self._header("state", now_s), order_id=self.order_id, order_update_id=self.update_id,
            last_node_id=self.last_node, last_node_sequence_id=self.last_sequence,
            node_states=[w.NodeState(node_id=n.node_id, sequence_id=n.sequence_id, released=n.released)
                         for n in self.nodes],
            edge_states=[w.EdgeState(edge_id=e.edge_id, sequence_id=e.sequence_id, released=e.released)
                         for e in self.edges],
            driving=self.ground.mps > 0.0, action_states=[] if own else states,
            instant_action_states=states if own else None, errors=self.errors, operating_mode="AUTOMATIC",
            paused=self.paused, distance_since_last_node=round(self.ground.along_m, 3), agv_position=self._position(),
            velocity=self._velocity(), battery_state=w.BatteryState(
                battery_charge=round(self.charge_percent, 2), charging=False
            ),
            safety_state=w.SafetyState(e_stop="NONE", field_violation=False), **self._zone_states(),
        )  # fmt: skip
        return Outgoing(self.topic("state"), wire.encode(body), self.version.reliable)

    def _zone_states(self) -> dict[str, Any]:
        """Fields of the state that speak of zones (3.0)."""
        if not self.version.zones:
            return {}
        w, zones = self._words, self.zones
        return {
            "zone_sets": [
                w.ZoneSetState(zone_set_id=name, map_id=m, zone_set_status="ENABLED" if name == zones.enabled
                               else "DISABLED")
                for name, (m, _) in zones.sets.items()
            ],
            "zone_requests": [
                w.ZoneRequest(request_id=name, request_type="ACCESS", zone_id=zone, zone_set_id=zones.enabled,
                              request_status=status)
                for zone, (name, status) in zones.requests.items()
            ],
            "edge_requests": [],
        }  # fmt: skip

    def factsheet(self, now_s: float) -> Outgoing:
        """What kind of truck it is (section 6.15)."""
        w, t = self._words, self.type
        three = self.version.instant_states
        timing = {"minimumOrderInterval" if three else "minOrderInterval": 0.1,
                  "minimumStateInterval" if three else "minStateInterval": 0.1}  # fmt: skip
        own = [self._own_action(kind) for kind in (START_CRAWL, STOP_CRAWL)]
        lens = ("maximumStringLengths", "maximumArrayLengths") if three else ("maxStringLens", "maxArrayLens")
        body = w.Factsheet(
            **self._header("factsheet", now_s),
            type_specification=w.TypeSpecification(
                series_name=t.id, agv_kinematic="OMNI", agv_class="CARRIER", max_load_mass=65_000.0,
                localization_types=["NATURAL"], navigation_types=["VIRTUAL_LINE_GUIDED"],
                supported_zones=SUPPORTED if self.version.zones else None,
            ),
            physical_parameters=w.PhysicalParameters(
                speed_min=0.0, speed_max=t.speed_mps_max, acceleration_max=t.accel_mps2_empty,
                deceleration_max=t.brake_mps2, height_min=1.6, height_max=1.6, width=t.width_m, length=t.length_m,
            ),
            protocol_limits={lens[0]: {}, lens[1]: {}, "timing": timing},
            protocol_features={"optionalParameters": [], "mobileRobotActions" if three else "agvActions": own},
            agv_geometry={}, load_specification={},
        )  # fmt: skip
        return Outgoing(self.topic("factsheet"), wire.encode(body), 0, True)

    def _own_action(self, kind: str) -> dict[str, Any]:
        """An instant action of our own as the factsheet tells it."""
        always = {"pauseAllowed": False, "cancelAllowed": False} if self.version.instant_states else {}
        return {"actionType": kind, "actionScopes": ["INSTANT"], **always}
