"""WSC 2025 Simulation Challenge files: vessels a week with arrival times, and a transhipment matrix.

Entry (v, w) of `transhipmentN.csv` is the number of boxes that vessel v brings and vessel w takes on its next call.
"""

import csv
import datetime
from pathlib import Path

from portway.adapters.tos.conflowgen import box_number
from portway.adapters.tos.rows import WorkError, WorkProblem, WorkRow

WEEK_S = 7 * 86_400.0


def _cells(path: Path) -> list[list[str]]:
    if not path.exists():
        cure = "give the challenge's conf folder and the number of a scenario that it has"
        raise WorkError([WorkProblem(path.name, 0, "file", str(path.parent), "missing", cure)])
    return [row for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()) if row]


def _arrivals_s(folder: Path, scenario: int) -> list[float]:
    """Arrival of each vessel in its week, seconds from the first midnight of the file; lines are (vessel, instant)."""
    path = folder / f"vessel_arrival_time{scenario}.csv"
    times, problems = [], []
    for number, row in enumerate(_cells(path), start=1):
        try:
            times.append(datetime.datetime.strptime(row[-1].strip(), "%Y/%m/%d %H:%M:%S"))
        except ValueError:
            cure = "write it as 2025/05/04 00:14:00"
            problems.append(WorkProblem(path.name, number, "arrival", row[-1], "not an instant", cure))
    if problems or not times:
        raise WorkError(problems or [WorkProblem(path.name, 0, "file", "", "empty", "give a line for each vessel")])
    midnight = min(times).replace(hour=0, minute=0, second=0)
    return [(t - midnight).total_seconds() for t in times]


def import_wsc(folder: Path, scenario: int = 0, weeks: int = 1) -> list[WorkRow]:
    """Work rows of some weeks; boxes for a vessel that calls before their bringer are in the yard at the start.

    Raises WorkError for missing files and for a matrix that does not fit the arrivals.
    """
    arrivals = _arrivals_s(folder, scenario)
    name = f"transhipment{scenario}.csv"
    matrix = [[int(float(c or 0)) for c in row[1:]] for row in _cells(folder / name)[1:]]
    if len(matrix) != len(arrivals) or any(len(row) != len(arrivals) for row in matrix):
        message = f"{len(matrix)} rows for {len(arrivals)} vessels"
        raise WorkError([WorkProblem(name, 0, "matrix", "", message, "give the matrix of the same scenario")])
    rows, number = [], 0
    for week in range(weeks):
        for v, counts in enumerate(matrix):
            for w, count in enumerate(counts):
                for _ in range(count):
                    number += 1
                    rows += _box(number, week, weeks, v, w, arrivals)
    return sorted(rows, key=lambda r: (r.release_s, r.call, r.job_id))


def _box(number: int, week: int, weeks: int, v: int, w: int, arrivals: list[float]) -> list[WorkRow]:
    """Discharge from v in `week`, load onto w's next call; the first week's gaps are filled from the yard."""
    box = box_number(number)
    came, goes_week = week * WEEK_S + arrivals[v], week + (arrivals[w] <= arrivals[v])
    rows = [WorkRow(f"D{number}", "discharge", box, release_s=came, call=f"W{week}V{v:02d}")]
    if goes_week < weeks:
        goes = goes_week * WEEK_S + arrivals[w]
        rows.append(WorkRow(f"L{number}", "load", box, release_s=goes, call=f"W{goes_week}V{w:02d}"))
    elif goes_week == weeks and week == weeks - 1:
        stock = box_number(900_000 - number)
        rows.append(WorkRow(f"S{number}", "load", stock, release_s=arrivals[w], call=f"W0V{w:02d}"))
    return rows
