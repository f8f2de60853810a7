"""EDIFACT COPRAR, BAPLIE and COARRI (D.95B, D.00B) through pydifact, as work rows.

What is read: the vessel (TDT), for each box its number and type (EQD), stowage (LOC+147: bay, row, tier), mass (MEA),
time (DTM+203). The message tells what is done with its boxes: BGM 44/119 and so on for COARRI and COPRAR, BAPLIE is
discharged. Segments that are known but not needed are passed; unknown ones are imported with a warning that names them.
"""

import datetime
import warnings
from pathlib import Path
from typing import NamedTuple

from pydifact.exceptions import EDISyntaxError
from pydifact.segmentcollection import Interchange

from portway.adapters.tos.iso6346 import check_digit_wrong
from portway.adapters.tos.rows import WorkError, WorkProblem, WorkRow

MESSAGES = ("COPRAR", "BAPLIE", "COARRI", "CODECO")
KNOWN = frozenset(
    [
        "UNH",
        "UNT",
        "BGM",
        "DTM",
        "TDT",
        "LOC",
        "RFF",
        "NAD",
        "EQD",
        "TMD",
        "MEA",
        "SEL",
        "FTX",
        "DGS",
        "EQA",
        "HAN",
        "TMP",
        "RNG",
        "CNT",
        "DAM",
        "COD",
        "GID",
        "GDS",
        "SGP",
        "CTA",
        "COM",
        "PIA",
        "TPL",
        "NAS",
        "UNS",
        "ATT",
        "DIM",
        "TSR",
        "EQN",
    ]
)
DISCHARGE_CODES = {"44", "45", "118", "33"}  # COARRI discharge report 44; COPRAR discharge order 118/45 [by use]
LOAD_CODES = {"46", "119", "121", "270"}


class EdiBox(NamedTuple):
    """One box of a message."""

    number: str
    iso_type: str
    length_ft: int
    mass_kg: float
    stowage: str  # bay, row, tier as in the message, 7 digits or fewer
    at: datetime.datetime | None


class EdiWork(NamedTuple):
    """Boxes of a file, what is done with them, and what was odd."""

    message: str
    vessel: str
    kind: str  # discharge or load
    boxes: list[EdiBox]
    warnings: list[str]


def _text(element: object, index: int = 0) -> str:
    if isinstance(element, list | tuple):
        return str(element[index]) if index < len(element) else ""
    return str(element) if index == 0 and element is not None else ""


def _length_ft(iso_type: str) -> int:
    """Length code of ISO 6346 annex D (first character)."""
    return {"2": 20, "4": 40, "L": 45, "9": 45}.get(iso_type[:1], 40)


def _time(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text[:12], "%Y%m%d%H%M")
    except ValueError:
        return None


class _Reader:
    """Collects the boxes of one message; a box ends where the next one begins."""

    def __init__(self, message: str) -> None:
        self.work = EdiWork(message, "", "discharge", [], [])
        self._number = self._iso = self._stowage = ""
        self._mass = 20_000.0
        self._at: datetime.datetime | None = None
        self._stowage_first = message == "BAPLIE"

    def take(self, tag: str, e: list) -> None:
        """Read one segment."""
        if tag == "TDT" and not self.work.vessel and _text(e[0]) == "20":
            ship = next((x for x in reversed(e) if isinstance(x, list) and len(x) > 3), [])
            self.work = self.work._replace(vessel=_text(ship, len(ship) - 1) or (_text(e[1]) if len(e) > 1 else ""))
        elif tag == "BGM":
            self.work = self.work._replace(kind="load" if _text(e[0]) in LOAD_CODES else "discharge")
        elif tag == "LOC" and _text(e[0]) == "147":
            if self._stowage_first:
                self.end_box()
            self._stowage = _text(e[1]) if len(e) > 1 else ""
        elif tag == "EQD" and _text(e[0]) == "CN":
            if not self._stowage_first:
                self.end_box()
            self._number, self._iso = _text(e[1]) if len(e) > 1 else "", _text(e[2]) if len(e) > 2 else ""
        elif tag == "MEA" and self._takes_mass(e):
            self._mass = float(_text(e[-1], 1))
        elif tag == "DTM" and _text(e[0]) == "203":
            self._at = _time(_text(e[0], 1))

    def _takes_mass(self, e: list) -> bool:
        gross = _text(e[0]) in ("WT", "VGM") or (len(e) > 1 and _text(e[1]) in ("G", "EGW", "VGM", "AET", ""))
        return gross and _text(e[-1], 0) == "KGM" and _text(e[-1], 1).replace(".", "", 1).isdigit()

    def end_box(self) -> None:
        """Keep the box read so far."""
        if self._number:
            self.work.boxes.append(
                EdiBox(self._number, self._iso, _length_ft(self._iso), self._mass, self._stowage, self._at)
            )
        self._number = self._iso = self._stowage = ""
        self._mass, self._at = 20_000.0, None


