"""What deliveries contribute: their tables."""

from __future__ import annotations

from ...plugins.markers import hookimpl
from ...storage import Migration, load_migrations


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("deliveries", __package__)
