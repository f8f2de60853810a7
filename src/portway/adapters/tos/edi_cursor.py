"""How far the messages to the TOS have come. The file outlives the server and the run, so it names the run.

`{"control": 1207, "runs": {"RUN": 5310}}`: the last control number, which no other message ever gets, whatever the run;
and by run the last progress event whose move was written. Several runs stand there, so that a server which was started
on another database for once goes on where it was.

A file of a version that did not name the run (`{"control": 1207, "event": 5310}`) counts for the first run that began
before the file was written last: a run that began after it cannot have written it, and begins at its own first event.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec

from portway.adapters.tos.whole_file import write_whole

FILE = "edi-out.json"


class RunMark(NamedTuple):
    """The run that goes on."""

    id: str
    started_at_s: float  # Unix epoch
    newest_event: int  # of its progress


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands in the file."""

    control: int = 0
    runs: dict[str, int] = {}
    event: int | None = None  # of a file that does not name the run, until that is known

    def behind(self, run: str, control: int, event: int) -> "Cursor":
        """After more messages of a run."""
        return msgspec.structs.replace(self, control=control, runs={**self.runs, run: event})


def open_cursor(folder: Path, run: RunMark) -> Cursor:
    """The cursor of a folder, with this run in it and kept so.

    A database that was restored from a backup has fewer events than were written: the run goes on behind its newest.
    """
    file = folder / FILE
    kept = _kept(file) if file.exists() else Cursor()
    event, unnamed = kept.runs.get(run.id), kept.event
    if event is None and unnamed is not None and file.stat().st_mtime >= run.started_at_s:
        event, unnamed = unnamed, None
    cursor = Cursor(kept.control, {**kept.runs, run.id: min(event or 0, run.newest_event)}, unnamed)
    if cursor != kept:
        write_whole(file, msgspec.json.encode(cursor))
    return cursor


def _kept(file: Path) -> Cursor:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Cursor)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file.name} is not what was written ({error}); put a copy of it back") from error


def move_cursor(folder: Path, before: Cursor, after: Cursor) -> None:
    """Returns when it is safe. Raises ValueError when another server has moved it since, on another machine perhaps."""
    if _kept(folder / FILE) != before:
        raise ValueError(f"{FILE} was changed by somebody else; let one server alone write in this folder")
    write_whole(folder / FILE, msgspec.json.encode(after))
