"""What a truck tells of itself once and for all: the fields of the factsheet (section 6.15; 6.10 of 3.0)."""

from collections.abc import Mapping
from typing import Any

from portway.adapters.vda5050 import wire
from portway.adapters.vda5050.agent_zones import SUPPORTED
from portway.adapters.vda5050.instant_actions import MESSAGE_MAX, kinds_of
from portway.adapters.vda5050.order_actions import DURATION, SCOPES
from portway.adapters.vda5050.order_shape import ACTIONS_MAX, ID_MAX, NODES_MAX
from portway.adapters.vda5050.trajectory import DEGREE_MAX, POINTS_MAX
from portway.adapters.vda5050.versions import Version
from portway.core.model.truck import TruckType

HEIGHT_M = 1.6  # of the truck without a load


def factsheet_fields(words: Any, version: Version, truck: TruckType) -> dict[str, Any]:
    """All fields but the header."""
    three = version.instant_states
    timing = {"minimumOrderInterval" if three else "minOrderInterval": 0.1,
              "minimumStateInterval" if three else "minStateInterval": 0.1}  # fmt: skip
    lens = ("maximumStringLengths", "maximumArrayLengths") if three else ("maxStringLens", "maxArrayLens")
    strings = {"maximumIdLength" if three else "idLen": ID_MAX,
               "maximumMessageLength" if three else "msgLen": wire.BYTES_MAX}  # fmt: skip
    arrays = {"order.nodes": NODES_MAX, "order.edges": NODES_MAX - 1, "node.actions": ACTIONS_MAX,
              "edge.actions": ACTIONS_MAX, "instantActions": MESSAGE_MAX,
              "trajectory.controlPoints": POINTS_MAX}  # fmt: skip
    return {
        "type_specification": words.TypeSpecification(
            series_name=truck.id, agv_kinematic="OMNI", agv_class="CARRIER", max_load_mass=65_000.0,
            localization_types=["NATURAL"], navigation_types=["VIRTUAL_LINE_GUIDED"],
            supported_zones=SUPPORTED if version.zones else None,
        ),
        "physical_parameters": words.PhysicalParameters(
            speed_min=0.0, speed_max=truck.speed_mps_max, acceleration_max=truck.accel_mps2_empty,
            deceleration_max=truck.brake_mps2, height_min=HEIGHT_M, height_max=HEIGHT_M, width=truck.width_m,
            length=truck.length_m,
        ),
        "protocol_limits": {lens[0]: strings, lens[1]: arrays, "timing": timing},
        "protocol_features": {"optionalParameters": _optional_parameters(version),
                              "mobileRobotActions" if three else "agvActions": _known_actions(version)},
        "agv_geometry": {}, "load_specification": {},
    }  # fmt: skip


def _optional_parameters(version: Version) -> list[dict[str, str]]:
    """Optional fields of an order that are obeyed."""
    speed = version.names.get("max_speed", "maxSpeed")
    about = f"NURBS up to degree {DEGREE_MAX}; without one the edge is driven straight"
    return [
        {"parameter": "order.nodes.nodePosition", "support": "SUPPORTED"},
        {"parameter": "order.nodes.nodePosition.allowedDeviationXY", "support": "SUPPORTED"},
        {"parameter": "order.nodes.nodePosition.allowedDeviationTheta", "support": "SUPPORTED"},
        {"parameter": f"order.edges.{speed}", "support": "SUPPORTED"},
        {"parameter": "order.edges.trajectory", "support": "SUPPORTED", "description": about},
    ]


def _known_actions(version: Version) -> list[dict[str, Any]]:
    """Every action that is carried out, with its parameters."""
    waits = _known_action(version, "wait", list(SCOPES["wait"]), {}, {DURATION: "NUMBER"})
    if version.instant_states:
        waits |= {"pauseAllowed": True, "cancelAllowed": True, "blockingTypes": list(version.blocking)}
    kinds = kinds_of(version).items()
    return [waits, *(_known_action(version, k, ["INSTANT"], v.required, v.optional) for k, v in kinds)]


def _known_action(
    version: Version, kind: str, scopes: list[str], required: Mapping[str, str], optional: Mapping[str, str]
) -> dict[str, Any]:
    always = {"pauseAllowed": False, "cancelAllowed": False} if version.instant_states else {}
    parameters = [
        {"key": key, "valueDataType": of, "isOptional": key in optional} for key, of in {**required, **optional}.items()
    ]
    more = {"actionParameters": parameters} if parameters else {}
    return {"actionType": kind, "actionScopes": scopes, **always, **more}
