"""A past run as pictures."""

import os
import shutil
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest

from portway.app.compose import simulate, truck_type
from portway.app.config import load_scenario
from portway.app.draw.film import Film, FilmError, Shot, write_film, write_frames
from portway.app.web.journal_run import JournalRun
from portway.twin.recording_reader import Recording


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of six minutes with its recording."""
    found = tmp_path_factory.mktemp("run")
    simulate(load_scenario("huashan"), 0, 0.1, found / "journal")
    JournalRun(found).record()
    return found


@pytest.fixture(scope="module")
def film(folder):
    scenario = load_scenario("huashan")
    return Film(Recording(folder / "recording"), scenario.terminal, truck_type(scenario), 640)


def pixels(png: bytes) -> np.ndarray:
    """Rows of RGBA of a PNG that resvg wrote (8 bits, no interlace)."""
    width, height = struct.unpack(">II", png[16:24])
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, -1).astype(np.int64)
    return lines[:, 1:].reshape(height, width, -1)


def test_there_is_a_picture_for_every_instant():
    assert Shot(0, 10_000, 60.0, 25.0).instants().tolist() == [0, 2400, 4800, 7200, 9600]


def test_pictures_show_that_trucks_move(film, tmp_path):
    count = write_frames(film, Shot(60_000, 120_000, 600.0), tmp_path / "frames")
    files = sorted((tmp_path / "frames").iterdir())
    assert count == len(files) == 3
    contents = [file.read_bytes() for file in files]
    assert all(content.startswith(b"\x89PNG") for content in contents)
    assert len(set(contents)) == 3
    assert pixels(contents[0]).shape[1] == 640


def test_without_ffmpeg_it_says_what_to_do(film, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(FilmError, match="apt-get install ffmpeg"):
        write_film(film, Shot(0, 1_000), tmp_path / "out.mp4")


def test_ffmpeg_gets_every_picture(film, tmp_path, monkeypatch):
    """A stand-in that counts what comes, since the real one is on few machines; the real one is used where it is."""
    counter = tmp_path / "ffmpeg"
    counter.write_text(f"#!{sys.executable}\nimport sys\ndata = sys.stdin.buffer.read()\n"
                       "open(sys.argv[-1], 'w').write(str(data.count(b'IHDR')))\n")  # fmt: skip
    counter.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(counter))
    assert write_film(film, Shot(0, 60_000, 600.0), tmp_path / "out.mp4") == 3
    assert (tmp_path / "out.mp4").read_text() == "3"


def test_a_film_is_made(folder, tmp_path):
    if shutil.which("ffmpeg") is None:
        assert "CI" not in os.environ, "ffmpeg is needed"
        pytest.skip("no ffmpeg on this machine; install it: apt-get install ffmpeg")
    out = tmp_path / "out.mp4"
    command = [sys.executable, "-m", "portway", "replay", str(folder), "--video", str(out), "--film", "1-2@120"]
    subprocess.run(command, check=True)
    assert out.stat().st_size > 1_000


@pytest.mark.parametrize("span", ["x", "9-10", "3-2"])
def test_a_span_that_is_none_is_refused(folder, tmp_path, span):
    command = [sys.executable, "-m", "portway", "replay", str(folder), "--frames", str(tmp_path / "f"), "--film", span]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "--film" in said.stderr
    assert not (tmp_path / "f").exists()


def test_simulate_records_what_replay_will_show(tmp_path):
    command = [sys.executable, "-m", "portway", "simulate", "huashan", "--hours", "0.05", "--poses", "off"]
    refused = subprocess.run([*command, "--record"], capture_output=True, text=True, check=False)
    assert (refused.returncode, "--out" in refused.stderr) == (2, True)
    subprocess.run([*command, "--record", "--out", str(tmp_path)], check=True, stdout=subprocess.DEVNULL)
    recording = Recording(tmp_path / "recording")
    assert recording.whole
    assert recording.end_ms() > 150_000
