"""Work queues: read, put into another sequence, activate and suspend."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Reader, TosCaller, TosOrOperator
from portway.adapters.tos.api.job_order import Body, Id
from portway.adapters.tos.api.job_orders import JobOrderId, Reason
from portway.adapters.tos.api.openapi import IDEMPOTENCY, changing, refusals
from portway.adapters.tos.api.problem import Refusal, refuse_work
from portway.adapters.tos.api.views import View, WorkQueueView


class Sequence(Body):
    """All job orders of one quay crane that can still be moved, in the wished sequence; begun ones keep their place."""

    job_orders: Annotated[list[Id], Field(min_length=1, max_length=5000)]
    reason: Reason = "resequenced by the TOS"


class Activation(Body):
    """Whether new work of the queue is begun; what has begun is ended in any case."""

    active: bool
    reason: Reason


class WorkQueues(View):
    """All work queues, by quay crane."""

    items: list[WorkQueueView]


def work_queue_routes(desk: TosDesk) -> APIRouter:
    """Routes under /v1/work-queues."""
    routes = APIRouter(prefix="/v1/work-queues", tags=["work queues"])

    def found(quay_crane: str) -> WorkQueueView:
        for view in desk.work_queues():
            if view.quay_crane == quay_crane:
                return view
        raise Refusal(404, f"no quay crane {quay_crane}")

    @routes.get("", responses=refusals())
    async def list_work_queues(caller: Reader) -> WorkQueues:
        """List the work queues of all quay cranes."""
        return WorkQueues(items=desk.work_queues())

    @routes.get("/{quay_crane}", responses=refusals(404))
    async def read_work_queue(quay_crane: JobOrderId, caller: Reader) -> WorkQueueView:
        """Read one work queue."""
        return found(quay_crane)

    @routes.put("/{quay_crane}/sequence", responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def resequence(quay_crane: JobOrderId, body: Sequence, caller: TosCaller) -> WorkQueueView:
        """Put open job orders into another sequence."""
        found(quay_crane)
        refuse_work(await desk.resequence(quay_crane, body.job_orders, caller.name, body.reason))
        return found(quay_crane)

    @routes.put("/{quay_crane}/activation", responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def activate(quay_crane: JobOrderId, body: Activation, caller: TosOrOperator) -> WorkQueueView:
        """Activate or suspend a work queue."""
        found(quay_crane)
        refuse_work(await desk.activate(quay_crane, body.active, caller.name, body.reason))
        return found(quay_crane)

    return routes
