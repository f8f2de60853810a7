"""Subsystems that are composed into every core and world of this program, beside those that Portway always has.

A subsystem is a service of the core, and often a device that pretends to be its machine. `docs/howto/own-subsystem.md`
adds one in one line: `SUBSYSTEMS.append(Subsystem(...))`, before anything is composed.
"""

from typing import NamedTuple

from portway.core.controller.controller import MakeService
from portway.sim.world import MakeDevice


class Subsystem(NamedTuple):
    """What is made for each run: a service from the core's state, a device from scenario, seed and agenda."""

    service: MakeService
    device: MakeDevice | None = None


SUBSYSTEMS: list[Subsystem] = []


def services() -> list[MakeService]:
    """Those of all subsystems."""
    return [subsystem.service for subsystem in SUBSYSTEMS]


def devices() -> list[MakeDevice]:
    """Those of all subsystems that have one."""
    return [subsystem.device for subsystem in SUBSYSTEMS if subsystem.device is not None]
