"""What the parts of a drive share: the truck, the way, the order under way, and how a refusal is seen."""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.watching import judge
from portway.adapters.vda5050.order_way import nodes_and_edges
from portway.adapters.vda5050.road_book import RoadBook

DRIVE_S = 120.0
STILL_S = 4.0
ANSWER_S = 4.0
SETTLE_S = 0.5
NEAR_M = 2.0
AWAY_M = 500.0

Part = tuple[list[Any], list[Any]]  # nodes and edges


class Way(NamedTuple):
    """A stop and movements from there, twelve or more."""

    road: RoadBook
    stop: int
    movements: Sequence[int]


class Drive:
    """One order over the way, told part by part."""

    def __init__(self, talk: Talk, way: Way) -> None:
        assert talk.version is not None
        self.talk, self.way, self.version = talk, way, talk.version
        self.id = f"conform-{int(time.time())}"
        self.update = 0  # the number of the last update that was meant to be taken
        self.at = 0  # movements of the way that are driven
        self.is_over = False  # what comes next needs something that has failed
        self.nameless: list[str] = []  # refusals whose error does not name the order

    def part(self, first: int, base: int, horizon: int = 0) -> Part:
        """Nodes and edges from the end of movement `first` on (0: the start)."""
        way = self.way.movements[first : first + base + horizon]
        stop = self.way.stop if first == 0 else self.way.road.start_of(self.way.movements[first])
        return nodes_and_edges(self.version, self.way.road, stop, way, base, 2 * first)

    def fresh(self, first: int, base: int) -> Part:
        """The same for a new order: its sequence begins with 0."""
        nodes, edges = self.part(first, base)
        for n, node in enumerate(nodes):
            node.sequence_id = 2 * n
        for n, edge in enumerate(edges):
            edge.sequence_id = 2 * n + 1
        return nodes, edges

    def carried(self, part: Part, first_node: str) -> Part:
        """The same 500 m away, under the name of its first node that is given."""
        nodes, edges = part
        for node in nodes:
            node.node_position.x += AWAY_M
        for edge in edges:
            for point in edge.trajectory.control_points:
                point.x += AWAY_M
        return self.renamed(part, first_node)

    def renamed(self, part: Part, first_node: str) -> Part:
        """The same from a node of another name; edges of 2.x say between which nodes they lead."""
        nodes, edges = part
        nodes[0].node_id = first_node
        if edges and edges[0].start_node_id is not None:
            edges[0].start_node_id = first_node
        return part

    async def go_on(self, base: int, part: Part, seconds: float) -> tuple[Any, int]:
        """An update by so many movements that the truck drives to its end; the state there (None in vain), and where
        in `heard` it begins."""
        before, self.update = len(self.talk.heard), self.update + 1
        self.talk.order(self.id, self.update, *part)
        end = 2 * (self.at + base)
        there = await self.talk.until(
            "state", lambda s: s.last_node_sequence_id >= end and not s.driving and _is_quiet(s), seconds, before
        )
        self.at += base if there is not None else 0
        return there, before

    async def ignored(self, update: int, part: Part, seconds: float) -> str | None:
        """A message that must change nothing: what it has changed after a time."""
        was = self.talk.state()
        self.talk.order(self.id, update, *part)
        await asyncio.sleep(seconds)
        now = self.talk.state()
        if _holds(now) != _holds(was):
            return f"its order is another now: {_holds(now)[2][:4]}"
        new = {e.error_type for e in now.errors} - {e.error_type for e in was.errors}
        return f"it reports {', '.join(sorted(new))[:80]}" if new else None

    # -- refusals -----------------------------------------------------------------------------------------------

    async def refused(self, name: str, order: str, update: int, part: Part, kind: str, silent: bool = False) -> Verdict:
        """An order that must bring an error and nothing else; `silent`: the version lets it be dropped without one."""
        talk, before, known = self.talk, len(self.talk.heard), list(self.talk.state().errors)
        was = _holds(talk.state())
        talk.order(order, update, *part)
        word = talk.demanded_word(kind)
        said = await talk.until("state", lambda s: _new_error(s, known, word) is not None, ANSWER_S, before)
        await asyncio.sleep(SETTLE_S)
        now = talk.state()
        if said is not None:
            self._see_references(name, order, _new_error(said, known, word))
        if (now.order_id, now.order_update_id) == (order, update) != was[:2] or now.driving:
            return judge(name, "it was taken")
        if _holds(now) != was:
            return judge(name, f"its order is another now: {_holds(now)[2][:4]}")
        if said is not None or silent:
            return judge(name, None)
        return judge(name, f"no error {word or ''} but {[e.error_type for e in now.errors]}")

    def _see_references(self, name: str, order: str, error: Any) -> None:
        named = {(r.reference_key, r.reference_value) for r in error.error_references or []}
        if ("orderId", order) not in named:
            self.nameless.append(f"{name}: {error.error_type} refers to {sorted(named)[:6] or 'nothing'}")

    def stands_at(self, node: Any) -> str | None:
        """What is wrong with a truck that should stand at a node and have gone no farther; None when nothing is."""
        state = self.talk.state()
        if state.last_node_sequence_id != node.sequence_id:
            return f"lastNodeSequenceId {state.last_node_sequence_id} instead of {node.sequence_id}"
        if state.driving:
            return "it is driving"
        p = state.agv_position
        far = math.hypot(p.x - node.node_position.x, p.y - node.node_position.y) if p is not None else 0.0
        return None if far <= NEAR_M else f"it stands {far:.1f} m from the node"

    def said(self, before: int) -> list[Any]:
        """States since a place in `heard`."""
        return [h.body for h in self.talk.heard[before:] if h.kind == "state" and h.body is not None]

    def id_and_errors(self) -> str:
        """What the truck has, for a verdict."""
        state = self.talk.state()
        errors = [e.error_type for e in state.errors]
        return f"orderId {state.order_id!r:.60}, update {state.order_update_id}, errors {errors}"


def _is_quiet(state: Any) -> bool:
    return all(a.action_status in ("FINISHED", "FAILED") for a in state.action_states)


def _holds(state: Any) -> tuple[str, int, list[tuple[str, int, bool]]]:
    """The order a truck holds: id, update and what is ahead."""
    ahead = [(n.node_id, n.sequence_id, n.released) for n in state.node_states]
    return state.order_id, state.order_update_id, ahead


def _new_error(state: Any, known: list[Any], word: str | None) -> Any:
    """An error that was not there before, of a word if one is asked for. A truck whose errors carry no references may
    say the same again in the same words: there the old one counts."""
    fits = [e for e in state.errors if word is None or e.error_type == word]
    new = [e for e in fits if e not in known]
    told_apart = any(e.error_references for e in known)
    return next(iter(new if new or told_apart else fits), None)
