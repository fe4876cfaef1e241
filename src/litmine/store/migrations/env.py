"""What alembic runs for every migration; the engine comes from `litmine.store.migrate`."""

from __future__ import annotations

from alembic import context

from litmine.store.schema import metadata

engine = context.config.attributes["engine"]
with engine.connect().execution_options(litmine_write=True) as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite alters tables by copying them
        transactional_ddl=True,
    )
    # Two processes may open a new database at the same moment: the loser waits here and then
    # finds nothing left to do. On SQLite, BEGIN IMMEDIATE does the same.
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(240100625)")
        context.run_migrations()
