"""`work.csv`: the documented work list. Read and checked line by line; what a TOS would have planned is filled in.

Every bad value of every line is listed. Writing goes to a temporary file first, so nothing is left half-written.
"""

import csv
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from portway.adapters.tos.iso6346 import check_digit_wrong
from portway.adapters.tos.planner import plan_work
from portway.adapters.tos.rows import INTEGERS, KINDS, LENGTHS_FT, NUMBERS, WorkError, WorkProblem, WorkRow
from portway.core.model.layout import Block, Terminal
from portway.core.model.work import WorkList

__all__ = ["WorkError", "WorkProblem", "load_work", "read_rows", "write_rows"]
_DEFAULTS = WorkRow("", "", "")


def _value(column: str, text: str) -> Any:
    if text == "":
        return getattr(_DEFAULTS, column)
    if column in INTEGERS:
        return int(text)
    if column in NUMBERS:
        if not math.isfinite(value := float(text)):
            raise ValueError(text)
        return value
    return text


def read_rows(path: Path) -> tuple[list[WorkRow], list[WorkProblem]]:
    """Rows of a work list with the problems of their values; rows with a problem are left out."""
    numbered, problems = _numbered_rows(path)
    return [row for _, row in numbered], problems


def _numbered_rows(path: Path) -> tuple[list[tuple[int, WorkRow]], list[WorkProblem]]:
    """Rows with the lines on which they stand."""
    rows: list[tuple[int, WorkRow]] = []
    problems: list[WorkProblem] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [], [WorkProblem(path.name, 0, "file", "", str(error), "give a readable UTF-8 CSV file")]
    reader = csv.reader(text.splitlines())
    header = next(reader, [])
    unknown = [c for c in header if c not in WorkRow._fields]
    missing = [c for c in ("job_id", "kind", "container_id") if c not in header]
    problems += [
        WorkProblem(path.name, 1, c, "", "unknown column", f"use {', '.join(WorkRow._fields)}") for c in unknown
    ]
    twice = sorted({c for c in header if header.count(c) > 1})
    problems += [WorkProblem(path.name, 1, c, "", "this column comes twice", "take one of them out") for c in twice]
    problems += [WorkProblem(path.name, 1, c, "", "missing column", "add it to the first line") for c in missing]
    if problems:
        return [], problems
    plain = [(i, c) for i, c in enumerate(header)]
    for number, cells in enumerate(reader, start=2):
        if not any(cells):
            continue
        if len(cells) != len(header):
            message = f"{len(cells)} values under {len(header)} columns"
            problems.append(WorkProblem(path.name, number, "line", ",".join(cells)[:60], message, "mend the commas"))
            continue
        values, bad = {}, False
        for i, column in plain:
            try:
                values[column] = _value(column, cells[i])
            except ValueError:
                bad = True
                problems.append(WorkProblem(path.name, number, column, cells[i], "not a number", "write a number"))
        if not bad:
            row = WorkRow(**values)
            found = _row_problems(path.name, number, row)
            problems += found
            if not found:
                rows.append((number, row))
    return rows, problems


def _row_problems(file: str, line: int, row: WorkRow) -> list[WorkProblem]:
    found = []
    if not row.job_id:
        found.append(WorkProblem(file, line, "job_id", "", "empty", "give each line an id"))
    if not row.container_id:
        found.append(WorkProblem(file, line, "container_id", "", "empty", "name the box"))
    if row.kind not in KINDS:
        found.append(WorkProblem(file, line, "kind", row.kind, "unknown kind", f"use one of {', '.join(KINDS)}"))
    if row.length_ft not in LENGTHS_FT:
        found.append(WorkProblem(file, line, "length_ft", str(row.length_ft), "no such length", "use 20, 40 or 45"))
    if not 0 < row.mass_kg <= 65_000:
        found.append(WorkProblem(file, line, "mass_kg", f"{row.mass_kg:g}", "out of range", "0 to 65,000 kg"))
    if row.release_s < 0:
        found.append(WorkProblem(file, line, "release_s", f"{row.release_s:g}", "negative", "seconds from the start"))
    if row.kind in ("discharge", "load") and not row.call and not row.quay_crane:
        found.append(
            WorkProblem(file, line, "call", "", "a quay move needs a call or a quay crane", "fill one of them")
        )
    if row.kind == "yard" and not row.block_to:
        found.append(WorkProblem(file, line, "block_to", "", "a yard move needs a destination", "name a block"))
    if row.twin == row.job_id:
        found.append(WorkProblem(file, line, "twin", row.twin, "names itself", "name the other box, or leave it empty"))
    if row.twin and row.length_ft != 20:
        found.append(WorkProblem(file, line, "twin", row.twin, "only 20 ft boxes travel as twins", "leave it empty"))
    return found


def _duplicates(file: str, rows: list[tuple[int, WorkRow]]) -> list[WorkProblem]:
    seen: dict[str, int] = {}
    found = []
    for line, row in rows:
        if row.job_id in seen:
            found.append(WorkProblem(file, line, "job_id", row.job_id, "used twice", "give each line an id of its own"))
        seen[row.job_id] = line
    return found


