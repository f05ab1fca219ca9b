"""Say which kinds of events the plugin appends with ``context.emit``, so that pages listen for them too."""

from teammcp import hookimpl


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return {"star.given": "somebody starred a message"}
