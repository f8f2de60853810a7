"""Which format a database has, and how it becomes one of today's.

`portway_meta` says the format, a number; a format is made from the one before by a step of Alembic (`migrations/`). All
steps are one transaction, so a database is of the old format or of the new one, whatever happens in between.
"""

import contextlib
from importlib.metadata import version
from pathlib import Path

import msgspec
from sqlalchemy import Connection, inspect, select

from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_tables import FORMAT, META

STEPS = Path(__file__).parent / "migrations"
NONE = 0  # a database without any of our tables


def format_of(connection: Connection, name: str) -> int:
    """The format of a database, NONE for a new one. Raises StorageError, with `name`, for one that cannot be read."""
    tables = inspect(connection).get_table_names()
    if META.name not in tables:
        if ours := [t for t in tables if t.startswith("portway_")]:
            raise StorageError(f"{name}: it has {ours[0]}, but not {META.name}; restore a backup")
        if tables and connection.dialect.name == "sqlite":
            cure = "give another file, it is made when there is none"
            raise StorageError(f"{name}: this is another program's database, with a table {tables[0]}; {cure}")
        return NONE
    kept = {row.name: row.value for row in connection.execute(select(META).where(META.c.name != "run"))}
    found, writer = _plain(kept.get("format")), _plain(kept.get("written_by"))
    if type(found) is not int or found < 1:
        cure = "restore a backup, or give another database"
        raise StorageError(f"{name}: its table {META.name} names no format; {cure}")
    if found > FORMAT:
        by, cure = f"Portway {writer}" if isinstance(writer, str) else "a newer Portway", "start that one"
        raise StorageError(f"{name}: it is of format {found}, written by {by}; this Portway, {version('portway')},"
                           f" reads up to {FORMAT}; {cure}, or give another database")  # fmt: skip
    return found


def upgrade(connection: Connection, found: int) -> None:
    """Carry out all steps from a format to today's, in the transaction of a connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found == 1:  # written before there were steps
        command.stamp(config, "0001")
    command.upgrade(config, "head")
    said = {"format": FORMAT, "written_by": version("portway")}
    connection.execute(META.delete().where(META.c.name.in_(sorted(said))))
    connection.execute(META.insert(), [{"name": n, "value": msgspec.msgpack.encode(v)} for n, v in said.items()])


def _plain(body: bytes | None) -> object:
    with contextlib.suppress(msgspec.MsgspecError):
        return None if body is None else msgspec.msgpack.decode(body)
    return None
