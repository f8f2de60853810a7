"""What is wrong with an order by itself: nodes, edges, their sequence and their ids (section 6.6.1; 6.1.1 of 3.0)."""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from portway.adapters.vda5050.versions import Version

ID_MAX = 200  # characters of an id
NODES_MAX = 1_000  # in one order message
ACTIONS_MAX = 20  # on one node or edge
PARAMETERS_MAX = 50
UINT32_MAX = (1 << 32) - 1

Reference = tuple[str, str]


class Refusal(NamedTuple):
    """Why something is not taken: the kind of error (words of 2.1), a sentence, and what it is about."""

    kind: str
    why: str
    references: tuple[Reference, ...] = ()


def shape_fault(order: Any, version: Version, is_new: bool) -> Refusal | None:
    """The first fault of an order's form; None when there is none. `is_new`: it is no update of a known order."""
    return next(_faults(order, version, is_new), None)


def _wrong(why: str, *references: Reference) -> Refusal:
    return Refusal("validationError", why, references)


def _faults(order: Any, version: Version, is_new: bool) -> Iterator[Refusal]:
    if not 0 < len(order.order_id) <= ID_MAX:
        yield _wrong(f"an orderId of {len(order.order_id)} characters; 1 to {ID_MAX} are read")
    if not 0 <= order.order_update_id <= UINT32_MAX:
        yield _wrong(f"orderUpdateId {order.order_update_id} is none")
    if not order.nodes or len(order.edges) != len(order.nodes) - 1:
        yield _wrong(f"{len(order.nodes)} nodes and {len(order.edges)} edges")
    if len(order.nodes) > NODES_MAX:
        yield Refusal("memoryError", f"{len(order.nodes)} nodes; {NODES_MAX} can be taken at a time")
    yield from _sequence(order, version, is_new)
    yield from _releases(order)
    for node in order.nodes:
        yield from _ids(("nodeId", node.node_id), node.actions)
    for edge, (start, end) in zip(order.edges, itertools.pairwise(order.nodes), strict=True):
        yield from _ids(("edgeId", edge.edge_id), edge.actions)
        if version.edge_nodes and (edge.start_node_id, edge.end_node_id) != (start.node_id, end.node_id):
            said = f"{edge.start_node_id} to {edge.end_node_id}"[:80]
            yield _wrong(f"it leads from {said}, the nodes beside it are others", ("edgeId", edge.edge_id))
    yield from _actions(order, version)


def _sequence(order: Any, version: Version, is_new: bool) -> Iterator[Refusal]:
    """Even for nodes, odd for edges, one after the other; an order begins with 0."""
    first = order.nodes[0].sequence_id
    if first % 2 or not 0 <= first <= UINT32_MAX - 2 * len(order.nodes):
        yield _wrong(f"sequenceId {first} of its first node is none of a node", ("nodeId", order.nodes[0].node_id))
    if is_new and first and version.update_zero:
        yield _wrong(f"a new order begins with sequenceId {first}", ("nodeId", order.nodes[0].node_id))
    for i, edge in enumerate(order.edges):
        node = order.nodes[i + 1]
        if edge.sequence_id != first + 2 * i + 1:
            yield _wrong(f"sequenceId {edge.sequence_id} is out of order", ("edgeId", edge.edge_id))
        if node.sequence_id != first + 2 * i + 2:
            yield _wrong(f"sequenceId {node.sequence_id} is out of order", ("nodeId", node.node_id))


def _releases(order: Any) -> Iterator[Refusal]:
    """The base first, then the horizon; the first node is always released."""
    if not order.nodes[0].released:
        yield _wrong("its first node is not released", ("nodeId", order.nodes[0].node_id))
    released = True
    for edge, node in zip(order.edges, order.nodes[1:], strict=True):
        if edge.released != node.released:
            yield _wrong("edge and end node are not released together", ("edgeId", edge.edge_id))
        if node.released and not released:
            yield _wrong("the base has a gap", ("nodeId", node.node_id))
        released = node.released


def _ids(owner: Reference, actions: list[Any]) -> Iterator[Refusal]:
    key, name = owner
    if not 0 < len(name) <= ID_MAX:
        yield _wrong(f"a {key} of {len(name)} characters; 1 to {ID_MAX} are read", (key, name[:ID_MAX]))
    if len(actions) > ACTIONS_MAX:
        yield Refusal("memoryError", f"{len(actions)} actions; {ACTIONS_MAX} can be taken", (owner,))


def _actions(order: Any, version: Version) -> Iterator[Refusal]:
    seen: set[str] = set()
    for part in (*order.nodes, *order.edges):
        for action in part.actions:
            name = action.action_id
            if fault := action_fault(action, version):
                yield _wrong(fault, ("actionId", name[:ID_MAX]))
            if name in seen:
                yield _wrong("its actionId is there twice", ("actionId", name))
            seen.add(name)


def action_fault(action: Any, version: Version) -> str:
    """What is wrong with the form of an action, in an order or instant; empty when nothing is."""
    if not 0 < len(action.action_id) <= ID_MAX:
        return f"an actionId of {len(action.action_id)} characters; 1 to {ID_MAX} are read"
    if not 0 < len(action.action_type) <= ID_MAX:
        return f"an actionType of {len(action.action_type)} characters; 1 to {ID_MAX} are read"
    if action.blocking_type not in version.blocking:
        return f"blockingType {action.blocking_type[:20]}; {version.name} has {', '.join(version.blocking)}"
    keys = [p.key for p in action.action_parameters or []]
    if len(keys) > PARAMETERS_MAX:
        return f"{len(keys)} action parameters; {PARAMETERS_MAX} are read"
    double = next((k for k in keys if keys.count(k) > 1), None)
    return "" if double is None else f"action parameter {double[:40]} is there twice"
