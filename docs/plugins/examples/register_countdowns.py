"""Let an offer that had an hour left have an hour left when the machine's clock is set."""

from teammcp import Countdown, Migration, hookimpl

TABLE = "CREATE TABLE offers (id INTEGER PRIMARY KEY, ends_at INTEGER NOT NULL, is_open INTEGER NOT NULL);"
INDEX = "CREATE INDEX offers_open ON offers (ends_at) WHERE is_open = 1;"


@hookimpl
def register_migrations() -> list[Migration]:
    return [Migration("offers", 1, "create", f"{TABLE}\n{INDEX}")]


@hookimpl
def register_countdowns() -> list[Countdown]:
    return [Countdown("offers", ("ends_at",), "is_open = 1")]