def read_edi(path: Path) -> list[EdiWork]:
    """The boxes of every COPRAR, BAPLIE, COARRI and CODECO message of a file, one entry a message.

    Raises WorkError when the file is no EDIFACT interchange, or holds none of these messages.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydifact has no tables for service segments of version 2
            messages = list(Interchange.from_str(path.read_bytes().decode("latin-1")).get_messages())
    except (
        EDISyntaxError, OSError, ValueError, IndexError, TypeError, AttributeError, StopIteration, AssertionError
    ) as error:  # fmt: skip  # pydifact indexes into broken service segments, and asserts
        cure = "give a file that begins with UNA or UNB"
        raise WorkError([WorkProblem(path.name, 0, "file", "", f"no EDIFACT interchange: {error}", cure)]) from error
    named = [(_text(m.type), m) for m in messages if m.type]
    works = [_read_message(name, m.segments) for name, m in named if name in MESSAGES]
    if works:
        return works
    found = ", ".join(sorted({str(m.type) for m in messages})) or "nothing"
    cure = f"give one of {', '.join(MESSAGES)}"
    raise WorkError([WorkProblem(path.name, 0, "message", found, "no message that Portway reads", cure)])


def _read_message(name: str, segments: list) -> EdiWork:
    reader = _Reader(name)
    for position, segment in enumerate(segments, start=1):
        if segment.tag not in KNOWN:
            reader.work.warnings.append(f"segment {position}: unknown segment {segment.tag}, passed over")
            continue
        try:
            reader.take(segment.tag, list(segment.elements))
        except (IndexError, ValueError, TypeError):
            reader.work.warnings.append(f"segment {position}: {segment.tag} cannot be read, passed over")
    reader.end_box()
    for box in reader.work.boxes:
        if check_digit_wrong(box.number):
            reader.work.warnings.append(f"box {box.number}: ISO 6346 check digit is wrong")
    return reader.work


def import_edi(paths: list[Path]) -> tuple[list[WorkRow], list[str]]:
    """Work rows of some files, and warnings that begin with the file's name.

    Raises WorkError with the problems of all files.
    """
    rows, odd, problems = [], [], []
    for path in paths:
        try:
            for work in read_edi(path):
                rows += edi_rows(work)
                odd += [f"{path.name}: {text}" for text in work.warnings]
        except WorkError as error:
            problems += error.problems
    if problems:
        raise WorkError(problems)
    return rows, odd


def edi_rows(work: EdiWork, call: str = "") -> list[WorkRow]:
    """Work rows of a message, in the order of their times where it has any."""
    name = call or work.vessel.replace(" ", "_") or work.message
    times = [b.at for b in work.boxes if b.at is not None]
    first = min(times) if times else None
    ordered = sorted(work.boxes, key=lambda b: (b.at or first or datetime.datetime.min, b.number))
    rows, seen = [], set()
    for box in ordered:
        if box.number in seen:
            work.warnings.append(f"box {box.number}: named twice, taken once")
            continue
        seen.add(box.number)
        rows.append(
            WorkRow(
                f"{work.kind[0].upper()}-{box.number}", work.kind, box.number, box.length_ft, box.mass_kg, box.iso_type,
                call=name,
            )
        )  # fmt: skip
    return rows
