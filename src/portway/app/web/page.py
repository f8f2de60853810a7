"""The page over HTTP: its files and its stream. Everything is served from here; nothing is asked of anybody else."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from portway.adapters.tos.api.keys import KeyRing
from portway.app.live.log import log
from portway.app.web.lobby import Lobby
from portway.app.web.session import POLICY, Session
from portway.app.web.stage import Stage

FILES = Path(__file__).parent / "_ui"
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
NOT_BUILT = (
    "The page has not been built: run `npm ci && npm run build` in web/, or install Portway with `python3 run.py`."
)


class Guarded:
    """Says to browsers what a page of ours may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", CONTENT_POLICY)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "no-referrer")
            await send(message)

        await self._app(scope, receive, with_headers)


def _same_origin(socket: WebSocket) -> bool:
    """Another site's page may not speak for the person before the browser."""
    origin = socket.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == socket.headers.get("host")


def file_routes(mode: str = "twin") -> list[BaseRoute]:
    """`/` and its files below `/assets`; the page asks `/mode` what it is."""

    async def index(_request: Request) -> Response:
        file = FILES / "index.html"
        if not file.exists():
            return PlainTextResponse(NOT_BUILT, 503)
        return FileResponse(file, headers={"cache-control": "no-cache"})

    async def asset(request: Request) -> Response:
        file = asset_of(request.path_params["name"])
        if file is None:
            return PlainTextResponse("no such file", 404)
        return FileResponse(file, headers={"cache-control": "public, max-age=31536000, immutable"})

    async def what(_request: Request) -> Response:
        return PlainTextResponse(mode)

    return [Route("/", index), Route("/mode", what), Route("/assets/{name:path}", asset)]


def asset_of(name: str) -> Path | None:
    """The file of a name below `/assets`; None when there is none, or no file can have such a name."""
    try:
        file = (FILES / "assets" / name).resolve()
        return file if file.is_relative_to(FILES.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # too long, or with a zero in it
        return None


def page_routes(stage_of: Callable[[], Stage], keys: KeyRing | None) -> list[BaseRoute]:
    """The page and `/twin/stream`."""
    lobby = Lobby()

    async def stream(socket: WebSocket) -> None:
        if not _same_origin(socket):
            log("page_refused", origin=socket.headers.get("origin"))
            await socket.close(POLICY)
            return
        await socket.accept()
        await Session(socket, stage_of(), keys, lobby).run()

    return [*file_routes(), WebSocketRoute("/twin/stream", stream)]


def make_page(stage: Stage, keys: KeyRing | None = None) -> ASGIApp:
    """The page of one stage as an ASGI application; without keys everybody who gets here is an operator."""
    return Guarded(Starlette(routes=page_routes(lambda: stage, keys)))
