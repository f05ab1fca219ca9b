"""The words for what stands in reports, for the pages."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from babel.dates import format_date, format_time, format_timedelta

from teammcp.web import current_visit, mark

from ..reports.steps import Step

TYPES = {
    "compliance": mark("Compliance"),
    "efficiency": mark("Efficiency"),
    "anomaly": mark("Anomalies"),
    "communication": mark("Communication"),
}
ABOUT = {
    "compliance": mark("Was what was done somebody's to do?"),
    "efficiency": mark("How much gets done, and how long does it take?"),
    "anomaly": mark("What is unlike the rest?"),
    "communication": mark("Who talks to whom, and where?"),
}
FIGURES = {
    "state_changes": mark("Changes of the shared state"),
    "approved_changes": mark("Approved changes"),
    "unapproved_changes": mark("Unapproved changes"),
    "tasks_created": mark("Tasks created"),
    "tasks_done": mark("Tasks done"),
    "lead_ms": mark("Lead time (median)"),
    "cycle_ms": mark("Cycle time (median)"),
    "calls": mark("Messages that call somebody"),
    "answered": mark("Answered"),
    "response_ms": mark("Response time (median)"),
    "approvals": mark("Approvals decided"),
    "rejected_approvals": mark("Approvals rejected"),
    "messages": mark("Messages"),
    "pairs": mark("Pairs who talk"),
}
SECTIONS = {
    "unapproved_changes": mark("Changes that nobody approved"),
    "rejected_approvals": mark("Rejected proposals"),
    "overdue_acknowledgements": mark("Overdue acknowledgements"),
    "dormant_keys": mark("Keys that nobody uses"),
    "overseen_messages": mark("Looks into direct messages"),
    "task_throughput": mark("Tasks created and done"),
    "task_status": mark("Open tasks over time"),
    "task_times": mark("Times of the tasks that were done"),
    "response_times": mark("Response times by member and channel"),
    "response_distribution": mark("How fast answers come"),
    "unanswered_messages": mark("Unanswered messages"),
    "approval_times": mark("Approvals by who decided"),
    "task_loads": mark("Open tasks by member"),
    "blocking_tasks": mark("Tasks that others wait for"),
    "bursts": mark("Bursts of activity"),
    "hot_fields": mark("Fields that change all the time"),
    "repeated_rejections": mark("Repeated rejections"),
    "odd_hours": mark("People at odd hours"),
    "loops": mark("Loops that were broken"),
    "failed_logins": mark("Failed logins"),
    "pairs": mark("Who talks to whom"),
    "senders": mark("Who writes how much"),
    "channels": mark("Where it is written"),
    "messages_over_time": mark("Messages over time"),
}
COLUMNS = {
    "access": mark("Access level"),
    "acked_at": mark("Acknowledged"),
    "actor": mark("Who"),
    "agent": mark("Member"),
    "answered": mark("Answered"),
    "answers": mark("Answers"),
    "approval_id": mark("Approval"),
    "approval_required": mark("Needs approval"),
    "approved": mark("Approved"),
    "asked_at": mark("Asked"),
    "assignee": mark("Assignee"),
    "at": mark("When"),
    "blocked": mark("Blocked"),
    "calls": mark("Calls"),
    "changed_at": mark("When"),
    "changed_by": mark("Changed by"),
    "changes": mark("Changes"),
    "channel": mark("Channel"),
    "channels": mark("Channels"),
    "created": mark("Tasks created"),
    "cycle_ms": mark("Cycle time (median)"),
    "decided_by": mark("Decided by"),
    "dms": mark("Direct messages"),
    "doing": mark("Being done"),
    "done": mark("Tasks done"),
    "events": mark("Events"),
    "field": mark("Field"),
    "hour_at": mark("Hour"),
    "hours": mark("Hours"),
    "kind": mark("Kind"),
    "last_seen_at": mark("Last seen"),
    "lead_ms": mark("Lead time (median)"),
    "longest_ms": mark("Longest"),
    "median_ms": mark("Median"),
    "mentions": mark("Mentions"),
    "message_id": mark("Message"),
    "messages": mark("Messages"),
    "minute_at": mark("Minute"),
    "overdue": mark("Overdue"),
    "owner": mark("Owner"),
    "person": mark("Person"),
    "project_id": mark("Project"),
    "proposer": mark("Proposed by"),
    "rejected": mark("Rejected"),
    "rejected_by": mark("Rejected by"),
    "rejections": mark("Rejections"),
    "replies": mark("Replies"),
    "sender": mark("Sender"),
    "senders": mark("Senders"),
    "sent_at": mark("Sent"),
    "status": mark("Status"),
    "step_at": mark("Time"),
    "subject": mark("Subject"),
    "task_id": mark("Task"),
    "tasks": mark("Tasks"),
    "total": mark("Together"),
    "under_ms": mark("Within"),
    "version": mark("Version"),
    "waiting": mark("Waiting"),
}


def duration(milliseconds: float) -> str:
    """A length of time: ``5 min``, ``2 hr``."""
    span = timedelta(milliseconds=milliseconds)
    return format_timedelta(span, threshold=1.2, format="short", locale=current_visit().locale)


def step_name(moment: int, step: Step, zone: tzinfo) -> str:
    """The label of a step of a chart over time, in the time zone of its report."""
    here = datetime.fromtimestamp(moment / 1000, zone)
    if step == "hour":
        return format_time(here, "short", locale=current_visit().locale)
    if step == "month":
        return format_date(
            here, "MMM y" if current_visit().language != "zh" else "y年M月", locale=current_visit().locale
        )
    return format_date(here, "d MMM" if current_visit().language != "zh" else "M月d日", locale=current_visit().locale)
