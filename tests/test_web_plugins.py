"""Pages, themes and translations of plugins: contributed by hooks, guarded like the dashboard's own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from quart import Request, Response

from teammcp import Access, Context, hookimpl
from teammcp.config import load_settings
from teammcp.testing import MovedClock, TestTeam, serve
from teammcp.web import MessageAction, MessageLink, Page, Theme, form_call, render
from tests.webkit import visiting, visitor

FILES = {
    "templates/shop/shop.html": (
        '{% extends "web/base.html" %}{% block title %}Shop{% endblock %}'
        '{% block head %}<link rel="stylesheet" href="{{ static("shop_plugin/shop.css") }}">{% endblock %}'
        "{% block content %}<h1>{{ greeting }}</h1>"
        '<p>{{ ngettext("%(figure)s thing of %(whose)s", "%(figure)s things of %(whose)s", 1000, '
        'figure=number(1000), whose="<us>") }}: {{ dollars(0.004) }}</p>'
        '{% block goods %}<ul id="goods"><li>{{ name }}</li></ul>{% endblock %}'
        '<form method="post" action="/shop">{{ csrf_field() }}<input name="id"></form>{% endblock %}'
    ),
    "static/shop.css": "#goods { color: var(--accent); }",
    "look/web/login.html": '{% extends "web/plain.html" %}{% block content %}A login of our own{% endblock %}',
    "theme/static/tokens.css": ":root { --accent: #123456; }",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A plugin with a page, a theme and its files, as an installed package would have them."""
    folder = tmp_path / "shop_plugin"
    for name, text in FILES.items():
        path = folder / name.removeprefix("theme/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "__init__.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    package = __import__("shop_plugin")
    monkeypatch.setitem(sys.modules, "shop_plugin", package)
    return package


class Shop:
    """The plugin's hooks."""

    def __init__(self, *, access: Access = Access.member) -> None:
        self.access = access
        self.bought: list[str] = []

    @hookimpl
    def register_pages(self) -> list[Page]:
        async def shop(context: Context, request: Request) -> Response | str:
            if request.method == "POST":
                bought = (await request.form)["id"]
                outcome = await form_call(context, "create_channel", id=bought)
                self.bought.append(bought)
                return outcome.notice.text if outcome.notice else "done"
            return await render(context, "shop/shop.html", greeting="Welcome", name=context.actor.name)

        async def broken(context: Context, request: Request) -> Response:
            raise RuntimeError("the secret is 1234")

        shop.__module__ = broken.__module__ = "shop_plugin.pages"
        return [
            Page("/shop", shop, ("GET", "POST"), self.access, label="Shop", order=1),
            Page("/broken", broken, access=Access.anonymous),
        ]

    @hookimpl
    def register_themes(self) -> list[Theme]:
        return [Theme("shop", "shop_plugin", templates="look")]


async def with_shop(tmp_path: Path, plugin: Any, **settings: Any) -> Any:
    given = load_settings(home=tmp_path / "home", agent_rate=0, address_rate=0, register_rate=0, **settings)
    return serve(given, MovedClock(), {"shop": plugin})


async def test_a_plugin_brings_a_page(shop: ModuleType, tmp_path: Path) -> None:
    plugin = Shop()
    async with await with_shop(tmp_path, plugin) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        browser = await visiting(team, team.owner.key)
        page = await browser.get("/shop")
        assert "Welcome" in page.text
        assert "1,000 things of &lt;us&gt;: $0.004" in (await browser.http.get("/shop")).text
        assert page.elements("a", href="/shop")[0]["aria-current"] == "page"
        style = next(link["href"] for link in page.elements("link") if link["href"].endswith("shop.css"))
        assert (await browser.http.get(style)).text == FILES["static/shop.css"]

        part = await browser.http.get("/shop", headers={"X-Fragment": "goods"})
        assert part.text == '<ul id="goods"><li>owner</li></ul>'

        assert (await browser.http.post("/shop", data={"id": "forged"})).status_code == 403
        assert plugin.bought == []
        assert (await browser.send(page, "/shop", id="made-here")).text == "done"
        assert "made-here" in team.team.directory.channels

        watcher = await visiting(team, (await team.agent("watcher", access="observer")).key)
        assert (await watcher.get("/shop")).status == 403
        assert "/shop" not in (await watcher.get("/agents")).links.values()
        assert (await visitor(team).get("/shop")).path == "/login?next=/shop"

        failed = await visitor(team).get("/broken")
        assert failed.status == 500
        assert "1234" not in failed.text
        await team.close()


def test_the_pages_of_a_subpackage_use_the_folders_of_the_nearest_package_that_has_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("templates", "pages", "returns/static", "returns/pages"):
        folder = tmp_path / "layered_plugin" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("", "utf-8")
    (tmp_path / "layered_plugin/__init__.py").write_text("", "utf-8")
    (tmp_path / "layered_plugin/returns/__init__.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def package_of(module: str) -> str:
        async def view(context: Context, request: Request) -> str:
            return ""

        view.__module__ = module
        return Page("/shop", view).package

    assert package_of("layered_plugin.pages") == "layered_plugin"
    assert package_of("layered_plugin.pages.goods") == "layered_plugin"
    assert package_of("layered_plugin.returns.pages.list") == "layered_plugin.returns"


async def test_a_theme_brings_colours_and_templates(shop: ModuleType, tmp_path: Path) -> None:
    async with await with_shop(tmp_path, Shop(), theme="shop") as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        page = await visitor(team).get("/login")
        assert "A login of our own" in page.text
        styles = [link["href"] for link in page.elements("link", rel="stylesheet")]
        assert styles[-1].endswith("theme-shop/tokens.css")
        assert "#123456" in (await visitor(team).http.get(styles[-1])).text
        await team.close()


async def test_without_its_theme_the_dashboard_is_plain(tmp_path: Path) -> None:
    async with await with_shop(tmp_path, object(), theme="no-such-theme") as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        page = await visitor(team).get("/login")
        assert page.status == 200
        assert len(page.elements("link", rel="stylesheet")) == 1
        await team.close()


async def test_the_plugins_page_shows_what_has_failed_to_those_who_may_know(tmp_path: Path) -> None:
    class Broken:
        @hookimpl
        def register_operations(self) -> list[Any]:
            raise RuntimeError("no luck today")

    async with await with_shop(tmp_path, Broken()) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        page = await (await visiting(team, team.owner.key)).get("/plugins")
        assert "no luck today" in page.text
        assert "register_operations" in page.text
        member = await (await visiting(team, (await team.agent("alice")).key)).get("/plugins")
        assert "failed" in member.text
        assert "no luck today" not in member.text
        await team.close()


def pages_of(*pages: Any) -> Any:
    class Plugin:
        @hookimpl
        def register_pages(self) -> list[Any]:
            return list(pages)

    return Plugin()


def themes_of(*themes: Any) -> Any:
    class Plugin:
        @hookimpl
        def register_themes(self) -> list[Any]:
            return list(themes)

    return Plugin()


async def view(context: Context, request: Request) -> str:
    return "shown"


async def nowhere(context: Context, request: Request) -> str:
    return "never"


nowhere.__module__ = "no_such_package.pages"


@pytest.mark.parametrize(
    ("plugin", "why"),
    [
        (pages_of("no page"), "is no Page"),
        (pages_of(Page("shop", view)), "begins with /"),
        (pages_of(Page("/api/things", view)), "begins with /"),
        (pages_of(Page("/agents", view)), "already"),
        (pages_of(Page("/x", view), Page("/x", view)), "already"),
        (pages_of(Page("/<int:", view)), "malformed"),
        (pages_of(Page("/x", nowhere)), "no_such_package"),
        (themes_of(Theme("x", "no_such_package")), "no_such_package"),
        (themes_of(Theme("x", "teammcp_theme_base", styles=("none.css",))), "none.css"),
        (themes_of(Theme("x", "teammcp_theme_base", templates="none")), "no folder none"),
    ],
)
async def test_a_broken_contribution_stops_its_plugin_and_nothing_else(tmp_path: Path, plugin: Any, why: str) -> None:
    async with await with_shop(tmp_path, plugin) as app:
        info = app.server.plugins.plugins["shop"]  # type: ignore[attr-defined]
        assert info.state == "failed"
        assert why in info.error
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        assert (await visitor(team).get("/")).path == "/setup"
        await team.close()


async def test_static_files_are_kept_by_browsers_and_lead_nowhere_else(team: TestTeam) -> None:
    browser = visitor(team)
    page = await browser.get("/login")
    address = page.elements("link", rel="stylesheet")[0]["href"]
    answer = await browser.http.get(address)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    stale = await browser.http.get(address.replace(address.split("/")[2], "old"))
    assert stale.headers["cache-control"] == "no-cache"
    for path in ("/static/x/../pyproject.toml", "/static/x/web/%2e%2e/shell.py", "/static/x/web/..%2fshell.py"):
        assert (await browser.http.get(path)).status_code == 404


class Notes:
    """A plugin that stands at messages."""

    def __init__(self, path: str = "/notes/new?message={id}") -> None:
        self.path = path
        self.asked: list[list[int]] = []

    @hookimpl
    def register_message_actions(self) -> list[MessageAction]:
        return [MessageAction("Note it", self.path), MessageAction("Judge it", "/judge/{id}", access=Access.manager)]

    @hookimpl
    async def message_links(self, context: Context, message_ids: list[int]) -> dict[int, list[MessageLink]]:
        self.asked.append(message_ids)
        return {message_ids[0]: [MessageLink("Note <1>", "/notes/1")]}


NOTES = Notes()


@pytest.mark.teammcp(install={"notes": NOTES})
async def test_plugins_offer_actions_and_links_at_messages(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    first, second = [await team.owner.call("send_message", channel="general", content=text) for text in ("one", "two")]
    browser = await visiting(team, bob.key)
    NOTES.asked.clear()
    page = await browser.get("/channels/general")
    assert NOTES.asked == [[first.id, second.id]], "once for all of them"
    for message in (first, second):
        assert page.elements("a", href=f"/notes/new?message={message.id}", **{"class": "menu-item"})
        assert not page.elements("a", href=f"/judge/{message.id}"), "for managers only"
    assert len(page.elements("a", href="/notes/1")) == 1
    assert "Note <1>" in page.text
    thread = await (await visiting(team, team.owner.key)).get(f"/channels/general?panel=thread&message={first.id}")
    assert thread.elements("a", href=f"/judge/{first.id}")
    assert len(thread.elements("a", href="/notes/1")) == 2, "in the stream and in the panel"


@pytest.mark.teammcp(install={"notes": Notes(path="https://elsewhere")})
async def test_an_action_that_leads_elsewhere_switches_its_plugin_off(team: TestTeam) -> None:
    await team.owner.log_in()
    assert (await team.owner.http.get("/channels/general")).status_code == 200
    assert "begins with /" in (team.server.plugins.plugins["notes"].error or "")
