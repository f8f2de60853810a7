"""Format 3: which ticks tell of more than driving trucks, so that a start need not read all others."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Of ticks so far nobody knows: they are all read."""
    op.add_column("portway_journal", sa.Column("news", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_index(
        "portway_journal_news", "portway_journal", ["first_number"],
        sqlite_where=sa.text("news = 1"), postgresql_where=sa.text("news"),
    )  # fmt: skip
