"""A plugin that uses every kind of hook: it keeps words, and minds what people say."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from teammcp import Context, Deferred, EventData, Migration, Refused, hookimpl, load_migrations

from . import operations


class Settings(BaseModel):
    """The table [plugins.sample] of the settings."""

    model_config = ConfigDict(extra="forbid")

    forbidden: str = "swear"


@hookimpl
def register_settings() -> type[BaseModel]:
    return Settings


@hookimpl
def register_operations() -> list[Any]:
    return [operations.add_word, operations.get_words]


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("sample", __package__)


@hookimpl
def register_event_kinds() -> list[type[EventData]]:
    return [operations.WordAdded]


@hookimpl
def before_message(context: Context, draft: Any) -> Any:
    """Refuse one word, crash at another, replace a third, make a fourth wait."""
    if context.settings("sample").forbidden in draft.content:
        raise Refused("That word is not said here.")
    if "crash the check" in draft.content:
        raise RuntimeError("this plugin has a fault")
    if "wait for it" in draft.content:
        return Deferred({"waits_for": "the sample plugin"})
    if "teh" in draft.content:
        return draft.model_copy(update={"content": draft.content.replace("teh", "the")})
    return None


@hookimpl
async def message_sent(message: Any) -> None:
    """Crash after the fact."""
    if "crash afterwards" in message.content:
        raise RuntimeError("this plugin has a fault")
