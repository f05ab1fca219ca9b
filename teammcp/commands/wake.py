"""``teammcp wake``: what stays beside an agent's idle program and wakes it for a message."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import StartError, TeamError
from ..keys import key_from_environment
from .client import KEY, address, url_option

if TYPE_CHECKING:
    from ..waking.life import Process
    from ..waking.loop import End, Session

RING = 2
"""Exit code of a hook at which Claude Code takes up what it has said on standard error."""


@click.command()
@click.argument("program", type=click.Choice(["claude", "codex", "qwen"]))
@click.option("--rewake", is_flag=True, help="Ring by ending with 2, where the program has no socket for lines.")
@click.option("--thread", default="", help="The conversation of Codex that is to be woken.")
@url_option
def wake(program: str, rewake: bool, thread: str, url: str | None) -> None:
    """Wake the idle PROGRAM whose hook this is: put a line into its session when a message waits for its agent.

    Stays as long as the program runs, one for each session, and says nothing. Ends at once if there is no TEAMMCP_KEY,
    or nobody to be woken. 'teammcp doctor' says what is wrong then.
    """
    if sys.stdin is not None:
        sys.stdin.buffer.read()
    try:
        key, base = key_from_environment(KEY), address(url)
    except (TeamError, StartError):
        return
    if key is None:
        return
    with suppress(OSError):  # the user's own folder cannot be written, as the doctor says
        _begin(program, rewake, thread, base, key)


def _begin(program: str, rewake: bool, thread: str, base: str, key: str) -> None:
    if program == "codex":
        _codex(thread, base, key)
    elif program == "qwen":
        _qwen(base, key)
    else:
        _claude(rewake, base, key)


def _claude(rewake: bool, base: str, key: str) -> None:
    from ..waking import claude
    from ..waking.loop import End

    place = claude.find(os.environ)
    if place is None or rewake is bool(place.inbox):
        return
    session = claude.RewakeSession(place) if rewake else claude.InboxSession(place)
    if _stay(place.process, session, base, key) is End.RUNG:
        sys.exit(RING)


def _qwen(base: str, key: str) -> None:
    from ..waking import qwen

    place = qwen.find(os.environ)
    if place is not None:
        _stay(place.process, qwen.QwenSession(place), base, key)


def _stay(process: Process, session: Session, base: str, key: str) -> End | None:
    """Be the one helper of a program's process until that is over, and why it is; None if there is one already."""
    from ..waking.lock import only_one
    from ..waking.loop import Asker, Helper

    with only_one(session.name.partition(":")[0], process, base, key) as alone:
        return Helper(session, Asker(base, key, session)).run() if alone else None


def _codex(thread: str, base: str, key: str) -> None:
    from ..waking import codex
    from ..waking.codex_programs import codex_home, is_own
    from ..waking.last import LastPlace
    from ..waking.loop import Asker, Helper

    place = codex.find(codex_home(Path.home()), thread)
    if place is None:
        return
    last = LastPlace("codex", place.holder, base, key, thread)
    last.take()
    session = codex.CodexSession(place, last.is_mine, partial(is_own, place.home, key))
    try:
        Helper(session, Asker(base, key, session)).run()
    finally:
        last.leave()
