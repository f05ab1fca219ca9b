"""The four reports of the plugin ``audit`` on a year of a team with a million events, and sends while they are made.

The team is the one whose history and inbox are measured; a copy of it has then talked in direct messages and threads,
kept a shared state and worked on tasks as well, by the server's own operations. Only the fsyncs are saved.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from teammcp import operations
from teammcp.app import create_app
from teammcp.config import load_settings
from teammcp.operations import Context
from teammcp.storage import Reader, Transaction

from . import http, seeding, servers
from .figures import Figure, compared, number
from .load import Load, drive
from .options import Options
from .send import bodies

REPORTS = ("compliance", "efficiency", "anomaly", "communication")
BUDGET_S = 10
BUDGET_RATIO = 2
CONNECTIONS = 4
PAUSE = 0.02
"""Seconds that a sender waits before its next message: a busy team, and a server that is far from busy."""
LONGER = 3
"""A round is this much longer than others, so that one in a hundred sends is more than one or two."""
SHARE = 10
"""One thing more happens for so many messages."""
OPENING = "2000-01-01T00:00:00Z"


def run(options: Options) -> list[Figure]:
    """The figures of reports."""
    home, keys = seeded(options)
    with servers.product(home) as product, http.client(product.port, keys["owner"]) as owner:
        owner.timeout = httpx2.Timeout(120)
        alone = [_report(product.pid, owner, kind) for kind in _times(REPORTS, max(1, options.rounds // 3))]
        calm, busy = _sends(options, product.port, keys, owner)
    return [*_reports(options, alone), _beside(calm, busy)]


def _times(kinds: tuple[str, ...], rounds: int) -> Iterable[str]:
    return islice(cycle(kinds), rounds * len(kinds))


def _report(pid: int, owner: httpx2.Client, kind: str) -> tuple[str, float, float]:
    """Make one on all there is: its kind, and the seconds by the clock and of the server's processor."""
    began, busy = time.perf_counter(), _cpu(pid)
    made = owner.post("/api/audit/reports", json={"report_type": kind, "since": OPENING})
    made.raise_for_status()
    return kind, time.perf_counter() - began, _cpu(pid) - busy


def _cpu(pid: int) -> float:
    """Seconds that a process has computed for, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _sends(options: Options, port: int, keys: dict[str, str], owner: httpx2.Client) -> tuple[list[Load], list[Load]]:
    """Sends without reports, and while one report is made after the other, in turns."""
    senders = [keys[f"agent{number:02}"] for number in range(CONNECTIONS)]
    messages = [[http.request("POST", "/api/send", key, body) for body in bodies()] for key in senders]
    kinds = cycle(REPORTS)
    calm: list[Load] = []
    busy: list[Load] = []
    drive(port, messages, options.seconds / 2, pause=PAUSE)
    with ThreadPoolExecutor(1) as pool:
        for _ in range(max(1, options.rounds // 2)):
            calm.append(drive(port, messages, LONGER * options.seconds, pause=PAUSE))
            sending = pool.submit(drive, port, messages, LONGER * options.seconds, pause=PAUSE)
            while not sending.done():
                body = {"report_type": next(kinds), "since": OPENING}
                owner.post("/api/audit/reports", json=body).raise_for_status()
            busy.append(sending.result())
    return calm, busy


def _reports(options: Options, made: list[tuple[str, float, float]]) -> list[Figure]:
    clock, processor = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for kind, seconds, busy in made:
        clock[kind].append(seconds)
        processor[kind].append(busy)
    figures = []
    for kind, took in clock.items():
        what = f"{kind} report, {number(options.messages)} messages (CPU {number(median(processor[kind]))} s)"
        figure = Figure(what, median(took), "s", min(took), max(took), budget=f"{BUDGET_S} s or less")
        figure.met = figure.value <= BUDGET_S
        figures.append(figure)
    return figures


def _beside(calm: list[Load], busy: list[Load]) -> Figure:
    what = f"p99 of {number(median(load.rate for load in busy))} sends/s while reports are made"
    figure = compared(what, "ms", [load.p99 for load in busy], [load.p99 for load in calm], "without reports")
    assert figure.ratio is not None
    figure.budget, figure.met = f"ratio of {BUDGET_RATIO} or less", figure.ratio <= BUDGET_RATIO
    return figure


# -- seeding ---------------------------------------------------------------------------------------------------------


def seeded(options: Options) -> tuple[Path, dict[str, str]]:
    """A folder with the team, to be changed at will, and its members' keys."""
    base = seeding.seeded(options.cache, options.messages)
    made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    kept = options.cache / f"audit-{base.home.name}-{made_by}"
    if not (kept / "complete").exists():
        for old in options.cache.glob(f"audit-{options.messages}-*"):
            shutil.rmtree(old)
        shutil.copytree(base.home, kept)
        asyncio.run(_work(kept, base.keys, options.messages // SHARE))
        (kept / "complete").touch()
    home = options.folder("audit")
    shutil.copytree(kept, home)
    return home, base.keys


async def _work(home: Path, keys: dict[str, str], count: int) -> None:
    server = create_app(load_settings(home=home, **servers.UNLIMITED)).server
    await server.open()
    try:
        members = [operations.enter(server, key, "rest", "") for name, key in keys.items() if name.startswith("agent")]
        general = await members[0].read(_some_of_general)
        await _call(members, _talk(count, len(members), general))
        tasks = await members[0].read(_tasks)
        owner = operations.enter(server, keys["owner"], "rest", "")
        await _call([owner], ((0, "done_task", {"task_id": task}) for task in tasks[::2]))
    finally:
        await server.close()


def _some_of_general(reader: Reader) -> list[int]:
    rows = reader.all("SELECT id FROM messages WHERE channel_id = 'general' ORDER BY seq DESC LIMIT 1000")
    return [row["id"] for row in rows]


def _tasks(reader: Reader) -> list[int]:
    return [row["id"] for row in reader.all("SELECT id FROM tasks")]


def _talk(count: int, members: int, general: list[int]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Calls: the number of the member, the operation, its arguments. In ten there are four direct messages."""
    chance = random.Random(count)
    for place in range(count):
        member, other = chance.sample(range(members), 2)
        kind = place % 10
        if kind < 4:
            yield member, "send_dm", {"recipient": f"agent{other:02}", "content": f"How is number {place}?"}
        elif kind < 6:
            reply = {"channel": "general", "content": f"Number {place} is done.", "replyTo": chance.choice(general)}
            yield member, "send_message", reply
        elif kind < 8:  # a field of one's own, which nobody has to approve
            field = f"agent{member:02}_load_{chance.randrange(100)}"
            yield member, "set_state", {"project_id": "seeded", "field": field, "value": place}
        else:
            yield member, "create_task", {"title": f"Look into {place}", "assignee": f"agent{other:02}"}


async def _call(members: list[Context], calls: Iterator[tuple[int, str, dict[str, Any]]]) -> None:
    while batch := list(islice(calls, seeding.BATCH)):
        works = [await members[member].prepare(name, **arguments) for member, name, arguments in batch]

        def all_of_them(tx: Transaction, works: list[Any] = works) -> None:
            for work in works:
                work(tx)

        await members[0].team.database.write(all_of_them)
