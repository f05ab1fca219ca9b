"""Whether an agent's program is woken while it sits idle: what the server says, its settings, and its sessions here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2

from ..waking.claude_files import SETTING, Record, config_folder, locked_out, records
from ..waking.lock import is_held
from .findings import Finding
from .programs import Member


def check_wakes(client: httpx2.Client, name: str) -> Finding:
    """What the server says of waking an agent.

    Args:
        client: with the agent's key.
        name: the agent's.
    """
    answer = client.get(f"/api/wakes/{name}")
    state: Any = answer.json() if answer.status_code == httpx2.codes.OK else None
    if not isinstance(state, Mapping):
        return Finding("waking: the server does not know of it.", "Is the server as new as this program?")
    if not state["woken"]:
        on = f"teammcp call set_wakes name={name} woken=true"
        return Finding(f"waking: it is switched off; to switch it on: {on}")
    if why := state["not_reached"]:
        return Finding(f"waking: {name} was not reached: {why}.", "Mend that; the next message tries again.")
    ways = ", ".join(state["ways"])
    return Finding(f"waking: it is on, {f'now by {ways}' if ways else 'but no helper is beside a program now'}.")


def check_sessions(member: Member, key: str | None) -> Iterator[Finding]:
    """What keeps the sessions of the member's program on this machine from being woken."""
    if member.client != "claude":
        return
    config = config_folder(os.environ)
    if found := locked_out(config, member.folder):
        where, what = found
        yield Finding(f"waking: Claude Code {what}.", f'Set {SETTING} to "accept" in {where}, or take it out there.')
    here = [record for record in records(config) if Path(record.folder).is_relative_to(member.folder)]
    own = [record for record in here if key and is_held("claude", record.process, member.url, key)]
    if not own:
        others = f"of {len(here)} sessions of Claude Code in {member.folder} none has a helper of this agent"
        again = "; one begun before the joining, or without its TEAMMCP_KEY, has to be started again"
        none = f"no session of Claude Code runs in {member.folder} now"
        yield Finding(f"waking: {others + again if here else none}.")
    for record in own:
        yield _check_session(record)


def _check_session(record: Record) -> Finding:
    which = f"waking: the session of process {record.process.pid}"
    if record.inbox and not Path(record.inbox).is_socket():
        return Finding(f"{which} has lost its inbox socket {record.inbox}.", "End it, and start Claude Code again.")
    way = "by its inbox socket" if record.inbox else "by a hook, as it has no inbox socket"
    return Finding(f"{which} ({record.doing or 'says nothing of itself'}) has its helper, and is rung {way}.")
