"""`replay --video` and `--frames`: a past run as a film."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

Video = Annotated[Path | None, typer.Option(help="Write a film of the run (MP4; needs ffmpeg) instead of showing it.")]
Frames = Annotated[Path | None, typer.Option(help="Write the film's pictures (PNG) into this folder.")]
FilmSpan = Annotated[
    str, typer.Option("--film", help="What is filmed: FROM-TO@SPEED in minutes, e.g. 30-60@60; by default all at 60.")
]
SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?))?(?:@(\d+(?:\.\d+)?))?")
MS_PER_MIN = 60_000


def make_film(folder: Path, video: Path | None, frames: Path | None, span: str) -> None:
    """Film a recorded run; one that has only its journal is recorded first."""
    from portway.adapters.storage.journal import read_journal
    from portway.app.compose import truck_type
    from portway.app.draw.film import Film, FilmError, Shot, write_film, write_frames
    from portway.app.web.journal_run import JournalRun
    from portway.twin.recording_reader import Recording

    found = SPAN.fullmatch(span)
    if found is None:
        raise typer.BadParameter(f"--film {span}: write FROM-TO@SPEED in minutes, e.g. 30-60@60")
    if not (folder / "recording").exists():
        print("recording the run from its journal ...", file=sys.stderr)
        JournalRun(folder).record()
    recording, header = Recording(folder / "recording"), read_journal(folder / "journal")[0]
    start, end, speed = (None if g is None else float(g) for g in found.groups())
    from_ms = round(start * MS_PER_MIN) if start is not None else recording.first_ms
    to_ms = min(round(end * MS_PER_MIN) if end is not None else recording.end_ms(), recording.end_ms())
    if from_ms >= to_ms or speed == 0:
        raise typer.BadParameter(f"--film {span}: the run has {recording.end_ms() / MS_PER_MIN:.1f} minutes")
    shot = Shot(from_ms, to_ms, speed or 60.0)
    film = Film(recording, header.scenario.terminal, truck_type(header.scenario))
    try:
        if frames is not None:
            print(f"{write_frames(film, shot, frames)} pictures in {frames}")
        if video is not None:
            print(f"{video}: {write_film(film, shot, video)} pictures")
    except FilmError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from error
