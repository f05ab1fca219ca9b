"""Tasks over REST and as a page, in a team of two thousand open tasks and in one of a hundred thousand.

The thousand most pressing tasks wait for one another in a graph of a thousand edges, so that whoever asks for the next
task has to be led around them. Every task is made by the server's own operation; only the fsyncs are saved.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import teammcp
from teammcp import operations
from teammcp.app import create_app
from teammcp.config import load_settings
from teammcp.members.directory import ANONYMOUS
from teammcp.operations import Context
from teammcp.storage import Transaction

from . import http, servers
from .figures import Figure, number, p99, paired, together
from .load import once
from .options import Options

EDGES = 1000
"""Tasks that wait for another one, each for one."""
BATCH = 1000
MEMBERS = 20
LABELS = ("api", "ui", "docs", "deploy", "research")
SKILLS: tuple[list[str], ...] = ([], [], [], ["python"], ["review"])
READ_MS = 50
CLAIM_MS = 10
LEAST = 5


@dataclass
class Question:
    """One thing that is asked of both teams: a GET with arguments, or a POST without."""

    what: str
    path: str
    arguments: dict[str, str] | None
    budget: float | None

    def request(self, key: str, cookie: str) -> bytes:
        """The request. Pages know their reader by the cookie."""
        if self.arguments is None:
            return http.request("POST", self.path, key, {})
        path = f"{self.path}?{urlencode(self.arguments)}"
        if self.path.startswith("/api/"):
            return http.request("GET", path, key)
        return http.request("GET", path, headers={"Cookie": cookie})


QUESTIONS = [
    Question("task list: 20 by priority", "/api/tasks", {}, READ_MS),
    Question("task list: todo, by due date", "/api/tasks", {"status": "todo", "sort": "due_date"}, READ_MS),
    Question("task list: of one assignee", "/api/tasks", {"assignee": "agent03"}, READ_MS),
    Question("task list: with a label", "/api/tasks", {"label": "docs"}, READ_MS),
    Question("task list: words in the title", "/api/tasks", {"query": "polish 77"}, READ_MS),
    Question("task list: page 1,000", "/api/tasks", {"offset": "20000"}, READ_MS),
    Question("goals with progress", "/api/goals", {}, READ_MS),
    Question("task board, the whole page", "/tasks", {}, None),
    Question("claim_next_task", "/api/tasks/claim-next", None, CLAIM_MS),
]


def run(options: Options) -> list[Figure]:
    """The figures of tasks."""
    homes = [seeded(options.cache, count, options.scratch) for count in (_few(options), options.tasks)]
    with servers.product(homes[0]) as few, servers.product(homes[1]) as many:
        asked = [(few, homes[0]), (many, homes[1])]
        visitors = {server.port: _log_in(server.port, _key(home)) for server, home in asked}
        return [_measure(options, question, few.port, many.port, visitors) for question in QUESTIONS]


def _few(options: Options) -> int:
    """Twice as many as the other small team has messages: half of them are in the graph, of which few are claimable."""
    return 2 * options.few


def _measure(options: Options, question: Question, few: int, many: int, visitors: dict[int, tuple[str, str]]) -> Figure:
    """Ask both in turns."""
    times: dict[int, list[list[float]]] = {few: [], many: []}
    share = max(LEAST, options.samples // 2 // options.rounds)
    for turn in range(options.rounds + 1):
        for port in (few, many):
            spent = once(port, question.request(*visitors[port]), share)
            if turn:  # the first is the warm-up
                times[port].append(spent)
    medians = [median(turn) for turn in times[many]]
    figure = Figure(
        f"{question.what} (p99 {number(p99(together(times[many])))} ms)",
        median(together(times[many])),
        "ms",
        min(medians),
        max(medians),
        floor=median(together(times[few])),
        floor_of=f"{number(_few(options))} tasks",
        ratio=paired(medians, [median(turn) for turn in times[few]]),
    )
    if question.budget is not None:
        figure.budget, figure.met = f"{number(question.budget)} ms or less", figure.value <= question.budget
    return figure


def _log_in(port: int, key: str) -> tuple[str, str]:
    """The key, and the cookies of a browser that has logged in with it."""
    with http.client(port) as client:
        client.headers["Host"] = "127.0.0.1"  # as in the requests that are measured: cookies are named by it
        token = re.search(r'name="csrf" value="(\w+)"', client.get("/login").text)
        assert token is not None
        answer = client.post("/login", data={"key": key, "csrf": token[1]})
        assert answer.status_code == 303, answer.text
        return key, "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def _key(home: Path) -> str:
    key: str = json.loads((home / "key.json").read_text())
    return key


# -- seeding ---------------------------------------------------------------------------------------------------------


def seeded(cache: Path, count: int, scratch: Path) -> Path:
    """A folder with so many tasks, to be changed at will: a copy of one that is made only once."""
    kept = cache / f"tasks-{count}-{_version()}"
    if not (kept / "key.json").exists():
        for old in cache.glob(f"tasks-{count}-*"):
            shutil.rmtree(old)
        asyncio.run(_seed(kept, count))
    home = scratch / kept.name
    shutil.copytree(kept, home)
    return home


def _version() -> str:
    """Changes with the tables and with this file."""
    package = Path(teammcp.__file__).parent
    sources = [*sorted(package.rglob("migrations/*.sql")), Path(__file__)]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


async def _seed(home: Path, count: int) -> None:
    settings = load_settings(home=home, **servers.UNLIMITED)
    server = create_app(settings).server
    await server.open()
    try:
        anonymous = Context(server, server.team("default"), ANONYMOUS, "rest", "")
        owner = await operations.call(anonymous, "register_agent", {"name": "owner"})
        context = operations.enter(server, owner.apiKey, "rest", "")
        for name in range(MEMBERS):
            await context.call("register_agent", name=f"agent{name:02}")
        for name in range(5):
            await context.call("create_goal", title=f"Goal {name}")
        await _create(context, count)
    finally:
        await server.close()
    (home / "key.json").write_text(json.dumps(owner.apiKey))


async def _create(context: Context, count: int) -> None:
    graph = list(_graph(min(count, EDGES + 1)))
    for arguments in graph:  # each one by itself: it has to be there before another one can wait for it
        await context.call("create_task", **arguments)
    rest = list(_plain(count - len(graph)))
    for start in range(0, len(rest), BATCH):
        works = [await context.prepare("create_task", **arguments) for arguments in rest[start : start + BATCH]]

        def all_of_them(tx: Transaction, works: list[Any] = works) -> None:
            for work in works:
                work(tx)

        await context.team.database.write(all_of_them)


def _graph(count: int) -> Iterator[dict[str, Any]]:
    """Urgent tasks, of which each but the first waits for one before it."""
    chance = random.Random(1)
    for place in range(1, count + 1):
        waits_for = [] if place == 1 else [chance.randrange(1, place)]
        yield {"title": f"Release step {place}", "priority": "urgent", "depends_on": waits_for}


def _plain(count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(2)
    for place in range(count):
        yield {
            "title": f"Fix and polish {place}",
            "priority": chance.choice(["high", "medium", "low"]),
            "labels": chance.sample(LABELS, 2),
            "requires": chance.choice(SKILLS),
            "goal_id": chance.randrange(1, 6),
            **({"assignee": f"agent{chance.randrange(MEMBERS):02}"} if chance.random() < 0.3 else {}),
            **({"due_date": f"2030-{chance.randrange(1, 13):02}-15"} if chance.random() < 0.3 else {}),
        }
