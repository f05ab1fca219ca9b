"""``teammcp wake``: what stays beside an agent's idle program and wakes it for a message."""

from __future__ import annotations

import os
import sys

import click

from ..errors import StartError, TeamError
from ..keys import key_from_environment
from .client import KEY, address, url_option

RING = 2
"""Exit code of a hook at which Claude Code takes up what it has said on standard error."""


@click.command()
@click.argument("program", type=click.Choice(["claude"]))
@click.option("--rewake", is_flag=True, help="Ring by ending with 2, where the program has no socket for lines.")
@url_option
def wake(program: str, rewake: bool, url: str | None) -> None:
    """Wake the idle PROGRAM whose hook this is: put a line into its session when a message waits for its agent.

    Stays as long as the program runs, one for each session, and says nothing. Ends at once if there is no TEAMMCP_KEY,
    or nobody to be woken. 'teammcp doctor' says what is wrong then.
    """
    from ..waking import claude
    from ..waking.lock import only_one
    from ..waking.loop import Asker, End, Helper

    if sys.stdin is not None:
        sys.stdin.buffer.read()
    try:
        key, base = key_from_environment(KEY), address(url)
    except (TeamError, StartError):
        return
    place = claude.find(os.environ)
    if key is None or place is None or rewake is bool(place.inbox):
        return
    session = claude.RewakeSession(place) if rewake else claude.InboxSession(place)
    with only_one(program, place.process, base, key) as alone:
        if alone and Helper(session, Asker(base, key, session)).run() is End.RUNG:
            sys.exit(RING)
