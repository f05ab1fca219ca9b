"""Work that is to be reported on: a directive, or a task that somebody has given to the agent. And questions."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .letters import Letter
from .team import TeamTrouble
from .turn import Turn

_DIRECTIVE = re.compile(r"Directive (?P<id>\d+) \(\w+\): (?P<what>.*?)(?:\s*\(claim_directive [^)]*\))?", re.DOTALL)
_QUESTION = re.compile(
    r"Question \d+ to \S+(?: on behalf of \S+)?:\n\n(?P<what>.*?)\n\n\((?:An answer is wanted [^)]*\. )?Answer with ",
    re.DOTALL,
)
_TASK = re.compile(r"(?P<giver>\S+) assigned task (?P<id>\d+) to you: (?P<what>.*)", re.DOTALL)
CANNOT_SAY = "cannot_say: "
"""How an answer begins that says that one has none."""
UNKNOWN = "I do not understand that; I am only an example. Say 'help'."


@dataclass(frozen=True)
class Kind:
    """A kind of such work: how it is begun, and how it ends.

    Attributes:
        key: the argument that names the work.
        claim: the tool that begins it.
        done, failed: the tools that end it, each with what they are told besides.
        result: the argument of ``failed`` that says why.
    """

    key: str
    claim: str
    done: tuple[str, Mapping[str, str]]
    failed: tuple[str, Mapping[str, str]]
    why: str


DIRECTIVE = Kind(
    "directive_id",
    "claim_directive",
    ("report_directive", {"status": "done"}),
    ("report_directive", {"status": "failed"}),
    "result",
)
TASK = Kind("task_id", "claim_task", ("complete_task", {}), ("update_task_progress", {"status": "blocked"}), "comment")


def job(letter: Letter) -> tuple[Kind, int, str] | None:
    """The work in a message: of what kind, its number, and what is to be done."""
    kind, pattern = (TASK, _TASK) if letter.is_servers else (DIRECTIVE, _DIRECTIVE)
    found = pattern.fullmatch(letter.text.strip())
    return (kind, int(found["id"]), found["what"].strip()) if found else None


def question(letter: Letter) -> str | None:
    """What a project is asked in a message to whoever answers for it; None if it is another message."""
    found = None if letter.is_servers else _QUESTION.match(letter.text.strip())
    return found["what"].strip() if found else None


def giver_of(letter: Letter) -> str:
    """Who has given the agent the task of which the server tells in a message; empty for any other message."""
    found = _TASK.fullmatch(letter.text.strip()) if letter.is_servers else None
    return found["giver"] if found else ""


async def do_job(turn: Turn, kind: Kind, number: int, work: Callable[[], Awaitable[str]]) -> None:
    """Begin such work, do it, and say what has come of it: ``work`` gives that, or nothing if it is not understood."""
    which: dict[str, Any] = {kind.key: number}
    claimed = await turn.use(kind.claim, **which)
    if not claimed.get("ok"):
        turn.think(f"It is not mine to do: {claimed.get('reason')}")
        return
    which["fencing_token"] = claimed["fencing_token"]
    try:
        said = await work()
    except TeamTrouble as trouble:
        said, (tool, more), key = f"That did not work: {trouble}", kind.failed, kind.why
    else:
        (tool, more), key = (kind.done, "result") if said else (kind.failed, kind.why)
    await turn.use(tool, **which, **more, **{key: said or UNKNOWN})
