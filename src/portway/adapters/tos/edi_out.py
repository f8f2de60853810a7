"""EDIFACT back to the TOS: a COARRI for every completed quay move, a CODECO for every box through the gate (D.95B).

One interchange a file, written under another name and renamed when whole. The state file keeps the last control number
and the last progress event; it is written after the message, so after a crash in between the same event becomes the
same file with the same number: a receiver sees that it is the same one, and no number is ever used for two messages.
"""

import datetime
import json
import os
import re
from pathlib import Path
from typing import NamedTuple

from portway.core.model.work import JobOrder, MoveKind

MESSAGES = {
    MoveKind.DISCHARGE: ("COARRI", "44"),  # discharge report
    MoveKind.LOAD: ("COARRI", "46"),  # loading report
    MoveKind.RECEIVE: ("CODECO", "34"),  # gate in
    MoveKind.DELIVER: ("CODECO", "36"),  # gate out
}
STATE = "edi-out.json"
_NOT_LATIN_1 = re.compile(r"[^ -~\xa0-\xff]")  # UNOC; level A has no small letters, and would change job orders' ids


class CompletedMove(NamedTuple):
    """A job order that has ended, and what the messages say besides."""

    event: int  # id of its progress event
    job: JobOrder
    at: datetime.datetime
    vessel: str = ""
    voyage: str = ""
    road_truck: str = ""


class EdiOut:
    """Writes messages into a folder."""

    def __init__(self, folder: Path, sender: str, receiver: str) -> None:
        self._folder, self._sender, self._receiver = folder, sender, receiver
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / STATE
        self._state = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {"control": 0, "event": 0}

    @property
    def last_event(self) -> int:
        """Moves up to this progress event have been written."""
        return int(self._state["event"])

    def write(self, move: CompletedMove) -> Path | None:
        """The file of a move; None for a move inside the yard, or one that was written before."""
        if move.event <= self.last_event or move.job.kind not in MESSAGES:
            return None
        control = self._state["control"] + 1
        name, _ = MESSAGES[move.job.kind]
        file = self._folder / f"{name}_{control:08d}.edi"
        write_whole(file, self._interchange(move, control).encode("latin-1"))
        self._state = {"control": control, "event": move.event}
        write_whole(self._folder / STATE, json.dumps(self._state).encode())
        return file

    def _interchange(self, move: CompletedMove, control: int) -> str:
        name, _ = MESSAGES[move.job.kind]
        parties = f"{_text(self._sender)}+{_text(self._receiver)}"
        body = [f"UNH+1+{name}:D:95B:UN", *_segments(move, control)]
        lines = [
            f"UNB+UNOC:3+{parties}+{move.at:%y%m%d:%H%M}+{control}",
            *body,
            f"UNT+{len(body) + 1}+1",
            f"UNZ+1+{control}",
        ]
        return "".join(f"{line}'\n" for line in lines)


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


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees a part of it."""
    part = file.with_name(f".{file.name}.part")
    with part.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
