"""The messages as typed structs, built once for each version from one table.

All versions share attribute names, so the code above knows no version. Required lists have no default and are always
written; what is None is left out. JSON on the wire (section 6.2); decoding is strict about types and ignores fields
that it does not know, as section 6.3 asks.
"""

import math
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec

from portway.adapters.vda5050.versions import Version

BYTES_MAX = 262_144  # a longer message is refused unread
NO = msgspec.NODEFAULT
HEADER: list[tuple] = [
    ("header_id", int, NO), ("timestamp", str, NO), ("version", str, NO), ("manufacturer", str, NO),
    ("serial_number", str, NO),
]  # fmt: skip


class One(NamedTuple):
    """A struct of the same version by its name."""

    name: str
    optional: bool = False


class Many(NamedTuple):
    """A list of them."""

    name: str
    optional: bool = False


def Opt(kind: Any) -> Any:
    """A plain value that may be left out."""
    return kind | None


TABLE: dict[str, list[tuple]] = {
    "ActionParameter": [("key", str, NO), ("value", Any, NO)],
    "Action": [
        ("action_type", str, NO), ("action_id", str, NO), ("blocking_type", str, NO),
        ("action_parameters", Many("ActionParameter", True), None),
    ],
    "NodePosition": [
        ("x", float, NO), ("y", float, NO), ("theta", Opt(float), None), ("map_id", str, NO),
        # a radius in 2.x, an ellipse in 3.0; text and schema of 2.0 spell it differently
        ("allowed_deviation_xy", Any, None), ("allowed_deviation_xy_schema", Any, None),
        ("allowed_deviation_theta", Opt(float), None),
    ],
    "Node": [
        ("node_id", str, NO), ("sequence_id", int, NO), ("released", bool, NO), ("actions", Many("Action"), NO),
        ("node_position", One("NodePosition", True), None),
    ],
    "ControlPoint": [("x", float, NO), ("y", float, NO), ("weight", Opt(float), None)],
    "Trajectory": [
        ("degree", Opt(int), None), ("knot_vector", Opt(list[float]), None),
        ("control_points", Many("ControlPoint"), NO),
    ],
    "Edge": [
        ("edge_id", str, NO), ("sequence_id", int, NO), ("released", bool, NO), ("actions", Many("Action"), NO),
        ("start_node_id", Opt(str), None), ("end_node_id", Opt(str), None), ("max_speed", Opt(float), None),
        ("length", Opt(float), None), ("trajectory", One("Trajectory", True), None),
        ("max_height", Opt(float), None), ("min_height", Opt(float), None), ("orientation", Opt(float), None),
        ("orientation_type", Opt(str), None), ("direction", Opt(str), None), ("rotation_allowed", Opt(bool), None),
        ("reach_orientation_before_entering", Opt(bool), None), ("max_rotation_speed", Opt(float), None),
        ("corridor", Opt(dict), None),
    ],
    "Order": [
        *HEADER, ("order_id", str, NO), ("order_update_id", int, NO), ("nodes", Many("Node"), NO),
        ("edges", Many("Edge"), NO), ("zone_set_id", Opt(str), None),
    ],
    "InstantActions": [
        *HEADER, ("actions", Many("Action", True), None), ("instant_actions", Many("Action", True), None),
    ],
    "NodeState": [("node_id", str, NO), ("sequence_id", int, NO), ("released", bool, NO)],
    "EdgeState": [("edge_id", str, NO), ("sequence_id", int, NO), ("released", bool, NO)],
    "Position": [
        ("x", float, NO), ("y", float, NO), ("theta", float, NO), ("map_id", str, NO),
        ("position_initialized", bool, NO), ("localization_score", Opt(float), None),
    ],
    "Velocity": [("vx", Opt(float), None), ("vy", Opt(float), None), ("omega", Opt(float), None)],
    "Load": [("load_id", Opt(str), None), ("load_type", Opt(str), None), ("weight", Opt(float), None)],
    "ActionState": [
        ("action_id", str, NO), ("action_status", str, NO), ("action_type", Opt(str), None),
        ("result_description", Opt(str), None),
    ],
    "BatteryState": [("battery_charge", float, NO), ("charging", bool, NO)],
    "ErrorReference": [("reference_key", str, NO), ("reference_value", str, NO)],
    "Error": [
        ("error_type", str, NO), ("error_level", str, NO), ("error_description", Opt(str), None),
        ("error_references", Many("ErrorReference", True), None),
    ],
    "SafetyState": [("e_stop", str, NO), ("field_violation", bool, NO)],
    "ZoneSetState": [("zone_set_id", str, NO), ("map_id", str, NO), ("zone_set_status", str, NO)],
    "ZoneRequest": [
        ("request_id", str, NO), ("request_type", str, NO), ("zone_id", str, NO), ("zone_set_id", str, NO),
        ("request_status", str, NO),
    ],
    "EdgeRequest": [
        ("request_id", str, NO), ("request_type", str, NO), ("edge_id", str, NO), ("sequence_id", int, NO),
        ("request_status", str, NO),
    ],
    "State": [
        *HEADER, ("order_id", str, NO), ("order_update_id", int, NO), ("last_node_id", str, NO),
        ("last_node_sequence_id", int, NO), ("node_states", Many("NodeState"), NO),
        ("edge_states", Many("EdgeState"), NO),
        ("driving", bool, NO), ("action_states", Many("ActionState"), NO), ("errors", Many("Error"), NO),
        ("operating_mode", str, NO), ("paused", Opt(bool), None), ("new_base_request", Opt(bool), None),
        ("distance_since_last_node", Opt(float), None), ("agv_position", One("Position", True), None),
        ("velocity", One("Velocity", True), None), ("loads", Many("Load", True), None),
        ("battery_state", One("BatteryState", True), None), ("safety_state", One("SafetyState", True), None),
        ("instant_action_states", Many("ActionState", True), None),
        ("zone_sets", Many("ZoneSetState", True), None), ("zone_requests", Many("ZoneRequest", True), None),
        ("edge_requests", Many("EdgeRequest", True), None),
    ],
    "Visualization": [
        *HEADER, ("agv_position", One("Position", True), None), ("velocity", One("Velocity", True), None),
    ],
    "Vertex": [("x", float, NO), ("y", float, NO)],
    "Zone": [
        ("zone_id", str, NO), ("zone_type", str, NO), ("vertices", Many("Vertex"), NO),
        ("maximum_speed", Opt(float), None), ("release_loss_behavior", Opt(str), None),
    ],
    "ZoneSetBody": [("map_id", str, NO), ("zone_set_id", str, NO), ("zones", Many("Zone"), NO)],
    "ZoneSet": [*HEADER, ("zone_set", One("ZoneSetBody"), NO)],
    "Response": [("request_id", str, NO), ("grant_type", str, NO), ("lease_expiry", Opt(str), None)],
    "Responses": [*HEADER, ("responses", Many("Response"), NO)],
    "Connection": [*HEADER, ("connection_state", str, NO)],
    "TypeSpecification": [
        ("series_name", str, NO), ("agv_kinematic", str, NO), ("agv_class", str, NO), ("max_load_mass", float, NO),
        ("localization_types", list[str], NO), ("navigation_types", list[str], NO),
        ("supported_zones", Opt(list[str]), None),
    ],
    "PhysicalParameters": [
        ("speed_min", float, NO), ("speed_max", float, NO), ("acceleration_max", float, NO),
        ("deceleration_max", float, NO), ("height_min", Opt(float), None), ("height_max", float, NO),
        ("width", float, NO), ("length", float, NO),
    ],
    "Factsheet": [
        *HEADER, ("type_specification", One("TypeSpecification"), NO),
        ("physical_parameters", One("PhysicalParameters"), NO), ("protocol_limits", dict, NO),
        ("protocol_features", dict, NO), ("agv_geometry", dict, NO), ("load_specification", dict, NO),
    ],
}  # fmt: skip
STRUCT_OF = {
    "order": "Order", "instantActions": "InstantActions", "state": "State", "visualization": "Visualization",
    "connection": "Connection", "factsheet": "Factsheet", "zoneSet": "ZoneSet", "responses": "Responses",
}  # fmt: skip


