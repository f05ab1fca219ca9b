"""What is told of an agent holds none of its secrets, whatever its program says."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from teammcp_claude_launcher.entries import ENTRY, Entry
from teammcp_claude_launcher.protocol import Home
from teammcp_claude_launcher.runner.keepers.veil import DEEPEST, Veil, Veiled
from teammcp_claude_launcher.runtime_kit import Recorder

from teammcp import FileChange, PermissionAnswer, PermissionQuestion, TokenUsage, ToolUse, TurnEnd

SECRET = "sk-0123456789"
SAID = f"before {SECRET} after"
HIDDEN = "before [secret] after"
SECRETS = {"A_KEY": SECRET, "B_KEY": "question", "C_KEY": "interrupted"}
VEIL = Veil(Home.model_construct(key="", environment=SECRETS))
KINDS: tuple[type[BaseModel], ...] = get_args(get_args(Entry)[0])


def said(annotation: Any) -> Any:
    """A value of a type, with the secret in every text."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation(**{name: said(info.annotation) for name, info in annotation.model_fields.items()})
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments[-1]
    if origin is dict:
        return {SAID: [SAID, {SAID: SAID}, 1, None]}
    if origin is list:
        return [said(arguments[0])]
    if origin is Annotated or arguments:
        return said(arguments[0])
    return SAID if annotation is str else annotation(1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_entry_holds_a_secret_and_each_is_one_still(kind: type[BaseModel]) -> None:
    entry = said(kind)
    veiled = VEIL.over(entry).model_dump_json()
    assert veiled == entry.model_dump_json().replace(SAID, HIDDEN)
    assert isinstance(ENTRY.validate_json(veiled), kind)


async def test_a_listener_hears_no_secret() -> None:
    heard = Recorder(PermissionAnswer(True))
    veiled = Veiled(heard, VEIL)
    veiled.conversation(SAID, resumed=True)
    veiled.text(SAID)
    veiled.thought(SAID)
    veiled.tool(ToolUse(SAID, SAID, "done", SAID, {SAID: SAID}, SAID, [FileChange(SAID, SAID, SAID)]))
    veiled.plan([(SAID, "done")])
    veiled.usage(TokenUsage(model=SAID))
    veiled.note(SAID)
    await veiled.ask(PermissionQuestion(SAID, SAID, {SAID: SAID}, SAID))
    veiled.turn_ended(TurnEnd("interrupted", SAID))
    told = repr(vars(heard))
    assert SECRET not in told
    assert told.count(HIDDEN) == 21
    assert "TurnEnd(outcome='interrupted'" in told


def test_what_stands_too_deep_to_be_looked_through_is_left_out() -> None:
    deep: Any = SECRET
    for _ in range(5000):
        deep = [deep]
    left = repr(VEIL.over({"input": deep}))
    assert SECRET not in left
    assert left.count("[") < DEEPEST
    assert "…" in left


def test_all_that_is_told_is_legible() -> None:
    told = VEIL.over(ToolUse("1", "a\x00b", "done", input={"half \ud83d": ["\ud83d"]}, output="\x00"))
    assert (told.name, told.input, told.output) == ("a\ufffdb", {"half ?": ["?"]}, "\ufffd")
