"""What Alembic runs: the steps, on the connection that `store.migration` lends it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
