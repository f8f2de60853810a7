"""Rows of blocks with their cranes, and the quay cranes along their rail."""

import math

from portway.app.config.groundplan.draft import Draft
from portway.app.config.groundplan.places import number
from portway.app.config.terminal_file import BlockRowTable, LaybysTable, TerminalFile
from portway.core.model import Block, PlaceKind, QuayCrane, YardCrane


def lay_block_row(draft: Draft, file: TerminalFile, row: BlockRowTable) -> list[LaybysTable]:
    """Blocks and yard cranes of a row; returns the rows of lay-bys its working lane wants."""
    axis = math.radians(row.axis_deg)
    wanted = []
    for i in range(row.count):
        name = number(row.ids, n=str(row.first_n + i))
        x = row.origin[0] + i * row.pitch_m * math.cos(axis)
        y = row.origin[1] + i * row.pitch_m * math.sin(axis)
        origin, pitches = (round(x, 3), round(y, 3)), (row.bay_pitch_m, row.row_pitch_m)
        draft.blocks.append(Block(name, origin, axis, row.bays, row.rows, row.tiers, *pitches))
        _add_cranes(draft, file, row, name)
        if row.road is not None:
            wanted.append(
                LaybysTable(
                    ids=f"{name}/{{bay}}", road=row.road, direction=row.direction, side=row.side, bays_of=name,
                    kind=PlaceKind.YARD_TRANSFER, serves=name, offset_m=row.offset_m,
                )
            )  # fmt: skip
    return wanted


def _add_cranes(draft: Draft, file: TerminalFile, row: BlockRowTable, block: str) -> None:
    """The cranes of a block, spread evenly over its bays."""
    for k in range(row.cranes_per_block):
        name = number(row.crane_ids, block=block) + (f"-{k + 1}" if row.cranes_per_block > 1 else "")
        start = 1 + (2 * k + 1) * row.bays // (2 * row.cranes_per_block)
        defaults = file.yard_crane_defaults.model_dump()
        draft.yard_cranes.append(YardCrane(id=name, block=block, bay_start=start, **defaults))


def lay_quay_cranes(draft: Draft, file: TerminalFile) -> None:
    """`quay_cranes = N`: N equal cranes, each owning its stretch of the rail; a list is taken as it is."""
    if not isinstance(file.quay_cranes, int):
        draft.quay_cranes += [QuayCrane(**table.model_dump()) for table in file.quay_cranes]
        return
    if file.quay_cranes == 0:
        return
    if file.quay is None:
        draft.refuse("quay_cranes", file.quay_cranes, "cranes without a quay", "add a [quay] table")
        return
    bays, count = file.quay.bays, file.quay_cranes
    if count * 4 > bays:
        message = f"{count} cranes on {bays} rail bays: each needs 4 bays at least"
        draft.refuse("quay_cranes", count, message, f"take up to {bays // 4} cranes or a longer quay")
        return
    for i in range(count):
        first, last = i * bays // count + 1, (i + 1) * bays // count
        draft.quay_cranes.append(
            QuayCrane(id=f"QC{i + 1:02d}", bay_start=first, bay_end=last, **file.quay_crane_defaults.model_dump())
        )
