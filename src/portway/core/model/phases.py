"""What a truck is doing: the one list of phases, for the core, reports and pages."""

from enum import IntEnum


class Phase(IntEnum):
    """What a truck is doing; the states of the truck-time chart."""

    PARKED = 0  # stands without work
    TO_REST = 1
    TO_COLLECT = 2
    WAIT_PLACE = 3  # no claim on the transfer place yet: waits in the yard, in a buffer or on the way there
    WAIT_COLLECT = 4  # at the place, waiting for the crane
    HANDOVER = 5
    TO_DELIVER = 6
    WAIT_DELIVER = 7
    LEAVING = 8  # road trucks on their way out
