"""What the standard asks of a truck, as far as it shows on the wire. Sentences are ours, clauses those of the texts."""

from enum import StrEnum
from typing import NamedTuple


class Result(StrEnum):
    """How a requirement came out; `not_shown`: the session could not bring it about."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SHOWN = "not_shown"


class Requirement(NamedTuple):
    """One sentence of the standard; the clause in 2.0 and 2.1, and in 3.0."""

    id: str
    clause_2: str
    clause_3: str
    text: str


class Verdict(NamedTuple):
    """A requirement judged, with what was seen."""

    requirement: Requirement
    result: Result
    seen: str


TABLE = {r.id: r for r in (
    Requirement("connection.retained", "6.14", "6.5", "the connection message is there for who comes later (retained)"),
    Requirement("connection.last_will", "6.14", "6.5", "a broken connection leaves the last will behind (retained)"),
    Requirement("connection.online", "6.14", "6.5", "a connected truck says ONLINE"),
    Requirement("header.sender", "6.4", "6.1", "manufacturer and serial number are those of the topic"),
    Requirement("header.version", "6.4", "6.1", "the version is the one that the topic names"),
    Requirement("header.count", "6.4", "6.1", "headerId grows by one from message to message of a topic"),
    Requirement("header.timestamp", "6.4", "6.1", "timestamps are ISO 8601 in UTC and do not go back"),
    Requirement("message.schema", "6", "7", "every message has the fields and types of its schema"),
    Requirement("state.request", "6.8.1", "6.2.3.1", "stateRequest brings a state at once"),
    Requirement("state.position", "6.10.6", "6.6", "the state carries position and operating mode"),
    Requirement("state.regular", "6.10", "6.6", "no more than 30 s pass between two states"),
    Requirement("factsheet.request", "6.15", "6.10", "factsheetRequest brings the factsheet"),
    Requirement("factsheet.plausible", "6.15", "6.10", "the factsheet's size and speed are those of a truck"),
    Requirement("action.finished", "6.8.2", "6.2.3.2", "an instant action is reported FINISHED when it is done"),
    Requirement("action.repeated", "6.9", "7.3", "an instant action with an id that is known is not done again"),
    Requirement("action.unknown", "6.9", "6.2.1", "an instant action that it does not know is reported FAILED"),
    Requirement("action.pause", "6.8.1", "6.2.3.1", "startPause and stopPause show in `paused`"),
    Requirement("cancel.idle", "6.6.3.2", "6.1.3.2", "cancelOrder without an order fails, with its error"),
    Requirement("error.action", "6.6.3.2", "6.1.3.2", "the error of an instant action names its actionId"),
    Requirement("error.order", "7.1", "6.6.5.2", "the error of a refused order names its orderId"),
    Requirement("order.accepted", "6.6.2", "6.1.2", "an order is shown with its id in the next state"),
    Requirement("order.states", "6.10.1", "6.6.1", "node and edge states are those still ahead, base and horizon"),
    Requirement("order.sequence", "6.10.2", "6.6.2", "nodes are passed in their sequence"),
    Requirement("order.base_end", "6.6.1", "6.1.1", "it stops at the end of the base and does not enter the horizon"),
    Requirement("order.repeated", "6.6.4.3", "6.1.4.5", "the same order sent again changes nothing"),
    Requirement("order.same_id", "6.6.4.3", "6.1.4.5", "another order under the number of the last one is not taken"),
    Requirement("order.malformed", "6.6.4.1", "6.1.4.1", "a malformed order is refused with its error, and not taken"),
    Requirement("order.unknown_action", "6.6.4.2", "6.1.4.3", "an order with an action that it cannot do is refused"),
    Requirement("order.map", "6.7.4", "6.1.4.10", "an order on a map that it does not have is refused"),
    Requirement("order.active", "6.6.2", "6.1.4.6", "another order is refused while a horizon is left"),
    Requirement("order.elsewhere", "6.6.1", "6.1.4.7", "an order from its last node, 500 m from it, is refused"),
    Requirement("order.other_name", "6.6.1", "6.1.1", "the node under its wheels may have any name"),
    Requirement("order.zero_speed", "6.6.6", "7.3", "an edge with a speed limit of 0 is not driven"),
    Requirement("trajectory.knots", "6.6.6", "7.3", "a trajectory with too few knots is refused"),
    Requirement("trajectory.curve", "6.6.6", "7.3", "a trajectory of degree 2 is driven along the curve"),
    Requirement("order.far_away", "6.6.2", "6.1.4.7", "an order that begins elsewhere is refused, and not driven"),
    Requirement("update.stitched", "6.6.2", "6.1.2", "an update goes on from the last node of the base"),
    Requirement("update.older", "6.6.4.3", "6.1.4.4", "an update with a lower number is refused with its error"),
    Requirement("update.gap", "6.6.2", "6.1.2", "an update that does not begin at the end of the base is refused"),
    Requirement("pause.driving", "6.8.1", "6.2.3.1", "startPause stops it on the way, stopPause ends that"),
    Requirement("pause.finished", "6.8.2", "6.2.3.2", "startPause is FINISHED when it stands, not before"),
    Requirement("action.reported", "6.11", "6.6.9", "an action of an order is reported from WAITING on to its end"),
    Requirement("action.blocking", "6.12", "6.2.2", "it does not drive while a HARD action is running"),
    Requirement("cancel.other", "", "6.1.3.2", "cancelOrder with the id of another order fails and cancels nothing"),
    Requirement("cancel.driving", "6.6.3", "6.1.3", "cancelOrder stops it and empties node and edge states"),
    Requirement("cancel.update", "6.6.3", "6.1.3.1", "a cancelled order takes no update, at once or later"),
    Requirement("cancel.new_order", "6.6.3.1", "6.1.3.1", "after cancelOrder it takes a new order where it stands"),
)}  # fmt: skip
