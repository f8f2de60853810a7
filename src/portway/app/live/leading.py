"""Serving while this server leads: it stops by itself when another one does, or when nobody can know that it lives."""

import asyncio

from portway.adapters.storage.durable_error import LeadershipLost
from portway.adapters.storage.durable_store import Store
from portway.app.live.log import log
from portway.app.live.server import LiveServer

ASK_S = 0.25


async def serve_while_leading(server: LiveServer, store: Store) -> None:
    """Run a server until it is stopped. Raises LeadershipLost, and whatever the server fails with."""
    serving = asyncio.create_task(server.serve())
    try:
        while not serving.done():
            store.still_leads()
            await asyncio.wait({serving}, timeout=ASK_S)
        serving.result()
    except LeadershipLost as error:
        log("leadership_lost", why=str(error))
        raise
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
