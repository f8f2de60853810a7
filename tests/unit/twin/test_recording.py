"""Recordings: any instant again, cut-off files up to their last whole chunk, other versions refused."""

import msgspec
import numpy as np
import pytest
from mirrored_run import mirrored_run

from portway.twin import recording
from portway.twin.recording import FRAMES_PER_CHUNK, TABLES_EVERY, RecordingError
from portway.twin.recording_reader import Recording

END_MS = 900_000
LOOKS_MS = (0, 1_000, 63_000, 64_000, 65_000, 320_000, 640_000, 641_000, 899_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A recording of 15 minutes, and what was true at some instants."""
    path = tmp_path_factory.mktemp("run") / "recording"
    run, truth = mirrored_run(path), {}
    for at in range(0, END_MS + 1, 1_000):
        if at:
            run.go_to(at)
        if at in LOOKS_MS:
            values = run.mirror.points.quantise(np.empty(run.mirror.points.count, np.int32))
            truth[at] = values, {t: dict(rows) for t, rows in run.mirror.tables.rows.items()}
    run.sampler.close()
    return path, truth


def without_empty(rows):
    return {table: of for table, of in rows.items() if of}


@pytest.mark.parametrize("at", LOOKS_MS)
def test_every_instant_is_there_again(made, at):
    path, truth = made
    found = Recording(path)
    at_ms, values = found.values_at(at)
    assert at_ms == at
    assert (values == truth[at][0]).all()
    assert without_empty(found.tables_at(at).rows) == without_empty(truth[at][1])


def test_it_knows_its_ends_and_that_it_is_whole(made):
    found = Recording(made[0])
    assert (found.first_ms, found.end_ms(), found.whole) == (0, END_MS, True)
    assert len(found.chunks) == -(-(END_MS // 1000 + 1) // FRAMES_PER_CHUNK)
    assert len(found.snapshots) == -(-len(found.chunks) // TABLES_EVERY)
    assert found.header.document["id"] == "huashan"


@pytest.mark.parametrize("cut", [1, 9, 500, 20_000])
def test_one_that_was_cut_off_ends_with_its_last_whole_chunk(made, tmp_path, cut):
    path = tmp_path / "recording"
    path.write_bytes(made[0].read_bytes()[:-cut])
    found = Recording(path)
    assert not found.whole
    assert 0 < found.end_ms() < END_MS
    assert (found.values_at(64_000)[1] == made[1][64_000][0]).all()


def test_damage_in_the_middle_is_named(made, tmp_path):
    path, found = tmp_path / "recording", Recording(made[0])
    data = bytearray(made[0].read_bytes())
    data[found.chunks[2].deltas[0] + 5] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="damaged"):
        Recording(path).values_at(found.chunks[2].at_ms + 5_000)


def test_another_version_is_refused_with_both_named(tmp_path, made, monkeypatch):
    monkeypatch.setattr(recording, "VERSION", 7)
    path = tmp_path / "recording"
    mirrored_run(path).sampler.close()
    with pytest.raises(RecordingError, match=r"version 7, this Portway reads 1"):
        Recording(path)


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG", b"H\x00\x00\x00\x01\x00\x00\x00\x00x", msgspec.msgpack.encode({"a": 1})]
)
def test_what_is_no_recording_is_refused(tmp_path, data):
    path = tmp_path / "recording"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="no recording"):
        Recording(path)


def test_history_of_a_point(made):
    found = Recording(made[0])
    groups = found.header.document["points"]["groups"]
    charge = next(i for i, p in enumerate(groups[0]["points"]) if p["name"] == "truck.battery.charge")
    point = groups[0]["offset"] + charge * len(groups[0]["devices"])
    at, value = found.history(point, 100_000, 200_000)
    assert (at[0], at[-1], len(at)) == (100_000, 200_000, 101)
    assert value[-1] < value[0]
    assert max(np.diff(value)) <= 3  # hundredths of a percent: braking gives some of it back
    long_at, _ = found.history(point, 0, END_MS)
    assert len(long_at) == len(found.chunks)


def test_a_recording_is_read_while_it_is_written(tmp_path):
    path = tmp_path / "recording"
    run = mirrored_run(path)
    run.go_to(70_000)
    found = Recording(path)
    assert found.end_ms() == 63_000
    run.go_to(130_000)
    found.follow()
    assert found.end_ms() == 127_000
    run.sampler.close()
    found.follow()
    assert found.end_ms() == 130_000
