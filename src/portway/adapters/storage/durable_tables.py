"""Tables of the durable state, the same in SQLite and PostgreSQL. Changing one means a new FORMAT and a step that leads
to it (`migrations/`).

A row of the journal is one tick: its entries as the file journal writes them (length, CRC-32, msgpack), one behind the
other. So reading needs few rows, every entry has its own check, and an export copies bytes.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
    true,
)

FORMAT = 3  # of the tables and of what is in them; the number of the last step

_tables = MetaData()
# As INTEGER PRIMARY KEY, SQLite numbers the rows themselves by it: no second index.
_Number = BigInteger().with_variant(Integer, "sqlite")

META = Table("portway_meta", _tables, Column("name", String(40), primary_key=True), Column("value", LargeBinary))
JOURNAL = Table(
    "portway_journal",
    _tables,
    Column("first_number", _Number, primary_key=True, autoincrement=False),
    Column("entries", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # of the last of them
    Column("body", LargeBinary, nullable=False),
    Column("format", Integer, nullable=False, server_default="1"),  # of its entries (`entry_format.py`)
    Column("news", Boolean, nullable=False, server_default=true()),  # whether it tells of more than driving trucks
    Index("portway_journal_news", "first_number", sqlite_where=text("news = 1"), postgresql_where=text("news")),
)
SNAPSHOTS = Table(  # a row stands for a whole snapshot: it is written after all its parts
    "portway_snapshots",
    _tables,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),  # of the last entry that is in it
    Column("at_ms", BigInteger, nullable=False),
    Column("version", String(120), nullable=False),
    Column("parts", Integer, nullable=False),
    Column("crc", BigInteger, nullable=False),
)
SNAPSHOT_PARTS = Table(
    "portway_snapshot_parts",
    _tables,
    Column("snapshot", _Number, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
ANSWERS = Table(
    "portway_answers",
    _tables,
    Column("caller", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", LargeBinary, nullable=False),  # msgpack
    Column("body", LargeBinary, nullable=False),
    Column("at_s", BigInteger, nullable=False, index=True),  # Unix epoch
)
OUTBOX = Table(
    "portway_outbox",
    _tables,
    Column("key", String(300), primary_key=True),
    Column("target", String(200), nullable=False),
    Column("event", BigInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("dead", Boolean, nullable=False),
)
OUTBOX_NEWEST = Table(  # stays when a delivery has been made, so that none is taken twice
    "portway_outbox_newest",
    _tables,
    Column("target", String(200), primary_key=True),
    Column("event", BigInteger, nullable=False),
)
LEADER = Table(  # two rows: `epoch` counts the servers that have led, `beat` the signs of life of the one that leads
    "portway_leader",
    _tables,
    Column("what", String(10), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("holder", String(120), nullable=False),
)
ALL = _tables
