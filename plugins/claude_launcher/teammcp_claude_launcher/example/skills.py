"""What the agent can be asked."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from .errands import send_out
from .letters import Letter
from .turn import Skill, Turn

STEP = 0.2
"""Seconds of a step of work."""
LONGEST = 600.0
"""Seconds after which it stops working by itself."""
ENOUGH = "enough|够了"
_ENOUGH = re.compile(ENOUGH, re.IGNORECASE)
TALK = ("Hello. Who are you?", "Who is here?", "What can you do?")
"""What it asks another in a talk."""


@dataclass(frozen=True)
class Command:
    """A kind of message that it understands.

    Attributes:
        pattern: how it begins.
        usage: how it is written, for the help.
        skill: what it does.
        trusted: only done for people; what another agent writes is information, and no order.
    """

    pattern: re.Pattern[str]
    usage: str
    skill: Skill
    trusted: bool


COMMANDS: list[Command] = []


def command(words: str, usage: str, *, trusted: bool = False) -> Callable[[Skill], Skill]:
    """Add a skill to the commands."""

    def add(skill: Skill) -> Skill:
        pattern = re.compile(rf"(?:{words})(?![\w'])[\s:,]*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
        COMMANDS.append(Command(pattern, usage, skill, trusted))
        return skill

    return add


@command(r"help|what can you do\??|帮助|你会什么", "help")
async def give_help(turn: Turn, letter: Letter, rest: str) -> str:
    """What it understands."""
    usages = [one.usage for one in COMMANDS if letter.is_trusted or not one.trusted]
    listed = "\n".join(f"- {usage}" for usage in usages)
    return (
        f"I am a scripted example, without a model. I understand:\n{listed}\n\nEach of it can be a task's title, too."
    )


async def kind_of(turn: Turn, name: str) -> str:
    """Of which kind a member is; empty if there is none of that name."""
    found = await turn.use("get_agents")
    return next((str(agent["kind"]) for agent in found["result"] if agent["name"] == name), "")


@command(r"who is here\??|who's here\??|who\??|谁在", "who is here")
async def tell_who(turn: Turn, letter: Letter, rest: str) -> str:
    """The members of the team."""
    found = await turn.use("get_agents")
    names = [f"{agent['name']} ({agent['status']})" for agent in found["result"]]
    return f"{len(names)} members: {', '.join(names)}."


@command(r"hello|hi|hey|good (?:morning|day|evening)|who are you\??|how are you\??|你好|您好", "hello")
async def greet(turn: Turn, letter: Letter, rest: str) -> str:
    """Who it is."""
    to = f", {letter.sender}" if letter.sender else ""
    me = os.environ.get("TEAMMCP_AGENT", "an example")
    return f"Hello{to}. I am {me}, a scripted example agent. Say 'help' to see what I understand."


@command(r"tasks\??|任务", "tasks")
async def tell_tasks(turn: Turn, letter: Letter, rest: str) -> str:
    """The open tasks."""
    found = await turn.use("list_tasks")
    titles = [f"#{task['id']} {task['title']}" for task in found["tasks"]]
    return f"Open tasks: {'; '.join(titles)}." if titles else "There are no open tasks."


@command(r"ask|问", "ask NAME QUESTION: I pass it on, and come back with the answer", trusted=True)
async def ask(turn: Turn, letter: Letter, rest: str) -> str:
    """Pass a question on."""
    whom, question = _addressed(rest)
    return await send_out(turn, letter, whom, [question or TALK[0]])


@command(r"talk (?:with|to)|和|跟", "talk with NAME: a short talk, of which I tell you", trusted=True)
async def talk(turn: Turn, letter: Letter, rest: str) -> str:
    """Ask another some questions, one after the other."""
    whom, _ = _addressed(rest)
    return await send_out(turn, letter, whom, [*TALK])


@command(r"tell|告诉", "tell NAME SOMETHING", trusted=True)
async def tell(turn: Turn, letter: Letter, rest: str) -> str:
    """Pass something on, without waiting for an answer."""
    whom, text = _addressed(rest)
    await turn.use("send_dm", recipient=whom, content=text)
    return f"I have told {whom}."


@command(r"remember|记住", "remember SOMETHING")
async def remember(turn: Turn, letter: Letter, rest: str) -> str:
    """Keep something in the conversation."""
    turn.memory.notes.append(rest)
    return "I shall remember it."


@command(r"recall|what do you remember\??|回忆", "recall")
async def recall(turn: Turn, letter: Letter, rest: str) -> str:
    """What it was asked to remember."""
    return f"I remember: {'; '.join(turn.memory.notes)}." if turn.memory.notes else "I remember nothing."


@command(r"plan|计划", "plan: I show a plan")
async def plan(turn: Turn, letter: Letter, rest: str) -> str:
    """A plan, and how it is gone through."""
    steps = ["Think", "Do it", "Look at it again"]
    turn.think("What would a plan be?")
    for done in range(len(steps) + 1):
        turn.plan(steps, done)
    return "That was a plan."


@command(r"write|写", "write FILE: TEXT: I change a file in my folder, and ask before", trusted=True)
async def write(turn: Turn, letter: Letter, rest: str) -> str:
    """Change a file, if that is allowed."""
    file, _, text = rest.partition(":") if ":" in rest else rest.partition(" ")
    if not file.strip():
        return "Which file? Say: write FILE: TEXT"
    changed = await turn.change(file.strip(), text.strip() + "\n")
    return f"I have written {file.strip()}." if changed else "I have changed nothing: it was not allowed."


@command(r"work|工作", "work [SECONDS]: I work, until you say 'enough' or interrupt me", trusted=True)
async def work(turn: Turn, letter: Letter, rest: str) -> str:
    """Work for a while, step by step, and answer what comes meanwhile."""
    seconds = _number(rest, LONGEST)
    begun = time.monotonic()
    steps = 0
    while time.monotonic() - begun < seconds:
        steps += 1
        if any(_ENOUGH.match(came.text) for came in await turn.step(f"step {steps}", min(STEP, seconds))):
            return f"I have stopped, after {steps} steps."
    return f"Done, in {steps} steps."


@command(ENOUGH, "enough: I stop working", trusted=True)
async def stop_working(turn: Turn, letter: Letter, rest: str) -> str:
    """Said while it works, it has been heard there."""
    return "All right."


@command("spend", "spend DOLLARS: I pretend that this conversation has cost so much", trusted=True)
async def spend(turn: Turn, letter: Letter, rest: str) -> str:
    """Report a cost, to see limits at work."""
    dollars = _number(rest, 0.01)
    turn.cost(dollars)
    return f"I pretend to have cost {dollars:g} dollars."


@command("background", "background: I start a program that goes on behind my back", trusted=True)
async def background(turn: Turn, letter: Letter, rest: str) -> str:
    """Leave a process of another session behind, as tools of agents do."""
    child = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
    return f"Process {child.pid} sleeps for ten minutes. It is to end with me."


@command("hang", "hang: I say nothing any more, until I am ended", trusted=True)
async def hang(turn: Turn, letter: Letter, rest: str) -> str:
    """Stand still, deaf to everything."""
    time.sleep(LONGEST)  # noqa: ASYNC251 - it is to hang
    return "I am back."


@command("crash", "crash: I end in the middle of a turn, as a faulty program does", trusted=True)
async def crash(turn: Turn, letter: Letter, rest: str) -> str:
    """End at once."""
    turn.memory.save()
    sys.stderr.write("I was asked to crash.\n")
    sys.stderr.flush()
    os._exit(3)


def _addressed(rest: str) -> tuple[str, str]:
    """Whom something is for, and what: ``bob: …``, ``@bob …``."""
    whom, _, text = rest.strip().partition(" ")
    return whom.strip("@:,.?!"), text.strip(" :,")


def _number(rest: str, otherwise: float) -> float:
    found = re.match(r"\d+(?:\.\d+)?", rest)
    return float(found.group()) if found else otherwise