def _box_problems(file: str, rows: list[tuple[int, WorkRow]]) -> list[WorkProblem]:
    """Boxes that come twice without leaving in between, or the other way round."""
    balance: dict[str, list[int]] = {}
    for line, row in rows:
        balance.setdefault(row.container_id, []).append(line if row.kind in ("discharge", "receive") else -line)
        if row.kind == "yard":
            balance[row.container_id].pop()
    found = []
    for box, lines in balance.items():
        comes, leaves = [n for n in lines if n > 0], [-n for n in lines if n < 0]
        if abs(len(comes) - len(leaves)) > 1:
            message = f"comes {len(comes)} times and leaves {len(leaves)} times"
            found.append(WorkProblem(file, max(comes + leaves), "container_id", box, message, "one box, one number"))
    return found


def _slot_problems(file: str, line: int, row: WorkRow, blocks: dict[str, Block]) -> list[WorkProblem]:
    found = []
    for end in ("", "_to"):
        name = getattr(row, "block" + end)
        if not name:
            continue
        if name not in blocks:
            cure = f"blocks are {', '.join(sorted(blocks))}"
            found.append(WorkProblem(file, line, "block" + end, name, "unknown block", cure))
            continue
        block = blocks[name]
        for part, most in (("bay", block.bays), ("row", block.rows), ("tier", block.tiers)):
            value = getattr(row, part + end)
            if value is not None and not 1 <= value <= most:
                message = f"outside of block {name}"
                found.append(WorkProblem(file, line, part + end, str(value), message, f"1 to {most}"))
    return found


def _link_problems(file: str, numbered: list[tuple[int, WorkRow]], terminal: Terminal) -> list[WorkProblem]:
    """References between lines and to the terminal."""
    by_id = {r.job_id: r for _, r in numbered}
    cranes, gates = {c.id for c in terminal.quay_cranes}, {g.id for g in terminal.gates}
    blocks = {b.id: b for b in terminal.blocks}
    found = []
    for line, row in numbered:
        if row.kind in ("receive", "deliver") and not gates:
            cure = "add a gate to the terminal, or take the line out"
            found.append(WorkProblem(file, line, "kind", row.kind, "the terminal has no gate", cure))
        if row.quay_bay is not None and terminal.quay is not None and not 1 <= row.quay_bay <= terminal.quay.bays:
            cure = f"1 to {terminal.quay.bays}"
            found.append(WorkProblem(file, line, "quay_bay", str(row.quay_bay), "outside of the quay", cure))
        if row.quay_crane and row.quay_crane not in cranes:
            cure = f"cranes are {', '.join(sorted(cranes))}"
            found.append(WorkProblem(file, line, "quay_crane", row.quay_crane, "unknown crane", cure))
        if row.gate and row.gate not in gates:
            found.append(
                WorkProblem(file, line, "gate", row.gate, "unknown gate", f"gates are {', '.join(sorted(gates))}")
            )
        found += _slot_problems(file, line, row, blocks)
        for other in row.after.split():
            if other not in by_id:
                found.append(WorkProblem(file, line, "after", other, "unknown job order", "name a job_id of this file"))
        if row.twin:
            twin = by_id.get(row.twin)
            same = twin is not None and (twin.kind, twin.quay_crane) == (row.kind, row.quay_crane)
            if twin is None or twin.twin != row.job_id or not same:
                message = "twins must name each other, be of one kind and have one quay crane"
                found.append(WorkProblem(file, line, "twin", row.twin, message, "mend both lines"))
    found += [
        WorkProblem(file, 0, "after", job, "waits for itself in a ring", "break the ring") for job in _in_rings(by_id)
    ]
    return found


def _in_rings(by_id: dict[str, WorkRow]) -> list[str]:
    """Job orders whose `after` leads back to themselves."""
    state: dict[str, int] = {}
    rings = []
    for root in by_id:
        stack = [(root, iter(by_id[root].after.split()))] if root not in state else []
        if stack:
            state[root] = 1
        while stack:
            job, rest = stack[-1]
            nxt = next((j for j in rest if j in by_id), None)
            if nxt is None:
                state[job] = 2
                stack.pop()
            elif state.get(nxt) == 1:
                rings.append(nxt)
            elif nxt not in state:
                state[nxt] = 1
                stack.append((nxt, iter(by_id[nxt].after.split())))
    return sorted(set(rings))


def load_work(path: Path, terminal: Terminal) -> WorkList:
    """Job orders and work queues for a terminal. Raises WorkError with every problem."""
    numbered, problems = _numbered_rows(path)
    problems += _duplicates(path.name, numbered)
    problems += _box_problems(path.name, numbered)
    problems += _link_problems(path.name, numbered, terminal)
    if problems:
        raise WorkError(problems)
    return plan_work([row for _, row in numbered], terminal, path.name)


def warnings(rows: Iterable[WorkRow]) -> list[str]:
    """What is odd but can be used: box numbers whose ISO 6346 check digit is wrong."""
    return [
        f"{r.job_id}: container {r.container_id}: ISO 6346 check digit is wrong"
        for r in rows
        if check_digit_wrong(r.container_id)
    ]


def write_rows(rows: Iterable[WorkRow], path: Path) -> None:
    """Write a work list; columns that are empty everywhere are left out. Nothing is left half-written."""
    rows = list(rows)
    used = [
        c
        for c in WorkRow._fields
        if c in ("job_id", "kind", "container_id") or any(getattr(r, c) != getattr(_DEFAULTS, c) for r in rows)
    ]
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(used)
            for row in rows:
                writer.writerow([_text(c, getattr(row, c)) for c in used])
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _text(column: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    return f"{value:g}" if column == "mass_kg" else f"{value:.0f}" if column in NUMBERS else str(value)
