"""What code bases do together, over a real server: five ways, by programs that come over REST and over MCP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from teammcp.testing import all_plugins_but
from tests.acceptance.browser import Api, api
from tests.live import LOOK, LiveServer
from tests.mcp_support import mcp_client

pytestmark = [pytest.mark.acceptance]

Tool = Callable[..., Awaitable[Any]]
"""``await tool("announce_change", …)``: an agent that comes over MCP."""
NAMES = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all, with the plugin."""
    rates = {"register_rate": 0, "agent_rate": 0, "address_rate": 0}
    disabled = json.dumps(all_plugins_but({*LOOK, "projects"}))
    live = LiveServer(tmp_path_factory.mktemp("projects") / "home", disabled_plugins=disabled, **rates).start()
    yield live
    live.stop()


@pytest.fixture(scope="module")
def owner(server: LiveServer) -> Api:
    return api(server, server.register("owner"))


class Team:
    """Code bases with an agent in each: ``backend`` comes over MCP, the others over REST."""

    def __init__(self, server: LiveServer, owner: Api) -> None:
        self.server, self.owner, self.number = server, owner, next(NAMES)
        self.keys: dict[str, str] = {}

    def name(self, project: str) -> str:
        """The name of a project of this test."""
        return f"{project}{self.number}"

    def add(self, project: str, *on: str, publishes: list[dict[str, str]] | None = None) -> Api:
        """Add a project that builds on others; its agent."""
        name, agent = self.name(project), f"{self.name(project)}.agent"
        self.keys[project] = self.server.register(agent, kind="agent")
        self.owner("add_project", name=name, publishes=publishes or [])
        self.owner("set_project_agents", project=name, agents=[agent])
        call = api(self.server, self.keys[project])
        for each in on:
            call("subscribe_project", to=self.name(each))
        return call

    def inbox(self, call: Api) -> list[str]:
        """What an agent finds in its direct messages, the newest last."""
        channels = call("get_inbox")["channels"]
        return [each["content"] for channel in channels for each in channel.get("messages") or []]


@pytest.fixture
def team(server: LiveServer, owner: Api) -> Team:
    found = Team(server, owner)
    found.add("backend", publishes=[{"kind": "api", "name": "Billing API", "version": "2.1"}])
    return found


@pytest.fixture
def backend(team: Team) -> Tool:
    """The agent of ``backend``."""

    async def tool(name: str, **arguments: Any) -> Any:
        async with mcp_client(f"{team.server.url}/mcp?tools=projects", team.keys["backend"], "auto") as client:
            result = await client.call_tool(name, arguments)
        assert not result.is_error, result.content
        return result.structured_content

    return tool


async def until_told(tool: Tool, number: int) -> Any:
    """A notice once its people were told, which is beside the call."""
    for _ in range(50):
        found = await tool("get_notice", notice_id=number)
        if all(each["told"] for each in found["lines"]):
            return found
        await tool("wait_for_notices", notice_ids=[number], timeout=0.1)
    raise AssertionError(found)


async def test_a_breaking_change_is_announced_and_it_is_seen_who_has_acted(team: Team, backend: Tool) -> None:
    web, mobile = team.add("web", "backend"), team.add("mobile", "backend")
    change = {"content": "GET /v1/invoices goes.", "next_step": "Call GET /v2/invoices."}
    number = (await backend("announce_change", change="breaking", publication="Billing API", **change))["id"]
    await until_told(backend, number)
    for call in (web, mobile):
        [told] = team.inbox(call)
        assert "breaking change of Billing API" in told
        assert "Next step: Call GET /v2/invoices." in told
    web("answer_notice", notice_id=number, state="acknowledged", words="this week")
    mobile("answer_notice", notice_id=number, state="not_affected", words="we never called it")
    found = await backend("get_notice", notice_id=number)
    assert (found["waits_for"], found["counts"]) == ([team.name("web")], {"acknowledged": 1, "not_affected": 1})
    web("answer_notice", notice_id=number, state="done")
    [done] = (await backend("wait_for_notices", notice_ids=[number], timeout=30))["notices"]
    assert done["state"] == "done"


