"""A browser without JavaScript: it keeps cookies, follows redirects and fills in the forms it was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx2

from teammcp.testing import TestTeam


@dataclass
class Form:
    """A form of a page: where it goes, and what it holds before anybody types."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a person sees: the text, the forms, the links."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.path = response.url.raw_path.decode()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._link: str | None = None
        self._area: str | None = None
        self._select: str | None = None
        self.feed(response.text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.tags.append((tag, values))
        if tag == "form":
            self.forms.append(Form(values.get("action", self.path), values.get("method", "get")))
        elif tag == "a":
            self._link = values.get("href")
        elif tag in {"input", "textarea"} and self.forms and values.get("name"):
            if values.get("type") not in {"radio", "checkbox"} or "checked" in values:
                self.forms[-1].values[values["name"]] = values.get("value", "")
            self._area = values["name"] if tag == "textarea" else None
        elif tag == "select":
            self._select = values.get("name")
        elif tag == "option" and self.forms and self._select and "value" in values:
            if "selected" in values or self._select not in self.forms[-1].values:
                self.forms[-1].values[self._select] = values["value"]
        elif tag == "button" and self.forms and values.get("name"):
            self.forms[-1].buttons.append((values["name"], values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        self.text += data + " "
        if self._area is not None:
            self.forms[-1].values[self._area] += data.removeprefix("\n")
        if self._link is not None and data.strip():
            self.links[data.strip()] = self._link
            self._link = None

    def form(self, action: str) -> Form:
        """The form that goes to ``action``, whatever its query."""
        found = [form for form in self.forms if form.action.partition("?")[0] == action]
        assert found, f"no form for {action} on {self.path}, only {[form.action for form in self.forms]}"
        return found[0]

    def elements(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of the tags that have all of these."""
        return [
            values
            for name, values in self.tags
            if name == tag and all(values.get(key) == value for key, value in attributes.items())
        ]


class Visitor:
    """Somebody at such a browser."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.http = client
        client.follow_redirects = True

    async def get(self, path: str, **headers: str) -> Page:
        """Open a page."""
        return Page(await self.http.get(path, headers=headers))

    async def send(self, page: Page, action: str, *, files: Any = None, **values: str) -> Page:
        """Fill in the form of ``page`` that goes to ``action``, and send it."""
        form = page.form(action)
        data = {**form.values, **values}
        if files is None:
            return Page(await self.http.post(form.action, data=data))
        return Page(await self.http.post(form.action, data=data, files=files))

    async def log_in(self, key: str) -> Page:
        """Log in with a key."""
        return await self.send(await self.get("/login"), "/login", key=key)

    @property
    def session(self) -> str:
        """The cookie of the session; empty if there is none."""
        return next((value for name, value in self.http.cookies.items() if name.startswith("teammcp_session")), "")


def visitor(team: TestTeam, address: str = "127.0.0.1") -> Visitor:
    """A new browser at ``address``."""
    return Visitor(team.client(address=address))


async def visiting(team: TestTeam, key: str) -> Visitor:
    """A new browser that is logged in with ``key``."""
    found = visitor(team)
    await found.log_in(key)
    assert found.session
    return found
