"""What differs between the versions of VDA 5050, as data: names of fields and values, topics, quality of service.

The model inside is one (`wire.py`), in the words of 2.1 and snake case. A field that a table does not name is the
same in every version. Sources: JSON schemas of the tags 2.0.0 and 2.1.0 and of main 0b2ae43 (3.0),
and section 6 of the texts.
"""

from typing import NamedTuple


class Version(NamedTuple):
    """One version of the standard."""

    name: str  # as in the header of a message
    topic: str  # major version in the topic (section 6.4)
    names: dict[str, str]  # attribute -> field where it is not the camel case of the attribute
    instant_actions: str  # attribute of `InstantActions` that carries the list
    broken: str  # connection state of the last will
    reliable: int  # quality of service of order, instant actions and state (3.0: at most once)
    edge_nodes: bool  # an edge names its two nodes
    instant_states: bool  # instant actions have a list of states of their own
    zones: bool  # has zone sets, requests and responses
    errors: dict[str, str]  # error type -> word of this version where it is another


# 2.x has one word for what does not fit to the order under way (section 6.6.4.3)
ONE_WORD = {"orderActiveError": "orderUpdateError", "startNodeError": "orderUpdateError"}
V2_0 = Version("2.0.0", "v2", {}, "instant_actions", "CONNECTIONBROKEN", 0, True, False, False, ONE_WORD)
V2_1 = Version("2.1.0", "v2", {}, "actions", "CONNECTIONBROKEN", 0, True, False, False, ONE_WORD)
V3_0 = Version(
    "3.0.0",
    "v3",
    {
        "agv_position": "mobileRobotPosition",
        "position_initialized": "localized",
        "battery_state": "powerSupply",
        "battery_charge": "stateOfCharge",
        "e_stop": "activeEmergencyStop",
        "max_speed": "maximumSpeed",
        "agv_kinematic": "mobileRobotKinematics",
        "agv_class": "mobileRobotClass",
        "max_load_mass": "maximumLoadMass",
        "speed_min": "minimumSpeed",
        "speed_max": "maximumSpeed",
        "acceleration_max": "maximumAcceleration",
        "deceleration_max": "maximumDeceleration",
        "height_min": "minimumHeight",
        "height_max": "maximumHeight",
        "max_string_lens": "maximumStringLengths",
        "max_array_lens": "maximumArrayLengths",
        "min_order_interval": "minimumOrderInterval",
        "min_state_interval": "minimumStateInterval",
        "agv_actions": "mobileRobotActions",
        "agv_geometry": "mobileRobotGeometry",
    },
    "actions",
    "CONNECTION_BROKEN",
    0,
    False,
    True,
    True,
    {
        "validationError": "VALIDATION_FAILURE",
        "orderUpdateError": "OUTDATED_ORDER_UPDATE",
        "noOrderToCancel": "NO_ORDER_TO_CANCEL",
        "startNodeError": "START_NODE_OUT_OF_RANGE",
        "unsupportedAction": "INVALID_INSTANT_ACTION",
        "orderActiveError": "OTHER_ORDER_ACTIVE",
        "duplicateZoneSet": "DUPLICATE_ZONE_SET",
    },
)
VERSIONS = {"2.0": V2_0, "2.1": V2_1, "3.0": V3_0}
MESSAGES_TO_TRUCK = ("order", "instantActions", "zoneSet", "responses")
MESSAGES_FROM_TRUCK = ("state", "visualization", "connection", "factsheet")


def version_of(name: str) -> Version:
    """The version for "2.1" or "2.1.0"; KeyError names those known."""
    short = ".".join(name.split(".")[:2])
    if short not in VERSIONS:
        raise KeyError(f"VDA 5050 {name} is not known; take one of {', '.join(VERSIONS)}")
    return VERSIONS[short]


def topic(interface: str, version: Version, manufacturer: str, serial: str, message: str) -> str:
    """`interface/v2/manufacturer/serial/message` (section 6.4)."""
    return f"{interface}/{version.topic}/{manufacturer}/{serial}/{message}"