async def test_a_review_is_asked_of_who_knows_the_code(team: Team, backend: Tool) -> None:
    web = team.add("web")
    asked = web(
        "teams_ask", projects=[team.name("backend")], question="Does this call break paging?\n\n    -v1\n    +v2"
    )
    number = asked["questions"][0]["id"]
    while (await backend("get_question", question_id=number))["state"] == "queued":
        web("wait_for_answers", question_ids=[number], timeout=0.1)
    await backend("answer_question", question_id=number, answer="Yes: ask for `after`.")
    [answered] = web("wait_for_answers", question_ids=[number], timeout=30)["questions"]
    assert answered["answer"] == "Yes: ask for `after`."


async def test_one_change_is_coordinated_with_everybody_whom_it_concerns(team: Team, backend: Tool) -> None:
    callers = [team.add(name, "backend") for name in ("web", "mobile", "reports")]
    request = {"content": "We switch to the new queue on Monday.", "next_step": "Read queue billing.v2."}
    number = (await backend("announce_change", change="request", **request))["id"]
    await until_told(backend, number)
    callers[0]("answer_notice", notice_id=number, state="done")
    callers[1]("answer_notice", notice_id=number, state="objects", words="Monday is our release")
    found = await backend("get_notice", notice_id=number)
    assert [(each["state"], each["content"]) for each in found["lines"] if each["state"] == "objects"] == [
        ("objects", "Monday is our release")
    ]
    callers[1]("answer_notice", notice_id=number, state="done", words="moved")
    [still] = (await backend("wait_for_notices", notice_ids=[number], timeout=0))["notices"]
    assert (still["state"], still["waits_for"]) == ("open", [team.name("reports")])
    callers[2]("answer_notice", notice_id=number, state="done")
    [done] = (await backend("wait_for_notices", notice_ids=[number], timeout=30))["notices"]
    assert (done["state"], done["counts"]) == ("done", {"done": 3})


async def test_whoever_depends_on_a_package_hears_of_its_update(team: Team, backend: Tool) -> None:
    """Who begins to depend on it after the notice hears, too; who does not depend on it hears nothing."""
    library = team.add("library", publishes=[{"kind": "package", "name": "billing-client", "version": "2.0.0"}])
    web, other = team.add("web", "library"), team.add("other", "backend")
    update = {"publication": "billing-client", "version": "2.0.1", "content": "Fixes a leak of connections."}
    number = library("announce_change", change="fixed", next_step="Update to 2.0.1.", **update)["id"]
    late = await backend("subscribe_project", to=team.name("library"), publication="billing-client")
    assert late["notices"] == [number]
    found = await until_told(backend, number)
    assert [each["project"] for each in found["lines"]] == [team.name("backend"), team.name("web")]
    assert team.inbox(other) == []
    await backend("answer_notice", notice_id=number, state="done")
    web("answer_notice", notice_id=number, state="done")
    assert library("get_notice", notice_id=number)["state"] == "done"


async def test_several_are_asked_for_a_decision_and_their_answers_come_together(team: Team, backend: Tool) -> None:
    voters = {name: team.add(name) for name in ("web", "mobile", "reports")}
    asked = await backend("teams_ask", projects=[*map(team.name, voters)], question="Cursor or page numbers?")
    numbers = {each["project"]: each["id"] for each in asked["questions"]}
    for name, call in voters.items():
        question = numbers[team.name(name)]
        while call("get_question", question_id=question)["state"] == "queued":
            await backend("wait_for_answers", question_ids=[question], timeout=0.1)
        call("answer_question", question_id=question, answer=f"{name}: cursor", cannot_say=name == "reports")
    found = (await backend("wait_for_answers", question_ids=[*numbers.values()], timeout=30))["questions"]
    assert [each["state"] for each in found] == ["answered", "answered", "cannot_say"]
    assert {each["answer"] for each in found} == {f"{name}: cursor" for name in voters}
