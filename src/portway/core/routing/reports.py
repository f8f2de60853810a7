"""What trucks say to traffic control, and what they are told, as kernels: many trucks report in one compiled batch.

A fleet that drives in a kernel (`sim.driving`) calls these with the table of `Traffic.link`; trucks of steel report
through `Traffic.report`. Theory of operation: `core.kernels.allocation`.
"""

from portway.core.kernels.agenda import pop, push
from portway.core.kernels.allocation import asked, entered, left, stands, told_to_drive
from portway.core.kernels.columns import C_ENDED, C_NOW, C_TOLD, FOREVER, T_STAY_MS, T_STOP, Table
from portway.core.kernels.grouped import grouped, made_by
from portway.core.kernels.motion import decision_ms
from portway.core.kernels.pose import pose_within

__all__ = [
    "C_ENDED", "C_NOW", "C_TOLD", "FOREVER", "T_STAY_MS", "T_STOP", "Table", "asked", "decision_ms", "entered",
    "grouped", "left", "made_by", "pop", "pose_within", "push", "stands", "told_to_drive",
]  # fmt: skip
