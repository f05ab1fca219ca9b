"""Add a table. A plugin in a package keeps such steps as files: ``load_migrations("stars", __package__)``."""

from teammcp import Migration, hookimpl

SQL = "CREATE TABLE stars (message_id INTEGER NOT NULL, agent TEXT NOT NULL, PRIMARY KEY (message_id, agent));"


@hookimpl
def register_migrations() -> list[Migration]:
    return [Migration("stars", 1, "create", SQL)]
