"""The report on how much gets done and how long it takes: tasks, answers, approvals, and what stands in the way."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from functools import partial
from itertools import pairwise
from typing import Any

from teammcp import Context

from . import message_queries, queries, task_queries
from .findings import Findings
from .queries import LISTED, Scope, chunks
from .steps import HOUR

Place = tuple[str, str]
"""A member and a channel."""
Unanswered = tuple[int, str, str]
"""The id of a message, the member it calls, the channel."""

CLASSES = (60_000, 300_000, 900_000, HOUR, 4 * HOUR, 24 * HOUR)
"""Upper ends of the classes of response times, in milliseconds; what is slower is in one more class."""


async def efficiency(context: Context, scope: Scope) -> Findings:
    """Throughput and times of tasks, response times, unanswered calls, times of approvals, bottlenecks."""
    found = Findings()
    await _tasks(context, scope, found)
    await _answers(context, scope, found)
    decided = await context.read(queries.approvals, scope)
    found.add("approval_times", ("decided_by", "approved", "rejected", "median_ms", "longest_ms"), decided)
    found.figures["approvals"] = sum(row["approved"] + row["rejected"] for row in decided)
    found.figures["rejected_approvals"] = sum(row["rejected"] for row in decided)
    loads = await context.read(task_queries.loads, scope)
    found.add("task_loads", ("agent", "tasks", "blocked", "overdue"), loads)
    blockers = await context.read(task_queries.in_the_way, scope)
    found.add("blocking_tasks", ("task_id", "status", "assignee", "waiting"), blockers, finding=True)
    return found


async def _tasks(context: Context, scope: Scope, found: Findings) -> None:
    base_created, created = await context.read(task_queries.counts, scope, "created_at")
    base_started, started = await context.read(task_queries.counts, scope, "started_at")
    base_closed, closed = await context.read(task_queries.counts, scope, "closed_at")
    base_unstarted, unstarted = await context.read(task_queries.closed_unstarted, scope)
    done = await context.read(task_queries.done_over_time, scope)
    rows = []
    waiting, doing = base_created - base_started - base_unstarted, base_started - (base_closed - base_unstarted)
    for step, start in enumerate(scope.starts):
        waiting += created.get(step, 0) - started.get(step, 0) - unstarted.get(step, 0)
        doing += started.get(step, 0) - closed.get(step, 0) + unstarted.get(step, 0)
        rows.append(
            {
                "step_at": start,
                "created": created.get(step, 0),
                "done": done.get(step, 0),
                "waiting": waiting,
                "doing": doing,
            }
        )
    overall = await context.read(partial(task_queries.times, by_agent=False), scope)
    found.figures |= {
        "tasks_created": sum(created.values()),
        "tasks_done": sum(done.values()),
        "lead_ms": overall[0]["lead_ms"] if overall else None,
        "cycle_ms": overall[0]["cycle_ms"] if overall else None,
    }
    found.add("task_throughput", ("step_at", "created", "done"), rows)
    found.add("task_status", ("step_at", "waiting", "doing"), rows)
    times = await context.read(partial(task_queries.times, by_agent=True), scope)
    found.add("task_times", ("agent", "done", "lead_ms", "cycle_ms", "longest_ms"), times)


async def _answers(context: Context, scope: Scope, found: Findings) -> None:
    calls, times, unanswered = await _calls(context, scope)
    for each in times.values():
        each.sort()
    found.figures |= {
        "calls": calls.total(),
        "answered": sum(map(len, times.values())),
        "response_ms": median_of(list(times.values())),
    }
    rows = [
        {
            "agent": place[0],
            "channel": place[1],
            "calls": calls[place],
            "answered": len(times[place]),
            "median_ms": median_of([times[place]]),
            "longest_ms": times[place][-1] if times[place] else None,
        }
        for place in sorted(calls, key=lambda place: (-calls[place], place))[:LISTED]
    ]
    columns = ("agent", "channel", "calls", "answered", "median_ms", "longest_ms")
    found.add("response_times", columns, rows)
    found.add("response_distribution", ("under_ms", "answers"), _classes(list(times.values())))
    whose = ("asked_at", "message_id", "channel", "sender", "agent")
    found.add("unanswered_messages", whose, await _with_askers(context, unanswered), finding=True)


async def _calls(context: Context, scope: Scope) -> tuple[Counter[Place], dict[Place, list[int]], list[Unanswered]]:
    """How often each was called in each channel, how long the answers took, and which calls waited longest for one."""
    calls, times, unanswered = Counter[Place](), defaultdict[Place, list[int]](list), list[Unanswered]()
    for ids in chunks(scope.messages):
        for row in await context.read(message_queries.answers, scope, ids):
            place = (row["agent"], row["channel"])
            calls[place] += row["calls"]
            times[place] += _numbers(row["times"])
            if len(unanswered) < LISTED:
                unanswered += [(message, *place) for message in _numbers(row["unanswered"])]
    return calls, times, sorted(unanswered)[:LISTED]


async def _with_askers(context: Context, unanswered: list[Unanswered]) -> list[dict[str, Any]]:
    asked = await context.read(message_queries.asked, [message for message, _, _ in unanswered])
    return [
        {
            "asked_at": asked[message]["created_at"],
            "message_id": message,
            "channel": channel,
            "sender": asked[message]["sender"],
            "agent": agent,
        }
        for message, agent, channel in unanswered
    ]


def _numbers(text: str | None) -> list[int]:
    return [] if text is None else list(map(int, text.split(",")))


def _classes(groups: list[list[int]]) -> list[dict[str, Any]]:
    """How many answers there were in each class of times; each group is in order."""
    below = [sum(bisect_left(times, end) for times in groups) for end in CLASSES]
    counts = [here - before for before, here in pairwise([0, *below])]
    slower = sum(map(len, groups)) - below[-1]
    return [{"under_ms": end, "answers": n} for end, n in zip([*CLASSES, None], [*counts, slower], strict=True)]


def median_of(groups: list[list[int]]) -> float | None:
    """The median of the numbers of all groups, each of which is in order; None if there are none."""
    amount = sum(map(len, groups))
    if not amount:
        return None
    return (_nth(groups, (amount - 1) // 2) + _nth(groups, amount // 2)) / 2


def _nth(groups: list[list[int]], place: int) -> int:
    """The number at a place of all groups in one order. Found by halving: to sort a million would hold up everybody."""
    low = min(group[0] for group in groups if group)
    high = max(group[-1] for group in groups if group)
    while low < high:
        middle = (low + high) // 2
        if sum(bisect_right(group, middle) for group in groups) > place:
            high = middle
        else:
            low = middle + 1
    return low
