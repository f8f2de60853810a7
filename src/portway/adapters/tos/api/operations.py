"""The control room's interventions. Who, when and why go into the journal, so a reason must be given."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Operator
from portway.adapters.tos.api.job_order import Body, Id
from portway.adapters.tos.api.job_orders import JobOrderId, JobOrderView, Reason, found
from portway.adapters.tos.api.openapi import IDEMPOTENCY, changing
from portway.adapters.tos.api.problem import refuse_work
from portway.adapters.tos.api.views import VehicleView

TopicWord = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.:-]+$")]  # section 6.4
LaneId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]


class Pause(Body):
    """A truck stops where it can and stays, or goes on."""

    paused: bool
    reason: Reason


class Withdrawal(Body):
    """A truck gets no new work and goes home when it is free, or works again."""

    withdrawn: bool
    reason: Reason


class EnrolmentOrder(Body):
    """From now on this vehicle speaks for the truck; the one before is a stranger then."""

    manufacturer: TopicWord
    serial_number: TopicWord
    version: Literal["2.0", "2.1", "3.0"]
    reason: Reason


class RoadBlock(Body):
    """Lanes are closed at once: trucks on them leave, nobody enters."""

    lanes: Annotated[list[LaneId], Field(min_length=1, max_length=1000)]
    reason: Reason


class RoadOpening(Body):
    """What was closed under a name is open again."""

    reason: Reason


class Reassignment(Body):
    """A job order whose box is not on a truck yet goes to another truck."""

    truck: Id
    reason: Reason


def operation_routes(desk: TosDesk) -> APIRouter:
    """Routes under /v1/operations."""
    routes = APIRouter(prefix="/v1/operations", tags=["operations"])

    @routes.put("/trucks/{id}/pause", status_code=204, responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def pause_truck(id: JobOrderId, body: Pause, caller: Operator) -> Response:
        """Pause a truck, or let it go on."""
        refuse_work(await desk.pause_truck(id, body.paused, caller.name, body.reason), path_keys=["truck"])
        return Response(status_code=204)

    @routes.put("/trucks/{id}/withdrawal", status_code=204, responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def withdraw_truck(id: JobOrderId, body: Withdrawal, caller: Operator) -> Response:
        """Withdraw a truck and send it home, or take it back into work."""
        refuse_work(await desk.withdraw_truck(id, body.withdrawn, caller.name, body.reason), path_keys=["truck"])
        return Response(status_code=204)

    @routes.put("/trucks/{id}/enrolment", status_code=204, responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def enrol_truck(id: JobOrderId, body: EnrolmentOrder, caller: Operator) -> Response:
        """Let another vehicle speak for a truck."""
        vehicle = VehicleView(manufacturer=body.manufacturer, serial_number=body.serial_number, version=body.version)
        refuse_work(await desk.enrol_truck(id, vehicle, caller.name, body.reason), path_keys=["truck"])
        return Response(status_code=204)

    @routes.put("/road-blocks/{name}", status_code=204, responses=changing(), openapi_extra=IDEMPOTENCY)
    async def block_road(name: JobOrderId, body: RoadBlock, caller: Operator) -> Response:
        """Close lanes under a name."""
        refuse_work(await desk.block_road(name, body.lanes, True, caller.name, body.reason))
        return Response(status_code=204)

    @routes.post("/road-blocks/{name}/opening", status_code=204, responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def open_road(name: JobOrderId, body: RoadOpening, caller: Operator) -> Response:
        """Open the lanes that were closed under a name."""
        refuse_work(await desk.block_road(name, [], False, caller.name, body.reason), path_keys=["name"])
        return Response(status_code=204)

    @routes.put("/job-orders/{id}/truck", responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def move_job(id: JobOrderId, body: Reassignment, caller: Operator) -> JobOrderView:
        """Give a job order to another truck."""
        refuse_work(await desk.move_job(id, body.truck, caller.name, body.reason), path_keys=["job_order"])
        return found(desk, id)

    return routes
