"""The independent checker: judges a run from what it leaves behind, with geometry of its own.

It reads the two tables (`poses.parquet`, `moves.parquet`) and the scenario's nouns, and shares no code with routing,
kernels or the simulator, so that a defect there cannot hide itself here.

    violations = check_run(poses, moves, terminal, fleet, work, finished=True)
    assert not violations, report(violations)
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from checker.boxes import (
    check_after,
    check_all_done,
    check_carriers,
    check_ends,
    check_instants,
    check_one_truck,
    check_sequence,
)
from checker.cargo import check_cargo, check_handovers
from checker.footprints import check_footprints
from checker.motion import check_acceleration, check_grid, check_speed, check_steps, check_where
from checker.stacks import check_stacks
from checker.tracks import MOVE_COLUMNS, POSE_COLUMNS, Tracks, check_schema, read_tracks
from checker.trips import Trip, match_trips
from checker.violation import Violation
from portway.core.model import Fleet, Terminal, WorkList

__all__ = ["Violation", "check_moves", "check_poses", "check_run", "read_run", "report"]


def read_run(folder: Path) -> tuple[pa.Table, pa.Table]:
    """Poses and moves of a run's folder."""
    return pq.read_table(folder / "poses.parquet"), pq.read_table(folder / "moves.parquet")


def check_poses(tracks: Tracks, terminal: Terminal, fleet: Fleet, disturbed: bool = False) -> list[Violation]:
    """All rules about where trucks are."""
    return [
        *check_grid(tracks, [t.id for t in fleet.trucks]),
        *check_footprints(tracks),
        *check_steps(tracks),
        *(() if disturbed else check_acceleration(tracks)),
        *check_speed(tracks, terminal),
        *check_where(tracks, terminal),
    ]


def check_moves(
    trips: list[Trip], terminal: Terminal, fleet: Fleet, work: WorkList, finished: bool = False, stacks: bool = False
) -> list[Violation]:
    """All rules about boxes that need no poses."""
    return [
        *(check_all_done(trips, work) if finished else ()),
        *check_instants(trips),
        *check_one_truck(trips),
        *check_after(trips),
        *check_sequence(trips, work),
        *check_ends(trips, terminal),
        *check_carriers(trips, fleet),
        *(check_stacks(trips, work) if stacks else ()),
    ]


def check_run(
    poses: pa.Table | None, moves: pa.Table, terminal: Terminal, fleet: Fleet, work: WorkList, *,
    finished: bool = False, stacks: bool = False, disturbed: bool = False,
) -> list[Violation]:  # fmt: skip
    """Everything that is wrong with a run, by instant; empty for a good one.

    `poses` None judges the moves alone. `finished` demands that every job order is done; `stacks` also watches slots;
    `disturbed` says that the simulator delays movements, which makes them slow down at once.
    """
    found = [*check_schema(moves, MOVE_COLUMNS, "moves.parquet")]
    if poses is not None:
        found += check_schema(poses, POSE_COLUMNS, "poses.parquet")
    if found:
        return found
    trips, found = match_trips(moves, work)
    found += check_moves(trips, terminal, fleet, work, finished, stacks)
    if poses is not None:
        tracks = read_tracks(poses, fleet)
        found += check_poses(tracks, terminal, fleet, disturbed)
        found += check_cargo(tracks, trips, finished)
        found += check_handovers(tracks, trips, terminal)
    return sorted(found, key=lambda v: (v.at_ms, v.rule, v.subjects))


def report(violations: Iterable[Violation], most: int = 20) -> str:
    """Violations for people: how many of each rule, and the first ones."""
    found = list(violations)
    counts = ", ".join(f"{n} {rule}" for rule, n in sorted(Counter(v.rule for v in found).items()))
    lines = [f"{len(found)} violations: {counts}", *(str(v) for v in found[:most])]
    return "\n".join(lines if len(found) <= most else [*lines, f"... and {len(found) - most} more"])
