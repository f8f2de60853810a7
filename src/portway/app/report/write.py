"""Write what a run leaves: the small and important files first, so that a full disk costs the least."""

import json
from pathlib import Path
from typing import Any

from portway.app.report.kpi import key_figures
from portway.app.report.page import page
from portway.app.report.tables import write_moves, write_poses
from portway.app.report.whole_files import RunWriteError, whole_file
from portway.core.model.layout import Terminal
from portway.sim.record import RunRecord

POSES_HZ = 5.0


def write_report(
    record: RunRecord, terminal: Terminal, folder: Path | str, poses_hz: float | None = POSES_HZ
) -> dict[str, Any]:
    """Write `report.json`, `moves.parquet`, `report.html` and, unless `poses_hz` is None, `poses.parquet`.

    Returns the report. Raises RunWriteError when a file cannot be written; those before it are whole and stay.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder}: no folder can be made here ({error.strerror}); give another one with --out"
        raise RunWriteError(error.errno, message) from error
    report = key_figures(record)
    _write_text(folder / "report.json", json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    write_moves(record, folder / "moves.parquet")
    _write_text(folder / "report.html", page(record, terminal, report))
    if poses_hz is not None:
        write_poses(record, folder / "poses.parquet", poses_hz)
    else:
        (folder / "poses.parquet").unlink(missing_ok=True)  # of an earlier run in the same folder
    return report


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
