"""Format 2: which server leads, and by which format a tick of the journal was written."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Every tick so far was written by the first format of entries; nobody leads yet."""
    op.add_column("portway_journal", sa.Column("format", sa.Integer, nullable=False, server_default="1"))
    leader = op.create_table(
        "portway_leader",
        sa.Column("what", sa.String(10), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
    )
    op.bulk_insert(leader, [{"what": w, "number": 0, "holder": ""} for w in ("epoch", "beat")])
