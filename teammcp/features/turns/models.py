"""Public shapes of what agents' programs ask and are told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, RootModel

from ...arguments.fields import Line

EventName = Annotated[Line, Field(min_length=1, max_length=64)]
"""What the program is doing, in its own word: ``PostToolUse``."""

LABEL = 80


def _label(value: Any) -> str:
    """The beginning of a text in one line; empty for anything else, since programs differ in what they send."""
    return " ".join(value.split())[:LABEL] if isinstance(value, str) else ""


Label = Annotated[str, BeforeValidator(_label, json_schema_input_type=Any)]
"""A short name out of what a program sends, such as that of a tool."""


class HookAnswer(RootModel[dict[str, Any]]):
    """What a program's hook expects, in the program's own shape; empty if there is nothing to say."""

    def text(self) -> str:
        """The same as JSON."""
        return self.model_dump_json()


def context_for(event: str, text: str) -> HookAnswer:
    """Show ``text`` to the model beside what it is doing."""
    return HookAnswer({"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}})


def go_on_with(text: str) -> HookAnswer:
    """Keep the turn from ending, and tell the model why."""
    return HookAnswer({"decision": "block", "reason": text})


NOTHING = HookAnswer({})