class RefusedError(ValueError):
    """A message that does not fit; says where and why."""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


@cache
def structs(version: str, names: tuple[tuple[str, str], ...]) -> SimpleNamespace:
    """All structs of a version; use `of`."""
    built: dict[str, Any] = {}
    renamed = dict(names)

    def kind_of(kind: Any) -> Any:
        if isinstance(kind, One | Many):
            struct: Any = built[kind.name]
            inner = struct if isinstance(kind, One) else list[struct]
            return inner | None if kind.optional else inner
        return kind

    for name, rows in TABLE.items():
        fields = [(a, kind_of(k)) if d is NO else (a, kind_of(k), d) for a, k, d in rows]
        fields.sort(key=lambda f: len(f))
        rename = {f[0]: renamed.get(f[0], _camel(f[0])) for f in fields}
        built[name] = msgspec.defstruct(name + version.replace(".", ""), fields, rename=rename, omit_defaults=True)
    return SimpleNamespace(**built)


def of(version: Version) -> SimpleNamespace:
    """The structs of a version by their names in `TABLE`."""
    return structs(version.name, tuple(sorted(version.names.items())))


@cache
def _decoder(version: str, names: tuple[tuple[str, str], ...], message: str) -> msgspec.json.Decoder:
    return msgspec.json.Decoder(getattr(structs(version, names), STRUCT_OF[message]))


_encoder = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    """A message as JSON."""
    return _encoder.encode(message)


def decode(version: Version, message: str, payload: bytes) -> Any:
    """A message of a kind ("state"); raises RefusedError with the place and the reason."""
    if len(payload) > BYTES_MAX:
        raise RefusedError(f"{len(payload)} bytes; at most {BYTES_MAX} are read")
    if message not in STRUCT_OF:
        raise RefusedError(f"no message `{message}` is known; known: {', '.join(STRUCT_OF)}")
    try:
        found = _decoder(version.name, tuple(sorted(version.names.items())), message).decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(str(error)[:200]) from None
    _in_range(found, message)
    return found


def _in_range(found: Any, message: str) -> None:
    """Numbers that are of the right type and still no position or count."""
    position = getattr(found, "agv_position", None)
    where = () if position is None else (position.x, position.y, position.theta)
    if not all(math.isfinite(v) and abs(v) < 1e7 for v in where):
        raise RefusedError(f"{message}: a position of {where} is nowhere")
    for name in ("header_id", "order_update_id", "last_node_sequence_id"):
        if not 0 <= getattr(found, name, 0) < 1 << 63:
            raise RefusedError(f"{message}: {_camel(name)} = {getattr(found, name)} is no number of a message")
