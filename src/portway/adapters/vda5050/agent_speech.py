"""What a truck says: connection, state, visualization and factsheet, in the words of its version."""

from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_body import AgentBody
from portway.adapters.vda5050.agent_factsheet import factsheet_fields
from portway.adapters.vda5050.facts import Outgoing


class AgentSpeech(AgentBody):
    """The messages that show a truck."""

    def connection(self, state: str, now_s: float) -> Outgoing:
        """ONLINE, OFFLINE or, as last will, the version's word for a broken connection; retained (section 6.14)."""
        body = self._words.Connection(**self._header("connection", now_s), connection_state=state)
        return Outgoing(self.topic("connection"), wire.encode(body), 1, True)

    def _signals(self) -> tuple:
        """What has to be told at once when it changes (section 6.10; 6.6 of 3.0)."""
        return self.mode, self.e_stop, self.field_violation, self.localized, self.is_driving, self.is_paused

    @property
    def is_driving(self) -> bool:
        """Whether it moves."""
        return self.ground.mps > 0.0

    @property
    def is_paused(self) -> bool:
        """Whether it is paused and stands; a truck that still brakes is not paused yet (section 6.8.2)."""
        return self.paused and not self.is_driving

    def _position(self) -> Any:
        x, y, theta = self.ground.pose
        return self._words.Position(x=round(x, 3), y=round(y, 3), theta=theta,
                                    map_id=self.options.map_id, position_initialized=self.localized)  # fmt: skip

    def _velocity(self) -> Any:
        return self._words.Velocity(vx=round(self.ground.mps, 3), vy=0.0, omega=0.0)

    def state(self, now_s: float) -> Outgoing:
        """The whole state (section 6.10)."""
        self._stated_s, self._has_news = now_s, False
        self._told = self._signals()
        w = self._words
        of_order, instant = self.doing.said(), list(self.instant.reported.values())
        own = self.version.instant_states
        body = w.State(
            **self._header("state", now_s), order_id=self.order_id, order_update_id=self.update_id,
            last_node_id=self.last_node, last_node_sequence_id=self.last_sequence,
            node_states=[w.NodeState(node_id=n.node_id, sequence_id=n.sequence_id, released=n.released)
                         for n in self.nodes],
            edge_states=[w.EdgeState(edge_id=e.edge_id, sequence_id=e.sequence_id, released=e.released)
                         for e in self.edges],
            driving=self.is_driving, action_states=self._action_states(of_order if own else [*of_order, *instant]),
            instant_action_states=self._action_states(instant) if own else None,
            errors=[*self._lasting_errors(), *self.errors], operating_mode=self.version.modes[self.mode].word,
            paused=self.is_paused, distance_since_last_node=round(self.ground.along_m, 3),
            agv_position=self._position(), velocity=self._velocity(), battery_state=w.BatteryState(
                battery_charge=round(self.charge_percent, 2), charging=False
            ),
            safety_state=w.SafetyState(e_stop=self.e_stop, field_violation=self.field_violation),
            **self._zone_states(),
        )  # fmt: skip
        return Outgoing(self.topic("state"), wire.encode(body), self.version.reliable)

    def _action_states(self, said: list[Any]) -> list[Any]:
        return [
            self._words.ActionState(
                action_id=a.id, action_type=a.kind, action_status=a.status, result_description=a.result
            )
            for a in said
        ]

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

    def visualization(self, now_s: float) -> Outgoing:
        """Position and speed only (section 6.13)."""
        self._shown_s = now_s
        body = self._words.Visualization(
            **self._header("visualization", now_s), agv_position=self._position(), velocity=self._velocity()
        )
        return Outgoing(self.topic("visualization"), wire.encode(body))

    def factsheet(self, now_s: float) -> Outgoing:
        """What kind of truck it is (section 6.15)."""
        fields = factsheet_fields(self._words, self.version, self.type)
        body = self._words.Factsheet(**self._header("factsheet", now_s), **fields)
        return Outgoing(self.topic("factsheet"), wire.encode(body), 0, True)
