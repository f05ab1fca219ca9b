"""Refuse messages that hold a password, and mend what is often mistyped."""

from teammcp import Draft, Refused, hookimpl


@hookimpl
def before_message(draft: Draft) -> Draft | None:
    if "password:" in draft.content.lower():
        raise Refused("A message is no place for a password.")
    if "teh" in draft.content:
        return draft.model_copy(update={"content": draft.content.replace("teh", "the")})
    return None
