"""What a waiting server answers over HTTP: that it lives, that it is not ready, and how far it follows."""

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from portway.app.web.page import Guarded

if TYPE_CHECKING:
    from portway.app.live.standby import Standby

RETRY_S = 5
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def standby_page(standby: "Standby") -> FastAPI:
    """The page; it only reads. Whatever else is asked for is answered with 503: the other server has it."""
    page = FastAPI(title="Portway standby", openapi_url=None)
    page.add_middleware(Guarded)

    @page.get("/health/live")
    async def live() -> Response:
        """The process waits as it should."""
        return JSONResponse({"ok": True, "standby": True})

    @page.get("/health/ready")
    async def ready() -> Response:
        """Never: requests belong to the server that leads."""
        return _waits(standby)

    @page.get("/status")
    async def status() -> Response:
        """All figures."""
        return JSONResponse(figures(standby))

    @page.get("/metrics")
    async def metrics() -> Response:
        """The figures as Prometheus reads them."""
        return Response(_metrics(figures(standby)), media_type=CONTENT_TYPE_LATEST)

    @page.api_route("/{path:path}", methods=METHODS)
    async def other(path: str) -> Response:
        """Pages and the TOS interface."""
        return _waits(standby)

    return page


def figures(standby: "Standby") -> dict[str, Any]:
    """What a waiting server knows."""
    return {
        "standby": True,
        "leader": standby.leader,
        "leader_silent_s": round(standby.silent_s, 1),
        "records": 0 if standby.follower is None else standby.follower.number,
        "records_behind": standby.behind,
        "problem": standby.problem,
    }


def _waits(standby: "Standby") -> Response:
    said = {"ok": False, "state": "standby", "detail": "standby: another server leads", **figures(standby)}
    return JSONResponse(said, 503, {"Retry-After": str(RETRY_S)})


def _metrics(known: dict[str, Any]) -> bytes:
    registry = CollectorRegistry()
    for name, value in known.items():
        if isinstance(value, bool | int | float):
            Gauge(f"portway_{name}", f"{name} of /status.", registry=registry).set(value)
    return generate_latest(registry)
