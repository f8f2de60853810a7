"""Which run a database holds: written once, when the run begins."""

import msgspec
from sqlalchemy import select

from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_store import Store
from portway.adapters.storage.durable_tables import META
from portway.core.model.scenario import Scenario


class LiveRun(msgspec.Struct, frozen=True):
    """What a restart has to know of a run besides its entries."""

    run_id: str
    scenario: Scenario
    seed: int
    visitors: int  # rows for road trucks
    started_at_s: float  # Unix epoch
    start_is_event: bool = False  # its first record is `RunStarted`; before, nobody was told what it began with
    linked_cranes: tuple[str, ...] | None = None  # all others are simulated; None: an older version did not say


def read_run(store: Store) -> LiveRun | None:
    """The run of a database, None for a new one. Raises StorageError for one that this version cannot read."""
    with store.reading() as connection:
        body = connection.execute(select(META.c.value).where(META.c.name == "run")).scalar()
    try:
        return None if body is None else msgspec.msgpack.decode(body, type=LiveRun)
    except msgspec.MsgspecError as error:
        cure = "start the Portway that wrote it, or give a new database"
        raise StorageError(f"{store.name}: its scenario is of another version ({error}); {cure}") from error


def write_run(store: Store, run: LiveRun, before: LiveRun | None) -> None:
    """Make a database that of a run; returns when that is safe. Raises StorageError when it is that of another."""
    if before is not None:
        cure = "go on with that run, or give a new database"
        raise StorageError(f"{store.name}: it holds the run {before.run_id}; {cure}")
    row = {"name": "run", "value": msgspec.msgpack.encode(run)}
    store.write(lambda connection, _: connection.execute(META.insert(), row)).result()
