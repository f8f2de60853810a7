"""Poses as arrays: `poses.parquet` read into columns sorted by truck, then time, with the footprint of each truck."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checker.violation import Violation
from portway.core.model import Fleet, TruckType

POSE_COLUMNS = {
    "at_ms": pa.types.is_integer,
    "truck_id": pa.types.is_string,
    "x_m": pa.types.is_floating,
    "y_m": pa.types.is_floating,
    "heading_rad": pa.types.is_floating,
    "speed_mps": pa.types.is_floating,
    "container_id": pa.types.is_string,
}
POSE_FLOATS = ("x_m", "y_m", "heading_rad", "speed_mps")
MOVE_COLUMNS = {
    "container_id": pa.types.is_string,
    "kind": pa.types.is_string,
    "from_place": pa.types.is_string,
    "to_place": pa.types.is_string,
    "truck_id": pa.types.is_string,
    "requested_ms": pa.types.is_integer,
    "assigned_ms": pa.types.is_integer,
    "collected_ms": pa.types.is_integer,
    "delivered_ms": pa.types.is_integer,
}


class Tracks(NamedTuple):
    """R rows of poses, sorted by (truck, instant); `first[t] .. first[t + 1]` are the rows of truck t."""

    at_ms: np.ndarray  # (R,) int64
    truck: np.ndarray  # (R,) int32 into truck_ids
    x_m: np.ndarray  # (R,)
    y_m: np.ndarray
    heading_rad: np.ndarray
    speed_mps: np.ndarray
    box: np.ndarray  # (R,) int32 into box_ids, -1 empty
    truck_ids: list[str]
    box_ids: list[str]
    first: np.ndarray  # (trucks + 1,) int64
    half_length_m: np.ndarray  # (trucks,)
    half_width_m: np.ndarray
    speed_mps_max: np.ndarray
    accel_mps2_max: np.ndarray  # (trucks,) of accelerating and braking the larger
    is_ours: np.ndarray  # (trucks,) bool: in the fleet; others are visitors
    step_ms: int

    def rows_of(self, truck: int) -> slice:
        """Rows of one truck."""
        return slice(int(self.first[truck]), int(self.first[truck + 1]))


def _matches(kind: pa.DataType, wanted) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return wanted(plain) or (wanted is pa.types.is_string and pa.types.is_large_string(plain))


def check_schema(table: pa.Table, wanted: dict, name: str) -> Iterator[Violation]:
    """Missing, superfluous and wrongly typed columns."""
    for column in sorted(wanted.keys() - set(table.column_names)):
        yield Violation("schema", 0, (name, column), f"{name} has no column {column}")
    for column in sorted(set(table.column_names) - wanted.keys()):
        yield Violation("schema", 0, (name, column), f"{name} has a column {column} that its schema does not know")
    for column in sorted(wanted.keys() & set(table.column_names)):
        kind = table.schema.field(column).type
        if not _matches(kind, wanted[column]):
            yield Violation("schema", 0, (name, column), f"{name} column {column} has the wrong type {kind}")


def codes_of(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Index of each value among the distinct ones, sorted (-1 for null), and these."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    one = column.unify_dictionaries().combine_chunks()
    if isinstance(one, pa.ChunkedArray):
        one = one.chunk(0) if one.num_chunks else pa.array([], pa.string()).dictionary_encode()
    values = one.dictionary.to_pylist()
    order = sorted(range(len(values)), key=lambda i: values[i])
    rank = np.empty(len(values) + 1, np.int32)
    rank[order] = np.arange(len(values), dtype=np.int32)
    rank[-1] = -1
    indices = pc.fill_null(one.indices.cast(pa.int64()), len(values)).to_numpy(zero_copy_only=False)
    return rank[indices], [values[i] for i in order]


def _types(fleet: Fleet, truck_ids: list[str]) -> tuple[list[TruckType], np.ndarray]:
    """Type of each truck; a visitor counts as the longest type of the fleet."""
    types = {t.id: t for t in fleet.types}
    of_truck = {t.id: types[t.type] for t in fleet.trucks}
    longest = max(fleet.types, key=lambda t: (t.length_m, t.width_m))
    return [of_truck.get(i, longest) for i in truck_ids], np.array([i in of_truck for i in truck_ids], np.bool_)


def read_tracks(poses: pa.Table, fleet: Fleet) -> Tracks:
    """Columns of the poses table, sorted by truck and instant."""
    truck, truck_ids = codes_of(poses["truck_id"])
    box, box_ids = codes_of(poses["container_id"])
    at_ms = poses["at_ms"].to_numpy().astype(np.int64)
    order = np.lexsort((at_ms, truck))
    x, y, heading, speed = (poses[c].to_numpy()[order].astype(float) for c in POSE_FLOATS)
    types, is_ours = _types(fleet, truck_ids)
    steps = np.diff(np.unique(at_ms))
    return Tracks(
        at_ms[order], truck[order], x, y, heading, speed, box[order], truck_ids, box_ids,
        first=np.searchsorted(truck[order], np.arange(len(truck_ids) + 1)),
        half_length_m=np.array([t.length_m / 2 for t in types]),
        half_width_m=np.array([t.width_m / 2 for t in types]),
        speed_mps_max=np.array([t.speed_mps_max for t in types]),
        accel_mps2_max=np.array([max(t.accel_mps2_empty, t.accel_mps2_loaded, t.brake_mps2) for t in types]),
        is_ours=is_ours,
        step_ms=int(steps.min()) if len(steps) else 0,
    )  # fmt: skip
