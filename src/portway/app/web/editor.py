"""The layout editor over HTTP: the draft, judged at every change, and saved back to the scenario's file."""

import asyncio
import json
import math
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from portway.app.config.problem import ScenarioError
from portway.app.web.draft import ChangedMeanwhileError, Draft
from portway.app.web.page import Guarded, file_routes
from portway.app.web.serving import free_port, run_page
from portway.app.web.watching import PageOptions

BODY_BYTES_MAX = 8_000_000


class _Refused(ValueError):
    """The request cannot be taken."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request that this page has sent; raises _Refused."""
    origin = request.headers.get("origin")
    if origin is not None and origin.split("://", 1)[-1] != request.headers.get("host"):
        raise _Refused("from another site", 403)
    said = _json(await _bytes(request))
    if not isinstance(said, dict) or not isinstance(said.get("raw"), dict):
        raise _Refused("an object with `raw` is wanted")
    return said


async def _bytes(request: Request) -> bytes:
    """The body, counted while it is read: what it says of its length may be missing or wrong."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES_MAX:
            raise _Refused(f"at most {BODY_BYTES_MAX} bytes", 413)
        parts.append(part)
    return b"".join(parts)


def _json(body: bytes) -> Any:
    """What a body says, with numbers and texts that a file can hold."""
    try:
        said = json.loads(body, parse_float=_finite, parse_constant=_finite)
        json.dumps(said, ensure_ascii=False).encode()  # half of a character is no text
    except RecursionError as error:
        raise _Refused("nested too deeply") from error
    except UnicodeEncodeError as error:
        raise _Refused("a text holds half of a character") from error
    except ValueError as error:
        raise _Refused(f"no JSON: {error}") from error
    return said


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is no number")
    return number


def make_editor(draft: Draft) -> ASGIApp:
    """The editor of one draft as an ASGI application."""

    async def opened(_request: Request) -> Response:
        try:
            return JSONResponse(await asyncio.to_thread(draft.opened))
        except ScenarioError as error:
            return JSONResponse({"error": str(error)}, 422)

    async def judge(request: Request) -> Response:
        try:
            said = await _body(request)
            return JSONResponse(await asyncio.to_thread(draft.judged, said["raw"]))
        except _Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status)

    async def save(request: Request) -> Response:
        try:
            said = await _body(request)
            return JSONResponse(await asyncio.to_thread(draft.save, said["raw"], str(said.get("mark"))))
        except _Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
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
    port = free_port(options.host, options.port)
    await run_page(make_editor(draft), options.host, port, options.browser, options.on_signals, options.hosts)
