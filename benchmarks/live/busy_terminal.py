"""Yangluo with 15 quick quay cranes and a work list that keeps 200 trucks under way, as a scenario folder."""

import shutil
import sys
from pathlib import Path

from portway.adapters.tos.rows import WorkRow
from portway.adapters.tos.work_file import write_rows
from portway.app.config import load_scenario
from portway.app.config.loader import find_folder
from portway.core.model import JobOrder

sys.path.append(str(Path(__file__).resolve().parents[1] / "terminals"))
from saturated import saturated_work

# 900 moves an hour: what 200 trucks can carry, with cranes that do not keep them waiting
SETTINGS = {
    "terminal.quay_cranes": "15",
    "terminal.quay_crane_defaults.cycle_s_mean": "60",
    "terminal.quay_crane_defaults.cycle_s_sd": "10",
    "terminal.yard_crane_defaults.cycle_s_mean": "60",
    "terminal.yard_crane_defaults.cycle_s_sd": "12",
}


def write_busy_terminal(folder: Path, trucks: int, hours: float) -> list[str]:
    """Write the scenario into `folder`; returns the arguments that go with it on the command line."""
    shutil.copytree(find_folder("yangluo"), folder)
    (folder / "work.csv").unlink()
    terminal = load_scenario(folder, {**SETTINGS, "fleet.trucks": str(trucks)}).terminal
    write_rows([_row(j) for j in saturated_work(terminal, hours, 1).job_orders], folder / "work.csv")
    settings = [argument for name, value in SETTINGS.items() for argument in ("--set", f"{name}={value}")]
    return [str(folder), "--trucks", str(trucks), *settings]


def _row(job: JobOrder) -> WorkRow:
    slot = job.slot
    assert slot is not None
    return WorkRow(
        job.id, job.kind.value, job.container.id, quay_crane=job.quay_crane or "", quay_bay=job.quay_bay,
        sequence=job.sequence, block=slot.block, bay=slot.bay, row=slot.row, tier=slot.tier,
    )  # fmt: skip
