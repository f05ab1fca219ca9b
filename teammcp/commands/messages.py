"""``teammcp send``, ``wait`` and ``inbox``: messages from a shell or a script."""

from __future__ import annotations

import sys

import click

from ..machine.console import read_input
from ..text.invisible import reveal
from .client import KEY, address, call_server, confirm, key_from, new_reader, request, tell, url_option

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
    asked = {"timeout": timeout}
    found = Waited.model_validate(
        call_server(url, "wait_for_messages", asked, patience=timeout + MARGIN, reader=reader)
    )
    if not found.messages:
        sys.exit(NOTHING_CAME)
    tell(found.text())
    confirm(address(url), key_from(KEY), reader, [message.id for message in found.messages])


@click.command()
@url_option
def inbox(url: str | None) -> None:
    """Print what waits for you. It stays in the inbox until you acknowledge it: teammcp call ack_inbox items=…"""
    from ..features.inbox import Inbox

    tell(Inbox.model_validate(call_server(url, "get_inbox")).text())
