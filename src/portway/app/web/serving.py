"""An ASGI application on a port of this machine until a signal comes, the way all our pages are served."""

import asyncio
import socket
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp


class NoSignals:
    """The program answers signals, not its page."""

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


class PageServer(uvicorn.Server):
    """A server that can be asked for its port."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        config = uvicorn.Config(
            app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2, ws="websockets-sansio",
            ws_per_message_deflate=False, ws_max_size=1 << 17,
        )  # fmt: skip
        super().__init__(config)
        self.capture_signals = NoSignals  # type: ignore[assignment,method-assign]

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
    app: ASGIApp, host: str, port: int, browser: bool, on_signals: Callable[[Callable[[], None]], None]
) -> None:
    """Serve until a signal comes; says where, and opens the browser if wanted."""
    server, stopping = PageServer(app, host, port), asyncio.Event()
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
