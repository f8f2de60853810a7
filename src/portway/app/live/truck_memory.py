"""Where the steel of our stand-in trucks is, kept in a file: steel does not move because a process ends.

Written before anything is said of a pose, so that what a truck has reported is never newer than the file.
"""

import json
import math
import os
from pathlib import Path

from portway.app.live.log import log

Pose = tuple[float, float, float]  # x, y in metres, heading in radians


class TruckMemory:
    """Poses by serial number, in one JSON file."""

    def __init__(self, path: Path) -> None:
        """Reads the file; raises ValueError, with the cure, for one that holds something else."""
        self._path = path
        self.poses: dict[str, Pose] = {}
        if path.exists():
            self.poses = _poses(path)
        self._written = dict(self.poses)
        self._is_lost = False

    def keep(self, poses: dict[str, Pose]) -> None:
        """Note where the trucks are, if any has moved; whole, or not at all, which is told once."""
        self.poses |= {name: (round(x, 3), round(y, 3), round(h, 5)) for name, (x, y, h) in poses.items()}
        if self.poses == self._written:
            return
        try:
            self._write()
        except OSError as error:  # trucks drive on; begun again, they would be elsewhere, which calls a person
            if not self._is_lost:
                log("poses_not_kept", file=str(self._path), why=str(error))
            self._is_lost = True
        else:
            self._written, self._is_lost = dict(self.poses), False

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self.poses, sort_keys=True), encoding="utf-8")
        os.replace(fresh, self._path)


def _poses(path: Path) -> dict[str, Pose]:
    try:
        found = {str(k): (float(x), float(y), float(h)) for k, (x, y, h) in json.loads(path.read_text()).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error}; it holds no poses of trucks: remove it, and they start at home") from error
    lost = [name for name, pose in found.items() if not all(map(math.isfinite, pose))]
    if lost:
        raise ValueError(f"{path}: {lost[0]} is nowhere; correct it, or remove the file, and trucks start at home")
    return found
