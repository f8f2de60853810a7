"""Containers and equipment: where a box is, what trucks and cranes do, and what cranes report."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Reader, TosOrOperator
from portway.adapters.tos.api.job_order import Body, Id
from portway.adapters.tos.api.job_orders import JobOrderId
from portway.adapters.tos.api.openapi import IDEMPOTENCY, changing, refusals
from portway.adapters.tos.api.problem import Refusal, refuse_work
from portway.adapters.tos.api.views import (
    AlertView,
    ContainerView,
    CraneView,
    EnrolmentView,
    StrangerView,
    TruckView,
    View,
)


class Trucks(View):
    """Our trucks, by id."""

    items: list[TruckView]


class Cranes(View):
    """Quay and yard cranes, by id."""

    items: list[CraneView]


class Alerts(View):
    """What a person has to look at, newest last."""

    items: list[AlertView]


class Enrolments(View):
    """Vehicles of the trucks, and strangers."""

    items: list[EnrolmentView]
    strangers: list[StrangerView]


class Ready(Body):
    """A quay crane has prepared its next move, that of this job order."""

    job_order: Id


class Handover(Body):
    """Crane and truck have finished a handover of these job orders' boxes; the truck may leave."""

    truck: Id
    job_orders: Annotated[list[Id], Field(min_length=1, max_length=2)]


def equipment_routes(desk: TosDesk) -> APIRouter:
    """Routes under /v1."""
    routes = APIRouter(prefix="/v1", tags=["equipment"])

    @routes.get("/containers/{id}", responses=refusals(404), tags=["containers"])
    async def read_container(id: JobOrderId, caller: Reader) -> ContainerView:
        """Where a box is, and what is still to be done with it."""
        view = desk.container(id)
        if view is None:
            raise Refusal(404, f"nobody has named a container {id}")
        return view

    @routes.get("/trucks", responses=refusals())
    async def list_trucks(caller: Reader) -> Trucks:
        """List our trucks."""
        return Trucks(items=desk.trucks())

    @routes.get("/trucks/{id}", responses=refusals(404))
    async def read_truck(id: JobOrderId, caller: Reader) -> TruckView:
        """Read one truck."""
        for view in desk.trucks():
            if view.id == id:
                return view
        raise Refusal(404, f"no truck {id}")

    @routes.get("/cranes", responses=refusals())
    async def list_cranes(caller: Reader) -> Cranes:
        """List quay and yard cranes."""
        return Cranes(items=desk.cranes())

    @routes.get("/enrolments", responses=refusals())
    async def list_enrolments(caller: Reader) -> Enrolments:
        """List which vehicle speaks for which truck, and who speaks without being enrolled."""
        return Enrolments(items=desk.enrolments(), strangers=desk.strangers())

    @routes.get("/alerts", responses=refusals())
    async def list_alerts(caller: Reader) -> Alerts:
        """List what a person has to look at."""
        return Alerts(items=desk.alerts())

    def known_crane(id: str) -> None:
        if all(c.id != id for c in desk.cranes()):
            raise Refusal(404, f"no crane {id}")

    @routes.post("/cranes/{id}/ready", status_code=204, responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def crane_ready(id: JobOrderId, body: Ready, caller: TosOrOperator) -> Response:
        """A quay crane reports that its next move is prepared."""
        known_crane(id)
        refuse_work(await desk.crane_ready(id, body.job_order))
        return Response(status_code=204)

    @routes.post("/cranes/{id}/handovers", status_code=204, responses=changing(404), openapi_extra=IDEMPOTENCY)
    async def handover_done(id: JobOrderId, body: Handover, caller: TosOrOperator) -> Response:
        """A crane reports that a handover has ended."""
        known_crane(id)
        refuse_work(await desk.handover_done(id, body.truck, body.job_orders))
        return Response(status_code=204)

    return routes
