"""Rows of `moves.parquet` matched to the job orders they carry out."""

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from checker.violation import Violation
from portway.core.model import JobOrder, WorkList

NEVER = -1


class Trip(NamedTuple):
    """One row of the moves table with its job order; instants not reached are NEVER."""

    job: JobOrder
    container: str
    from_place: str
    to_place: str
    truck: str
    requested_ms: int
    assigned_ms: int
    collected_ms: int
    delivered_ms: int

    @property
    def is_done(self) -> bool:
        """The box has arrived."""
        return self.delivered_ms != NEVER

    @property
    def words(self) -> str:
        """How messages name it."""
        return f"{self.job.kind} of {self.container} (job order {self.job.id})"


def _by_precedence(jobs: Iterable[JobOrder]) -> list[JobOrder]:
    """Job orders, each behind those it must come after; ties by release and id. A cycle is cut at its end."""
    waiting = sorted(jobs, key=lambda j: (j.release_ms, j.id))
    ids, placed = {j.id for j in waiting}, []
    done: set[str] = set()
    while waiting:
        free = next((j for j in waiting if not (set(j.after) & ids) - done), waiting[-1])
        waiting.remove(free)
        placed.append(free)
        done.add(free.id)
    return placed


def _instant(row: dict, column: str) -> int:
    return NEVER if row[column] is None else int(row[column])


def _finished_first(row: dict) -> tuple[int, int, str]:
    end, start = _instant(row, "delivered_ms"), _instant(row, "collected_ms")
    return (end if end != NEVER else 1 << 60, start if start != NEVER else 1 << 60, row["truck_id"] or "")


def match_trips(moves: pa.Table, work: WorkList) -> tuple[list[Trip], list[Violation]]:
    """The k-th move of a box and kind carries out its k-th job order of that kind; rows without one are violations."""
    jobs: dict[tuple[str, str], list[JobOrder]] = {}
    for job in work.job_orders:
        jobs.setdefault((job.container.id, str(job.kind)), []).append(job)
    open_jobs = {key: _by_precedence(group) if len(group) > 1 else list(group) for key, group in jobs.items()}
    trips, found = [], []
    for row in sorted(moves.to_pylist(), key=_finished_first):
        key = (row["container_id"], row["kind"])
        at = max(0, _instant(row, "delivered_ms"))
        if key not in jobs:
            found.append(
                Violation("unasked", at, (key[0],), f"{key[0]} was moved ({key[1]}) and no job order asks for it")
            )
        elif not open_jobs[key]:
            found.append(Violation("twice", at, (key[0],), f"{key[0]} was moved ({key[1]}) once more than ordered"))
        else:
            instants = (_instant(row, f"{c}_ms") for c in ("requested", "assigned", "collected", "delivered"))
            ends = row["from_place"] or "", row["to_place"] or ""
            trips.append(Trip(open_jobs[key].pop(0), key[0], *ends, row["truck_id"] or "", *instants))
    return trips, found
