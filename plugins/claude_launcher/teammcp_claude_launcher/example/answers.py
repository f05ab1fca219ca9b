"""What the agent does with a message."""

from __future__ import annotations

import re

from .errands import reply, take_answer
from .letters import Letter
from .skills import COMMANDS, Command
from .team import TeamTrouble
from .turn import Turn

ANSWERS = 10
"""Answers to one agent, until a person writes. Two scripts would thank each other for ever."""
_MENTION = re.compile(r"^(?:@\S+\s+)+")


async def answer(turn: Turn, letter: Letter) -> None:
    """Do what a message asks, and answer it. Another agent is only answered what it asks."""
    memory = turn.memory
    memory.said.append(("user", letter.text))
    if letter.is_trusted:
        memory.answered.clear()
    try:
        if await take_answer(turn, letter):
            return
        text = await _do(turn, letter)
    except TeamTrouble as trouble:
        text = f"That did not work: {trouble}"
    if not letter.is_trusted:
        memory.answered[letter.sender] = memory.answered.get(letter.sender, 0) + 1
        if not text or memory.answered[letter.sender] > ANSWERS:
            turn.think(f"{letter.sender} wants no answer.")
            return
    await reply(turn, letter, text or "I do not understand that; I am only an example. Say 'help'.")


async def _do(turn: Turn, letter: Letter) -> str:
    """What a message gets for an answer; nothing if it is not understood."""
    text = _MENTION.sub("", letter.text.strip())
    for command in COMMANDS:
        if found := command.pattern.match(text):
            if not _is_allowed(command, letter):
                return ""
            return await command.skill(turn, letter, found["rest"].strip())
    return ""


def _is_allowed(command: Command, letter: Letter) -> bool:
    return not command.trusted or letter.is_trusted
