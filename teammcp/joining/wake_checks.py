"""Whether an agent's program is woken while it sits idle: what the server says, its settings, and its sessions here."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2

from ..waking.claude_files import SETTING, Record, config_folder, locked_out, records
from ..waking.lock import is_held, wakes_folder
from .clients import KEY_VARIABLE
from .findings import Finding
from .programs import WOKEN, Member

FIRST_PROMPT = {
    "codex": "Codex begins its helper with the first prompt.",
    "opencode": "opencode can be woken from the first prompt on.",
}
"""What is said where a session that has just begun has no helper yet."""


def check_wakes(client: httpx2.Client, member: Member) -> Finding:
    """What the server says of waking a member; the client has its key."""
    if member.client not in WOKEN:
        return Finding(f"waking: {not_woken(member)}")
    answer = client.get(f"/api/wakes/{member.name}")
    state: Any = answer.json() if answer.status_code == httpx2.codes.OK else None
    if not isinstance(state, Mapping):
        return Finding("waking: the server does not know of it.", "Is the server as new as this program?")
    if not state["woken"]:
        return Finding("waking: it is switched off.", f"To switch it on: {setting(member, 'woken=true')}", note=True)
    if why := state["not_reached"]:
        return Finding(f"waking: {member.name} was not reached: {why}.", "Mend that; the next message tries again.")
    hours = f", not from {state['quiet'].replace('-', ' to ')}" if state["quiet"] else ""
    if ways := ", ".join(state["ways"]):
        return Finding(f"waking: it is on, now by {ways}{hours}.")
    first = FIRST_PROMPT.get(member.client, "")
    return Finding(f"waking: it is on{hours}, but no helper is beside a program now. {first}".rstrip())


def not_woken(member: Member) -> str:
    """What becomes of messages to an agent whose client takes no line from outside."""
    return (
        f"nothing from outside reaches an idle {member.title}. Messages come into its turns and wait for the next one."
    )


def setting(member: Member, change: str) -> str:
    """A change of waking as it can be pasted into a shell, with the key from where it is kept."""
    command = shlex.join(("teammcp", "call", "set_wakes", f"name={member.name}", change, "--url", member.url))
    key = "" if os.environ.get(KEY_VARIABLE) else f'{KEY_VARIABLE}="$(cat {shlex.quote(str(member.key_file))})" '
    return key + command


def check_sessions(member: Member, key: str | None) -> Iterator[Finding]:
    """What keeps the sessions of the member's program on this machine from being woken."""
    if member.client != "claude":
        return
    config = config_folder(os.environ)
    if found := locked_out(config, member.folder):
        where, what = found
        yield Finding(f"waking: Claude Code {what}.", f'Set {SETTING} to "accept" in {where}, or take it out there.')
    here = [record for record in records(config) if Path(record.folder).is_relative_to(member.folder)]
    try:
        own = [record for record in here if key and is_held("claude", record.process, member.url, key)]
    except OSError as error:
        place = f"{wakes_folder()}: {error.strerror or type(error).__name__}"
        yield Finding(f"waking: no helper can begin, for its folder cannot be written ({place}).", "Make it writable.")
        return
    if not own:
        none = Finding(f"waking: no session of Claude Code runs in {member.folder} now.")
        others = f"waking: Claude Code runs in {member.folder}, but no session there has a helper of this agent."
        again = f"Start it again, with the agent's key in {KEY_VARIABLE}: it was begun before the joining, or without."
        yield Finding(others, again, note=True) if here else none
    for record in own:
        yield _check_session(record)


def _check_session(record: Record) -> Finding:
    which = f"waking: the session of process {record.process.pid}"
    if record.inbox and not Path(record.inbox).is_socket():
        return Finding(f"{which} has lost its inbox socket {record.inbox}.", "End it, and start Claude Code again.")
    way = "by its inbox socket" if record.inbox else "by a hook, as it has no inbox socket"
    return Finding(f"{which} ({record.doing or 'says nothing of itself'}) has its helper, and is rung {way}.")
