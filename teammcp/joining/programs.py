"""What each client needs to be a member: its configuration, hooks, permissions, the guide and the skills, as parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Any

from ..clients import CLIENTS, KEY_VARIABLE, SERVER, Client, codex_home, configuration
from .changes import read
from .keys import key_file
from .parts import Hooks, Item, OwnFile, Part, Section

HOOK_SECONDS = 1
"""How long a hook may keep its program waiting if the server is away or slow."""
IN_A_TURN = ("UserPromptSubmit", "PostToolUse", "Stop")

GUIDES = {"claude": "CLAUDE.md", "gemini": "GEMINI.md", "qwen": "QWEN.md"}
"""Where a client looks for what its model should know of a project; the others look into AGENTS.md."""
SKILLS = {"claude": ".claude/skills", "qwen": ".qwen/skills"}
"""Where a client looks for skills; the others look into .agents/skills."""
WITH_HOOKS = ("claude", "codex")
WITHOUT_PROJECT = ("claude-desktop", "generic")
"""Clients that know no project, and so neither guide nor skills."""


@dataclass(frozen=True)
class Member:
    """An agent that is to be, or is, a member by way of a client on this machine.

    Attributes:
        url: the server's public address.
        folder: the project's folder, absolute.
        home: the user's home.
    """

    name: str
    client: Client
    url: str
    folder: Path
    home: Path

    @property
    def key_file(self) -> Path:
        """The private file that holds its key."""
        return key_file(self.url, self.name)


def parts_of(member: Member) -> list[Part]:
    """Everything of ours in the files of a member's client; nothing for a client without known files."""
    if member.client == "generic":
        return []
    config = configuration(member.client, member.url, key_file=str(member.key_file))
    return [config.part(member.folder, member.home), *_hooks(member), *_guide(member)]


def parts_left_to(member: Member) -> list[Part]:
    """Those parts of a member's files that other clients in the same folder use too."""
    others = [replace(member, client=client) for client in CLIENTS if client not in {member.client, "generic"}]
    return [part for other in others if configured_url(other) for part in parts_of(other)]


def configured_url(member: Member) -> str | None:
    """The server that the member's client is set up for; None if it is for none."""
    if member.client == "generic":
        return None
    part = configuration(member.client, member.url).part(member.folder, member.home)
    entry = part.found(read(part.path))
    if not isinstance(entry, Mapping):
        return None
    address = entry.get("url") or entry.get("httpUrl")
    arguments = list(entry.get("args", ()))
    if address is None and "--url" in arguments[:-1]:
        address = arguments[arguments.index("--url") + 1]
    return str(address).partition("/mcp")[0] if address else None


def _hooks(member: Member) -> list[Part]:
    if member.client == "claude":
        settings = member.folder / ".claude" / "settings.local.json"
        return [
            Hooks(settings, _claude_hooks(member.url)),
            Item(settings, ("permissions", "allow"), f"mcp__{SERVER}"),
            Item(settings, ("enabledMcpjsonServers",), SERVER),
        ]
    if member.client == "codex":
        return [Hooks(codex_home(member.home) / "hooks.json", _codex_hooks(member.url))]
    return []


def _claude_hooks(url: str) -> dict[str, dict[str, Any]]:
    by_address = {
        "type": "http",
        "url": f"{url}/api/hooks/claude",
        "timeout": HOOK_SECONDS,
        "headers": {"Authorization": f"Bearer ${KEY_VARIABLE}"},
        "allowedEnvVars": [KEY_VARIABLE],
    }
    # Claude Code takes no address at the start of a session.
    begin = {"type": "command", "command": f"teammcp hook claude --url {quote(url)}", "timeout": HOOK_SECONDS + 4}
    events = (*IN_A_TURN, "StopFailure", "SessionEnd")
    return {"SessionStart": begin, **dict.fromkeys(events, by_address)}


def _codex_hooks(url: str) -> dict[str, dict[str, Any]]:
    command = {"type": "command", "command": f"teammcp hook codex --url {quote(url)}", "timeout": HOOK_SECONDS + 2}
    return dict.fromkeys(("SessionStart", *IN_A_TURN, "SessionEnd"), command)


def _guide(member: Member) -> list[Part]:
    if member.client in WITHOUT_PROJECT:
        return []
    texts = files("teammcp.joining") / "texts"
    folder = member.folder / SKILLS.get(member.client, ".agents/skills")
    skills = [
        OwnFile(folder / skill.name.removesuffix(".md") / "SKILL.md", skill.read_text("utf-8"))
        for skill in sorted((texts / "skills").iterdir(), key=lambda skill: skill.name)
    ]
    guide = Section(member.folder / GUIDES.get(member.client, "AGENTS.md"), (texts / "guide.md").read_text("utf-8"))
    return [guide, *skills]
