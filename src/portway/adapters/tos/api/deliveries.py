"""Webhook deliveries as the control room sees them: what is owed, what was given up, and trying that again."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from portway.adapters.tos.api.door import Operator, TosOrOperator
from portway.adapters.tos.api.openapi import IDEMPOTENCY, refusals
from portway.adapters.tos.api.outbox import Delivery, Outbox
from portway.adapters.tos.api.problem import Refusal
from portway.adapters.tos.api.views import View

SHOWN_MAX = 500


class DeliveryView(View):
    """One event for one target that has not been delivered."""

    key: str
    target: str
    event: int
    attempts: int
    last_error: str


class Deliveries(View):
    """The oldest ones owed and given up, with their full numbers."""

    owed: list[DeliveryView]
    dead: list[DeliveryView]
    owed_count: int
    dead_count: int


def _views(deliveries: list[Delivery]) -> list[DeliveryView]:
    return [
        DeliveryView(key=d.key, target=d.target, event=d.event, attempts=d.attempts, last_error=d.last_error)
        for d in deliveries[:SHOWN_MAX]
    ]


def delivery_routes(outbox: Outbox) -> APIRouter:
    """Routes under /v1/deliveries."""
    routes = APIRouter(prefix="/v1/deliveries", tags=["webhooks"])

    @routes.get("", responses=refusals())
    async def list_deliveries(caller: TosOrOperator) -> Deliveries:
        """List webhook deliveries that are owed or were given up."""
        owed, dead = outbox.owed(), outbox.dead()
        return Deliveries(owed=_views(owed), dead=_views(dead), owed_count=len(owed), dead_count=len(dead))

    @routes.post("/{key}/retry", status_code=204, responses=refusals(404, 409), openapi_extra=IDEMPOTENCY)
    async def retry_delivery(
        key: Annotated[str, Path(pattern=r"^[A-Za-z0-9._:-]{1,128}$", max_length=128)], caller: Operator
    ) -> Response:
        """Try a delivery again that was given up; it comes after newer ones of its job order."""
        if not await outbox.revive(key):
            raise Refusal(404, f"no delivery {key} was given up")
        return Response(status_code=204)

    return routes
