"""Prompts of plugins, as MCP clients of both eras list and get them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from mcp import MCPError

from teammcp import Access, Context, InvalidInput, Prompt, PromptArgument, PromptMessage, Server, hookimpl
from teammcp.config import Settings
from teammcp.testing import MovedClock, TestTeam, serve


async def review(context: Context, file: str, tone: str = "kind") -> str:
    if file == "secret.txt":
        raise InvalidInput("file: not this one.")
    return f"{context.actor.name}: review {file}, be {tone}"


async def talk(context: Context) -> Sequence[PromptMessage]:
    return [PromptMessage("user", "hello"), PromptMessage("assistant", "yes?")]


async def broken(context: Context) -> str:
    raise RuntimeError("of no concern to the client")


class Prompts:
    """Contributes the prompts above."""

    @hookimpl
    def register_prompts(self) -> list[Prompt]:
        file, tone = PromptArgument("file", "which file"), PromptArgument("tone", "how", required=False)
        return [
            Prompt("review", "Have a file reviewed", review, (file, tone), title="Review"),
            Prompt("talk", "A talk", talk),
            Prompt("broken", "Breaks", broken),
            Prompt("owners", "For owners", talk, access=Access.owner),
        ]


pytestmark = pytest.mark.teammcp(install={"prompts": Prompts()})


async def test_a_member_is_offered_the_prompts_that_it_may_use(team: TestTeam) -> None:
    alice = await team.agent("alice")
    async with alice.mcp() as client:
        listed = (await client.list_prompts()).prompts
    assert [(prompt.name, prompt.title) for prompt in listed] == [
        ("review", "Review"),
        ("talk", None),
        ("broken", None),
    ]
    assert [(each.name, each.required) for each in listed[0].arguments or ()] == [("file", True), ("tone", False)]
    async with team.owner.mcp() as client:
        assert [prompt.name for prompt in (await client.list_prompts()).prompts][-1] == "owners"


async def test_a_prompt_is_written_for_whoever_asks_with_what_was_entered(team: TestTeam) -> None:
    alice = await team.agent("alice")
    async with alice.mcp() as client:
        got = await client.get_prompt("review", {"file": "a.py"})
        more = await client.get_prompt("review", {"file": "a.py", "tone": "strict"})
        talked = await client.get_prompt("talk")
    assert [(each.role, each.content.text) for each in got.messages] == [  # type: ignore[union-attr]
        ("user", "alice: review a.py, be kind")
    ]
    assert more.messages[0].content.text.endswith("be strict")  # type: ignore[union-attr]
    assert [each.role for each in talked.messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("review", {}, "file: this argument is required"),
        ("review", {"file": ""}, "file: this argument is required"),
        ("review", {"file": "a", "x": "y"}, r"x: there is no such argument \(there are: file, tone\)"),
        ("review", {"file": "a" * 10_001}, "file: at most"),
        ("review", {"file": "secret.txt"}, "not this one"),
        ("nothing", {}, "There is no prompt 'nothing'"),
        ("owners", {}, "There is no prompt 'owners'"),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong(
    team: TestTeam, name: str, values: dict[str, str], why: str
) -> None:
    async with (await team.agent("alice")).mcp() as client:
        with pytest.raises(MCPError, match=why):
            await client.get_prompt(name, values)


async def test_a_fault_is_counted_against_the_plugin(team: TestTeam, server: Server) -> None:
    async with (await team.agent("alice")).mcp() as client:
        with pytest.raises(MCPError, match="The plugin 'prompts' failed") as error:
            await client.get_prompt("broken")
    assert "of no concern" not in str(error.value)
    assert server.plugins.plugins["prompts"].faults == 1


@pytest.mark.teammcp(install={})
async def test_a_server_without_prompts_does_not_speak_of_them(team: TestTeam) -> None:
    async with (await team.agent("alice")).mcp() as client:
        assert client.server_capabilities.prompts is None


async def taking_nothing(context: Context) -> str:
    return ""


@pytest.mark.parametrize(
    ("prompts", "why"),
    [
        ([Prompt("No Word", "x", talk)], "must be a word"),
        ([Prompt("x", "x", talk), Prompt("x", "x", talk)], "there is a prompt called x already"),
        ([Prompt("x", "x", taking_nothing, (PromptArgument("a", "b"),))], r"write of x must take \(context, a\)"),
        (["x"], "is no Prompt"),
    ],
)
async def test_a_plugin_with_a_broken_prompt_is_switched_off(
    prompts: list[Any], why: str, settings: Settings, clock: MovedClock
) -> None:
    class Broken:
        @hookimpl
        def register_prompts(self) -> list[Any]:
            return prompts

    async with serve(settings, clock, {"broken": Broken(), "prompts": Prompts()}) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        async with team.owner.mcp() as client:
            assert len((await client.list_prompts()).prompts) == 4
        await team.close()
        assert app.server.plugins.failed() == ["broken"]  # type: ignore[attr-defined]
        assert re.search(why, app.server.plugins.plugins["broken"].error)  # type: ignore[attr-defined]
