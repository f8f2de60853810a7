"""The TOS interface as one ASGI application, put together from its parts."""

import time
from collections.abc import Callable

from fastapi import FastAPI

from portway.adapters.tos.api.answers import AnswerStore
from portway.adapters.tos.api.bearer import TokenCheck, TokenRule
from portway.adapters.tos.api.deliveries import delivery_routes
from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import BODY_BYTES_MAX, Door
from portway.adapters.tos.api.equipment import equipment_routes
from portway.adapters.tos.api.events import event_routes
from portway.adapters.tos.api.idempotency import Idempotency
from portway.adapters.tos.api.job_orders import job_order_routes
from portway.adapters.tos.api.keys import KeyRing
from portway.adapters.tos.api.openapi import document
from portway.adapters.tos.api.operations import operation_routes
from portway.adapters.tos.api.outbox import Outbox
from portway.adapters.tos.api.problem import add_problem_handlers
from portway.adapters.tos.api.stock import stock_routes
from portway.adapters.tos.api.terminal import terminal_routes
from portway.adapters.tos.api.webhook_contract import add_webhooks
from portway.adapters.tos.api.work_queues import work_queue_routes

DESCRIPTION = (
    "Job orders in, progress out, in TIC 4.0 words. Instants are milliseconds since the run began (`*_ms`), with the "
    "same as absolute time beside them (`*_at`, RFC 3339)."
)


def make_api(
    desk: TosDesk,
    keys: KeyRing,
    answers: AnswerStore,
    *,
    tokens: TokenRule | None = None,
    outbox: Outbox | None = None,
    now_s: Callable[[], float] = time.time,
    heartbeat_s: float = 15.0,
    body_bytes_max: int = BODY_BYTES_MAX,
) -> FastAPI:
    """The interface in front of a desk. Bearer tokens are taken only with a rule, deliveries need an outbox."""
    app = FastAPI(
        title="Portway TOS interface",
        version="1.2.0",
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    parts = job_order_routes, work_queue_routes, stock_routes, terminal_routes, equipment_routes, operation_routes
    for part in parts:
        app.include_router(part(desk))
    app.include_router(event_routes(desk, heartbeat_s))
    if outbox is not None:
        app.include_router(delivery_routes(outbox))
    add_webhooks(app)
    add_problem_handlers(app)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    check = None if tokens is None else TokenCheck(tokens, now_s)
    app.add_middleware(Idempotency, answers=answers)
    app.add_middleware(Door, keys=keys, tokens=check, body_bytes_max=body_bytes_max)  # the last added is the first met
    return app
