"""The whole expansion: roads, then what lies beside them, then the cuts that make lanes of the roads."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from portway.app.config.groundplan.draft import Draft
from portway.app.config.groundplan.lines import SAME_M, Line
from portway.app.config.groundplan.places import lay_bays, lay_laybys
from portway.app.config.groundplan.roads import lay_lines
from portway.app.config.groundplan.yard import lay_block_row, lay_quay_cranes
from portway.app.config.problem import Problem
from portway.app.config.tables import noun
from portway.app.config.terminal_file import RoadTable, TerminalFile
from portway.core.model import Block, Gate, Lane, Node, Place, Quay, Terminal, YardCrane, Zone

LAID_MAX = 20_000  # twenty times Yangluo; what is looked at in pairs must fit into memory


def expand(file: TerminalFile, name: str) -> tuple[Terminal, list[Problem]]:
    """The terminal a file describes, and what is wrong with the short forms in it."""
    draft = Draft(name, file.roads)
    for node in file.nodes:
        draft.add_node(noun(Node, node))
    draft.lanes += [noun(Lane, table) for table in file.lanes]
    draft.places += [noun(Place, table) for table in file.places]
    draft.blocks += [_with_axis(Block, table) for table in file.blocks]
    draft.lines = lay_lines(_sound_roads(draft))
    if _is_bounded(draft, file):
        _lay_rows(draft, file)
    draft.yard_cranes += [noun(YardCrane, table) for table in file.yard_cranes]
    lay_quay_cranes(draft, file)
    for road in file.roads:
        for line in draft.lines.get(road.id, ()):
            _cut(draft, road, line, file.nodes)
    return _terminal(draft, file), draft.problems


def _with_axis(struct: type[msgspec.Struct], table: Any) -> Any:
    values = {name: getattr(table, name) for name in type(table).model_fields}
    axis_rad = math.radians(values.pop("axis_deg"))
    return struct(**values, axis_rad=axis_rad)


def _sound_roads(draft: Draft) -> list[RoadTable]:
    """Roads with a name of their own and no piece of no length."""
    sound: dict[str, RoadTable] = {}
    for i, road in enumerate(draft.roads):
        if road.id in sound:
            draft.refuse(f"roads[{i}].id", road.id, "this road id is used twice", "give every road its own id")
        elif any(math.dist(a, b) < 1.0 for a, b in pairwise(road.points)):
            cure = "points are 1 m apart at least"
            draft.refuse(f"roads[{road.id}].points", road.points, "two points of a road coincide", cure)
        else:
            sound[road.id] = road
    return list(sound.values())


def _is_bounded(draft: Draft, file: TerminalFile) -> bool:
    """Whether the rows, each within its limits, do not lay too much together."""
    laid = {
        "block_rows": sum(
            row.count * (1 + row.cranes_per_block + (row.bays if row.road else 0)) for row in file.block_rows
        ),
        "laybys": sum(row.count or 0 for row in file.laybys),
        "bays": sum(row.count for row in file.bays),
    }
    for key, count in laid.items():
        if count > LAID_MAX:
            draft.refuse(key, count, "so many blocks, cranes and places are no terminal", f"lay {LAID_MAX} at most")
    return max(laid.values()) <= LAID_MAX


def _lay_rows(draft: Draft, file: TerminalFile) -> None:
    """Blocks, lay-bys and bays."""
    wanted = [(f"laybys[{i}]", row) for i, row in enumerate(file.laybys)]
    for i, block_row in enumerate(file.block_rows):
        wanted += [(f"block_rows[{i}]", table) for table in lay_block_row(draft, file, block_row)]
    for key, table in wanted:
        lay_laybys(draft, file, table, key)
    for i, row in enumerate(file.bays):
        lay_bays(draft, row, f"bays[{i}]")


def _cut(draft: Draft, road: RoadTable, line: Line, given: Sequence[Any]) -> None:
    """The lanes of one line: from node to node, the file's own included, numbered in driving direction."""
    cuts = {0.0: f"{line.id}.start", line.length_m: f"{line.id}.end"} | line.cuts
    s = 0.0
    for i, (a, b) in enumerate(pairwise(line.points)):
        if i:
            cuts[s] = f"{line.id}.bend{i}"
        s += math.dist(a, b)
    for node in given:
        at, away = line.project((node.x_m, node.y_m))
        if away < SAME_M and not any(abs(at - c) < SAME_M for c in cuts):
            cuts[at] = node.id
    ids: list[str] = []
    for at in sorted(cuts):
        node_id = draft.node(line.at(at), cuts[at])
        if not ids or ids[-1] != node_id:
            ids.append(node_id)
    stem, digits = line.id if line.id[-1] in "+-" else f"{line.id}.", len(str(len(ids) - 1))
    for i, (start, end) in enumerate(pairwise(ids)):
        name = stem + str(i + 1).zfill(digits)
        draft.lanes.append(
            Lane(name, start, end, (), road.width_m, road.speed_mps_max, road.stopping, road.radius_m, road.zone)
        )


def _terminal(draft: Draft, file: TerminalFile) -> Terminal:
    """Everything sorted by id."""

    def ordered(nouns: list[Any]) -> tuple[Any, ...]:
        return tuple(sorted(nouns, key=lambda n: n.id))

    return Terminal(
        id=file.id,
        nodes=ordered(draft.nodes),
        lanes=ordered(draft.lanes),
        places=ordered(draft.places),
        blocks=ordered(draft.blocks),
        yard_cranes=ordered(draft.yard_cranes),
        quay=None if file.quay is None else _with_axis(Quay, file.quay),
        quay_cranes=ordered(draft.quay_cranes),
        gates=ordered([noun(Gate, table) for table in file.gates]),
        zones=ordered([noun(Zone, table) for table in file.zones]),
        turns_forbidden=tuple(file.turns_forbidden),
        title=file.title,
    )
