"""Panels of plugins: parts of pages that are not theirs, each by itself, in its own words, kept up to date."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from teammcp import Access, Context, NotFound, Server, hookimpl
from teammcp.config import Settings
from teammcp.testing import MovedClock, TestTeam, serve
from teammcp.web import Panel, panels

TEMPLATES = {
    "polls/note.html": "<p>{{ text }} & {{ _('more') }} of {{ me.name }}</p>",
    "polls/broken.html": "<p>{{ nothing.at.all }}</p>",
    "polls/empty.html": "{% if text == 'never' %}x{% endif %}  ",
}
CODE = """
async def home(context, subject):
    return {"text": f"home {subject}"}

async def member(context, agent):
    return {"text": f"member {agent.name} {agent.kind}"}

async def task(context, found):
    return {"text": f"task {found.id} {found.title}"}

async def messages(context, shown):
    return {message.id: {"text": f"about {message.content}"} for message in shown if "poll" in message.content}
"""


@pytest.fixture
def polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A plugin's package, with its views in its ``__init__`` and its folders beside them."""
    folder = tmp_path / "polls_plugin"
    for name, text in TEMPLATES.items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    catalogue = Catalog(locale="zh")
    catalogue.add("more", "更多")
    catalogue.add("Polls", "投票")
    compiled = folder / "locale" / "zh" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, catalogue)
    (folder / "__init__.py").write_text(CODE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    package = __import__("polls_plugin")
    monkeypatch.setitem(sys.modules, "polls_plugin", package)
    return package


class Polls:
    """The hooks of that plugin."""

    def __init__(self, *contributed: Panel) -> None:
        self.contributed = contributed

    @hookimpl
    def register_panels(self) -> Sequence[Panel]:
        return self.contributed


def of(package: ModuleType, place: Any, name: str, **more: Any) -> Panel:
    return Panel(place, name, getattr(package, name), **{"template": "polls/note.html", "title": "Polls", **more})


@asynccontextmanager
async def browsing(app: Any) -> AsyncIterator[tuple[TestTeam, Any]]:
    """The team of a server, and the browser of its owner."""
    team = TestTeam(app, app.server, "default")
    await team.register_owner()
    await team.owner.log_in()
    yield team, team.owner.http
    await team.close()


async def opened(settings: Settings, clock: MovedClock, *contributed: Panel) -> Any:
    return serve(settings, clock, {"polls": Polls(*contributed)})


async def test_panels_stand_at_home_at_members_at_tasks_and_at_messages(
    settings: Settings, clock: MovedClock, polls: ModuleType
) -> None:
    found = [
        of(polls, "home", "home", refresh_on=("poll.closed", "poll.opened")),
        of(polls, "agent", "member"),
        of(polls, "task", "task", refresh_on=("poll.closed",)),
        of(polls, "message", "messages"),
    ]
    async with await opened(settings, clock, *found) as app, browsing(app) as (team, http):
        home = (await http.get("/")).text
        assert '<section class="card inset" id="panel-polls-home"' in home
        assert '<h2 id="panel-polls-home-title">Polls</h2>' in home
        assert "<p>home None & more of owner</p>" in home
        assert 'data-refresh="/" data-blocks="panels" data-on="poll.closed poll.opened"' in home
        assert "member owner human" in (await http.get("/agents/owner")).text
        made = await team.owner.call("create_task", title="Paint", channel="general")
        page = await http.get(f"/tasks/{made.task.id}")
        assert f"task {made.task.id} Paint" in page.text
        assert 'data-on="poll.closed"' in page.text
        sent = await team.owner.call("send_message", channel="general", content="a poll")
        await team.owner.call("send_message", channel="general", content="another subject")
        channel = (await http.get("/channels/general")).text
        assert channel.count("inset-message") == 1
        assert f'id="m-{sent.id}-panel-polls-messages-{sent.id}"' in channel
        assert "about a poll" in channel


async def test_a_panel_is_drawn_anew_by_itself(settings: Settings, clock: MovedClock, polls: ModuleType) -> None:
    async with await opened(settings, clock, of(polls, "agent", "member")) as app, browsing(app) as (_, http):
        part = (await http.get("/agents/owner", headers={"X-Fragment": "panels"})).text
    assert part.lstrip().startswith('<div id="panels"')
    assert "<html" not in part


async def test_a_panel_speaks_the_words_of_its_plugin(settings: Settings, clock: MovedClock, polls: ModuleType) -> None:
    async with await opened(settings, clock, of(polls, "home", "home")) as app, browsing(app) as (_, http):
        http.cookies.set("teammcp_language", "zh")
        page = (await http.get("/")).text
    assert ("更多" in page, ">投票</h2>" in page) == (True, True)


async def broken(context: Context, subject: Any) -> dict[str, Any]:
    raise RuntimeError("of no concern to the page")


async def slow(context: Context, subject: Any) -> dict[str, Any]:
    await asyncio.get_running_loop().create_future()
    return {}


async def hidden(context: Context, subject: Any) -> dict[str, Any]:
    raise NotFound("not for this reader")


async def nothing(context: Context, subject: Any) -> None:
    return None


async def text(context: Context, subject: Any) -> dict[str, Any]:
    return {"text": "x"}


async def test_a_panel_that_fails_shows_nothing_and_is_counted(
    settings: Settings, clock: MovedClock, polls: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "SECONDS", 0.05)
    found = [
        Panel("home", "broken", broken, "polls/note.html", order=1),
        Panel("home", "slow", slow, "polls/note.html"),
        Panel("home", "template", text, "polls/broken.html"),
        Panel("home", "missing", text, "polls/no-such.html"),
        Panel("home", "hidden", hidden, "polls/note.html"),
        Panel("home", "nothing", nothing, "polls/note.html"),
        Panel("home", "empty", text, "polls/empty.html"),
        of(polls, "home", "home", order=2),
    ]
    async with await opened(settings, clock, *found) as app, browsing(app) as (_, http):
        answer = await http.get("/")
        assert answer.status_code == 200
        assert answer.text.count("card inset") == 1
        assert "of no concern" not in answer.text
        assert app.server.plugins.plugins["polls"].faults == 4


async def test_who_sees_a_panel_is_decided_by_the_access_level(
    settings: Settings, clock: MovedClock, polls: ModuleType
) -> None:
    found = of(polls, "home", "home", access=Access.owner)
    async with await opened(settings, clock, found) as app, browsing(app) as (team, http):
        assert "panel-polls-home" in (await http.get("/")).text
        manager = await team.agent("mia", kind="human", access="manager")
        await manager.log_in()
        start = await manager.http.get("/")
        assert (start.status_code, start.headers["location"]) == (303, "/channels")


async def test_without_panels_the_pages_are_as_they_were(team: TestTeam) -> None:
    await team.owner.log_in()
    start = await team.owner.http.get("/")
    assert (start.status_code, start.headers["location"]) == (303, "/channels")
    assert 'id="panel-' not in (await team.owner.http.get("/agents/owner")).text


@pytest.mark.parametrize(
    ("contributed", "why"),
    [
        ((Panel("garden", "x", text, "x.html"),), "home, agent, task, message"),  # type: ignore[arg-type]
        ((Panel("home", "two words", text, "x.html"),), "one word"),
        ((Panel("home", "x", text, "x.html"), Panel("task", "x", text, "x.html")), "no other panel"),
        (("x",), "is no Panel"),
    ],
)
async def test_a_plugin_with_a_panel_that_cannot_be_is_switched_off(
    settings: Settings, clock: MovedClock, contributed: Any, why: str
) -> None:
    async with await opened(settings, clock, *contributed) as app:
        server: Server = app.server
        assert server.plugins.failed() == ["polls"]
        assert why in (server.plugins.plugins["polls"].error or "")
