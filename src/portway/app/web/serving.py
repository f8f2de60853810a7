"""An ASGI application on a port of this machine until a signal comes, the way all our pages are served."""

import asyncio
import errno
import importlib
import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from portway.app.live.log import log
from portway.app.web.connections import Limits, PatientHttp, cut_off_slow, limits_here
from portway.app.web.hosts import KnownHosts

NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
TELL_S = 60.0  # the same trouble is logged so seldom
TICKS = 5  # of uvicorn's, 0.1 s each: how often slow clients are looked for


class NoSignals:
    """The program answers signals, not its page."""

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


class PageServer(uvicorn.Server):
    """A server that can be asked for its port; it is known by few names, and waits for nobody for ever.

    `hosts` are names by which it may be asked besides its address, `name` or `name:port`.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, hosts: Iterable[str] = (), limits: Limits | None = None
    ) -> None:
        limits = limits_here(limits or Limits())
        config = uvicorn.Config(
            KnownHosts(app, host, hosts), host=host, port=port, log_level="warning", timeout_graceful_shutdown=2,
            ws="websockets-sansio", ws_per_message_deflate=False, ws_max_size=1 << 17, backlog=128, lifespan="off",
            http=type("Http", (PatientHttp,), {"limits": limits}),
        )  # fmt: skip
        super().__init__(config)
        self.capture_signals = NoSignals  # type: ignore[assignment,method-assign]
        self._told_s, self._refused = -TELL_S, 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; connections that find no descriptor free are counted and not each written down."""
        importlib.import_module("structlog")  # when descriptors have run out it is too late to open its files
        asyncio.get_running_loop().set_exception_handler(self._loop_trouble)
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Look for clients that are too slow."""
        if counter % TICKS == 0:
            cut_off_slow(self.server_state.connections, time.monotonic())
        return await super().on_tick(counter)

    def _loop_trouble(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """asyncio tries to accept again after a second, but says so once for every place in its queue."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in NO_DESCRIPTORS:
            loop.default_exception_handler(context)
            return
        self._refused += 1
        now_s = time.monotonic()
        if now_s - self._told_s >= TELL_S:
            self._told_s = now_s
            log("no_connection_accepted", reason=str(error), times=self._refused)

    @property
    def port(self) -> int:
        """The port that it listens on, once it has started."""
        return self.servers[0].sockets[0].getsockname()[1]


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next one up to ten further on that nobody uses; `wanted` when all are taken."""
    for port in range(wanted, wanted + 10):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return wanted


async def started(server: PageServer, task: "asyncio.Task[None]") -> None:
    """Return when the server listens; raises what it failed with."""
    while not server.started:
        if task.done():
            task.result()
            raise OSError("the page's port is taken; give another with --port")
        await asyncio.sleep(0.01)


def open_browser(url: str, opener: Callable[[str], bool] | None = None) -> bool:
    """Show a page in the person's browser, if there is one; says where it is in any case."""
    import webbrowser

    print(f"page: {url}", file=sys.stderr, flush=True)
    try:
        return (opener or webbrowser.open)(url)
    except webbrowser.Error:
        return False


async def run_page(
    app: ASGIApp, host: str, port: int, browser: bool, on_signals: Callable[[Callable[[], None]], None],
    hosts: Iterable[str] = (),
) -> None:  # fmt: skip
    """Serve until a signal comes; says where, and opens the browser if wanted."""
    server, stopping = PageServer(app, host, port, hosts), asyncio.Event()
    on_signals(stopping.set)
    page = asyncio.create_task(server.serve())
    await started(server, page)
    url = f"http://{host}:{server.port}/"
    if browser:
        open_browser(url)
    else:
        print(f"page: {url}", flush=True)
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({stop, page}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.cancel()
    await page
