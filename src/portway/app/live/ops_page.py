"""Health and figures of a running server over HTTP: /health/live, /health/ready, /status, /metrics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.routing import BaseRoute

from portway.adapters.tos.api.instants import utc_of, written
from portway.app.live.metrics import Figures, more_figures
from portway.app.web.page import Guarded

if TYPE_CHECKING:
    from portway.app.live.server import LiveServer


def ops_page(server: "LiveServer", api: FastAPI, routes: Sequence[BaseRoute] = ()) -> FastAPI:
    """The page; it only reads. `routes` (the twin's) come before the TOS interface, whose everything else is."""
    page = FastAPI(title="Portway operations", openapi_url=None)
    page.add_middleware(Guarded)
    registry = CollectorRegistry()
    registry.register(Figures(server))

    @page.get("/health/live")
    async def live() -> Response:
        """The loop has not failed."""
        failed = server.status()["failed"]
        return JSONResponse({"ok": not failed, "failed": failed}, 503 if failed else 200)

    @page.get("/health/ready")
    async def ready() -> Response:
        """The broker is linked, no other master control holds its lease, and the loop runs."""
        status = server.status()
        is_ready = status["broker_up"] and status["leads"] and not status["failed"]
        said = {"ok": is_ready, "broker_up": status["broker_up"], "leads": status["leads"]}
        return JSONResponse(said, 200 if is_ready else 503)

    @page.get("/status")
    async def status() -> Response:
        """All figures, and the run's clock."""
        return JSONResponse({**server.status(), **more_figures(server), **clock_of(server)})

    @page.get("/metrics")
    async def metrics() -> Response:
        """The figures as Prometheus reads them."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    page.router.routes.extend(routes)
    page.mount("/", api)
    return page


def clock_of(server: "LiveServer") -> dict[str, Any]:
    """Where the run is, in milliseconds and in absolute time; `speed` is 1 but for a rehearsal."""
    started_ms, now_ms = round(1000 * server.started_at_s), server.run.clock.now_ms()
    told = {"started_at": utc_of(started_ms, 0), "now_at": utc_of(started_ms, now_ms)}
    clock = {name: None if at is None else written(at) for name, at in told.items()}
    return {"now_ms": now_ms, "speed": server.run.clock.speed, **clock}
