"""What a journal keeps when its file can no longer be written."""

import errno
import os
from pathlib import Path

import pytest

from portway.adapters.storage.journal import (
    FLUSH_BYTES,
    JournalError,
    JournalHeader,
    JournalWriter,
    read_journal,
)
from portway.core.events import TimerFired
from portway.core.model import Fleet, Policies, Scenario, WorkList
from unit.app.small_terminal import small_terminal


class FullDisk:
    """A file on a disk that takes so many bytes: a part of the last write, then nothing."""

    def __init__(self, path: Path, room: int) -> None:
        self.name, self.room = str(path), room
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 - closed by the journal

    def write(self, data: bytes) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self._file.write(data[: self.room])
        self.room -= taken
        return taken

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def header() -> JournalHeader:
    scenario = Scenario("small", small_terminal(), Fleet((), ()), WorkList(()), Policies())
    return JournalHeader(1, scenario, 7, 3_600_000, 0)


def note_all(writer: JournalWriter, events: list[TimerFired]) -> None:
    for event in events:
        writer.note(event, [])


def events(count: int) -> list[TimerFired]:
    return [TimerFired(at_ms=i, name=f"timer {i}") for i in range(count)]


def test_whole_records_of_a_full_disk_are_read(tmp_path, header, monkeypatch):
    path = tmp_path / "journal"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, *_, **__: FullDisk(self, 3 * FLUSH_BYTES + 9))
        writer = JournalWriter(path, header)
        with pytest.raises(OSError, match="No space left") as caught:
            note_all(writer, events(100_000))
        assert caught.value.filename == str(path)
        writer.note(events(1)[0], [])  # a run that goes on all the same is not stopped twice
        writer.close()
    assert path.stat().st_size == 3 * FLUSH_BYTES + 9
    read, entries, whole = read_journal(path)
    assert read == header
    assert not whole
    assert [e.event for e in entries] == events(len(entries))
    assert len(entries) > 1_000


def test_a_disk_too_full_for_the_header_is_named(header):
    with pytest.raises(OSError, match="No space left") as caught:
        JournalWriter(Path("/dev/full"), header)
    assert caught.value.filename == "/dev/full"


def test_a_header_that_is_cut_off_is_no_journal(tmp_path, header):
    path = tmp_path / "journal"
    JournalWriter(path, header).close()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(JournalError, match="cut off in its header"):
        read_journal(path)


def test_what_is_not_flushed_yet_is_small(tmp_path, header):
    path = tmp_path / "journal"
    writer = JournalWriter(path, header)
    note_all(writer, events(20_000))
    _, entries, _ = read_journal(path)  # as after a power cut
    lost = 20_000 - len(entries)
    assert 0 < lost * 40 < 2 * FLUSH_BYTES
