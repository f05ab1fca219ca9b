"""Templates that stand in for others and extend them, bundles of plugins without a page, and policies of pages."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from quart import Request, Response

from teammcp import Context, hookimpl
from teammcp.config import Settings
from teammcp.testing import MovedClock, TestTeam, serve
from teammcp.web import Page, Theme, render

FILES = {
    "look_plugin/__init__.py": "",
    "look_plugin/static/tokens.css": ":root { --accent: #123456; }",
    "look_plugin/look/web/base.html": (
        '{% extends "base:web/base.html" %}'
        '{% block head %}{{ super() }}<meta name="look" content="theme">{% endblock %}'
    ),
    "look_plugin/look/web/plugins.html": (
        '{% extends "base:web/plugins.html" %}{% block content %}<p>Above</p>{{ super() }}{% endblock %}'
    ),
    "look_plugin/look/tasks/task.html": (
        '{% extends "base:tasks/task.html" %}{% block facts %}<p id="above">Above</p>{{ super() }}{% endblock %}'
    ),
    "stamp_plugin/__init__.py": "",
    "stamp_plugin/overrides/web/base.html": (
        '{% extends "base:web/base.html" %}'
        '{% block head %}{{ super() }}<meta name="stamp" content="{{ static("stamp_plugin/a.css") }}">{% endblock %}'
    ),
    "stamp_plugin/static/a.css": "p { color: red; }",
    "stamp_plugin/static/term/x.wasm": "\0asm",
    "stamp_plugin/static/term/x.mjs": "export {};",
    "stamp_plugin/static/term/logo.svg": "<svg/>",
    "stamp_plugin/static/term/face.woff2": "wOF2",
    "stamp_plugin/static/term/data.bin": "\0",
    "page_plugin/templates/page/hello.html": "<p>Hello from the package itself</p>",
    "page_plugin/__init__.py": (
        "from teammcp.web import render\n\n\nasync def hello(context, request):\n"
        '    return await render(context, "page/hello.html")\n'
    ),
}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Packages of plugins, as if they were installed."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = {}
    for name in ("look_plugin", "stamp_plugin", "page_plugin"):
        sys.modules.pop(name, None)
        found[name] = __import__(name)
        monkeypatch.setitem(sys.modules, name, found[name])
    return found


class Look:
    """A theme that stands in for three templates, and extends each."""

    @hookimpl
    def register_themes(self) -> list[Theme]:
        return [Theme("look", "look_plugin", templates="look")]


@asynccontextmanager
async def browsing(settings: Settings, clock: MovedClock, install: dict[str, Any]) -> AsyncIterator[Any]:
    """A server, its team, and the browser of its owner."""
    async with serve(settings, clock, install) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        await team.owner.log_in()
        yield team, team.owner.http
        await team.close()


async def test_a_theme_extends_the_template_that_it_replaces(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType]
) -> None:
    given = settings.model_copy(update={"theme": "look"})
    async with browsing(given, clock, {"look": Look()}) as (team, http):
        page = (await http.get("/plugins")).text
        assert '<meta name="look" content="theme">' in page
        assert page.index("<p>Above</p>") < page.index('<header class="page-head">')
        login = (await team.client().get("/login")).text
        assert '<meta name="look" content="theme">' in login, "pages that extend it get it too"


async def test_blocks_that_a_template_leaves_as_they_were_are_still_drawn_by_themselves(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType]
) -> None:
    given = settings.model_copy(update={"theme": "look"})
    async with browsing(given, clock, {"look": Look()}) as (team, http):
        made = await team.owner.call("create_task", title="Paint", channel="general")
        part = (await http.get(f"/tasks/{made.task.id}", headers={"X-Fragment": "summary,facts,none"})).text
    places = [part.index(mark) for mark in ('id="task-summary"', 'id="above"', 'id="task-facts"')]
    assert places == sorted(places)


async def test_a_theme_and_plugins_stand_in_for_the_same_template_one_above_the_other(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType]
) -> None:
    given = settings.model_copy(update={"theme": "look"})
    install = {"look": Look(), "stamp": packages["stamp_plugin"]}
    async with browsing(given, clock, install) as (_, http):
        page = (await http.get("/plugins")).text
    assert page.index('name="stamp"') < page.index('name="look"')


async def test_a_plugin_without_a_page_brings_files_that_browsers_keep(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType]
) -> None:
    async with browsing(settings, clock, {"stamp": packages["stamp_plugin"]}) as (_, http):
        page = (await http.get("/plugins")).text
        address = page.partition('name="stamp" content="')[2].partition('"')[0]
        place = address.removesuffix("a.css")
        types = {}
        for name in ("a.css", "term/x.wasm", "term/x.mjs", "term/logo.svg", "term/face.woff2", "term/data.bin"):
            answer = await http.get(place + name)
            assert "immutable" in answer.headers["cache-control"]
            types[name] = answer.headers["content-type"]
    assert types == {
        "a.css": "text/css; charset=utf-8",
        "term/x.wasm": "application/wasm",
        "term/x.mjs": "text/javascript; charset=utf-8",
        "term/logo.svg": "image/svg+xml; charset=utf-8",
        "term/face.woff2": "font/woff2",
        "term/data.bin": "application/octet-stream",
    }


class Pages:
    """Pages in a package's own module, one with a policy of its own."""

    def __init__(self, package: ModuleType, **policy: Any) -> None:
        self.pages = [Page("/hello", package.hello), Page("/terminal", self.terminal, **policy)]

    async def terminal(self, context: Context, request: Request) -> Response:
        return await render(context, "web/plugins.html", installed=[], built_in=[], may_see_faults=False)

    @hookimpl
    def register_pages(self) -> list[Page]:
        return self.pages


async def test_a_view_in_the_package_itself_finds_its_templates(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType]
) -> None:
    async with browsing(settings, clock, {"pages": Pages(packages["page_plugin"])}) as (_, http):
        assert (await http.get("/hello")).text == "<p>Hello from the package itself</p>"


async def test_a_page_may_have_a_policy_of_its_own_and_keeps_the_rest(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType]
) -> None:
    plugin = Pages(packages["page_plugin"], csp={"style-src": "'self' 'unsafe-inline'", "worker-src": "'self'"})
    async with browsing(settings, clock, {"pages": plugin}) as (_, http):
        own = (await http.get("/terminal")).headers["content-security-policy"].split("; ")
        usual = (await http.get("/hello")).headers["content-security-policy"].split("; ")
    assert set(own) - set(usual) == {"style-src 'self' 'unsafe-inline'", "worker-src 'self'"}
    assert set(usual) - set(own) == {"style-src 'self'"}


@pytest.mark.parametrize("directive", [{"style-src": "'self'; script-src *"}, {"style-src\n": "x"}])
async def test_a_policy_that_would_be_another_one_switches_its_plugin_off(
    settings: Settings, clock: MovedClock, packages: dict[str, ModuleType], directive: dict[str, str]
) -> None:
    install = {"pages": Pages(packages["page_plugin"], csp=directive)}
    async with serve(settings, clock, install) as app:
        assert app.server.plugins.failed() == ["pages"]  # type: ignore[attr-defined]
