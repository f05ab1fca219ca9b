"""Every type of argument that the docs allow, by every surface: what OpenAPI promises is what is taken."""

from __future__ import annotations

import enum
import json
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, RootModel, TypeAdapter

from teammcp import Context, InvalidInput, hookimpl, operation
from teammcp.app import TeamApp
from teammcp.commands.operations import argument_schemas, parse
from teammcp.testing import TestTeam
from tests.mcp_support import listening, mcp_client


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.Enum):
    SMALL = 1
    LARGE = 2


class Rank(enum.IntEnum):
    LOW = 1


class Meeting(BaseModel):
    at: datetime
    colours: set[Colour] = set()


class Shown(RootModel[str]):
    """What an operation was called with."""


KINDS: list[tuple[str, type, Any, Any]] = [
    ("moment", datetime, "2026-02-01T10:00:00Z", datetime(2026, 2, 1, 10, tzinfo=UTC)),
    ("day", date, "2026-02-01", date(2026, 2, 1)),
    ("span", timedelta, "P1DT2H", timedelta(days=1, hours=2)),
    ("colour", Colour, "red", Colour.RED),
    ("size", Size, 2, Size.LARGE),
    ("rank", Rank, 1, Rank.LOW),
    ("choice", Literal[1, 2], 2, 2),  # type: ignore[list-item]
    ("number", UUID, "6fa459ea-ee8a-3ca4-894e-db77e160355e", UUID("6fa459ea-ee8a-3ca4-894e-db77e160355e")),
    ("price", Decimal, "1.20", Decimal("1.20")),
    ("names", set[str], ["a"], {"a"}),
    ("frozen", frozenset[int], [1, 2], frozenset({1, 2})),
    ("pair", tuple[int, str], [1, "x"], (1, "x")),
    ("row", tuple[int, ...], [1, 2], (1, 2)),
    ("place", PurePosixPath, "a/b", PurePosixPath("a/b")),
    ("address", IPv4Address, "127.0.0.1", IPv4Address("127.0.0.1")),
    ("raw", bytes, "abc", b"abc"),
    ("ratio", float, 2, 2.0),
    ("meeting", Meeting, {"at": "2026-02-01T10:00:00Z", "colours": ["red"]}, None),
    ("meetings", list[Meeting], [{"at": "2026-02-01T10:00:00Z", "colours": ["red"]}], None),
    ("by_number", dict[int, date], {"1": "2026-02-01"}, {1: date(2026, 2, 1)}),
]


def taking(method: str, name: str, kind: Any, path: str = "") -> Any:
    async def take(context: Context, value: Any) -> Shown:
        return Shown(repr(value))

    take.__name__ = f"{method.lower()}_{name}{'_path' if path else ''}"
    take.__doc__ = "Take a value of one type."
    take.__annotations__ |= {"value": kind, "return": Shown, "context": Context}
    return operation(f"{method} /api/take/{name}{path}", read_only=True)(take)


class Takers:
    """A plugin with an operation for each type."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        scalars = [(name, kind) for name, kind, given, _ in KINDS if not isinstance(given, list | dict)]
        return [
            *(taking(method, name, kind) for name, kind, _, _ in KINDS for method in ("POST", "GET")),
            *(taking("GET", name, kind, "/{value}") for name, kind in scalars),
        ]


pytestmark = pytest.mark.teammcp(install={"takers": Takers()})


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    return ()


async def test_what_openapi_promises_every_surface_takes_and_means_the_same(app: TeamApp, team: TestTeam) -> None:
    document = (await team.owner.http.get("/api/openapi.json")).json()
    async with listening(app) as url, mcp_client(url, team.owner.key, "2026-07-28") as client:
        for name, kind, given, meant in KINDS:
            found = TypeAdapter(kind).validate_json(json.dumps(given))
            assert meant is None or found == meant
            wanted = repr(found)
            schema = argument_schemas(document, f"post_{name}")["value"]
            Draft202012Validator({**schema, "components": document["components"]}).validate(given)
            told = json.dumps(given) if not isinstance(given, str) else given
            typed = parse((f"value={told}",), argument_schemas(document, f"post_{name}"))  # teammcp call
            answers = {
                "REST": (await team.owner.http.post(f"/api/take/{name}", json={"value": given})).json(),
                "call": (await team.owner.http.post(f"/api/call/post_{name}", json=typed)).json(),
                "in a test": (await team.owner.call(f"post_{name}", value=given)).root,
                "MCP": (await client.call_tool(f"post_{name}", {"value": given})).structured_content["result"],
            }
            queries = [told, given] if isinstance(given, list) and not isinstance(given[0], dict) else [told]
            for query in queries:  # a list as JSON, or its parts each by itself
                answer = await team.owner.http.get(f"/api/take/{name}", params={"value": query})
                answers[f"query {query}"] = answer.json()
            if not isinstance(given, list | dict):
                answers["path"] = (await team.owner.http.get(f"/api/take/{name}/{quote(told, safe='')}")).json()
            answers.pop("path" if "/" in told else "", None)  # a path is taken apart at its slashes
            assert answers == dict.fromkeys(answers, wanted), name


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("moment", 5),
        ("moment", "soon"),
        ("day", 20_000),
        ("colour", "green"),
        ("size", "2"),
        ("choice", "2"),
        ("number", 7),
        ("names", "a"),
        ("frozen", ["1"]),
        ("pair", [1]),
        ("ratio", "2"),
        ("meeting", '{"at": "2026-02-01T10:00:00Z"}'),
    ],
)
async def test_json_is_checked_strictly(team: TestTeam, name: str, wrong: Any) -> None:
    answer = await team.owner.http.post(f"/api/take/{name}", json={"value": wrong})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("value")
    with pytest.raises(InvalidInput):
        await team.owner.call(f"post_{name}", value=wrong)
