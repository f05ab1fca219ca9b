"""Operations as MCP tools, in both protocol eras: lists, calls, results, errors, notices."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp.types import TextContent
from pydantic import Field, RootModel

from teammcp import Context, Deferred, Refused, Result, Work, hookimpl, operation
from teammcp.app import TeamApp
from teammcp.features.turns import texts as wording
from teammcp.mcp.server import INSTRUCTIONS
from teammcp.mcp.tools import ERROR
from teammcp.testing import MovedClock, TestTeam
from tests.mcp_support import ERAS, Era, http_client, listening, mcp_client

each_era = pytest.mark.parametrize("era", ERAS)


class Plank(Result):
    length: int
    owner: str | None = None
    marks: list[str] = []

    def text(self) -> str:
        return f"a plank of {self.length} m"


class Planks(RootModel[list[Plank]]):
    """A bare list."""


@operation("GET /api/planks", read_only=True, profile="wood")
async def list_planks(context: Context, owner: str | None = None) -> Planks:
    """List planks."""
    return Planks([Plank(length=3, owner=owner)])


@operation("POST /api/planks", profile="wood")
async def saw_plank(context: Context, length: int) -> Work[Plank]:
    """Saw a plank."""
    if length == 13:
        raise RuntimeError("the saw is broken: secret")
    return lambda tx: Plank(length=length)


@operation("DELETE /api/planks", access="manager", profile="wood", destructive=True)
async def burn_planks(context: Context) -> Work[Plank]:
    """Burn them all."""
    return lambda tx: Plank(length=0)


class Wood:
    """A plugin with tools of every kind."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [list_planks, saw_plank, burn_planks]

    @hookimpl
    def before_operation(self, context: Context, operation: Any, arguments: Any) -> Any:
        if operation.name != "saw_plank":
            return None
        if arguments.length == 7:
            raise Refused("Seven is unlucky.", until="2026-02-01")
        return Deferred({"approval": 4}) if arguments.length > 99 else None


wood = pytest.mark.teammcp(install={"wood": Wood()})


def text_of(result: Any) -> list[str]:
    return [block.text for block in result.content if isinstance(block, TextContent)]


@each_era
async def test_a_call_returns_text_and_data(app: TeamApp, team: TestTeam, era: Era) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        sent = await client.call_tool("send_message", {"channel": "general", "content": "hello"})
        history = await client.call_tool("get_history", {"channel": "general"})
    assert not sent.is_error
    assert text_of(sent) == [f"Sent to general (id: {sent.structured_content['id']})."]
    assert [message["content"] for message in history.structured_content["messages"]] == ["hello"]
    [event] = await team.events("message.sent")
    assert (event.actor, event.data["content"]) == ("bob", "hello")


@each_era
@pytest.mark.parametrize("comes", ["list_tools", "call_tool"])
async def test_it_is_known_when_a_members_program_has_come_for_the_tools_by_mcp(
    app: TeamApp, team: TestTeam, clock: MovedClock, era: Era, comes: str
) -> None:
    bob, presence = await team.agent("bob"), team.team.presence
    await bob.call("get_agents")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        await client.list_resources()
        assert presence.tools_used_at("bob") is None
        clock.advance(minutes=5)
        await (client.list_tools() if comes == "list_tools" else client.call_tool("get_agents", {}))
    assert presence.tools_used_at("bob") == clock.now()
    assert presence.tools_used_at("owner") is None


@wood
@each_era
async def test_a_list_is_wrapped_in_an_object(app: TeamApp, team: TestTeam, era: Era) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        await client.list_tools()
        planks = await client.call_tool("list_planks", {"owner": "bob"})
    assert planks.structured_content == {"result": [{"length": 3, "owner": "bob", "marks": []}]}


@wood
@each_era
async def test_each_agent_sees_the_tools_it_may_call(app: TeamApp, team: TestTeam, era: Era) -> None:
    bob = await team.agent("bob")
    seen = {}
    async with listening(app) as url:
        for member in (team.owner, bob):
            async with mcp_client(url, member.key, era) as client:
                listed = await client.list_tools()
                seen[member.name] = [tool.name for tool in listed.tools]
                assert listed.cache_scope in {"private", None}
        async with mcp_client(url, bob.key, era) as client:
            burnt = await client.call_tool("burn_planks", {})
    assert seen["owner"] == sorted(seen["owner"])
    assert set(seen["owner"]) - set(seen["bob"]) >= {"burn_planks", "retire_agent"}
    assert "register_agent" not in seen["owner"]
    assert burnt.is_error
    assert burnt.meta[ERROR]["error"] == "forbidden"


@pytest.mark.teammcp(install={"wood": Wood()}, permissions={"burn_planks": "member", "saw_plank": "owner"})
async def test_the_settings_decide_who_sees_a_tool(app: TeamApp, team: TestTeam) -> None:
    bob = await team.agent("bob")
    async with listening(app) as url, mcp_client(f"{url}?tools=wood", bob.key, "2026-07-28") as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["burn_planks", "list_planks"]


