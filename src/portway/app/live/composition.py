"""`portway serve` from top to bottom."""

import asyncio
import gc
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from portway.adapters.tos.api.app import make_api
from portway.adapters.tos.api.keys import KeyRing, Role, load_keys, new_key
from portway.adapters.vda5050.link import Broker
from portway.app.live.leading import serve_while_leading
from portway.app.live.live_desk import LiveDesk
from portway.app.live.live_twin import LiveTwin
from portway.app.live.log import log
from portway.app.live.opening import Opening, open_leading
from portway.app.live.ops_page import ops_page
from portway.app.live.server import LiveServer, ServerOptions
from portway.app.live.tos_links import TosLinks, run_tos_links
from portway.app.live.warm import warm
from portway.app.web.page import page_routes
from portway.app.web.serving import PageServer
from portway.core.model.scenario import Scenario

SWITCH_S = 0.0005  # the journal's thread waits for the interpreter at most so long, ten times less than by default


class ServeOptions(NamedTuple):
    """What the command line says."""

    broker: Broker
    versions: tuple[str, ...]
    host: str
    port: int
    database: str
    keys: Path | None = None
    tos: TosLinks = TosLinks()
    recordings: Path | None = None  # folder of what pages were shown; beside the database by default
    schemas: Path | None = None  # of the standard, for samples
    speed: float = 1.0  # of the clock; a rehearsal runs faster than the wall
    standby: bool = False  # wait while another server leads
    alone: bool = False  # on a broker of our own
    linked_cranes: frozenset[str] = frozenset()
    interface: str = "uagv"  # first level of the topics
    hosts: tuple[str, ...] = ()  # names by which the page may be asked for besides its address


def _keys(path: Path | None) -> KeyRing:
    """The keys of a file; without one a key for this run alone, shown once."""
    if path is not None:
        return load_keys(path)
    key, entry = new_key("local", list(Role))
    print(f"API key of this run: {key}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys.toml"
        file.write_text(entry)
        return load_keys(file)


def _recordings(database: str) -> Path:
    """Beside the database's file; for a server elsewhere, in the working folder."""
    return Path("runs/live") if "://" in database else Path(database).resolve().parent


async def serve_terminal(scenario: Scenario, options: ServeOptions, on_signals: Callable[[Any], None]) -> None:
    """Begin or go on with a run, and serve it until a signal comes or another server leads."""
    sys.setswitchinterval(SWITCH_S)
    if "://" not in options.database:
        Path(options.database).resolve().parent.mkdir(parents=True, exist_ok=True)
    keys, tokens = _keys(options.keys), options.tos.token_rule()
    how = Opening(
        options.database, options.speed, options.standby, options.host, options.port, options.linked_cranes,
        options.hosts,
    )  # fmt: skip
    stopping = asyncio.Event()
    if options.standby:
        on_signals(stopping.set)
    if (opened := await open_leading(scenario, how, stopping)) is None:
        return
    durable, run = opened
    warm(run.controller)
    server_options = ServerOptions(
        options.broker, options.versions, schemas=options.schemas, alone=options.alone,
        linked_cranes=options.linked_cranes, interface=options.interface,
    )  # fmt: skip
    server = LiveServer(run, durable, server_options)
    desk = LiveDesk(server)
    api = make_api(desk, keys, durable.answers, tokens=tokens, outbox=durable.outbox)
    twin = LiveTwin(server, desk, options.recordings or _recordings(options.database))
    pages = ops_page(server, api, page_routes(lambda: twin.stage, keys))
    web = PageServer(pages, options.host, options.port, options.hosts)
    page, mirror = asyncio.create_task(web.serve()), asyncio.create_task(twin.run())
    links = asyncio.create_task(run_tos_links(options.tos, server, desk))
    on_signals(server.stop)
    if stopping.is_set():  # a signal came between waiting and serving
        server.stop()
    gc.enable()
    gc.freeze()  # what the start has made stays: a collection that walks through it would hold the loop for 90 ms
    log("serving", records=durable.journal.newest, fed=run.fed, at_ms=run.clock.now_ms(), http=options.port)
    try:
        await serve_while_leading(server, durable.store)
    finally:
        web.should_exit = True
        links.cancel()
        mirror.cancel()
        await asyncio.gather(page, links, mirror, return_exceptions=True)
        log("stopped", records=server.loop.records)
