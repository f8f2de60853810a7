"""To the TOS."""

from portway.core.commands.base import Command


class JobOrderDone(Command, frozen=True):
    """The TOS is told that a box has arrived."""

    job_order: str
    truck: str
    from_place: str
    to_place: str
    assigned_ms: int
    collected_ms: int
    delivered_ms: int


class JobOrderStopped(Command, frozen=True):
    """The TOS is told that a job order will not be done: `code` says why."""

    job_order: str
    code: str


class JobOrderAssigned(Command, frozen=True):
    """Live: the TOS is told that a truck has been chosen for job orders; until it has the boxes another one may be."""

    truck: str
    job_orders: tuple[str, ...]


WorkCommand = JobOrderDone | JobOrderStopped | JobOrderAssigned
