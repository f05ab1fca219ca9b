"""``teammcp listen``: start a command for each message to the agent, for agents that do not wait by themselves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from .client import KEY, address, confirm, key_from, new_reader, patiently, request, url_option

if TYPE_CHECKING:
    from ..features.inbox import Waited

SECONDS = 240
MARGIN = 30
HOLD_SECONDS = 10
"""How often the server is told that a command is still at work."""


@click.command()
@click.option("--exec", "command", required=True, metavar="CMD", help="What to run in the shell for each message.")
@url_option
def listen(command: str, url: str | None) -> None:
    """Run CMD for each new message that names you or is written to you, one at a time, the message on standard input.

    TEAMMCP_MESSAGE_ID, TEAMMCP_CHANNEL and TEAMMCP_FROM tell CMD where it came from. A message has arrived when CMD
    ends with 0; otherwise it comes once more, with TEAMMCP_AGAIN=1, and then stays in the inbox. Nothing is sent while
    nothing comes, and a server that is away is waited for. Ends with 1 if the key is refused.
    """
    base, key, reader = address(url), key_from(KEY), new_reader("listen")
    while True:
        found = patiently(lambda: _next(base, key, reader))
        for message in found.messages:
            if _run(command, found, partial(_hold, base, key, reader, message.id)):
                patiently(partial(confirm, base, key, reader, [message.id]))


def _next(base: str, key: str, reader: str) -> Waited:
    """The next message, if one comes: one at a time, so that what is not begun yet still waits on the server."""
    from ..features.inbox import Waited

    arguments = {"timeout": SECONDS, "limit": 1}
    path = f"{base}/api/call/wait_for_messages"
    answer = request("POST", path, key, arguments, timeout=SECONDS + MARGIN, reader=reader)
    return Waited.model_validate({**answer, "more": False})


def _hold(base: str, key: str, reader: str, message_id: int) -> None:
    """Say that a message is being dealt with, so that nobody else is handed it meanwhile."""
    with suppress(click.ClickException):
        request("POST", f"{base}/api/held", key, {"message_ids": [message_id]}, reader=reader)


def _run(command: str, found: Waited, hold: Callable[[], None]) -> bool:
    """Run the command for one message, which is held meanwhile; whether it has done its work."""
    [message] = found.messages
    about = {
        "TEAMMCP_MESSAGE_ID": str(message.id),
        "TEAMMCP_CHANNEL": message.channel_id,
        "TEAMMCP_FROM": message.from_agent,
        **({"TEAMMCP_AGAIN": "1"} if found.again else {}),
    }
    text = f"{found.text()}\n".encode()
    environment = {**os.environ, **about}
    given: bytes | None = text
    with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S602
        while True:
            try:
                process.communicate(given, timeout=HOLD_SECONDS)
                break
            except subprocess.TimeoutExpired:
                given = None  # it is being written already
                hold()
    if process.returncode:
        click.echo(f"The command for message {message.id} ended with {process.returncode}.", err=True)
    return process.returncode == 0
