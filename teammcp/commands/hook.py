"""``teammcp hook``: what an agent's program runs at its own events."""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
from urllib.parse import urlsplit

import click

from .client import KEY, address, url_option

PATIENCE = 0.4
"""Seconds that the program is kept waiting at most, besides the start of this one."""


@click.command()
@click.argument("program", type=click.Choice(["claude", "codex"]))
@url_option
def hook(program: str, url: str | None) -> None:
    """Answer a hook of PROGRAM: its JSON on standard input, what is new for the agent on standard output.

    Says nothing and ends with 0 if there is no TEAMMCP_KEY, or no server answers in time: an agent works on without its
    team. 'teammcp doctor' says what is wrong then.
    """
    event, key = sys.stdin.buffer.read(), os.environ.get(KEY)
    if not key:
        return
    base = address(url)
    answers: list[str] = []
    # A name that cannot be resolved blocks longer than any time-out, but not the end of the process.
    asking = threading.Thread(target=lambda: answers.append(_ask(base, program, key, event)), daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if answers and answers[0]:
        click.echo(answers[0])


def _ask(base: str, program: str, key: str, event: bytes) -> str:
    """The server's answer; empty if it has none."""
    server = urlsplit(base)
    connect = http.client.HTTPSConnection if server.scheme == "https" else http.client.HTTPConnection
    connection = connect(server.netloc, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"{server.path}/api/hooks/{program}", event, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    if answer.status == 401:
        return _refused(program, event)
    return text if answer.status == 200 else ""


def _refused(program: str, event: bytes) -> str:
    """Tell person and model once, when the session begins, that the key is refused."""
    if b'"SessionStart"' not in event:
        return ""
    message = (
        f"TeamMCP refuses the key in {KEY}, so this agent is not reached by its team. "
        f"To be done by the user: teammcp doctor --client {program}"
    )
    output = {"hookEventName": "SessionStart", "additionalContext": message}
    return json.dumps({"systemMessage": message, "hookSpecificOutput": output})
