"""The stock of the yard: which box stands in which slot, read and handed over."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Reader, TosOrOperator
from portway.adapters.tos.api.job_order import ID_PATTERN, Body, ContainerBody, YardSlotBody
from portway.adapters.tos.api.job_orders import Reason, known_box
from portway.adapters.tos.api.keys import Caller
from portway.adapters.tos.api.openapi import IDEMPOTENCY, changing, refusals
from portway.adapters.tos.api.paging import Limit, page
from portway.adapters.tos.api.problem import refuse_work
from portway.adapters.tos.api.views import StockBoxView, View
from portway.core.model.work import YardBox

BOXES_MAX = 10_000  # about as many as a body may hold


class StockBox(Body):
    """A box and the slot in which it stands."""

    container: ContainerBody
    slot: YardSlotBody


class WholeStock(Body):
    """All boxes of the yard: whatever is not named is not there."""

    boxes: Annotated[list[StockBox], Field(max_length=BOXES_MAX)]
    reason: Reason


class PartOfStock(Body):
    """Some boxes of the yard; nothing is said of others."""

    boxes: Annotated[list[StockBox], Field(min_length=1, max_length=BOXES_MAX)]
    reason: Reason


class StockPage(View):
    """Some boxes by number; `next` is the `after` of the following page."""

    items: list[StockBoxView]
    next: str | None = None


class StockTaken(View):
    """What the yard holds after a stock-take."""

    boxes: int
    unchanged: bool = Field(description="It said only what was known.")


def stock_routes(desk: TosDesk) -> APIRouter:
    """Routes under /v1/stock."""
    routes = APIRouter(prefix="/v1/stock", tags=["stock"])

    async def take(given: list[StockBox], whole: bool, caller: Caller, reason: str) -> StockTaken:
        before = {v.container.id: v for v in desk.stock()}
        found = [
            p
            for i, b in enumerate(given)
            for p in b.container.problems(known_box(desk, b.container.id), f"boxes.{i}.container")
        ]
        refuse_work(found)
        was_known = desk.run().stock_known
        boxes = [YardBox(b.container.to_core(), b.slot.to_core()) for b in given]
        refuse_work(await desk.take_stock(boxes, whole, caller.name, reason))
        now = {v.container.id: v for v in desk.stock()}
        return StockTaken(boxes=len(now), unchanged=now == before and was_known == desk.run().stock_known)

    @routes.get("", responses=refusals())
    async def list_stock(
        caller: Reader,
        limit: Limit = 100,
        after: Annotated[str | None, Query(max_length=64, description="Numbers greater than this one.")] = None,
        block: Annotated[str | None, Query(pattern=ID_PATTERN, max_length=64)] = None,
    ) -> StockPage:
        """List the boxes of the yard by number, a page at a time."""
        wanted = (v for v in desk.stock() if block is None or v.slot.block == block)
        items, following = page(wanted, lambda v: v.container.id, after, limit)
        return StockPage(items=items, next=following)

    @routes.put("", responses=changing(), openapi_extra=IDEMPOTENCY)
    async def hand_over_stock(body: WholeStock, caller: TosOrOperator) -> StockTaken:
        """Hand over the whole stock. What contradicts a job order or a box in hand is named, and nothing is taken."""
        return await take(body.boxes, True, caller, body.reason)

    @routes.post("", responses=changing(), openapi_extra=IDEMPOTENCY)
    async def correct_stock(body: PartOfStock, caller: TosOrOperator) -> StockTaken:
        """Say where some boxes stand. What contradicts a job order or a box in hand is named, and nothing is taken."""
        return await take(body.boxes, False, caller, body.reason)

    return routes
