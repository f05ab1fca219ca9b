"""``teammcp hook``: what an agent's program runs at its own events.

Besides handing on the event and its answer, it tells the server what the session has used: the transcript that says so
is on this machine. Beside a conversation of Codex it leaves the helper that wakes it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ..errors import StartError, TeamError
from ..keys import key_from_environment
from ..net.transport import Answer, Connection
from .client import KEY, address, url_option

Event = dict[str, Any]

USED = (
    "hook_event_name",
    "session_id",
    "agent_id",
    "tool_name",
    "tool_use_id",
    "notification_type",
    "error",
    "source",
    "reason",
)
"""The parts of an event that are sent."""
BEGINS = {"SessionStart", "UserPromptSubmit"}
"""Events at which a conversation has begun, or somebody has come back to it."""
ANOTHERS = (
    f"Terminals that differ in {KEY} share one daemon of Codex, which knows the key of the first only: here the team's "
    "tools may act as another agent. Do not use them."
)
"""What is said where a conversation may be another agent's than the one whose key its hooks have."""
ANSWER_TIMEOUT = 0.4
"""Seconds that the program is kept waiting at most, besides the start of this one."""


@click.command()
@click.argument("program", type=click.Choice(["claude", "codex", "gemini", "qwen"]))
@url_option
def hook(program: str, url: str | None) -> None:
    """Answer a hook of PROGRAM: its JSON on standard input, what is new for the agent on standard output.

    Says nothing and ends with 0 if there is no TEAMMCP_KEY, or no server answers in time: an agent works on without its
    team. 'teammcp doctor' says what is wrong then.
    """
    event = _read(sys.stdin.buffer.read())
    if event is None:
        return
    try:
        key = key_from_environment(KEY)
    except TeamError as error:
        _say(_refused(program, event, str(error)))
        return
    if key is None:
        return
    if program == "codex" and _is_anothers(event, key):
        _say(_refused(program, event, ANOTHERS))
        return
    reader = f"{program}:{event.get('session_id', '')}"
    try:
        base = address(url)
        exchange = _Exchange(base, key, reader)
    except (TeamError, StartError):  # the doctor says what is wrong with the address, the proxy or the settings
        return
    answers: list[Answer] = []
    # A name that cannot be resolved blocks longer than any time-out, but not the end of the process.
    asking = threading.Thread(target=lambda: _ask(exchange, program, event, answers), daemon=True)
    asking.start()
    asking.join(ANSWER_TIMEOUT)
    if answers:
        _say(answers[0].text)
        if answers[0].handed:  # they come again otherwise; on a connection of its own, the other may be in use still
            _Exchange(base, key, reader).confirm(answers[0].handed)
    if program == "codex" and event.get("hook_event_name") in BEGINS and "agent_id" not in event:
        _attend(str(event.get("session_id", "")), base, key)


def _is_anothers(event: Event, key: str) -> bool:
    """Whether the key may be that of another agent than the one in whose conversation of Codex this happens."""
    from ..waking.codex_programs import codex_home, is_below_daemon, is_own

    return is_below_daemon() and not is_own(codex_home(Path.home()), key, Path(str(event.get("cwd", ""))))


def _attend(thread: str, base: str, key: str) -> None:
    """Leave a helper beside a conversation of Codex, which has no hook of its own for that, unless there is one."""
    from ..waking.codex import is_held, lock_of
    from ..waking.codex_programs import codex_home
    from ..waking.last import is_attended

    home = Path.home()
    if not is_held(lock_of(codex_home(home), thread)) or is_attended("codex", base, key, thread):
        return
    with suppress(OSError):
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "teammcp", "wake", "codex", "--thread", thread, "--url", base],
            cwd=home,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _say(answer: str) -> None:
    """Answer the program: in UTF-8, as it expects, whatever the terminal is set to."""
    if answer:
        click.echo(answer.encode())
        sys.stdout.flush()


def _read(event: bytes) -> Event | None:
    """What the program says; None if it says nothing that can be understood, which is not the agent's trouble."""
    try:
        found = json.loads(event)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("hook_event_name"), str) else None


def _used(event: Event) -> bytes:
    """What of an event the server uses: programs send with it whole files, which are nobody else's business."""
    return json.dumps({name: event[name] for name in USED if isinstance(event.get(name), str)}).encode()


class _Exchange:
    """One connection to the server, for the calls of one hook."""

    def __init__(self, base: str, key: str, reader: str) -> None:
        self._connection = Connection(base, ANSWER_TIMEOUT)
        name = re.sub(r"[^!-~]", "_", reader)[:100]
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "TeamMCP-Reader": name}

    def post(self, path: str, body: bytes) -> Answer | None:
        """The answer; None if there is none."""
        return self._connection.post(path, body, self._headers)

    def confirm(self, handed: str) -> None:
        """Say that the messages of an answer have arrived."""
        self.post("/api/received", f'{{"message_ids": [{handed}]}}'.encode())

    def report(self, usage: dict[str, Any]) -> int | None:
        """Report what was used; the status of the answer, or None without one."""
        answer = self.post("/api/usage", json.dumps(usage).encode())
        return None if answer is None else answer.status


def _ask(exchange: _Exchange, program: str, event: Event, answers: list[Answer]) -> None:
    """Hand on the event, and what the session has used if this is the moment for it."""
    happens = event.get("hook_event_name")
    if happens == "SessionEnd":  # first: whoever has ended its session is away, and does nothing after it
        _follow(exchange, program, event)
    answer = exchange.post(f"/api/hooks/{program}", _used(event))
    if answer is None:
        return
    if answer.status == 401:
        answers.append(Answer(401, _refused(program, event, f"TeamMCP refuses the key in {KEY}.")))
        return
    answers.append(answer if answer.status == 200 else Answer(answer.status, ""))
    if happens in {"SessionStart", "Stop"}:
        _follow(exchange, program, event)


def _follow(exchange: _Exchange, program: str, event: Event) -> None:
    """Tell what was used. No trouble with that is the agent's: it is told at the next occasion, or never."""
    from ..joining.usage import follow

    with suppress(OSError, ValueError, KeyError, TypeError):
        follow(program, event, exchange.report)


def _refused(program: str, event: Event, why: str) -> str:
    """Tell person and model once, when the session begins, that the key is refused."""
    if event.get("hook_event_name") != "SessionStart":
        return ""
    message = (
        f"{why} So this agent is not reached by its team. To be done by the user: teammcp doctor --client {program}"
    )
    output = {"hookEventName": "SessionStart", "additionalContext": message}
    return json.dumps({"systemMessage": message, "hookSpecificOutput": output})
