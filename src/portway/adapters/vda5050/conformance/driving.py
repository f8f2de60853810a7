"""Requirements that a truck shows on the road: orders, updates, the end of the base, pause and cancel on the way."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.standing import ANSWER_S
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.watching import judge, not_shown
from portway.adapters.vda5050.order_way import nodes_and_edges
from portway.adapters.vda5050.road_book import RoadBook

DRIVE_S = 120.0
STILL_S = 4.0
NEAR_M = 2.0
NAMES = (
    "order.accepted", "order.states", "order.sequence", "order.base_end", "order.repeated", "order.malformed",
    "order.far_away", "update.stitched", "update.older", "update.gap", "pause.driving", "cancel.driving",
    "cancel.new_order",
)  # fmt: skip


class Way(NamedTuple):
    """A stop and movements from there, eight or more."""

    road: RoadBook
    stop: int
    movements: Sequence[int]


class Driving:
    """One drive in parts: base 2 and horizon 2, an update by 2, pause and cancel on the last."""

    def __init__(self, talk: Talk, way: Way) -> None:
        assert talk.version is not None
        self.talk, self.way, self.version = talk, way, talk.version
        self.id = f"conform-{int(time.time())}"

    def part(self, first: int, base: int, horizon: int = 0) -> tuple[list[Any], list[Any]]:
        """Nodes and edges from the end of movement `first` on (0: the start)."""
        stop = self.way.stop if first == 0 else self._end(first)
        way = self.way.movements[first : first + base + horizon]
        return nodes_and_edges(self.version, self.way.road, stop, way, base, 2 * first)

    def _end(self, count: int) -> int:
        return self.way.road.start_of(self.way.movements[count])

    async def run(self) -> AsyncIterator[Verdict]:
        """Play them through; what cannot be shown after a failure is said to be so."""
        shown = set()
        try:
            async for verdict in self._parts():
                shown.add(verdict.requirement.id)
                yield verdict
        finally:
            self.talk.act("stopPause")
        for name in NAMES:
            if name not in shown:
                yield not_shown(name, "an earlier requirement that it needs has failed")

    async def _parts(self) -> AsyncIterator[Verdict]:
        talk, before = self.talk, len(self.talk.heard)
        nodes, edges = self.part(0, 2, 2)
        talk.order(self.id, 0, nodes, edges)
        taken = await talk.until("state", lambda s: s.order_id == self.id, ANSWER_S, before)
        yield judge("order.accepted", None if taken else f"orderId is {_id(talk)}, errors {_errors(talk)}")
        if taken is None:
            return
        yield judge("order.states", self._ahead(taken, nodes))
        at_end = await talk.until("state", lambda s: s.last_node_sequence_id >= 4 and not s.driving, DRIVE_S, before)
        yield judge("order.sequence", self._sequence(before))
        if at_end is None:
            yield judge("order.base_end", f"not at the end of the base after {DRIVE_S:.0f} s")
            return
        await asyncio.sleep(STILL_S)
        yield judge("order.base_end", self._at(talk.state(), nodes[2]))
        async for verdict in self._refusals():
            yield verdict
        async for verdict in self._update():
            yield verdict

    # -- the base -----------------------------------------------------------------------------------------------

    def _ahead(self, state: Any, nodes: list[Any]) -> str | None:
        """Node and edge states are a tail of the order, base and horizon told apart."""
        wanted = [(n.node_id, n.sequence_id, n.released) for n in nodes[1:]]
        said = [(n.node_id, n.sequence_id, n.released) for n in state.node_states]
        if not said or said != wanted[len(wanted) - len(said) :]:
            return f"node states {[s[1] for s in said]} of {[w[1] for w in wanted]}"
        edges = [e.sequence_id for e in state.edge_states]
        return None if edges == [s[1] - 1 for s in said] else f"edge states {edges}"

    def _sequence(self, before: int) -> str | None:
        passed = [h.body.last_node_sequence_id for h in self.talk.of("state", before)
                  if h.body is not None and h.body.order_id == self.id]  # fmt: skip
        return None if passed == sorted(passed) and max(passed, default=0) > 0 else f"lastNodeSequenceId {passed[:12]}"

    def _at(self, state: Any, node: Any) -> str | None:
        """The truck stands at a node and has gone no farther."""
        if state.last_node_sequence_id != node.sequence_id:
            return f"lastNodeSequenceId {state.last_node_sequence_id} instead of {node.sequence_id}"
        if state.driving:
            return "it is driving"
        p = state.agv_position
        far = math.hypot(p.x - node.node_position.x, p.y - node.node_position.y) if p is not None else 0.0
        return None if far <= NEAR_M else f"it stands {far:.1f} m from the node"

    # -- what must be refused -----------------------------------------------------------------------------------

    async def _refusals(self) -> AsyncIterator[Verdict]:
        talk = self.talk
        nodes, edges = self.part(0, 2, 2)
        talk.order(self.id, 0, nodes, edges)
        await asyncio.sleep(STILL_S / 2)
        yield judge("order.repeated", self._at(talk.state(), nodes[2]))
        yield await self._refused("order.malformed", self.id, 1, *_without_edge(self.part(2, 2)), "validationError")
        gap = self.part(4, 2)
        yield await self._refused("update.gap", self.id, 1, *gap, None)
        nodes, edges = self.part(0, 1)
        for node in nodes:
            node.node_position.x += 500.0
            node.node_id += "-elsewhere"
        yield await self._refused("order.far_away", self.id + "-far", 0, nodes, edges, None)

    async def _refused(
        self, name: str, order: str, update: int, nodes: list[Any], edges: list[Any], word: str | None
    ) -> Verdict:
        """An order that must bring an error and nothing else."""
        talk, before = self.talk, len(self.talk.heard)
        known = _errors(talk)
        where = talk.state().last_node_sequence_id
        talk.order(order, update, nodes, edges)
        wanted = None if word is None else talk.error_word(word)
        said = await talk.until("state", lambda s: len(s.errors) > 0 and _new(s, known, wanted), ANSWER_S, before)
        await asyncio.sleep(0.5)
        state = talk.state()
        if (state.order_id, state.order_update_id) == (order, update) or state.driving:
            return judge(name, "it was taken")
        if state.last_node_sequence_id != where:
            return judge(name, "it drove on")
        return judge(name, None if said else f"no error {wanted or ''} but {_errors(talk)}")

    # -- the update, pause and cancel ---------------------------------------------------------------------------

    async def _update(self) -> AsyncIterator[Verdict]:
        talk, before = self.talk, len(self.talk.heard)
        nodes, edges = self.part(2, 2, 1)
        talk.order(self.id, 2, nodes, edges)
        end = nodes[2].sequence_id
        reached = await talk.until("state", lambda s: s.last_node_sequence_id >= end and not s.driving, DRIVE_S, before)
        yield judge("update.stitched", None if reached else f"update {talk.state().order_update_id}, {_errors(talk)}")
        if reached is None:
            return
        yield await self._refused("update.older", self.id, 1, *self.part(4, 2), "orderUpdateError")
        async for verdict in self._pause_and_cancel():
            yield verdict

    async def _pause_and_cancel(self) -> AsyncIterator[Verdict]:
        talk, before = self.talk, len(self.talk.heard)
        nodes, edges = self.part(4, len(self.way.movements) - 5)
        talk.order(self.id, 3, nodes, edges)
        if await talk.until("state", lambda s: s.driving, ANSWER_S * 3, before) is None:
            return
        await asyncio.sleep(1.0)
        yield await self._pause()
        before = len(talk.heard)
        action = talk.act("cancelOrder")
        ended = await talk.until(
            "state", lambda s: not s.node_states and not s.edge_states and not s.driving, DRIVE_S / 2, before
        )
        finished = ended is not None and await talk.until(
            "state", lambda s: talk.action_status(s, action) == "FINISHED", ANSWER_S, before
        )
        fault = None if finished else f"{len(talk.state().node_states)} node states left, the action is not FINISHED"
        said = [h.body for h in talk.heard[before:] if h.kind == "state" and h.body is not None]
        if any(talk.action_status(s, action) == "FINISHED" and (s.driving or s.node_states) for s in said):
            fault = "the action is FINISHED while it still drives"
        if ended is not None and ended.last_node_sequence_id >= nodes[-1].sequence_id:
            fault = "it drove on to the end of the order"
        yield judge("cancel.driving", fault)
        if fault is None:
            yield await self._after_cancel()

    async def _pause(self) -> Verdict:
        talk, before = self.talk, len(self.talk.heard)
        talk.act("startPause")
        if await talk.until("state", lambda s: s.paused is True and not s.driving, DRIVE_S / 4, before) is None:
            return judge("pause.driving", "it drives on")
        first = talk.state().agv_position
        await asyncio.sleep(STILL_S / 2)
        later = talk.state().agv_position
        talk.act("stopPause")
        if first is not None and later is not None and math.hypot(later.x - first.x, later.y - first.y) > 0.5:
            return judge("pause.driving", "it moves while it is paused")
        goes_on = await talk.until("state", lambda s: s.driving or not s.node_states, DRIVE_S / 4)
        return judge("pause.driving", None if goes_on else "it does not go on after stopPause")

    async def _after_cancel(self) -> Verdict:
        """A new order from the node that it passed last."""
        talk, state, before = self.talk, self.talk.state(), len(self.talk.heard)
        passed = state.last_node_sequence_id // 2
        if passed + 1 >= len(self.way.movements):
            return not_shown("cancel.new_order", "the way is at its end")
        nodes, edges = self.part(passed, 1)
        for n, node in enumerate(nodes):
            node.sequence_id = 2 * n
        edges[0].sequence_id = 1
        talk.order(self.id + "-again", 0, nodes, edges)
        done = await talk.until(
            "state", lambda s: s.order_id == self.id + "-again" and s.last_node_sequence_id == 2, DRIVE_S, before
        )
        return judge("cancel.new_order", None if done else f"orderId is {_id(talk)}, errors {_errors(talk)}")


def _id(talk: Talk) -> str:
    return repr(talk.state().order_id)[:60]


def _errors(talk: Talk) -> list[str]:
    return [e.error_type for e in talk.state().errors]


def _new(state: Any, known: list[str], wanted: str | None) -> bool:
    """Whether a state reports an error that was not there, of a kind if one is wanted."""
    said = [e.error_type for e in state.errors]
    return wanted in said if wanted is not None else len(said) > len(known) or said != known


def _without_edge(part: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
    return part[0], part[1][:-1]
