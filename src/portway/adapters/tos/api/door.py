"""The door: who calls, and how much they may bring. Every request passes here before anything reads it."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portway.adapters.tos.api.bearer import TokenCheck, TokenError
from portway.adapters.tos.api.keys import Caller, KeyRing, Role
from portway.adapters.tos.api.problem import Refusal, problem_response

BODY_BYTES_MAX = 2_000_000
OPEN_PATHS = frozenset(["/v1/openapi.json"])
# Said in the OpenAPI document only; the door itself reads the headers.
_key_header = APIKeyHeader(name="X-API-Key", scheme_name="api_key", auto_error=False)
_bearer = HTTPBearer(bearerFormat="JWT", scheme_name="bearer", auto_error=False)


class Door:
    """Lets a request in with its caller and its whole body, or answers 401 or 413."""

    def __init__(
        self, app: ASGIApp, keys: KeyRing, tokens: TokenCheck | None, body_bytes_max: int = BODY_BYTES_MAX
    ) -> None:
        self._app, self._keys, self._tokens, self._most = app, keys, tokens, body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            return await self._app(scope, receive, send)
        try:
            caller = self._identify(Headers(scope=scope))
            body = await read_body(scope, receive, self._most)
        except Refusal as refusal:
            return await problem_response(refusal)(scope, receive, send)
        if body is None:
            return None  # the client has gone
        scope.setdefault("state", {}).update(caller=caller, body=body)
        return await self._app(scope, again(body, receive), send)

    def _identify(self, headers: Headers) -> Caller:
        key, authorization = headers.get("x-api-key"), headers.get("authorization", "")
        scheme, _, token = authorization.partition(" ")
        why = "give an API key in X-API-Key, or a bearer token in Authorization"
        if key is not None:
            caller = self._keys.caller(key)
            if caller is not None:
                return caller
            why = "no such API key"
        elif scheme.lower() == "bearer" and self._tokens is not None:
            try:
                return self._tokens.caller(token.strip())
            except TokenError as error:
                why = str(error)
        elif authorization:
            why = "this kind of authorization is not taken here"
        raise Refusal(401, why, headers={"WWW-Authenticate": "Bearer"})


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes | None:
    """The whole body, None when the client goes away meanwhile; a Refusal when it is larger than `most`."""
    too_large = Refusal(413, f"a body has at most {most} bytes; send work in smaller batches")
    said = Headers(scope=scope).get("content-length", "0")
    if said.isascii() and said.isdigit() and (len(said) > 15 or int(said) > most):
        raise too_large
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise too_large
        if not message.get("more_body", False):
            return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body already read, then goes on with what comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def need(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, who has one of some roles; 403 otherwise."""
    allowed: Iterable[Role] = roles

    async def check(
        request: Request,
        _key: Annotated[object, Depends(_key_header)] = None,
        _token: Annotated[object, Depends(_bearer)] = None,
    ) -> Caller:
        caller: Caller = request.state.caller
        if not caller.roles.intersection(allowed):
            raise Refusal(403, f"{caller.name} needs one of the roles {', '.join(sorted(allowed))}")
        return caller

    return check


Reader = Annotated[Caller, Depends(need(Role.VIEWER, Role.TOS, Role.OPERATOR))]
TosCaller = Annotated[Caller, Depends(need(Role.TOS))]
Operator = Annotated[Caller, Depends(need(Role.OPERATOR))]
TosOrOperator = Annotated[Caller, Depends(need(Role.TOS, Role.OPERATOR))]
