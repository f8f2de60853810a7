"""The layout editor over HTTP: the draft, judged at every change, and saved back to the scenario's file."""

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from portway.app.web.draft import ChangedMeanwhileError, Draft
from portway.app.web.page import Guarded, file_routes
from portway.app.web.serving import free_port, run_page
from portway.app.web.watching import PageOptions

BODY_BYTES_MAX = 8_000_000


class _Refused(ValueError):
    """The request cannot be taken."""


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request that this page has sent."""
    origin = request.headers.get("origin")
    if origin is not None and origin.split("://", 1)[-1] != request.headers.get("host"):
        raise _Refused("from another site")
    if int(request.headers.get("content-length") or 0) > BODY_BYTES_MAX:
        raise _Refused(f"at most {BODY_BYTES_MAX} bytes")
    said = await request.json()
    if not isinstance(said, dict) or not isinstance(said.get("raw"), dict):
        raise _Refused("an object with `raw` is wanted")
    return said


def make_editor(draft: Draft) -> ASGIApp:
    """The editor of one draft as an ASGI application."""

    async def opened(_request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(draft.opened))

    async def judge(request: Request) -> Response:
        try:
            said = await _body(request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(await asyncio.to_thread(draft.judged, said["raw"]))

    async def save(request: Request) -> Response:
        try:
            said = await _body(request)
            return JSONResponse(await asyncio.to_thread(draft.save, said["raw"], str(said.get("mark"))))
        except ChangedMeanwhileError as error:
            return JSONResponse({"error": str(error)}, 409)
        except OSError as error:
            return JSONResponse({"error": str(error)}, 507)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    routes = [Route("/edit/draft", opened), Route("/edit/draft", judge, methods=["POST"]),
              Route("/edit/save", save, methods=["POST"])]  # fmt: skip
    return Guarded(Starlette(routes=[*routes, *file_routes("edit")]))


async def edit(draft: Draft, options: PageOptions) -> None:
    """Serve the editor until a signal comes."""
    await run_page(
        make_editor(draft), options.host, free_port(options.host, options.port), options.browser, options.on_signals
    )
