"""What Alembic runs to carry out the steps: on the connection that it is given, in the transaction under way there."""

from alembic import context

VERSION_TABLE = "portway_schema"  # a database may hold another program's `alembic_version`

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
