"""Say which events the plugin appends, as in ``context.emit(tx, StarGiven(message_id=7), 7)``, and what they say."""

from teammcp import EventData, hookimpl


class StarGiven(EventData, kind="star.given"):
    """Somebody starred a message."""

    message_id: int


@hookimpl
def register_event_kinds() -> list[type[EventData]]:
    return [StarGiven]
