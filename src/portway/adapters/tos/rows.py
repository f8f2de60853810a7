"""One line of a work list as its source knows it, before a TOS would have planned it."""

from typing import NamedTuple

KINDS = ("discharge", "load", "yard", "receive", "deliver")
LENGTHS_FT = (20, 40, 45)


class WorkRow(NamedTuple):
    """Columns of `work.csv` (`docs/reference/work.md`); what is empty is planned on loading."""

    job_id: str
    kind: str
    container_id: str
    length_ft: int = 40
    mass_kg: float = 20_000.0
    iso_type: str = ""
    release_s: float = 0.0
    due_s: float | None = None
    call: str = ""  # vessel or barge call
    quay_crane: str = ""
    quay_bay: int | None = None
    sequence: int | None = None
    block: str = ""
    bay: int | None = None
    row: int | None = None
    tier: int | None = None
    block_to: str = ""
    bay_to: int | None = None
    row_to: int | None = None
    tier_to: int | None = None
    gate: str = ""
    twin: str = ""
    after: str = ""  # job ids, blank separated


INTEGERS = ("length_ft", "quay_bay", "sequence", "bay", "row", "tier", "bay_to", "row_to", "tier_to")
NUMBERS = ("mass_kg", "release_s", "due_s")


class WorkProblem(NamedTuple):
    """What is wrong with one value of a work list."""

    file: str
    line: int
    column: str
    value: str
    message: str
    cure: str = ""


class WorkError(ValueError):
    """A work list that cannot be used; `problems` lists everything found."""

    def __init__(self, problems: list[WorkProblem]) -> None:
        self.problems = problems
        lines = (f"{p.file}:{p.line}: {p.column} = {p.value}: {p.message}; {p.cure}" for p in problems)
        super().__init__("\n".join(lines))