@wood
async def test_annotations_tell_what_a_tool_does(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, mcp_client(url, team.owner.key, "2026-07-28") as client:
        hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
    assert all(hint is not None and hint.open_world_hint is False for hint in hints.values())
    assert hints["list_planks"].read_only_hint
    assert not hints["saw_plank"].read_only_hint
    assert hints["saw_plank"].destructive_hint is False
    assert hints["burn_planks"].destructive_hint


@wood
@each_era
async def test_profiles_and_names_choose_tools(app: TeamApp, team: TestTeam, era: Era) -> None:
    async with listening(app) as url, mcp_client(f"{url}?tools=wood,send_dm", team.owner.key, era) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
    assert names == ["burn_planks", "list_planks", "saw_plank", "send_dm"]


async def test_what_guide_and_skills_name_is_in_the_everyday_profile(app: TeamApp, team: TestTeam) -> None:
    texts = [path.read_text("utf-8") for path in (files("teammcp.joining") / "texts").rglob("*.md")]  # type: ignore[attr-defined]
    named = {name for text in [*texts, INSTRUCTIONS, wording.HOW] for name in re.findall(r"[a-z]+(?:_[a-z]+)+", text)}
    async with listening(app) as url, mcp_client(f"{url}?tools=everyday", team.owner.key, "2026-07-28") as client:
        offered = {tool.name for tool in (await client.list_tools()).tools}
    everything = {operation.name for operation in app.server.registry if operation.tool}
    assert named & everything - offered == set()
    assert len(named & offered) > 10


def test_what_guide_and_skills_set_in_code_are_arguments_of_the_tools_they_name(app: TeamApp) -> None:
    arguments = {
        operation.name: {name for key, field in operation.arguments.model_fields.items() for name in (key, field.alias)}
        for operation in app.server.registry
        if operation.tool
    }
    no_arguments = {"teammcp", "general", "unread", "ack_id", "stale_token"}  # names, and what results say
    for path in (files("teammcp.joining") / "texts").rglob("*.md"):  # type: ignore[attr-defined]
        text = path.read_text("utf-8")
        tools = set(re.findall(r"[a-z]+(?:_[a-z]+)*", text)) & arguments.keys()
        in_code = set(re.findall(r"`([A-Za-z_]+)(?:=[^`]*)?`", text)) - tools - no_arguments
        assert in_code - {name for tool in tools for name in arguments[tool]} == set(), path.name


@pytest.mark.parametrize(("query", "field"), [("tools=wod", "tools"), ("results=yaml", "results")])
async def test_a_wrong_query_names_itself(app: TeamApp, team: TestTeam, query: str, field: str) -> None:
    async with listening(app) as url, http_client(team.owner.key) as http:
        answer = await http.post(f"{url}?{query}", json={})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


@wood
@each_era
async def test_text_alone_when_asked_for(app: TeamApp, team: TestTeam, era: Era) -> None:
    async with listening(app) as url, mcp_client(f"{url}?results=text", team.owner.key, era) as client:
        [tool] = [tool for tool in (await client.list_tools()).tools if tool.name == "saw_plank"]
        sawn = await client.call_tool("saw_plank", {"length": 2})
    assert tool.output_schema is None
    assert sawn.structured_content is None
    assert text_of(sawn) == ["a plank of 2 m"]


async def test_a_model_is_shown_a_picture(app: TeamApp, team: TestTeam) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
    arguments = {"channel": "general", "name": "dot.png", "content": pixel}
    async with listening(app) as url:
        async with mcp_client(url, team.owner.key, "2026-07-28") as client:
            uploaded = await client.call_tool("upload_file", arguments)
            file_id = uploaded.structured_content["file_id"]
            program = await client.call_tool("download_file", {"file_id": file_id})
        async with mcp_client(f"{url}?results=text", team.owner.key, "2026-07-28") as client:
            model = await client.call_tool("download_file", {"file_id": file_id})
    assert program.structured_content["content"] == pixel
    assert [block.type for block in program.content] == ["text"]
    assert [block.type for block in model.content] == ["text", "image"]
    assert model.content[1].data == pixel


@wood
@each_era
async def test_errors_are_results_that_say_what_to_do(app: TeamApp, team: TestTeam, era: Era) -> None:
    bob = await team.agent("bob")
    cases: list[tuple[str, dict[str, Any], str, list[str]]] = [
        ("saw_plank", {"length": "long", "wide": 1}, "invalid_input", ["length", "wide: there is no such argument"]),
        ("saw_plank", {"length": 7}, "refused", ["Seven is unlucky.", "2026-02-01"]),
        ("saw_plank", {"length": 13}, "internal_error", ["The server failed"]),
        ("saw_planks", {}, "unknown_operation", ["saw_planks"]),
        ("register_agent", {"name": "eve"}, "unknown_operation", ["register_agent"]),
        ("get_history", {"channel": "nowhere"}, "channel_not_found", ["nowhere"]),
    ]
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        for tool, arguments, code, words in cases:
            result = await client.call_tool(tool, arguments)
            assert result.is_error
            assert result.structured_content is None
            assert result.meta[ERROR]["error"] == code
            [text] = text_of(result)
            assert all(word in text for word in words)
            assert "secret" not in text


@wood
@each_era
async def test_a_deferred_call_says_that_it_waits(app: TeamApp, team: TestTeam, era: Era) -> None:
    async with listening(app) as url, mcp_client(url, team.owner.key, era) as client:
        await client.list_tools()
        result = await client.call_tool("saw_plank", {"length": 100})
    assert not result.is_error
    assert result.structured_content == {"deferred": {"approval": 4}}
    assert text_of(result) == ['Not done yet, it has to wait: {"approval":4}']


@each_era
async def test_a_repeated_call_with_a_key_is_done_once(app: TeamApp, team: TestTeam, era: Era) -> None:
    arguments = {"channel": "general", "content": "once", "idem_key": "k1"}
    async with listening(app) as url, mcp_client(url, team.owner.key, era) as client:
        first = await client.call_tool("send_message", arguments)
        second = await client.call_tool("send_message", arguments)
    assert first.structured_content == second.structured_content
    assert len(await team.events("message.sent")) == 1


@each_era
async def test_results_tell_what_waits_until_it_is_acknowledged(app: TeamApp, team: TestTeam, era: Era) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("send_dm", recipient="bob", content="psst")
    await alice.call("send_message", channel="general", content="@bob look")
    async with listening(app) as url, mcp_client(url, bob.key, era) as client:
        waiting = await client.call_tool("get_agents", {})
        inbox = await client.call_tool("get_inbox", {})
        items = [
            {"channel": each["channel"], "ack_id": each["ack_id"]} for each in inbox.structured_content["channels"]
        ]
        await client.call_tool("ack_inbox", {"items": items})
        clear = await client.call_tool("get_agents", {})
    assert waiting.structured_content["unread"] == {"mentions": 1, "dms": 1}
    assert text_of(waiting)[1:] == ['unread: {"mentions":1,"dms":1}']
    assert "unread" not in inbox.structured_content
    assert "unread" not in clear.structured_content
    assert len(text_of(clear)) == 1


async def test_a_notice_takes_no_member_of_a_result_away(app: TeamApp, team: TestTeam) -> None:
    bob = await team.agent("bob")
    await bob.call("send_dm", recipient="owner", content="psst")
    async with listening(app) as url, mcp_client(url, team.owner.key, "2026-07-28") as client:
        await client.list_tools()  # the SDK compares results with the schemas from here
        changed = await client.call_tool("update_channel", {"channel": "general", "description": "all of us"})
    assert changed.structured_content["unread"] == 0  # of this channel
    assert text_of(changed)[1:] == ['unread: {"dms":1}']


class Shelf(Result):
    """A result whose members have other names outside."""

    plank_count: int = Field(serialization_alias="planks")


@operation("GET /api/shelf", read_only=True, profile="wood")
async def get_shelf(context: Context) -> Shelf:
    """Get the shelf."""
    return Shelf(plank_count=2)


class Holding:
    """A plugin that holds what only reads."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [get_shelf, list_planks]

    @hookimpl
    def before_operation(self, context: Context, operation: Any, arguments: Any) -> Any:
        return Deferred({"ask": "ada"}) if operation.name == "list_planks" else None


@pytest.mark.teammcp(install={"holding": Holding()})
async def test_structured_content_is_what_the_output_schema_says_or_is_not_there(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, mcp_client(url, team.owner.key, "2026-07-28") as client:
        await client.list_tools()
        shelf = await client.call_tool("get_shelf", {})
        held = await client.call_tool("list_planks", {})
    assert shelf.structured_content == {"planks": 2}
    assert held.is_error
    assert held.structured_content is None
    assert text_of(held) == ['Not done yet, it has to wait: {"ask":"ada"}']


async def test_schemas_are_short_and_true(app: TeamApp, team: TestTeam) -> None:
    async with listening(app) as url, mcp_client(url, team.owner.key, "2026-07-28") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        sent = await client.call_tool("send_message", {"channel": "general", "content": "hi"})
        history = await client.call_tool("get_history", {"channel": "general"})
    for tool in tools.values():
        for schema in (tool.input_schema, tool.output_schema):
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
            assert "'title': '" not in str(schema)
        assert tool.description
    Draft202012Validator(tools["send_message"].output_schema).validate(sent.structured_content)
    Draft202012Validator(tools["get_history"].output_schema).validate(history.structured_content)
    assert "idem_key" in tools["send_message"].input_schema["properties"]
    assert "idem_key" not in tools["heartbeat"].input_schema["properties"]
    arguments = Draft202012Validator(tools["send_message"].input_schema)
    arguments.validate({"channel": "general", "content": "hi"})
    assert not arguments.is_valid({"channel": "general"})
