"""A past run as a film: the layout as its picture, trucks and cranes over it, one picture an instant.

The ground is rendered once; each frame lays what moves over it. ffmpeg makes the film of the pictures; without it they
can be kept one by one.
"""

import base64
import math
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from portway.app.draw.canvas import Canvas, box
from portway.app.draw.ground import Shore
from portway.app.draw.picture import draw_svg, sheet_of
from portway.core.model.layout import Terminal
from portway.core.model.truck import TruckType
from portway.twin.points import NO_VALUE
from portway.twin.recording_reader import Recording

WIDTH_PX = 1920
EMPTY, LOADED, EDGE, CRANE, INK = "#5f7f94", "#c98f3a", "#20282e", "#48627a", "#2b3137"
FFMPEG = (
    "-f",
    "image2pipe",
    "-i",
    "-",
    "-c:v",
    "libx264",
    "-pix_fmt",
    "yuv420p",
    "-vf",
    "pad=ceil(iw/2)*2:ceil(ih/2)*2",
)


class FilmError(ValueError):
    """The film cannot be made; says why and what to do."""


class Shot(NamedTuple):
    """What is filmed: from when to when (ms), how many times faster, how many pictures a second."""

    from_ms: int
    to_ms: int
    speed: float = 60.0
    fps: float = 25.0

    def instants(self) -> np.ndarray:
        """The instant of every picture, ms."""
        return np.arange(self.from_ms, self.to_ms + 1, 1000.0 * self.speed / self.fps).astype(np.int64)


class _Values:
    """Quantities of a frame, by point."""

    def __init__(self, recording: Recording) -> None:
        self._groups = {g["kind"]: g for g in recording.header.document["points"]["groups"]}

    def of(self, values: np.ndarray, name: str) -> np.ndarray:
        """All devices' values (devices,) of a point, NaN where not known."""
        kind = name.partition(".")[0]
        group = self._groups[kind]
        row = next(i for i, p in enumerate(group["points"]) if p["name"] == name)
        count = len(group["devices"])
        part = values[group["offset"] + row * count : group["offset"] + (row + 1) * count]
        return np.where(part == NO_VALUE, np.nan, part * float(group["points"][row]["step"]))


class Film:
    """Pictures of a recording."""

    def __init__(self, recording: Recording, terminal: Terminal, truck: TruckType, width_px: int = WIDTH_PX) -> None:
        import resvg_py

        self._recording, self._terminal, self._truck, self._width = recording, terminal, truck, width_px
        self._values = _Values(recording)
        self._low, self._high = sheet_of(terminal)
        self._shore = Shore(terminal, terminal.quay) if terminal.quay is not None else None
        ground = bytes(resvg_py.svg_to_bytes(svg_string=draw_svg(terminal), width=width_px))
        self._ground = "data:image/png;base64," + base64.b64encode(ground).decode()

    def pictures(self, shot: Shot) -> Iterator[bytes]:
        """One PNG an instant."""
        import resvg_py

        for at_ms in shot.instants().tolist():
            _, values = self._recording.values_at(at_ms)
            yield bytes(resvg_py.svg_to_bytes(svg_string=self._svg(at_ms, values), width=self._width))

    def _svg(self, at_ms: int, values: np.ndarray) -> str:
        canvas = Canvas(self._low, self._high)
        w, h = canvas.size
        canvas.add("image", href=self._ground, x=0, y=0, width=f"{w:.2f}", height=f"{h:.2f}")
        self._cranes(canvas, values)
        self._trucks(canvas, values, "road_truck", "#8a8f94", None)
        self._trucks(canvas, values, "truck", EMPTY, self._values.of(values, "truck.load.boxes"))
        s = at_ms // 1000
        clock = f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
        at = self._high[0] - 0.07 * w, self._high[1] - 0.03 * w
        canvas.text(at, clock, 0.022 * w, font_weight="bold", fill=INK)
        return canvas.svg(self._width, clock)

    def _trucks(self, canvas: Canvas, values: np.ndarray, kind: str, colour: str, boxes: np.ndarray | None) -> None:
        x, y = (self._values.of(values, f"{kind}.position.{axis}") for axis in "xy")
        heading = np.degrees(self._values.of(values, f"{kind}.position.heading"))
        for n in np.flatnonzero(np.isfinite(x)).tolist():
            loaded = boxes is not None and boxes[n] > 0
            outline = box((x[n], y[n]), self._truck.length_m, self._truck.width_m, heading[n])
            canvas.polygon(outline, fill=LOADED if loaded else colour, stroke=EDGE, stroke_width=0.4)

    def _cranes(self, canvas: Canvas, values: np.ndarray) -> None:
        if self._shore is None or not self._terminal.quay_cranes:
            return
        gantry = self._values.of(values, "quay_crane.gantry.position")
        trolley = self._values.of(values, "quay_crane.trolley.position")
        for u, v in zip(gantry.tolist(), trolley.tolist(), strict=True):
            at = self._shore.point(u, v)
            canvas.polygon(box(at, 12.2, 3.0, math.degrees(self._terminal.quay.axis_rad)), fill=CRANE)  # type: ignore[union-attr]


def write_film(film: Film, shot: Shot, path: Path) -> int:
    """Make a film with ffmpeg; how many pictures it has. Raises FilmError without ffmpeg, or when it fails."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise FilmError(
            "ffmpeg is not installed; install it (apt-get install ffmpeg), or keep the pictures: --frames DIR"
        )
    command = [ffmpeg, "-y", "-loglevel", "error", "-framerate", str(shot.fps), *FFMPEG, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    count = 0
    try:
        for picture in film.pictures(shot):
            process.stdin.write(picture)
            count += 1
    except BrokenPipeError:
        pass  # it has ended; its own words say why
    _, said = process.communicate()
    if process.returncode:
        path.unlink(missing_ok=True)
        raise FilmError(f"{path}: ffmpeg failed: {said.decode(errors='replace').strip()}")
    return count


def write_frames(film: Film, shot: Shot, folder: Path) -> int:
    """Keep the pictures as 000001.png and so on; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for picture in film.pictures(shot):
        count += 1
        (folder / f"{count:06d}.png").write_bytes(picture)
    return count
