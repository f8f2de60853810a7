"""By which names a page may be asked for: nobody else's name may lead to it.

A page of another site can let its own name point to this machine (DNS rebinding) and is then of the same origin as ours
to the browser, in which a person has opened both. What gives it away is the Host header, which names the other site
(RFC 9110, section 7.2). Addresses written as numbers are no names, so the one that a connection came in on is let pass.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from portway.app.live.log import log

LOCAL = ("localhost", "127.0.0.1", "::1")
PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
MISDIRECTED = 421  # RFC 9110, section 15.5.20
MAPPED = "::ffff:"  # before an address of IPv4 on a socket of both (RFC 4291, section 2.5.5.2)
TOLD_MAX = 20  # refusals that are logged


class KnownHosts:
    """Lets in what is asked of this machine, of the bound address, or of hosts that were named (`name` or `name:port`).

    `bound` is the address that the server was told to listen on.
    """

    def __init__(self, app: ASGIApp, bound: str, named: Iterable[str] = ()) -> None:
        self._app = app
        self._own = {*LOCAL, bound.strip("[]").lower()}
        self._named = {name.lower() for name in named}
        self._told = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        said = Headers(scope=scope).getlist("host")
        if len(said) == 1 and self._is_known(said[0].lower(), scope):
            return await self._app(scope, receive, send)
        self._told += 1
        if self._told <= TOLD_MAX:
            log("host_refused", host=", ".join(said)[:200], path=str(scope["path"])[:200])
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008, "reason": "unknown host"})
        text = "this page is not known by that name; name it with --allow-host to whoever started it\n"
        return await PlainTextResponse(text, MISDIRECTED)(scope, receive, send)

    def _is_known(self, said: str, scope: Scope) -> bool:
        host, port = split_host(said)
        if said in self._named or host in self._named:
            return True
        server = scope.get("server") or ("", None)
        here = self._own | {str(server[0]).lower().removeprefix(MAPPED)}
        return host in here and (server[1] is None or (port or PORTS[scope["scheme"]]) == server[1])


def split_host(said: str) -> tuple[str, int | None]:
    """Name or address, and port, of a Host header; an empty name for what is none."""
    if said.startswith("["):
        host, _, rest = said[1:].partition("]")
        port = rest.removeprefix(":") if rest.startswith(":") else rest and "?"
    else:
        host, _, port = said.partition(":")
    if port and not (port.isascii() and port.isdigit() and len(port) < 6):
        return "", None
    return host, int(port) if port else None
