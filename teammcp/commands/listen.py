"""``teammcp listen``: start a command for each message to the agent, for agents that do not wait by themselves."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import click

from .client import KEY, address, key_from, patiently, request, url_option

if TYPE_CHECKING:
    from ..features.inbox.models import Waited

SECONDS = 240
MARGIN = 30


@click.command()
@click.option("--exec", "command", required=True, metavar="CMD", help="What to run in the shell for each message.")
@url_option
def listen(command: str, url: str | None) -> None:
    """Run CMD for each new message that names you or is written to you, one at a time, the message on standard input.

    TEAMMCP_MESSAGE_ID, TEAMMCP_CHANNEL and TEAMMCP_FROM tell CMD where it came from. Nothing is sent while nothing
    comes, and a server that is away is waited for. Ends with 1 if the key is refused.
    """
    base, key = address(url), key_from(KEY)
    while True:
        found = patiently(lambda: _next(base, key))
        if found.messages:
            _run(command, found)


def _next(base: str, key: str) -> Waited:
    """The next message, if one comes: one at a time, so that what is not begun yet still waits on the server."""
    from ..features.inbox.models import Waited

    arguments = {"timeout": SECONDS, "limit": 1}
    answer = request("POST", f"{base}/api/call/wait_for_messages", key, arguments, timeout=SECONDS + MARGIN)
    return Waited.model_validate({**answer, "more": False})


def _run(command: str, found: Waited) -> None:
    [message] = found.messages
    about = {
        "TEAMMCP_MESSAGE_ID": str(message.id),
        "TEAMMCP_CHANNEL": message.channel_id,
        "TEAMMCP_FROM": message.from_agent,
    }
    text = f"{found.text()}\n".encode()
    done = subprocess.run(command, shell=True, input=text, env={**os.environ, **about}, check=False)  # noqa: S602
    if done.returncode:
        click.echo(f"The command for message {message.id} ended with {done.returncode}.", err=True)
