"""What the TOS wants done, and where boxes stand."""

from portway.core.events.base import Wish
from portway.core.model.work import JobOrder, YardBox


class JobOrderReceived(Wish, frozen=True):
    """The TOS hands over a job order."""

    job: JobOrder


class JobOrdersReceived(Wish, frozen=True):
    """The TOS hands over several job orders: all are taken, or none. They may count on each other."""

    jobs: tuple[JobOrder, ...]


class JobOrderCancelled(Wish, frozen=True):
    """The TOS takes a job order back; only one whose box is not on a truck yet."""

    job_order: str
    by: str
    reason: str


class WorkQueueResequenced(Wish, frozen=True):
    """The TOS gives a quay crane's open job orders another sequence."""

    quay_crane: str
    job_orders: tuple[str, ...]
    by: str
    reason: str


class WorkQueueActivated(Wish, frozen=True):
    """A quay crane's work queue is activated, or suspended (`active` false): only what is begun is ended then."""

    quay_crane: str
    active: bool
    by: str
    reason: str


class StockReceived(Wish, frozen=True):
    """The TOS says where boxes stand in the yard; `whole`: all that are there, so that no other box is."""

    boxes: tuple[YardBox, ...]
    whole: bool
    by: str
    reason: str


WorkChange = (
    JobOrderReceived | JobOrdersReceived | JobOrderCancelled | WorkQueueResequenced | WorkQueueActivated | StockReceived
)
