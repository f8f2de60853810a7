"""What differs between the versions of VDA 5050, as data: names of fields and values, topics, quality of service.

The model inside is one (`wire.py`), in the words of 2.1 and snake case. A field that a table does not name is the
same in every version. Sources: JSON schemas of the tags 2.0.0 and 2.1.0 and of main 0b2ae43 (3.0),
and section 6 of the texts.
"""

from typing import NamedTuple


class Mode(NamedTuple):
    """What an operating mode means (table 1 of 2.1, tables 10 and 11 of 3.0)."""

    word: str  # as the version writes it
    drives: bool  # the truck drives by its order
    takes_orders: bool
    clears: bool = False  # the order is cleared when the truck enters it
    clears_leaving: bool = False
    forgets_node: bool = False  # lastNodeId becomes empty when the truck enters it
    forgets_moved: bool = False  # lastNodeId becomes empty when the truck no longer stands there
    ends_requests: bool = False  # requests for zones are taken back
    actions: str = "all"  # instant actions that are carried out: all, only cancelOrder, or questions


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
    named_errors: frozenset[str]  # error types for which the text prescribes the word
    levels: dict[str, str]  # error type -> level where it is not WARNING
    modes: dict[str, Mode]  # operating modes by the words of 2.1
    stops: tuple[str, ...]  # values of the emergency stop
    blocking: tuple[str, ...]  # blocking types of actions
    actions: dict[str, str]  # action type of 2.1 -> word of this version
    cancel_by_id: bool  # cancelOrder may name its order
    update_zero: bool  # a new order has orderUpdateId 0 (figure 8 of 3.0)
    knots_optional: bool  # a trajectory without knots has uniform ones
    ellipse: bool  # allowedDeviationXY is an ellipse, else a radius


NAMES_2 = {"allowed_deviation_xy": "allowedDeviationXY", "allowed_deviation_xy_schema": "allowedDeviationXy"}
# 2.x has one word for what does not fit to the order under way (section 6.6.4.3), one for what a truck cannot do
ERRORS_2 = {
    "orderActiveError": "orderUpdateError", "startNodeError": "orderUpdateError", "sameUpdateError": "orderUpdateError",
    "cancelledOrderError": "orderUpdateError", "parameterError": "orderError", "orderActionError": "orderError",
    "routeError": "orderError", "mapError": "orderError", "modeError": "orderError", "memoryError": "orderError",
}  # fmt: skip
NAMED_2 = frozenset({"validationError", "orderUpdateError", "parameterError", "orderActionError", "noOrderToCancel"})
STANDING = Mode("", False, False, actions="questions")
MODES_2 = {
    "AUTOMATIC": Mode("AUTOMATIC", True, True),
    "SEMIAUTOMATIC": Mode("SEMIAUTOMATIC", True, True),
    "MANUAL": STANDING._replace(word="MANUAL", clears=True, clears_leaving=True),
    "SERVICE": STANDING._replace(word="SERVICE"),
    "TEACHIN": STANDING._replace(word="TEACHIN"),
}
CLEARING = STANDING._replace(clears=True, ends_requests=True)
MODES_3 = {
    "AUTOMATIC": Mode("AUTOMATIC", True, True),
    "SEMIAUTOMATIC": Mode("SEMIAUTOMATIC", True, True),
    "INTERVENED": Mode("INTERVENED", False, True, ends_requests=True, actions="cancel"),
    "MANUAL": CLEARING._replace(word="MANUAL", forgets_moved=True),
    "STARTUP": CLEARING._replace(word="STARTUP", forgets_node=True),
    "SERVICE": CLEARING._replace(word="SERVICE", forgets_node=True),
    "TEACHIN": CLEARING._replace(word="TEACH_IN", forgets_node=True),
}
V2_0 = Version(
    "2.0.0", "v2", NAMES_2, "instant_actions", "CONNECTIONBROKEN", 0, True, False, False, ERRORS_2, NAMED_2, {},
    MODES_2, ("AUTOACK", "MANUAL", "REMOTE", "NONE"), ("NONE", "SOFT", "HARD"), {}, False, False, False, False,
)  # fmt: skip
V2_1 = V2_0._replace(name="2.1.0", instant_actions="actions")
ERRORS_3 = {
    "validationError": "VALIDATION_FAILURE",
    "orderUpdateError": "OUTDATED_ORDER_UPDATE",
    "noOrderToCancel": "NO_ORDER_TO_CANCEL",
    "startNodeError": "START_NODE_OUT_OF_RANGE",
    "unsupportedAction": "INVALID_INSTANT_ACTION",
    "orderActiveError": "OTHER_ORDER_ACTIVE",
    "duplicateZoneSet": "DUPLICATE_ZONE_SET",
    "sameUpdateError": "SAME_ORDER_UPDATE_ID",
    "cancelledOrderError": "ORDER_UPDATE_FOLLOWING_CANCEL",
    "parameterError": "UNSUPPORTED_PARAMETER",
    "orderActionError": "INVALID_ORDER_ACTION",
    "routeError": "NO_ROUTE_TO_TARGET",
    "mapError": "UNKNOWN_MAP_ID",
    "modeError": "MOBILE_ROBOT_NOT_AVAILABLE",
    "memoryError": "INSUFFICIENT_MEMORY",
    "localizationError": "LOCALIZATION_ERROR",
    "actionStatesFull": "INSTANT_ACTION_STATES_FULL",
    "releaseLost": "RELEASE_LOST",
}
V3_0 = Version(
    "3.0.0",
    "v3",
    {
        **NAMES_2,
        "agv_position": "mobileRobotPosition",
        "position_initialized": "localized",
        "battery_state": "powerSupply",
        "battery_charge": "stateOfCharge",
        "e_stop": "activeEmergencyStop",
        "max_speed": "maximumSpeed",
        "max_height": "maximumMobileRobotHeight",
        "min_height": "minimumLoadHandlingDeviceHeight",
        "max_rotation_speed": "maximumRotationSpeed",
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
    ERRORS_3,
    frozenset(ERRORS_3),
    {
        "parameterError": "CRITICAL",
        "memoryError": "URGENT",
        "actionStatesFull": "URGENT",
        "localizationError": "FATAL",
        "releaseLost": "CRITICAL",
    },
    MODES_3,
    ("MANUAL", "REMOTE", "NONE"),
    ("NONE", "SINGLE", "SOFT", "HARD"),
    {"initPosition": "initializePosition"},
    True,
    True,
    True,
    True,
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
