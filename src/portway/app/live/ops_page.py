"""Health and figures of a running server over HTTP: /health/live, /health/ready, /status, /metrics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute

from portway.app.web.page import Guarded

if TYPE_CHECKING:
    from portway.app.live.server import LiveServer


def ops_page(server: "LiveServer", api: FastAPI, routes: Sequence[BaseRoute] = ()) -> FastAPI:
    """The page; it only reads. `routes` (the twin's) come before the TOS interface, whose everything else is."""
    page = FastAPI(title="Portway operations", openapi_url=None)
    page.add_middleware(Guarded)

    @page.get("/health/live")
    async def live() -> Response:
        """The loop has not failed."""
        failed = server.status()["failed"]
        return JSONResponse({"ok": not failed, "failed": failed}, 503 if failed else 200)

    @page.get("/health/ready")
    async def ready() -> Response:
        """The broker is linked and the loop runs."""
        status = server.status()
        is_ready = status["broker_up"] and not status["failed"]
        return JSONResponse({"ok": is_ready, "broker_up": status["broker_up"]}, 200 if is_ready else 503)

    @page.get("/status")
    async def status() -> Response:
        """All figures."""
        return JSONResponse(server.status())

    @page.get("/metrics")
    async def metrics() -> Response:
        """The figures as Prometheus reads them."""
        return Response("\n".join(_lines(server.status())) + "\n", media_type="text/plain; version=0.0.4")

    page.router.routes.extend(routes)
    page.mount("/", api)
    return page


def _lines(status: dict) -> list[str]:
    lines = []
    for name, value in status.items():
        if isinstance(value, dict):
            label = "truck" if name == "messages_refused" else "state"
            lines += [f'portway_{name}{{{label}="{key}"}} {count}' for key, count in sorted(value.items())]
        elif isinstance(value, bool | int | float):
            lines.append(f"portway_{name} {float(value):g}")
    return lines
