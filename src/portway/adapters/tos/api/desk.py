"""What the TOS interface needs of a running terminal: one desk that takes wishes and tells what became of them.

Changes are asynchronous and return when they are durable, so that an answer given is an answer kept. Each returns the
problems that speak against it, and then nothing was changed. Reads never wait.
"""

from typing import Protocol

from portway.adapters.tos.api.views import (
    AlertView,
    ContainerView,
    CraneView,
    EnrolmentView,
    JobOrderView,
    ProgressEvent,
    RoadBlockView,
    RunView,
    StockBoxView,
    StrangerView,
    TerminalView,
    TruckView,
    VehicleView,
    WorkQueueView,
)
from portway.core.model.work import JobOrder, YardBox
from portway.core.work.work_problem import WorkProblem


class TosDesk(Protocol):
    """The terminal as the TOS and the control room see it."""

    # -- the TOS's work -------------------------------------------------------------------------------------------

    async def submit(self, jobs: list[JobOrder]) -> list[WorkProblem]:
        """Take new job orders, or known ones with other contents; all of them or none."""
        ...

    async def cancel(self, job_order: str, by: str, reason: str) -> list[WorkProblem]:
        """Take a job order back, and those that wait for it."""
        ...

    async def resequence(self, quay_crane: str, job_orders: list[str], by: str, reason: str) -> list[WorkProblem]:
        """Give a crane's open job orders another sequence."""
        ...

    async def activate(self, quay_crane: str, active: bool, by: str, reason: str) -> list[WorkProblem]:
        """Activate or suspend a crane's work queue."""
        ...

    async def take_stock(self, boxes: list[YardBox], whole: bool, by: str, reason: str) -> list[WorkProblem]:
        """Take over where boxes stand; `whole`: no other box is in the yard. Keys of problems are of `boxes`."""
        ...

    # -- the cranes -----------------------------------------------------------------------------------------------

    async def crane_ready(self, crane: str, job_order: str) -> list[WorkProblem]:
        """A crane has prepared its next move, that of this job order."""
        ...

    async def handover_done(self, crane: str, truck: str, job_orders: list[str]) -> list[WorkProblem]:
        """Crane and truck have finished a handover; the truck may leave."""
        ...

    # -- the control room -----------------------------------------------------------------------------------------

    async def pause_truck(self, truck: str, paused: bool, by: str, reason: str) -> list[WorkProblem]:
        """Stop a truck where it can, or let it go on."""
        ...

    async def withdraw_truck(self, truck: str, withdrawn: bool, by: str, reason: str) -> list[WorkProblem]:
        """Give a truck no more work and send it home, or take it back into work."""
        ...

    async def block_road(self, name: str, lanes: list[str], blocked: bool, by: str, reason: str) -> list[WorkProblem]:
        """Close lanes under a name, or open what was closed under it (`lanes` is empty then)."""
        ...

    async def move_job(self, job_order: str, truck: str, by: str, reason: str) -> list[WorkProblem]:
        """Give a job order to another truck."""
        ...

    async def enrol_truck(self, truck: str, vehicle: VehicleView, by: str, reason: str) -> list[WorkProblem]:
        """From now on this vehicle speaks for the truck."""
        ...

    # -- reads ----------------------------------------------------------------------------------------------------

    def job_orders(self) -> list[JobOrderView]:
        """All that are known, sorted by id."""
        ...

    def job_order(self, id: str) -> JobOrderView | None:
        """One of them."""
        ...

    def open_work(self) -> list[JobOrder]:
        """Job orders that are known and not ended, in no order."""
        ...

    def container(self, id: str) -> ContainerView | None:
        """A box that a job order has named."""
        ...

    def work_queues(self) -> list[WorkQueueView]:
        """Those of all quay cranes, by crane."""
        ...

    def trucks(self) -> list[TruckView]:
        """Our trucks, by id."""
        ...

    def cranes(self) -> list[CraneView]:
        """Quay and yard cranes, by id."""
        ...

    def enrolments(self) -> list[EnrolmentView]:
        """The vehicle of every truck, by truck."""
        ...

    def strangers(self) -> list[StrangerView]:
        """Who speaks on the trucks' topics and is not enrolled."""
        ...

    def alerts(self) -> list[AlertView]:
        """What a person has to look at, newest last."""
        ...

    def run(self) -> RunView:
        """The run and its clock."""
        ...

    def terminal(self) -> TerminalView:
        """The ground plan, with what is closed."""
        ...

    def stock(self) -> list[StockBoxView]:
        """Boxes in the yard, by number."""
        ...

    def road_blocks(self) -> list[RoadBlockView]:
        """What the control room has closed, by name."""
        ...

    # -- progress -------------------------------------------------------------------------------------------------

    def progress(self, after: int, most: int | None = None) -> list[ProgressEvent]:
        """Kept events whose id is greater than `after`, by id, at most so many; ids start at 1 and grow by one, across
        restarts."""
        ...

    def newest_progress(self) -> int:
        """Id of the newest event, 0 when there is none."""
        ...

    async def wait_progress(self, after: int) -> None:
        """Return when there is an event with an id greater than `after`."""
        ...
