"""EDIFACT back to the TOS, a file a message: each appears once and whole, at whatever instant the server is killed.

A batch of moves is written in three steps:

1. every message into a hidden file (`.COARRI_00000007.edi.part`), safe on the disk;
2. the cursor (`edi_cursor.py`) goes behind the batch: from here on it is told;
3. the hidden files get their names.

At a start, hidden files up to the cursor's control number get their names: step 3 was cut off. Later ones are deleted:
step 2 was not reached, so their moves come again, under the same numbers, and nobody has seen the first ones.

All of this waits for the disk, so it is called in threads beside the event loop, by one after the other.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from portway.adapters.tos.edi_cursor import RunMark, move_cursor, open_cursor
from portway.adapters.tos.edi_report import MESSAGES, CompletedMove, file_name, interchange
from portway.adapters.tos.whole_file import part_of, sync_folder, write_part

_PART = re.compile(r"\.(?P<name>(?:COARRI|CODECO)_(?P<control>[0-9]{8,})\.edi)\.part")


class EdiOut:
    """Writes messages of a run into a folder. After an error it is of no use any more: open another one."""

    def __init__(self, folder: Path, sender: str, receiver: str, run: RunMark) -> None:
        self._folder, self._sender, self._receiver, self._run = folder, sender, receiver, run.id
        folder.mkdir(parents=True, exist_ok=True)
        self._cursor = open_cursor(folder, run)
        self._end_batch()

    @property
    def last_event(self) -> int:
        """Moves up to this progress event have been written."""
        return self._cursor.runs[self._run]

    def write(self, moves: Sequence[CompletedMove]) -> list[Path]:
        """The files of moves, in their sequence; none for a move inside the yard, or one that was written before."""
        told = [m for m in moves if m.event > self.last_event and m.job.kind in MESSAGES]
        if not told:
            return []
        first = self._cursor.control + 1
        files = [self._folder / file_name(move, control) for control, move in enumerate(told, first)]
        for control, (file, move) in enumerate(zip(files, told, strict=True), first):
            write_part(file, interchange(move, control, self._sender, self._receiver))
        sync_folder(self._folder)
        cursor = self._cursor.behind(self._run, first + len(told) - 1, told[-1].event)
        move_cursor(self._folder, self._cursor, cursor)
        self._cursor = cursor
        for file in files:
            part_of(file).replace(file)
        sync_folder(self._folder)
        return files

    def _end_batch(self) -> None:
        """Name or delete what a killed server has left hidden."""
        left = [found for path in self._folder.iterdir() if (found := _PART.fullmatch(path.name)) is not None]
        for found in sorted(left, key=lambda f: int(f["control"])):
            part = self._folder / found[0]
            if int(found["control"]) <= self._cursor.control:
                part.replace(self._folder / found["name"])
            else:
                part.unlink()
