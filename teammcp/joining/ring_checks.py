"""A live test of waking: whether Codex runs our hooks, and a ring whose every step is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2

from ..errors import TeamError
from ..net.transport import client_options, reason
from ..waking.codex_server import Refusal, started, trusted
from .clients import KEY_VARIABLE
from .findings import LOOKS, Finding
from .parts import Hooks
from .programs import WOKEN, Member, parts_of
from .wake_checks import FIRST_PROMPT, not_woken, setting

SIGN_SECONDS = 15
"""How long the program has time for a sign. Codex without a daemon looks into its queue every ten seconds."""
TRUST = "Start codex in that folder, and choose to trust all hooks when it asks."


def check_trust(member: Member) -> Iterator[Finding]:
    """Whether Codex runs our hooks, as far as it says."""
    if member.client != "codex":
        return
    program = shutil.which("codex")
    if program is None:
        yield Finding("hooks: whether Codex runs ours could not be asked, as it is not on the path.", note=True)
        return
    try:
        commands = [hook["command"] for part in parts_of(member) if isinstance(part, Hooks) for hook in _of(part)]
        others = {name: value for name, value in os.environ.items() if not name.startswith("TEAMMCP_")}
        with started(program, others, member.folder) as server:
            found = trusted(server, member.folder, commands)
    except (OSError, Refusal, TeamError):
        yield Finding("hooks: this Codex does not say whether it runs them. It asks for that when it starts.")
        return
    if not found:  # the check of the files says so
        return
    if missing := ", ".join(sorted(event for event, runs in found.items() if not runs)):
        yield Finding(f"hooks: Codex does not run ours at {missing}: nobody has trusted them.", TRUST)
    else:
        yield Finding(f"hooks: Codex runs ours, at {len(found)} events.")


def _of(part: Hooks) -> Iterator[dict[str, Any]]:
    yield from (dict(hook) for hook in part.hooks.values())


def check_ring(member: Member, key: str) -> Iterator[Finding]:
    """Ring the member's idle program once, and tell each step. Costs one request to its model."""
    if member.client not in WOKEN:
        yield Finding(f"ring: {not_woken(member)}", note=True)
        return
    headers = {**LOOKS, "Authorization": f"Bearer {key}"}
    try:
        options = client_options(member.url)
        with httpx2.Client(base_url=member.url, timeout=SIGN_SECONDS + 15, headers=headers, **options) as client:
            name = str(client.get("/api/me").json()["name"])
            answer = client.post("/api/wakes/test", json={"timeout": SIGN_SECONDS})
            found = answer.json()
    except httpx2.HTTPError as error:
        yield Finding(f"ring: the server did not answer ({reason(error)}).", "Try it again.")
        return
    except (TeamError, ValueError, KeyError, TypeError):
        yield Finding("ring: the server does not know how to try it.", "Is it as new as this program?")
        return
    if answer.status_code == httpx2.codes.OK:
        yield from _steps(member, found)
        return
    said = str(found.get("detail", answer.reason_phrase))
    yield Finding(f"ring: {said}", _remedy(replace(member, name=name), str(found.get("error"))))


def _remedy(member: Member, code: str) -> str:
    """What to do where it cannot be tried, by the code of the problem."""
    match code:
        case "not_woken":
            return f"Switch it on: {setting(member, 'woken=true')}"
        case "quiet_hours":
            return f"Try it again after them, or end them: {setting(member, 'quiet=')}"
        case "no_helper":
            start = f"Start {member.client} in {member.folder} anew, with the key in {KEY_VARIABLE}."
            return f"{start} {FIRST_PROMPT.get(member.client, '')}".rstrip()
        case "not_idle":
            return "Wait until its turn has ended, or answer its question, and try again."
    return "Do what it says, and try it again."


def _steps(member: Member, found: dict[str, Any]) -> Iterator[Finding]:
    which = f"ring: {found['session']}"
    if not found["taken"]:
        yield Finding(f"{which}: its helper did not take the line.", f"End {member.client}, and start it anew.")
        return
    yield Finding(f"{which}: its helper took the line.")
    if why := found["failure"]:
        yield Finding(f"{which}: the line could not be written: {why}.", "Mend that, and try it again.")
        return
    yield Finding(f"{which}: the line was written, by {found['way']}.")
    if found["sign"]:
        yield Finding(f"{which}: the program has taken it up, after {found['milliseconds']} ms.")
        return
    yield Finding(
        f"{which}: no hook of the program has said within {SIGN_SECONDS} s that it took the line up.",
        "Look at its screen: a dialog may be open, it may hold lines from outside, or its hooks may not be trusted.",
    )
