"""`moves.parquet` and `poses.parquet`; schemas in `docs/reference/run-output.md`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from portway.app.report.whole_files import whole_file
from portway.core.units import MS_PER_S
from portway.sim.poses import NO_BOX, Poses, pose_chunks, track_ids
from portway.sim.record import MoveRow, RunRecord

MOVES_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("container_id", "kind", "from_place", "to_place", "truck_id")]
    + [(name, pa.int64()) for name in ("requested_ms", "assigned_ms", "collected_ms", "delivered_ms")]
)
POSES_SCHEMA = pa.schema(
    [("at_ms", pa.int64()), ("truck_id", pa.string())]
    + [(name, pa.float64()) for name in ("x_m", "y_m", "heading_rad", "speed_mps")]
    + [("container_id", pa.string())]
)
ROUNDED = {"x_m": 4, "y_m": 4, "heading_rad": 6, "speed_mps": 4}  # decimals: a tenth of a millimetre packs far better


def moves_table(moves: list[MoveRow]) -> pa.Table:
    """All delivered boxes, in the order of delivery."""
    rows = sorted(moves, key=lambda m: (m.delivered_ms, m.container_id))
    columns = {f.name: pa.array([_plain(getattr(m, f.name)) for m in rows], f.type) for f in MOVES_SCHEMA}
    return pa.table(columns, schema=MOVES_SCHEMA)


def _plain(value: str | int) -> str | int:
    return value if isinstance(value, int) else str(value)


def write_moves(record: RunRecord, path: Path) -> None:
    """Write `moves.parquet`."""
    with whole_file(path) as temporary:
        pq.write_table(moves_table(record.moves), temporary, compression="zstd")


def _arrow(poses: Poses, trucks: pa.Array, boxes: pa.Array) -> pa.Table:
    """Poses with truck and box as dictionary indices, which Parquet stores as plain strings with a dictionary."""
    columns = {
        "at_ms": pa.array(poses.at_ms),
        "truck_id": pa.DictionaryArray.from_arrays(pa.array(poses.track), trucks),
        **{name: pa.array(np.round(getattr(poses, name), digits)) for name, digits in ROUNDED.items()},
        "container_id": pa.DictionaryArray.from_arrays(pa.array(poses.box, mask=poses.box == NO_BOX), boxes),
    }
    return pa.table(columns)


def write_poses(record: RunRecord, path: Path, poses_hz: float) -> int:
    """Write `poses.parquet`, row group by row group; returns the number of rows."""
    if not 0 < poses_hz <= MS_PER_S:
        raise ValueError(f"poses rate {poses_hz} Hz: give more than 0 and at most {MS_PER_S} Hz, or switch poses off")
    trucks, boxes = pa.array(track_ids(record), pa.string()), pa.array(record.container_ids, pa.string())
    dictionary = pa.dictionary(pa.int32(), pa.string())
    stored = pa.schema([f.with_type(dictionary) if f.type == pa.string() else f for f in POSES_SCHEMA])
    rows = 0
    with (
        whole_file(path) as temporary,
        # without the Arrow schema in the file readers see plain strings, as documented
        pq.ParquetWriter(temporary, stored, compression="zstd", compression_level=1, store_schema=False) as writer,
    ):
        for poses in pose_chunks(record, round(MS_PER_S / poses_hz)):
            writer.write_table(_arrow(poses, trucks, boxes).cast(stored))
            rows += len(poses.at_ms)
    return rows
