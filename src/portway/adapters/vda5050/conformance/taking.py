"""The first order: base and horizon, the end of the base, and what is refused there."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

from portway.adapters.vda5050.conformance.drive import ANSWER_S, DRIVE_S, STILL_S, Drive
from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.watching import judge

NAMES = (
    "order.accepted", "order.states", "order.sequence", "order.base_end", "order.repeated", "order.same_id",
    "order.malformed", "order.unknown_action", "order.map", "trajectory.knots", "update.gap", "order.active",
)  # fmt: skip
BASE, HORIZON = 2, 2


async def taking(drive: Drive) -> AsyncIterator[Verdict]:
    """Drive the base of the first order and try what the truck has to refuse at its end."""
    talk, before = drive.talk, len(drive.talk.heard)
    nodes, edges = drive.part(0, BASE, HORIZON)
    talk.order(drive.id, 0, nodes, edges)
    taken = await talk.until("state", lambda s: s.order_id == drive.id, ANSWER_S, before)
    yield judge("order.accepted", None if taken else drive.id_and_errors())
    if taken is None:
        drive.is_over = True
        return
    end = nodes[BASE].sequence_id
    there = await talk.until("state", lambda s: s.last_node_sequence_id >= end and not s.driving, DRIVE_S, before)
    said = [s for s in drive.said(before) if s.order_id == drive.id]
    yield judge("order.states", _ahead(said, nodes))
    yield judge("order.sequence", _sequence(said, nodes))
    if there is None:
        drive.is_over = True
        yield judge("order.base_end", f"not at the end of the base after {DRIVE_S:.0f} s")
        return
    await asyncio.sleep(STILL_S)
    yield judge("order.base_end", drive.stands_at(nodes[BASE]))
    drive.at = BASE
    fault = await drive.ignored(0, drive.part(0, BASE, HORIZON), STILL_S / 2)
    yield judge("order.repeated", fault or drive.stands_at(nodes[BASE]))
    async for verdict in _refusals(drive):
        yield verdict


def _ahead(said: list[Any], nodes: list[Any]) -> str | None:
    """Node and edge states are those behind the last node; whatever the first state calls that, it is the first one."""
    at_first = said[0].last_node_sequence_id
    behind = [0 if s.last_node_sequence_id == at_first else s.last_node_sequence_id for s in said]
    return next((fault for s, last in zip(said, behind, strict=True) if (fault := _ahead_of(s, last, nodes))), None)


def _ahead_of(state: Any, last: int, nodes: list[Any]) -> str | None:
    """Base and horizon told apart."""
    wanted = [(n.node_id, n.sequence_id, n.released) for n in nodes if n.sequence_id > last]
    said = [(n.node_id, n.sequence_id, n.released) for n in state.node_states]
    if said != wanted:
        return f"node states {_released(said)} behind node {last} instead of {_released(wanted)}"
    edges = [e.sequence_id for e in state.edge_states]
    return None if edges == [s[1] - 1 for s in said] else f"edge states {edges}"


def _released(nodes: list[tuple[str, int, bool]]) -> list[str]:
    return [f"{sequence}{'' if released else ' (horizon)'}" for _, sequence, released in nodes]


def _sequence(said: list[Any], nodes: list[Any]) -> str | None:
    """The last node is one of the order after the other; the first one may have had another name before."""
    first = nodes[0].sequence_id
    named = [(s.last_node_id if s.last_node_sequence_id > first else "", s.last_node_sequence_id) for s in said]
    passed = [node for node, _ in itertools.groupby(named)]
    wanted = [("", first), *((n.node_id, n.sequence_id) for n in nodes[1:])]
    if len(passed) < 2 or passed != wanted[: len(passed)]:
        return f"its last nodes are {passed[:6]}"
    return None


async def _refusals(drive: Drive) -> AsyncIterator[Verdict]:
    """The truck waits at the end of its base, with a horizon ahead."""
    shorter = drive.part(0, BASE, HORIZON - 1)
    silent = not drive.version.update_zero  # 2.x asks for no error here
    yield await drive.refused("order.same_id", drive.id, 0, shorter, "sameUpdateError", silent)
    nodes, edges = drive.part(BASE, 2)
    yield await drive.refused("order.malformed", drive.id, 1, (nodes, edges[:-1]), "validationError")
    nodes, edges = drive.part(BASE, 2)
    nodes[1].actions = [_unheard_of(drive)]
    yield await drive.refused("order.unknown_action", drive.id, 1, (nodes, edges), "orderActionError")
    nodes, edges = drive.part(BASE, 2)
    nodes[2].node_position.map_id = "conform-no-such-map"
    yield await drive.refused("order.map", drive.id, 1, (nodes, edges), "mapError")
    nodes, edges = drive.part(BASE, 2)
    edges[0].trajectory.knot_vector = edges[0].trajectory.knot_vector[:-2]
    yield await drive.refused("trajectory.knots", drive.id, 1, (nodes, edges), "validationError")
    yield await drive.refused("update.gap", drive.id, 1, drive.part(BASE + 2, 2), "any")
    yield await drive.refused("order.active", drive.id + "-other", 0, drive.fresh(BASE, 1), "orderActiveError")


def _unheard_of(drive: Drive) -> Any:
    return drive.talk.words.Action(
        action_type="conformDoAHandstand", action_id=f"{drive.id}-handstand", blocking_type="HARD"
    )
