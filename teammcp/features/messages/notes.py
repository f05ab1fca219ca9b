"""Notes: direct messages that tell somebody of a change, got ready before it and sent in its transaction.

What members wrote stands in them as `quoted_line` or `quoted_block` makes it: a title that is a link in Markdown would
else be a link of the server's, and a line of somebody's comment an instruction by it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...errors import TeamError
from ...operations import Context
from ...storage import Transaction, Work
from ...text.invisible import strip
from .operations.sending import send_message

log = logging.getLogger(__name__)

_HARMLESS = re.compile(r"""(?:[^\W_]|[ ,'"’()@#/+&%?!“”…—-]|\.(?! )|:(?= |$)|\\(?=[a-z])|`[^`]+`)*""")
"""Words without Markdown but for code, without names of tools, and without full stops that could end a sentence."""
_TICKS = re.compile("`+")


@dataclass(frozen=True)
class Note:
    """A direct message that is ready to be sent."""

    recipient: str
    work: Work[Any]


def quoted_line(text: str) -> str:
    """Somebody's text within a line of the server's: as it is if that is harmless, else as code."""
    line = " ".join(strip(text).split())
    if _HARMLESS.fullmatch(line):
        return line
    ticks = "`" * (1 + _longest_ticks(line))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def quoted_block(text: str) -> str:
    """Somebody's text on lines of its own: a quote, as code. Nothing in it ends the quote, or does anything.

    The empty line at its end keeps what the server goes on to say out of the quote.
    """
    fence = "`" * max(3, 1 + _longest_ticks(text))
    return "\n".join(f"> {line}".rstrip() for line in [fence, *text.strip().splitlines(), fence]) + "\n"


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


async def server_note(context: Context, recipient: str, text: str, *, about: str, **more: Any) -> list[Note]:
    """Get a direct message of the server itself ready; see `note`."""
    return await note(Context.inside(context.team), recipient, text, about=about, **more)


async def note(context: Context, recipient: str, text: str, *, about: str, **more: Any) -> list[Note]:
    """Get a direct message of the actor ready, to be sent together with the change that it tells of.

    None is left if the recipient was retired, or a plugin refuses or defers the message: that keeps it from being sent,
    never the change. The log says so.

    Args:
        about: what it is about, for the log, such as ``task 7``.
        more: further arguments of send_message.
    """
    found = context.team.directory.agent(recipient)
    if found is None or found.retired:
        return []
    try:
        work = await context.prepare(send_message, channel=f"dm:{found.name}", content=text, **more)
    except TeamError as error:
        log.warning("%s is not told of %s: %s", found.name, about, error.code)
        return []
    if work.waits:
        log.warning("%s is not told of %s: a plugin defers the message", found.name, about)
        return []
    return [Note(found.name, work)]


def send_notes(tx: Transaction, notes: Iterable[Note]) -> None:
    """Send notes in the transaction of the change that they tell of."""
    for each in notes:
        each.work(tx)
