"""The report on how much gets done and how long it takes: tasks, answers, approvals, and what stands in the way."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from heapq import merge
from itertools import islice, pairwise
from statistics import median
from typing import Any

from teammcp import Context

from . import message_queries, queries, task_queries
from .findings import Findings
from .queries import HOUR, LISTED, Scope

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
    for step in range(scope.steps):
        waiting += created.get(step, 0) - started.get(step, 0) - unstarted.get(step, 0)
        doing += started.get(step, 0) - closed.get(step, 0) + unstarted.get(step, 0)
        rows.append(
            {
                "step_at": scope.since + step * scope.step,
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
    responses = await context.read(message_queries.responses, scope)
    found.figures |= {
        "calls": sum(place.calls for place in responses),
        "answered": sum(len(place.times) for place in responses),
        "response_ms": _overall_median([place.times for place in responses]),
    }
    rows = [
        {
            "agent": place.agent,
            "channel": place.channel,
            "calls": place.calls,
            "answered": len(place.times),
            "median_ms": median(place.times) if place.times else None,
            "longest_ms": max(place.times, default=None),
        }
        for place in sorted(responses, key=lambda place: (-place.calls, place.agent, place.channel))
    ]
    columns = ("agent", "channel", "calls", "answered", "median_ms", "longest_ms")
    found.add("response_times", columns, rows[:LISTED])
    found.add("response_distribution", ("under_ms", "answers"), _classes([place.times for place in responses]))
    unanswered = await context.read(message_queries.unanswered, scope)
    whose = ("asked_at", "message_id", "channel", "sender", "agent")
    found.add("unanswered_messages", whose, unanswered, finding=True)


def _classes(groups: list[list[int]]) -> list[dict[str, Any]]:
    """How many answers there were in each class of times; each group is in order."""
    below = [sum(bisect_left(times, end) for times in groups) for end in CLASSES]
    counts = [here - before for before, here in pairwise([0, *below])]
    slower = sum(map(len, groups)) - below[-1]
    return [{"under_ms": end, "answers": n} for end, n in zip([*CLASSES, None], [*counts, slower], strict=True)]


def _overall_median(groups: list[list[int]]) -> float | None:
    """The median of all groups, each of which is in order. Merged, since one long sort would let nobody else run."""
    amount = sum(map(len, groups))
    if not amount:
        return None
    middle = list(islice(merge(*groups), (amount - 1) // 2, amount // 2 + 1))
    return sum(middle) / len(middle)
