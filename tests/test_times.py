"""Times that somebody writes: read in one way wherever an operation takes one."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field, TypeAdapter

from teammcp import rfc3339
from teammcp.arguments.times import read_time
from teammcp.clock import milliseconds
from teammcp.server import Server
from teammcp.testing import MovedClock, TestTeam

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "zone", "edge", "expected"),
    [
        ("2030-12-24T10:00", TOKYO, "start", "2030-12-24T01:00:00.000Z"),
        ("2030-12-24 10:00:30.25", TOKYO, "end", "2030-12-24T01:00:30.250Z"),
        ("2030-12-24t10:00z", TOKYO, "start", "2030-12-24T10:00:00.000Z"),
        (" 2030-12-24T10:00:00.123456789-05:30 ", TOKYO, "start", "2030-12-24T15:30:00.123Z"),
        ("2030-12-24T10:00 +0100", TOKYO, "start", "2030-12-24T09:00:00.000Z"),
        ("2030-12-24", TOKYO, "start", "2030-12-23T15:00:00.000Z"),
        ("2030-12-24", TOKYO, "end", "2030-12-24T14:59:59.999Z"),
        ("2030-12-24", TOKYO, "next", "2030-12-24T15:00:00.000Z"),
        ("2026-03-29T02:30", BERLIN, "start", "2026-03-29T01:30:00.000Z"),
        ("2026-10-25T02:30", BERLIN, "start", "2026-10-25T00:30:00.000Z"),
        ("2026-10-25", BERLIN, "end", "2026-10-25T22:59:59.999Z"),
        ("2027-09-05", ZoneInfo("America/Santiago"), "start", "2027-09-05T04:00:00.000Z"),
        ("2027-04-03", ZoneInfo("America/Santiago"), "end", "2027-04-04T03:59:59.999Z"),
        ("1970-01-01", UTC, "start", "1970-01-01T00:00:00.000Z"),
        ("2024-02-29T23:59:59.999Z", UTC, "start", "2024-02-29T23:59:59.999Z"),
    ],
)
def test_a_time_is_read_where_its_writer_is(text: str, zone: ZoneInfo, edge: Any, expected: str) -> None:
    assert rfc3339(read_time(text, zone, edge)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "20300131", "2030-W05-1", "2030-02-30", "2030-12-24T", "2030-12-24T9:00", "2030-12-24T24:00",
     "2030-12-24T10:00+25:00", "2030-12-24T10:00:60", "2030-12-24X10:00", "2030-12-24Z",
     "10:00", "0000-01-01", "٢٠٣٠-12-24", "1767225600000"],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_time(text, TOKYO, "end")


def test_every_moment_is_read_as_it_is_written() -> None:
    for moment in range(0, 4_000_000_000_000, 98_765_432_101):
        assert read_time(rfc3339(moment)) == milliseconds(rfc3339(moment)) == moment


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    """All that is installed: times are read in one way everywhere."""
    return None


def test_every_argument_that_is_a_time_is_read_where_the_caller_is(server: Server) -> None:
    read = 0
    for operation in server.registry:
        for name, field in operation.arguments.model_fields.items():
            adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, Field(), *field.metadata])
            if "date-time" not in json.dumps(adapter.json_schema()):
                continue
            found = adapter.validate_python("2030-12-24T10:00", context={"time_zone": "Asia/Tokyo"})
            assert rfc3339(found) == "2030-12-24T01:00:00.000Z", (operation.name, name)
            read += 1
    assert read > 5


TIMES: dict[str, tuple[dict[str, Any], str]] = {
    "create_task.due_date": ({"title": "x"}, "task.due_date"),
    "schedule_message.at": ({"channel": "general", "content": "x"}, "schedule.at"),
    "schedule_message.starts_at": ({"channel": "general", "content": "x", "every": "1 day"}, "schedule.starts_at"),
    "schedule_message.ends_at": ({"channel": "general", "content": "x", "every": "1 day"}, "schedule.ends_at"),
    "send_message.reply_by": ({"channel": "general", "content": "x"}, "reply_by"),
    "send_directive.expires_at": ({"to_agent": "bob", "instruction": "x"}, "directive.expires_at"),
}
"""Operations that take a time and show it again: what else they need, and where it is shown."""


@pytest.mark.parametrize("where", TIMES)
async def test_the_times_of_a_member_mean_one_thing(where: str, team: TestTeam, clock: MovedClock) -> None:
    name, _, argument = where.partition(".")
    arguments, shown = TIMES[where]
    rina = await team.agent("rina", kind="human", time_zone="Asia/Tokyo")
    await team.agent("bob")
    moment = datetime.fromtimestamp(clock.now() / 1000, UTC).replace(month=12, day=24)
    given = f"{moment:%Y-%m-%d}T10:00"
    found = (await rina.call(name, **arguments, **{argument: given})).model_dump(mode="json")
    for part in shown.split("."):
        found = found[part]
    assert found == f"{moment:%Y-%m-%d}T01:00:00.000Z"
