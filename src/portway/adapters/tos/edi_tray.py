"""The files of a watched folder: which have come to rest, which were taken in this run, and where they are put away.

`done/RUN/` has the files whose work this run has taken, `refused/` those that it has not, each with a `.problems.txt`.
What is in `done/` of other runs, or lies there from a version that did not name the run, is not looked at.

All of this waits for the disk, so it is called in threads beside the event loop, by one after the other.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from portway.adapters.tos.whole_file import write_whole

DIGEST_CHARS = 10
NAME_BYTES_MAX = 200  # leaves room for the digest and `.problems.txt`
PROBLEMS = ".problems.txt"
UNFINISHED_LOOKS = 60  # a file without its last segment is given up after so many


class EdiTray:
    """One folder in one run."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder, self._done, self._refused = folder, folder / "done" / run_id, folder / "refused"
        for each in (self._done, self._refused):
            each.mkdir(parents=True, exist_ok=True)
        # Read once: a look at each file would take longer the more have been done.
        names = [name for name in os.listdir(self._done) if not name.endswith(PROBLEMS)]
        self._taken = {name.partition("_")[0]: name for name in names}
        self._seen: dict[str, tuple[int, int]] = {}
        self._unfinished: dict[str, int] = {}

    def at_rest(self) -> list[Path]:
        """Files that have not changed since the last look, by name."""
        before, self._seen = self._seen, _states(self._folder)
        return [self._folder / name for name, state in sorted(self._seen.items()) if before.get(name) == state]

    def digest(self, file: Path) -> str | None:
        """By which a file is known under any name; None while its end may still come, or when it is gone."""
        try:
            with file.open("rb") as stream:
                if not self._has_ended(file.name, stream):
                    return None
                stream.seek(0)
                return hashlib.file_digest(stream, "sha256").hexdigest()[:DIGEST_CHARS]
        except FileNotFoundError:
            return None

    def _has_ended(self, name: str, stream: BinaryIO) -> bool:
        """Whether the last segment is there: a copy that pauses looks like one that has ended."""
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 200))
        ended, looks = b"UNZ" in stream.read(), self._unfinished.pop(name, 0) + 1
        if not ended and looks < UNFINISHED_LOOKS:
            self._unfinished[name] = looks
            return False
        return True

    def was_taken(self, digest: str) -> bool:
        """Whether this run has taken the same file; somebody may have removed it to have it taken again."""
        name = self._taken.get(digest)
        return name is not None and (self._done / name).exists()

    def put_away(self, file: Path, digest: str, problems: Sequence[str], warnings: Sequence[str]) -> str:
        """Move a file to where it belongs, and say where that is in the folder."""
        target = (self._refused if problems else self._done) / f"{digest}_{plain_name(file.name)}"
        lines = [*problems, *(f"warning: {text}" for text in warnings)]
        if lines:
            text = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
            write_whole(target.with_name(f"{target.name}{PROBLEMS}"), text)
        file.replace(target)
        if not problems:
            self._taken[digest] = target.name
        return target.relative_to(self._folder).as_posix()


def plain_name(name: str) -> str:
    """A name that every disk and every text can hold; a long one keeps its end."""
    return os.fsencode(name)[-NAME_BYTES_MAX:].decode("utf-8", "replace").replace("\ufffd", "_")


def _states(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file by name; hidden ones are still being written."""
    states = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if not entry.name.startswith(".") and entry.is_file():
                    stat = entry.stat()
                    states[entry.name] = stat.st_size, stat.st_mtime_ns
            except FileNotFoundError:  # renamed or removed meanwhile
                continue
    return states
