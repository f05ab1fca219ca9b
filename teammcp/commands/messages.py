"""``teammcp send``, ``wait`` and ``inbox``: messages from a shell or a script."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..machine.console import read_input
from ..text.invisible import reveal
from .client import KEY, address, confirm, key_from, new_reader, request, tell, url_option

NOTHING_CAME = 2
MARGIN = 30
"""Seconds beyond the wait itself after which the server counts as gone."""


@click.command()
@click.argument("channel")
@click.argument("text")
@url_option
def send(channel: str, text: str, url: str | None) -> None:
    """Send TEXT to CHANNEL and print the message's id; on standard error whom it does not reach now.

    CHANNEL may be a member, as dm:NAME. TEXT '-' means standard input.
    """
    from ..features.messages import SentMessage

    content = read_input().rstrip("\r\n") if text == "-" else text
    sent = request("POST", f"{address(url)}/api/send", key_from(KEY), {"channel": channel, "content": content})
    click.echo(sent["id"])
    for remark in SentMessage.model_validate(sent).remarks():
        click.echo(reveal(remark), err=True)


@click.command()
@click.option("--timeout", type=click.IntRange(1, 240), default=240, show_default=True, help="Seconds to wait.")
@url_option
def wait(timeout: int, url: str | None) -> None:
    """Wait for messages to you and print them. Ends with 0 when some came, with 2 when none did."""
    from ..features.inbox import Waited

    reader = new_reader("wait")
    found = Waited.model_validate(_call("wait_for_messages", url, timeout + MARGIN, reader=reader, timeout=timeout))
    if not found.messages:
        sys.exit(NOTHING_CAME)
    tell(found.text())
    confirm(address(url), key_from(KEY), reader, [message.id for message in found.messages])


@click.command()
@url_option
def inbox(url: str | None) -> None:
    """Print what waits for you. It stays in the inbox until you acknowledge it: teammcp call ack_inbox items=…"""
    from ..features.inbox import Inbox

    tell(Inbox.model_validate(_call("get_inbox", url, MARGIN)).text())


def _call(name: str, url: str | None, patience: float, reader: str | None = None, **arguments: Any) -> Any:
    path = f"{address(url)}/api/call/{name}"
    return request("POST", path, key_from(KEY), arguments, timeout=patience, reader=reader)
