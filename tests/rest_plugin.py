"""Operations made for the tests of the REST surface: one of each kind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from teammcp import Conflict, Context, Deferred, EventData, Result, Timestamp, Transaction, Work, hookimpl, operation
from teammcp.storage import file_chunks
from teammcp.surfaces.attachments import Attachment, Content

SIZE = Path(__file__).stat().st_size


class Thing(Result):
    """What the operations answer."""

    id: int
    replyTo: int | None = Field(None, alias="reply_to")  # noqa: N815
    tags: list[str] = []
    size: int = 0
    name: str = ""
    at: Timestamp = 0


class ThingMade(EventData, kind="thing.made"):
    """A thing was made."""


class ThingList(RootModel[list[Thing]]):
    """A bare list."""

    def text(self) -> str:
        return str(len(self.root))


@operation("GET /api/things", read_only=True)
async def list_things(
    context: Context, tags: list[str] | None = None, limit: Annotated[int, Field(ge=1, le=9)] = 3, deep: bool = False
) -> ThingList:
    """List things."""
    return ThingList([Thing(id=number, tags=tags or [], name=str(deep)) for number in range(limit)])


@operation("GET /api/things/{id}", read_only=True)
async def get_thing(context: Context, id: int) -> Thing:
    """Get a thing."""
    if id == 13:
        raise ZeroDivisionError("a secret of the inside")
    return Thing(id=id)


@operation("POST /api/things", status=201)
async def make_thing(
    context: Context,
    name: str,
    size: int = 0,
    kind: Literal["big", "small"] = "big",
    data: dict[str, Any] | None = None,
) -> Work[Thing]:
    """Make a thing."""

    def work(tx: Transaction) -> Thing:
        event = context.emit(tx, ThingMade(), name)
        return Thing(id=event.id, name=name, size=size)

    return work


@operation("PUT /api/things/{id}")
async def change_thing(context: Context, id: int, name: str) -> Work[Thing]:
    """Change a thing."""
    return lambda tx: Thing(id=id, name=name)


@operation("DELETE /api/things/{id}", destructive=True)
async def delete_thing(context: Context, id: int) -> Work[Thing]:
    """Delete a thing."""
    raise Conflict("It is in use.", code="in_use", taken_by="alice", current_version=7)


@operation("POST /api/parcels", status=201)
async def send_parcel(context: Context, name: str, content: Content) -> Work[Thing]:
    """Take bytes."""
    return lambda tx: Thing(id=1, name=name, size=len(content))


@operation("GET /api/parcels/{id}", read_only=True)
async def get_parcel(context: Context, id: int) -> Attachment:
    """Give bytes: those of this file."""
    return Attachment(
        file_name="päckchen.html", mime_type="text/html", file_size=SIZE, open=file_chunks(Path(__file__))
    )


@operation("POST /api/hello", access="anonymous")
async def say_hello(context: Context, name: str = "") -> Thing:
    """Greet anybody."""
    return Thing(id=0, name=f"{context.team.name}/{context.actor.name}/{name}")


@operation("GET /api/patience", read_only=True)
async def be_patient(context: Context) -> Thing:
    """Wait until cancelled."""
    cancelled = asyncio.get_running_loop().create_future()
    waiting.append(cancelled)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        cancelled.set_result(None)
        raise
    return Thing(id=1)


waiting: list[asyncio.Future[None]] = []


class RestPlugin:
    """Contributes the operations; ``deferring`` makes every thing wait."""

    deferring = False

    @hookimpl
    def register_event_kinds(self) -> list[type[EventData]]:
        return [ThingMade]

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [
            list_things,
            get_thing,
            make_thing,
            change_thing,
            delete_thing,
            send_parcel,
            get_parcel,
            say_hello,
            be_patient,
        ]

    @hookimpl
    def before_operation(self, operation: Any, arguments: Any) -> Deferred[Any] | None:
        if self.deferring and operation.name == "make_thing":
            return Deferred(Thing(id=99, name="waits"))
        return None
