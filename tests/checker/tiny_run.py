"""A small terminal and the parts of synthetic runs in it: what the checker's own tests spoil, one defect each.

y = 20   ----YB1------------QB4---->   lane `b`: block B1 bay 1, then QC1 at bay 4 (loads)
y =  0   ----QA4----QA14----YA3---->   lane `a`: QC1 at bay 4, QC2 at bay 14, block B1 bay 3 (discharges)
    x =      100    200     300
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from portway.core.model import (
    Block,
    Container,
    Fleet,
    JobOrder,
    Lane,
    MoveKind,
    Node,
    Place,
    PlaceKind,
    QuayCrane,
    Terminal,
    Truck,
    TruckType,
    WorkList,
    WorkQueue,
    YardSlot,
)

STEP_MS = 200


class Drive(NamedTuple):
    """A straight drive with a smooth start and stop; it stands before and after."""

    from_ms: int
    to_ms: int
    from_point: tuple[float, float]
    to_point: tuple[float, float]


def make_terminal(**changes) -> Terminal:
    """The terminal of the drawing."""
    nodes = [Node(f"{lane}{end}", 400.0 * end, y) for lane, y in (("a", 0.0), ("b", 20.0)) for end in (0, 1)]
    lanes = [Lane(lane, f"{lane}0", f"{lane}1") for lane in ("a", "b")]
    places = [
        Place("QA14", PlaceKind.QUAY_TRANSFER, "a", 200.0, "QC2", 14),
        Place("QA4", PlaceKind.QUAY_TRANSFER, "a", 100.0, "QC1", 4),
        Place("QB4", PlaceKind.QUAY_TRANSFER, "b", 300.0, "QC1", 4),
        Place("YA3", PlaceKind.YARD_TRANSFER, "a", 300.0, "B1", 3),
        Place("YB1", PlaceKind.YARD_TRANSFER, "b", 100.0, "B1", 1),
    ]
    parts = {
        "blocks": (Block("B1", (100.0, 30.0), 0.0, 3, 6, 5),),
        "quay_cranes": (QuayCrane("QC1", 1, 10), QuayCrane("QC2", 11, 20)),
    }
    return Terminal("tiny", tuple(nodes), tuple(lanes), tuple(places), **(parts | changes))


def make_fleet(*trucks: str) -> Fleet:
    """Trucks of one type: 15 m x 3 m, 8.3 m/s."""
    return Fleet((TruckType(),), tuple(Truck(t, "home") for t in trucks))


def make_job(name: str, kind: MoveKind, box: str, **rest) -> JobOrder:
    """A job order at QC1 and block B1, bay 3."""
    slot = rest.pop("slot", YardSlot("B1", 3, 1, 1))
    length = rest.pop("length_ft", 40)
    quay = {"quay_crane": "QC1", "quay_bay": 4} if kind in (MoveKind.DISCHARGE, MoveKind.LOAD) else {}
    return JobOrder(name, kind, Container(box, length), slot=slot, **(quay | rest))


def make_work(*jobs: JobOrder, start_ms: int = 0) -> WorkList:
    """A work list with one queue for QC1."""
    queue = WorkQueue("QC1/1", "QC1", tuple(j.id for j in jobs if j.quay_crane == "QC1"), start_ms)
    return WorkList(tuple(sorted(jobs, key=lambda j: j.id)), (queue,))


def move(
    box: str, kind: str, ends: tuple[str, str], truck: str, collected_ms: int | None, delivered_ms: int | None
) -> dict:
    """A row of the moves table."""
    return {
        "container_id": box, "kind": kind, "from_place": ends[0], "to_place": ends[1], "truck_id": truck,
        "requested_ms": 0, "assigned_ms": 0, "collected_ms": collected_ms, "delivered_ms": delivered_ms,
    }  # fmt: skip


def moves_table(*rows: dict) -> pa.Table:
    """The moves table."""
    text, number = ["container_id", "kind", "from_place", "to_place", "truck_id"], pa.int64()
    instants = ["requested_ms", "assigned_ms", "collected_ms", "delivered_ms"]
    return pa.Table.from_pylist(
        list(rows), pa.schema([*((n, pa.string()) for n in text), *((n, number) for n in instants)])
    )


def drive_columns(at_ms: np.ndarray, start: tuple[float, float], drives: list[Drive]) -> dict[str, np.ndarray]:
    """Pose columns of a truck that starts standing at `start`, heading east."""
    x, y = np.full(len(at_ms), float(start[0])), np.full(len(at_ms), float(start[1]))
    heading, speed = np.zeros(len(at_ms)), np.zeros(len(at_ms))
    for d in drives:
        u = np.clip((at_ms - d.from_ms) / (d.to_ms - d.from_ms), 0.0, 1.0)
        after = at_ms >= d.from_ms
        (ax, ay), (bx, by) = d.from_point, d.to_point
        share, length = (1 - np.cos(np.pi * u)) / 2, float(np.hypot(bx - ax, by - ay))
        x[after], y[after] = (ax + (bx - ax) * share)[after], (ay + (by - ay) * share)[after]
        pace = length * np.pi / 2 * np.sin(np.pi * u) / ((d.to_ms - d.from_ms) / 1000)
        speed[after] = np.abs(pace)[after]
        heading[after] = np.arctan2(by - ay, bx - ax)
    return {"x_m": x, "y_m": y, "heading_rad": heading, "speed_mps": speed}


def poses_table(end_ms: int, **trucks) -> pa.Table:
    """Poses of trucks given as name=(start, drives, [(from_ms, to_ms, box), ...])."""
    at_ms = np.arange(0, end_ms + 1, STEP_MS)
    parts = []
    for name, (start, drives, boxes) in trucks.items():
        box = np.full(len(at_ms), None, dtype=object)
        for from_ms, to_ms, carried in boxes:
            box[(at_ms >= from_ms) & (at_ms < to_ms)] = carried
        columns = {"at_ms": at_ms, "truck_id": [name] * len(at_ms), **drive_columns(at_ms, start, drives)}
        parts.append(pa.table({**columns, "container_id": pa.array(box, pa.string())}))
    return pa.concat_tables(parts).sort_by([("at_ms", "ascending"), ("truck_id", "ascending")])
