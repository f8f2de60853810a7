"""To cranes."""

from portway.core.commands.base import Command


class PrepareMove(Command, frozen=True):
    """A quay crane shall go to the bay of its next unit and, for a discharge, bring the box over the lane."""

    crane: str
    unit: str
    bay: int
    discharge: bool
    after_load: bool  # the move before was a load in the same bay: double cycling


class StartHandover(Command, frozen=True):
    """Crane and truck are in place and locked to each other: give (`to_truck`) or take the boxes."""

    crane: str
    truck: str
    job_orders: tuple[str, ...]
    to_truck: bool
    bay: int


class GantryTo(Command, frozen=True):
    """An idle yard crane shall wait at a bay where a truck is expected."""

    crane: str
    bay: int


CraneCommand = PrepareMove | StartHandover | GantryTo
