"""What the agent does with a message."""

from __future__ import annotations

import re
from dataclasses import replace

from .errands import reply, take_answer
from .jobs import CANNOT_SAY, UNKNOWN, do_job, giver_of, job, question
from .letters import Letter
from .skills import COMMANDS, Command, kind_of
from .team import TeamTrouble
from .turn import Turn

ANSWERS = 10
"""Answers to one agent, until a person writes. Two scripts would thank each other for ever."""
CUT_OFF = "I was cut off in the middle of that, and am back. Ask me again if it is still to be done."
_MENTION = re.compile(r"^(?:@\S+\s+)+")


async def answer(turn: Turn, letter: Letter) -> None:
    """Deal with a message, once; with one that may have come before only if that was not done then."""
    memory = turn.memory
    if letter.id and letter.id in memory.dealt:
        turn.think(f"I have dealt with message {letter.id} already.")
        return
    if any(letter.id and each.id == letter.id for each in memory.open):  # the process before was dealing with it
        memory.open = [each for each in memory.open if each.id != letter.id]
        memory.dealt.append(letter.id)
        await _say_cut_off(turn, letter)
        return
    memory.open.append(letter)
    memory.save()  # a later process is to know what this one was doing, should it be killed
    try:
        await _deal_with(turn, letter)
    finally:
        memory.open.remove(letter)
        memory.dealt.append(letter.id)


async def come_back(turn: Turn) -> None:
    """The turn before was cut off: say so to those whose messages it was dealing with. It does nothing twice."""
    cut_off, turn.memory.open = turn.memory.open, []
    for letter in cut_off:
        await _say_cut_off(turn, letter)
    turn.think("I was cut off, and am back.")


async def _say_cut_off(turn: Turn, letter: Letter) -> None:
    if not letter.is_servers:
        await reply(turn, letter, CUT_OFF)


async def _deal_with(turn: Turn, letter: Letter) -> None:
    """Do what a message asks, and answer it. Another agent is only answered what it asks."""
    memory = turn.memory
    memory.said.append(("user", letter.text))
    if letter.is_trusted:
        memory.answered.clear()
    try:
        if await take_answer(turn, letter):
            return
        if (found := job(letter)) is not None:
            kind, number, what = found
            asked = replace(letter, text=what)
            if giver := giver_of(letter):
                asked = Letter(what, sender=giver, kind=await kind_of(turn, giver))
            await do_job(turn, kind, number, lambda: _do(turn, asked))
            return
        if (to_say := question(letter)) is not None:
            await reply(turn, letter, await _do(turn, replace(letter, text=to_say)) or f"{CANNOT_SAY}{UNKNOWN}")
            return
        text = await _do(turn, letter)
    except TeamTrouble as trouble:
        text = f"That did not work: {trouble}"
    if letter.is_servers:
        turn.think("The server tells me that; it wants no answer.")
        return
    if not letter.is_trusted:
        memory.answered[letter.sender] = memory.answered.get(letter.sender, 0) + 1
        if not text or memory.answered[letter.sender] > ANSWERS:
            turn.think(f"{letter.sender} wants no answer.")
            return
    await reply(turn, letter, text or UNKNOWN)


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
