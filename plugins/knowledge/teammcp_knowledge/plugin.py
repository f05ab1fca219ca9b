"""What knowledge contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from teammcp import Context, EventData, Migration, StateChange, hookimpl, load_migrations
from teammcp.web import MessageAction, Page

from .briefing import operations as briefing
from .events import EVENT_KINDS
from .findings.operations import findings, search
from .gaps import rule
from .gaps.operations import gaps, matrix
from .memory import operations as memory
from .pages import PAGES
from .pages import findings as finding_pages


@hookimpl
def register_operations() -> list[Any]:
    return [
        findings.post_knowledge,
        search.search_knowledge,
        findings.get_knowledge,
        findings.retract_knowledge,
        findings.revive_knowledge,
        findings.list_knowledge_tags,
        memory.set_memory,
        memory.get_memory,
        memory.list_memory,
        memory.delete_memory,
        memory.get_memory_history,
        memory.list_memory_namespaces,
        gaps.check_knowledge_gaps,
        gaps.acknowledge_knowledge_gaps,
        gaps.get_knowledge_profile,
        gaps.update_knowledge_profile,
        matrix.get_knowledge_matrix,
        briefing.get_briefing,
    ]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("knowledge", __package__)


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_message_actions() -> list[MessageAction]:
    return finding_pages.ACTIONS


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[rule.KnowledgeSettings]:
    return rule.KnowledgeSettings


@hookimpl(tryfirst=True)
async def before_state_change(context: Context, change: StateChange) -> None:
    """Before others may make the change wait: what is proposed is to be proposed by who knows."""
    await rule.require_check(context, change)


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    found = await context.read(matrix.count_gaps, context.actor.name)
    return None if found is None else {"knowledge_gaps": found}
