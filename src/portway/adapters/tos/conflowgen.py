"""conflowgen exports (`containers.csv`, vehicles, trucks) as work rows.

conflowgen says which box comes and goes with which carrier and when; everything else is planned on loading. A window of
its time is cut out: ships that came up to `CARRY_OVER_H` before it are still at work when it begins.
"""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

from portway.adapters.tos.iso6346 import check_digit
from portway.adapters.tos.rows import WorkError, WorkProblem, WorkRow

CARRY_OVER_H = 6.0
SHIPS = {"deep_sea_vessel": "deep_sea_vessels", "feeder": "feeders", "barge": "barges", "train": "trains"}


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / f"{name}.csv"
    if not path.exists():
        return []
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def box_number(number: int) -> str:
    """An ISO 6346 number of the owner code PWY for a box that has none."""
    body = f"PWYU{number:06d}"
    return f"{body}{check_digit(body)}"


class _Export:
    """The tables of one export, times in seconds from the first ship call."""

    def __init__(self, folder: Path) -> None:
        self.boxes = _table(folder, "containers")
        needed = {"id", "length", "weight", "delivered_by", "picked_up_by"}
        if not self.boxes or not needed <= set(self.boxes[0]):
            cure = f"give the folder of a conflowgen CSV export; containers.csv has {', '.join(sorted(needed))}"
            raise WorkError([WorkProblem("containers.csv", 0, "file", str(folder), "no conflowgen export", cure)])
        calls = {
            (kind, r["id"]): _instant(r["realized_arrival"]) for kind, f in SHIPS.items() for r in _table(folder, f)
        }
        if not calls:
            names = ", ".join(f"{f}.csv" for f in SHIPS.values())
            message, cure = "no ship call in the export", f"give at least one line in one of {names}"
            raise WorkError([WorkProblem("containers.csv", 0, "file", str(folder), message, cure)])
        self.start = min(calls.values())
        self.call_s = {key: (t - self.start).total_seconds() for key, t in calls.items()}
        self.trucks = {r["id"]: r for r in _table(folder, "trucks")}

    def side(self, box: dict[str, str], delivered: bool) -> tuple[str, float] | None:
        """(call or empty for a truck, time in s) of a box's way in or out."""
        kind = box["delivered_by" if delivered else "picked_up_by"]
        prefix = "delivered_by" if delivered else "picked_up_by"
        if kind == "truck":
            truck = self.trucks.get(box[f"{prefix}_truck"])
            text = (
                truck and truck["realized_container_delivery_time" if delivered else "realized_container_pickup_time"]
            )
            return ("", (_instant(text) - self.start).total_seconds()) if text else None
        key = (kind, box[f"{prefix}_vehicle"])
        return (f"{kind}-{key[1]}", self.call_s[key]) if key in self.call_s else None


def _box_rows(export: _Export, box: dict[str, str], from_s: float, to_s: float) -> Iterator[WorkRow]:
    """The moves of one box that fall into the window."""
    length = int(box["length"]) if box["length"] in ("20", "40", "45") else 40
    mass = max(2_000.0, 1000.0 * float(box["weight"]))
    number = box_number(int(box["id"]))
    for delivered, by_ship, by_road in ((True, "discharge", "receive"), (False, "load", "deliver")):
        side = export.side(box, delivered)
        if side is None:
            continue
        call, at_s = side
        early = CARRY_OVER_H * 3600 if call else 0.0
        if from_s - early <= at_s < to_s:
            kind = by_ship if call else by_road
            yield WorkRow(
                f"{kind[:2].upper()}{box['id']}",
                kind,
                number,
                length,
                mass,
                release_s=max(0.0, at_s - from_s),
                call=call,
            )


def import_conflowgen(folder: Path, from_h: float = 0.0, hours: float = 168.0) -> list[WorkRow]:
    """Rows of the window [from_h, from_h + hours) of an export, in the order of their release.

    Raises WorkError when the folder holds no export.
    """
    export = _Export(folder)
    from_s, to_s = 3600.0 * from_h, 3600.0 * (from_h + hours)
    rows = [row for box in export.boxes for row in _box_rows(export, box, from_s, to_s)]
    return sorted(rows, key=lambda r: (r.release_s, r.call, r.job_id))
