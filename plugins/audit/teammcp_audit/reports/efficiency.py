"""The report on how much gets done and how long it takes: tasks, answers, approvals, and what stands in the way."""

from __future__ import annotations

from functools import partial
from typing import Any

from teammcp import Context

from . import message_queries, queries, task_queries
from .findings import Findings
from .queries import Scope


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
    places: dict[tuple[str, str], list[Any]] = {}
    for row in responses:
        places.setdefault((row["agent"], row["channel"]), []).append(row)
    rows = [_response(agent, channel, parts) for (agent, channel), parts in places.items()]
    answered = sum(row["answered"] for row in rows)
    found.figures |= {
        "calls": sum(row["calls"] for row in rows),
        "answered": answered,
        "response_ms": await context.read(message_queries.response_median, scope),
    }
    rows.sort(key=lambda row: (-row["calls"], row["agent"], row["channel"]))
    found.add("response_times", ("agent", "channel", "calls", "answered", "median_ms", "longest_ms"), rows)
    classes = [
        {"under_ms": end or None, "answers": sum(row["calls"] for row in responses if row["class"] == end)}
        for end in (*message_queries.CLASSES, 0)
    ]
    found.add("response_distribution", ("under_ms", "answers"), classes)
    unanswered = await context.read(message_queries.unanswered, scope)
    columns = ("asked_at", "message_id", "channel", "sender", "agent")
    found.add("unanswered_messages", columns, unanswered, finding=True)


def _response(agent: str, channel: str, parts: list[Any]) -> dict[str, Any]:
    timed = [part for part in parts if part["class"] is not None]
    middles = sum(part["middles"] for part in timed)
    return {
        "agent": agent,
        "channel": channel,
        "calls": sum(part["calls"] for part in parts),
        "answered": sum(part["calls"] for part in timed),
        "median_ms": sum(part["middle"] or 0 for part in timed) / middles if middles else None,
        "longest_ms": max((part["longest_ms"] for part in timed), default=None),
    }
