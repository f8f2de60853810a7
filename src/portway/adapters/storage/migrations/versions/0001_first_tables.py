"""Format 1: the tables as they were before there were steps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of a new database."""
    op.create_table("portway_meta", sa.Column("name", sa.String(40), primary_key=True),
                    sa.Column("value", sa.LargeBinary))  # fmt: skip
    op.create_table(
        "portway_journal",
        sa.Column("first_number", _Number, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "portway_snapshots",
        sa.Column("id", _Number, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String(120), nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("crc", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "portway_snapshot_parts",
        sa.Column("snapshot", _Number, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "portway_answers",
        sa.Column("caller", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at_s", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "portway_outbox",
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("dead", sa.Boolean, nullable=False),
    )
    op.create_table(
        "portway_outbox_newest",
        sa.Column("target", sa.String(200), primary_key=True),
        sa.Column("event", sa.BigInteger, nullable=False),
    )
