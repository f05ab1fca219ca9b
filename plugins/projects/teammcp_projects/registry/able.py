"""Who of those that are named to answer can: an answer is a message, which an observer may not send."""

from __future__ import annotations

from collections.abc import Iterable

from teammcp import Access, Context, Reader

from . import queries

ANSWERING = ("answer_question", "send_message")
"""The operations by which somebody answers."""


def is_able(context: Context, name: str) -> bool:
    """Whether a member is there and has the access level that answering needs."""
    found = context.team.directory.agents.get(name)
    return found is not None and not found.retired and found.access >= needed(context)


def needed(context: Context) -> Access:
    """The access level that answering needs."""
    operations = [context.server.registry.get(name) for name in ANSWERING]
    overrides = context.server.settings.permissions
    return max(Access[overrides[each.name]] if each.name in overrides else each.access for each in operations)


def able(context: Context, names: Iterable[str]) -> list[str]:
    """Those of these members who can answer."""
    return [name for name in names if is_able(context, name)]


def answerers(reader: Reader, context: Context, project: str) -> list[str]:
    """Who answers what others ask a project, and can, by name."""
    return able(context, queries.answerers(reader, project))


def why_not(context: Context, names: Iterable[str]) -> str:
    """Why those of these members who cannot answer cannot, each in a sentence after a space; empty if all can."""
    return "".join(f" {unable(context, each)}" for each in names if not is_able(context, each))


def unable(context: Context, name: str) -> str:
    """Why a member, that cannot answer, cannot: a sentence with its remedy."""
    found = context.team.directory.agents.get(name)
    if found is None or found.retired:
        return f"{name} was retired."
    return (
        f"{name} has the access level '{found.access.name}', which may not answer. A manager raises it to "
        f"'{needed(context).name}' with update_agent_profile."
    )
