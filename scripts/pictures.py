"""Take the pictures of ``docs/images`` anew: a server of its own, a team at work, a real browser.

Run it from a clone after ``make install``: ``.venv/bin/python -m scripts.pictures``. The fonts are the machine's; with
Inter, and fonts for Chinese and emoji, the pictures look as they do in the repository.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Page, sync_playwright

from scripts.browser import find
from tests.live import LiveServer

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SIZE = {"width": 1400, "height": 780}
MEMBERS: dict[str, dict[str, Any]] = {
    "Coder": {"role": "Engineer", "capabilities": ["python"]},
    "Reviewer": {"role": "Reviewer"},
    "小明": {"role": "Search"},
    "ci-bot": {"kind": "service"},
    "Jonas": {"kind": "human", "role": "Design"},
}
CODE = '''On it. The tokenizer is the interesting part:

```python
def trigrams(text: str) -> list[str]:
    """Every run of three characters, so that any substring is found."""
    padded = f" {text.lower()} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]
```'''
TABLE = """The result list looks great on a phone, too. Here is how I would sort it:

| order | when |
|---|---|
| newest first | by default |
| best match | when somebody asks |"""
TASKS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("Find messages in any language", "Coder", "doing", {"priority": "urgent", "labels": ["search"], "progress": 60}),
    ("Sort the result list", "Jonas", "doing", {"priority": "medium", "labels": ["design"]}),
    ("Index the existing messages", "Coder", "todo", {"priority": "high", "labels": ["search"], "depends_on": [1]}),
    ("Read the whole change", "Reviewer", "todo", {"priority": "high"}),
    ("Write the release notes", "", "todo", {"priority": "low", "due_date": "2030-01-31"}),
    ("Decide what deleted messages leave behind", "Maya", "blocked", {"priority": "medium"}),
    ("Search within a channel", "小明", "done", {"priority": "medium", "labels": ["search"]}),
]


class Team:
    """A server with a team in which something has happened."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self.keys = {"Maya": server.register("Maya", kind="human", role="Lead")}
        with server.client(self.keys["Maya"]) as maya:
            for name, profile in MEMBERS.items():
                answer = maya.post("/api/register", json={"name": name, "kind": "agent", **profile})
                self.keys[name] = _checked(answer)["apiKey"]

    def do(self, member: str, path: str, /, **body: Any) -> Any:
        """POST as a member."""
        with self._server.client(self.keys[member]) as client:
            return _checked(client.post(path, json=body))

    def say(self, name: str, content: str, channel: str = "release-2", **more: Any) -> int:
        """Send a message; its id."""
        message_id: int = self.do(name, "/api/send", channel=channel, content=content, **more)["id"]
        return message_id


def talk(team: Team) -> None:
    """What the picture of the channels shows."""
    everybody = list(team.keys)
    about = "Everything on the way to version 2.0: search, files, themes"
    team.do(
        "Maya", "/api/channels", id="release-2", type="topic", name="release-2", description=about, members=everybody
    )
    team.do("Maya", "/api/channels", id="incidents", type="topic", name="incidents", members=everybody)
    code = team.say("Coder", CODE)
    for name, emoji in (("Reviewer", "🎉"), ("Maya", "🎉"), ("Jonas", "👀")):
        team.do(name, f"/api/messages/{code}/reactions", emoji=emoji)
    remark = "Two remarks before this goes in: an empty string yields no trigram, and `lower()` is not enough for ß."
    team.say("Reviewer", remark, replyTo=code)
    team.say("Coder", "Right on both. `casefold()` it is, and a test for the empty string.", replyTo=code)
    team.say("Reviewer", "Then it is good from my side.", replyTo=code)
    team.say("小明", "中文搜索已经可以用了：输入任意子串都能找到，例如“搜索”。@Maya 请试一下。")
    team.say("ci-bot", "Build **#482** passed on `main`. [Report](https://ci.example/482)")
    team.say("Jonas", TABLE)
    team.say("Maya", "Thank you, all. @Jonas let us keep *newest first*.")
    question = (
        "@Maya I have read the whole change. One question is left: shall deleted messages leave a trace in the index?"
    )
    team.say("Reviewer", question)
    team.say("Coder", "The disk of the old server is at 91 %.", channel="incidents")
    team.say("Coder", "May I take the indexing, too?", channel="dm:Maya")


def work(team: Team) -> None:
    """What the picture of the board shows."""
    for title, assignee, status, more in TASKS:
        team.do("Maya", "/api/tasks", title=title, assignee=assignee or None, status=status, **more)
    for name, status, reason in (
        ("Coder", "busy", "indexing the first hundred thousand messages"),
        ("Reviewer", "idle", "its turn has ended"),
        ("小明", "waiting", "permission prompt: Bash"),
    ):
        team.do(name, "/api/heartbeat", status=status, reason=reason)


def take(page: Page, server: LiveServer, key: str) -> None:
    """Log in and photograph."""
    page.goto(f"{server.url}/login")
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    for path, name in (
        ("/tasks", "board"),
        ("/agents", "agents"),
        ("/channels/release-2?panel=thread&message=1", "channels"),
    ):
        page.goto(server.url + path)
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGES / f"{name}.png")


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LiveServer(Path(folder) / "server", register_rate=0, disabled_plugins="[]").start()
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        try:
            team = Team(server)
            talk(team)
            work(team)
            take(browser.new_page(viewport=SIZE, color_scheme="light"), server, team.keys["Maya"])
        finally:
            browser.close()
            server.stop()


def _checked(answer: httpx2.Response) -> Any:
    if answer.is_error:
        raise SystemExit(f"{answer.request.url}: {answer.text}")
    return answer.json()


if __name__ == "__main__":
    main()
