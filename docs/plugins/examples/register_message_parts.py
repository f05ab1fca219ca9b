"""Add a kind of parts that messages may have: a place on the map, sent beside what is said about it."""

from typing import Annotated

from pydantic import Field

from teammcp import Line, MessagePart, excerpt, hookimpl


class Place(MessagePart, kind="place"):
    """A place: its latitude and longitude in degrees, and what it is called."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    name: Annotated[Line, Field(max_length=200)] = ""

    def text(self, room: int) -> str:
        return excerpt(f"{self.name or 'a place'} at {self.latitude}, {self.longitude}", room)


@hookimpl
def register_message_parts() -> list[type[MessagePart]]:
    return [Place]
