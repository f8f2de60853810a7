"""From a database to a run that this server leads: at once, or when the server before it is gone."""

import asyncio
from typing import NamedTuple

from portway.adapters.storage.durable import DurableState, open_durable
from portway.adapters.storage.durable_engine import database_url
from portway.adapters.storage.durable_error import shown_url
from portway.app.live.log import log
from portway.app.live.restore import OpenedRun, open_run
from portway.app.live.same_run import check_same
from portway.app.live.standby import Standby, stand_by
from portway.core.model.scenario import Scenario


class Opening(NamedTuple):
    """How a server comes to lead."""

    database: str
    speed: float
    waits: bool  # while another server leads, instead of refusing
    host: str  # where it answers meanwhile
    port: int
    linked_cranes: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()  # by which names, besides its address


async def open_leading(
    scenario: Scenario, how: Opening, stopping: asyncio.Event
) -> tuple[DurableState, OpenedRun] | None:
    """The database and its run, begun or gone on with; None when `stopping` has ended the waiting. Raises
    StorageError."""
    linked = how.linked_cranes
    standby = Standby(scenario, how.database, linked) if how.waits else None
    if standby is None:
        name = shown_url(database_url(how.database))
        durable: DurableState | None = open_durable(how.database, lambda run: check_same(run, scenario, linked, name))
    else:
        durable = standby.lead() or await stand_by(standby, how.host, how.port, stopping, how.hosts)
    if durable is None:
        log("stopped", records=0)
        return None
    if (upgraded := durable.store.upgraded) is not None:
        log("upgraded", from_format=upgraded[0], copy=str(upgraded[1] or ""))
    try:
        known = None if standby is None else standby.follower
        return durable, open_run(durable.journal, scenario, speed=how.speed, known=known, linked_cranes=linked)
    except BaseException:
        durable.close()
        raise
