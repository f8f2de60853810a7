"""Cross references of a terminal: every id that is named must exist, and every figure must fit the others."""

import math
from collections import Counter
from collections.abc import Collection
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from portway.app.config.problem import Problem
from portway.core.model import Lane, Place, PlaceKind, Terminal


class _References:
    """Collects the problems of one terminal."""

    def __init__(self, terminal: Terminal, file: str) -> None:
        self.terminal, self.file = terminal, file
        self.found: list[Problem] = []
        self.nodes = {n.id: (n.x_m, n.y_m) for n in terminal.nodes}
        self.lanes = {lane.id: lane for lane in terminal.lanes}
        self.blocks = {b.id: b for b in terminal.blocks}

    def refuse(self, key: str, value: object, message: str, cure: str) -> None:
        self.found.append(Problem(self.file, key, value, message, cure))

    def known(self, key: str, value: str | None, ids: Collection[str], what: str) -> bool:
        """Note a problem unless `value` is one of `ids`."""
        if value in ids:
            return True
        ids = sorted(ids)
        close = get_close_matches(str(value), ids, n=3, cutoff=0.5)
        cure = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(ids[:8]) or 'none'}"
        self.refuse(key, value, f"no such {what}", cure)
        return False


def find_problems(terminal: Terminal, file: str) -> list[Problem]:
    """All wrong references and misfits of a terminal, in the order of its tables."""
    refs = _References(terminal, file)
    _doubles(refs)
    _lanes(refs)
    _places(refs)
    _cranes(refs)
    _gates(refs)
    return refs.found


def _doubles(refs: _References) -> None:
    t = refs.terminal
    tables: dict[str, tuple[Any, ...]] = {
        "nodes": t.nodes, "lanes": t.lanes, "places": t.places, "blocks": t.blocks, "yard_cranes": t.yard_cranes,
        "quay_cranes": t.quay_cranes, "gates": t.gates, "zones": t.zones,
    }  # fmt: skip
    for name, nouns in tables.items():
        for double, times in sorted(Counter(n.id for n in nouns).items()):
            if times > 1:
                refs.refuse(name, double, f"this id is used {times} times", "give every entry its own id")
            if not double:
                refs.refuse(name, double, "an id must not be empty", "name it")


def _lanes(refs: _References) -> None:
    t = refs.terminal
    zones = {z.id for z in t.zones}
    for lane in t.lanes:
        key = f"lanes[{lane.id}]"
        ends = [
            refs.known(f"{key}.from_node", lane.from_node, refs.nodes, "node"),
            refs.known(f"{key}.to_node", lane.to_node, refs.nodes, "node"),
        ]
        if all(ends) and _length_m(refs, lane) < 0.01:
            refs.refuse(key, lane.id, "the lane has no length", "let it lead from one node to another")
        if lane.zone is not None:
            refs.known(f"{key}.zone", lane.zone, zones, "zone")
    for i, pair in enumerate(t.turns_forbidden):
        for lane_id in pair:
            refs.known(f"turns_forbidden[{i}]", lane_id, refs.lanes, "lane")


def _length_m(refs: _References, lane: Lane) -> float:
    points = [refs.nodes[lane.from_node], *lane.shape, refs.nodes[lane.to_node]]
    return math.fsum(math.dist(a, b) for a, b in pairwise(points))


def _places(refs: _References) -> None:
    t = refs.terminal
    cranes = {c.id for c in t.quay_cranes}
    for place in t.places:
        key = f"places[{place.id}]"
        if refs.known(f"{key}.lane", place.lane, refs.lanes, "lane"):
            _inside_lane(refs, key, place, refs.lanes[place.lane])
        if place.kind == PlaceKind.YARD_TRANSFER and refs.known(f"{key}.serves", place.serves, refs.blocks, "block"):
            block = refs.blocks[place.serves or ""]
            _bay(refs, f"{key}.bay", place.bay, block.bays, f"block {block.id}")
        if place.kind == PlaceKind.QUAY_TRANSFER:
            if t.quay is None:
                refs.refuse(f"{key}.kind", str(place.kind), "there is no quay", "add a [quay] table")
            else:
                _bay(refs, f"{key}.bay", place.bay, t.quay.bays, "the quay")
            if place.serves is not None:
                refs.known(f"{key}.serves", place.serves, cranes, "quay crane")


def _inside_lane(refs: _References, key: str, place: Place, lane: Lane) -> None:
    if lane.from_node in refs.nodes and lane.to_node in refs.nodes:
        length = _length_m(refs, lane)
        if not 0 <= place.at_m <= length:
            cure = f"take 0 to {length:.1f}"
            refs.refuse(f"{key}.at_m", place.at_m, f"lane {lane.id} is {length:.1f} m long", cure)


def _bay(refs: _References, key: str, bay: int | None, bays: int, what: str) -> None:
    if bay is None or not 1 <= bay <= bays:
        refs.refuse(key, bay, f"{what} has bays 1 to {bays}", f"take 1 to {bays}")


def _cranes(refs: _References) -> None:
    t = refs.terminal
    for crane in t.yard_cranes:
        key = f"yard_cranes[{crane.id}]"
        if refs.known(f"{key}.block", crane.block, refs.blocks, "block"):
            _bay(refs, f"{key}.bay_start", crane.bay_start, refs.blocks[crane.block].bays, f"block {crane.block}")
    with_crane = {c.block for c in t.yard_cranes}
    with_place = {p.serves for p in t.places if p.kind == PlaceKind.YARD_TRANSFER}
    for block in t.blocks:
        key = f"blocks[{block.id}]"
        if block.id not in with_crane:
            refs.refuse(key, block.id, "no yard crane serves this block", "add one to yard_cranes")
        if block.id not in with_place:
            refs.refuse(key, block.id, "no yard_transfer place serves this block", "add a lay-by beside it")
    if t.quay_cranes and t.quay is None:
        refs.refuse("quay_cranes", len(t.quay_cranes), "cranes without a quay", "add a [quay] table")
    for qc in t.quay_cranes:
        if t.quay is not None and not 1 <= qc.bay_start <= qc.bay_end <= t.quay.bays:
            stretch, message = f"{qc.bay_start}..{qc.bay_end}", f"the quay has bays 1 to {t.quay.bays}"
            refs.refuse(f"quay_cranes[{qc.id}]", stretch, message, "correct bay_start and bay_end")
    if t.quay_cranes and not any(p.kind == PlaceKind.QUAY_TRANSFER for p in t.places):
        refs.refuse("places", None, "no quay_transfer place for the quay cranes", 'add lay-bys with bays_of = "quay"')


def _gates(refs: _References) -> None:
    places = {p.id: p.kind for p in refs.terminal.places}
    for gate in refs.terminal.gates:
        for end, kind in (("place_in", PlaceKind.GATE_IN), ("place_out", PlaceKind.GATE_OUT)):
            key, name = f"gates[{gate.id}].{end}", getattr(gate, end)
            if refs.known(key, name, places, "place") and places[name] != kind:
                refs.refuse(key, name, f"is a {places[name]} place", f"name a {kind} place")
