"""The plugin as a whole: its tools and routes, coming and going; its guide; its statements."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from teammcp.testing import MovedClock, TestTeam, serve
from tests.doc_examples import read_examples, run_examples

TOOLS = {"add_project", "get_project", "list_projects", "remove_project", "set_project_agents", "update_project"}
EXAMPLES = read_examples(Path(__file__).parents[3] / "docs" / "projects.md")


async def test_its_tools_are_a_profile_and_say_what_they_are_for(team: TestTeam) -> None:
    async with team.owner.mcp() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) >= TOOLS
        offered = {item.name for item in team.server.registry if item.profile == "projects" and item.tool}
        assert offered >= TOOLS
        for name in offered:
            assert 20 < len(tools[name].description or "") < 330, name
        added = await client.call_tool("add_project", {"name": "backend", "folders": [{"folder": "/srv"}]})
        assert added.structured_content is not None
        assert added.structured_content["folders"] == [{"machine": "", "folder": "/srv"}]


async def test_it_goes_and_comes_back_with_all_it_kept(settings: Any, clock: MovedClock) -> None:
    key = ""
    for number, disabled in enumerate(([], ["projects"], [])):
        changed = settings.model_copy(update={"disabled_plugins": [*settings.disabled_plugins, *disabled]})
        async with serve(changed, clock) as app:
            team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
            if not number:
                await team.register_owner()
                key = team.owner.key
                await team.owner.call("add_project", name="backend")
            owner = team.member("owner", key)
            assert (await owner.http.get("/api/projects")).status_code == (404 if disabled else 200)
            if not disabled:
                assert [each.name for each in (await owner.call("list_projects")).projects] == ["backend"]
            await team.close()


async def test_the_examples_run_and_answer_what_is_shown(team: TestTeam) -> None:
    assert len(EXAMPLES) == 7
    await team.agent("bob")
    await run_examples(await team.agent("alice", access="manager"), EXAMPLES)


async def test_it_looks_up_by_an_index_where_a_member_works(team: TestTeam) -> None:
    """That is asked with every question, however many members there are."""
    from teammcp_projects.registry import queries

    def plans(reader: Any) -> list[str]:
        asked: list[str] = []
        reader._connection.set_trace_callback(asked.append)
        queries.project_of(reader, "ann")
        queries.agents(reader, "backend")
        queries.name_of(reader, "backend")
        queries.project(reader, "backend")
        reader._connection.set_trace_callback(None)
        return [row[3] for sql in asked for row in reader._connection.execute(f"EXPLAIN QUERY PLAN {sql}")]

    found = await team.team.database.read(plans)
    assert len(found) >= 4
    assert not [step for step in found if re.match("SCAN", step)]
