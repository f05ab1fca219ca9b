"""Refuse messages that hold a password, and mend what is often mistyped."""

from typing import Any

from teammcp import Refused, hookimpl


@hookimpl
def before_message(draft: Any) -> Any:
    if "password:" in draft.content.lower():
        raise Refused("A message is no place for a password.")
    if "teh" in draft.content:
        return draft.model_copy(update={"content": draft.content.replace("teh", "the")})
    return None
