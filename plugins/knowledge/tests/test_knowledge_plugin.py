"""The plugin as a whole: its tools and routes, coming and going, side by side with others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from teammcp import Context, Deferred, PreconditionRequired, hookimpl, operations
from teammcp.testing import MovedClock, TestTeam, serve

TOOLS = {
    "acknowledge_knowledge_gaps",
    "check_knowledge_gaps",
    "delete_memory",
    "get_briefing",
    "get_knowledge",
    "get_knowledge_matrix",
    "get_knowledge_profile",
    "get_memory",
    "get_memory_history",
    "list_knowledge_tags",
    "list_memory",
    "list_memory_namespaces",
    "post_knowledge",
    "retract_knowledge",
    "revive_knowledge",
    "search_knowledge",
    "set_memory",
    "update_knowledge_profile",
}


async def test_its_tools_are_a_profile_and_say_what_they_are_for(team: TestTeam) -> None:
    alice = await team.agent("alice")
    async with alice.mcp() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) >= TOOLS
        assert {item.name for item in team.server.registry if item.profile == "knowledge"} == TOOLS
        for name in TOOLS:
            assert 20 < len(tools[name].description or "") < 330, name
        posted = await client.call_tool("post_knowledge", {"title": "Ports", "body": "3100", "tags": ["Net"]})
        assert not posted.is_error
        found = await client.call_tool("search_knowledge", {"query": "3100"})
        assert "] alice, 2026-01-01T12:00: Ports #net" in found.content[0].text  # type: ignore[union-attr]
        kept = await client.call_tool("set_memory", {"key": "k", "value": {"a": [1]}})
        assert kept.structured_content is not None
        assert kept.structured_content["version"] == 1
        briefing = await client.call_tool("get_briefing", {"token_budget": 400})
        assert "Ports" in briefing.content[0].text  # type: ignore[union-attr]


async def test_its_routes_are_in_the_api_description(team: TestTeam) -> None:
    alice = await team.agent("alice")
    paths = (await alice.http.get("/api/openapi.json")).json()["paths"]
    assert {"/api/knowledge", "/api/knowledge/{content_id}", "/api/memory/keys/{key}", "/api/briefing"} <= set(paths)
    assert {"get", "post"} <= set(paths["/api/state/agent-profile"])


async def test_it_goes_and_comes_back_with_all_it_kept(settings: Any, clock: MovedClock) -> None:
    key = ""
    for number, disabled in enumerate(([], ["knowledge"], [])):
        changed = settings.model_copy(update={"disabled_plugins": [*settings.disabled_plugins, *disabled]})
        async with serve(changed, clock) as app:
            team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
            if not number:
                await team.register_owner()
                key = team.owner.key
                await team.owner.call("post_knowledge", title="Ports", body="3100", tags=["net"])
                await team.owner.call("set_memory", key="k", value=1)
            owner = team.member("owner", key)
            await owner.call("send_message", channel="general", content="still here")
            if disabled:
                assert (await owner.http.get("/api/knowledge")).status_code == 404
            else:
                assert [each.title for each in (await owner.call("search_knowledge", query="3100")).results] == [
                    "Ports"
                ]
                assert (await owner.call("get_memory", key="k")).value == 1
            await team.close()


class Approvals:
    """Lets every change of the state wait."""

    @hookimpl
    def before_state_change(self, change: Any) -> Deferred[Any]:
        return Deferred(SimpleNamespace(waits=change.field))


@pytest.mark.teammcp(install={"aa": Approvals()}, plugins={"knowledge": {"require_check_minutes": {"*": 60}}})
async def test_who_has_not_looked_does_not_even_propose(team: TestTeam) -> None:
    alice = await team.agent("alice")
    with pytest.raises(PreconditionRequired):
        await alice.call("set_state", field="f", value=1)
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    await alice.call("check_knowledge_gaps")
    assert isinstance(await alice.call("set_state", field="f", value=1), Deferred)


@pytest.mark.teammcp(plugins={"knowledge": {"require_check_minutes": {"*": 60}}})
async def test_what_was_approved_is_done_without_looking_again(team: TestTeam) -> None:
    await team.agent("alice")
    alice = team.team.directory.agents["alice"]
    context = Context.inside(team.team, alice)
    with pytest.raises(PreconditionRequired):
        await operations.call(context, "set_state", {"field": "f", "value": 1})
    done = await operations.call(context.on_behalf_of(alice, "approval 7"), "set_state", {"field": "f", "value": 1})
    assert done.version == 1


@pytest.mark.teammcp(plugins={"knowledge": {"require_check_minutes": {"web": 0}}})
async def test_wrong_settings_switch_it_off_and_say_why(team: TestTeam) -> None:
    info = team.server.plugins.plugins["knowledge"]
    assert info.state == "failed"
    assert "require_check_minutes" in (info.error or "")
