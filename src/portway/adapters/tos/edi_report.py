"""What a completed move is in EDIFACT: a COARRI for a quay move, a CODECO for a box through the gate (D.95B)."""

import datetime
import re
from typing import NamedTuple

from portway.core.model.work import JobOrder, MoveKind

MESSAGES = {
    MoveKind.DISCHARGE: ("COARRI", "44"),  # discharge report
    MoveKind.LOAD: ("COARRI", "46"),  # loading report
    MoveKind.RECEIVE: ("CODECO", "34"),  # gate in
    MoveKind.DELIVER: ("CODECO", "36"),  # gate out
}
_NOT_LATIN_1 = re.compile(r"[^ -~\xa0-\xff]")  # UNOC; level A has no small letters, and would change job orders' ids


class CompletedMove(NamedTuple):
    """A job order that has ended, and what the messages say besides."""

    event: int  # id of its progress event
    job: JobOrder
    at: datetime.datetime
    vessel: str = ""
    voyage: str = ""
    road_truck: str = ""


def file_name(move: CompletedMove, control: int) -> str:
    """The name of a move's file; control numbers make it unique."""
    return f"{MESSAGES[move.job.kind][0]}_{control:08d}.edi"


def interchange(move: CompletedMove, control: int, sender: str, receiver: str) -> bytes:
    """One message in an interchange of its own."""
    name, _ = MESSAGES[move.job.kind]
    body = [f"UNH+1+{name}:D:95B:UN", *_segments(move, control)]
    lines = [
        f"UNB+UNOC:3+{_text(sender)}+{_text(receiver)}+{move.at:%y%m%d:%H%M}+{control}",
        *body,
        f"UNT+{len(body) + 1}+1",
        f"UNZ+1+{control}",
    ]
    return "".join(f"{line}'\n" for line in lines).encode("latin-1")


def _segments(move: CompletedMove, control: int) -> list[str]:
    name, code = MESSAGES[move.job.kind]
    box = move.job.container
    inward = move.job.kind in (MoveKind.DISCHARGE, MoveKind.DELIVER)
    if name == "COARRI":
        transport = f"TDT+20+{_text(move.voyage)}+1+++++:::{_text(move.vessel)}"
    else:
        transport = f"TDT+1++3+++++{_text(move.road_truck)}"
    return [
        f"BGM+{code}+{control}+9",
        transport,
        f"EQD+CN+{_text(box.id)}+{_text(box.iso_type)}:102:5++{3 if inward else 2}",  # 3 import, 2 export
        f"RFF+ACW:{_text(move.job.id)}",  # reference of the message it answers: our job order
        f"DTM+{203 if name == 'COARRI' else 7}:{move.at:%Y%m%d%H%M}:203",
        f"MEA+AAE+G+KGM:{box.mass_kg:.0f}",
        "CNT+16:1",
    ]


def _text(text: str) -> str:
    """In the characters of Latin-1, separators released."""
    return re.sub(r"([?+:'])", r"?\1", _NOT_LATIN_1.sub(" ", text))
