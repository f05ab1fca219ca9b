"""What each client needs to be a member: its configuration, hooks, permissions, the guide and the skills, as parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..clients import ALL, CLIENTS, EVERYDAY, KEY_VARIABLE, SERVER, Client, codex_home, configuration
from ..errors import InvalidInput
from .changes import read
from .keys import key_file
from .parts import Hooks, Item, OwnFile, Part, Section, events_of_ours

HOOK_SECONDS = 1
"""How long a hook may keep its program waiting if the server is away or slow."""
IN_A_TURN = ("UserPromptSubmit", "PostToolUse", "Stop")
PROMPT = "PermissionRequest"
"""The event at which Claude Code is about to ask whether it may use a tool."""
ASKING = "/api/hooks/permission"
"""Where a prompt is answered; other hooks at the same event only tell what the agent is doing."""
ANSWER_SECONDS = 610
"""How long Claude Code waits for that answer: longer than the server, which then denies."""

GUIDES = {"claude": "CLAUDE.md", "gemini": "GEMINI.md", "qwen": "QWEN.md"}
"""Where a client looks for what its model should know of a project; the others look into AGENTS.md."""
SKILLS = {"claude": ".claude/skills", "qwen": ".qwen/skills"}
"""Where a client looks for skills; the others look into .agents/skills."""
WITH_HOOKS = ("claude", "codex")
WITH_PROMPTS = ("claude",)
"""Clients that can put to the team whether a tool may be used."""
WITHOUT_PROJECT = ("claude-desktop", "generic")
"""Clients that know no project, and so neither guide nor skills."""


@dataclass(frozen=True)
class Member:
    """An agent that is to be, or is, a member by way of a client on this machine.

    Attributes:
        url: the server's public address.
        folder: the project's folder, absolute.
        home: the user's home.
        approvals: whether the team is to be asked before its program uses a tool.
        tools: which tools its client asks for; see `configuration`.
    """

    name: str
    client: Client
    url: str
    folder: Path
    home: Path
    approvals: bool = False
    tools: str = EVERYDAY

    @property
    def key_file(self) -> Path:
        """The private file that holds its key."""
        return key_file(self.url, self.name)


def parts_of(member: Member) -> list[Part]:
    """Everything of ours in the files of a member's client; nothing for a client without known files."""
    if member.client == "generic":
        return []
    config = configuration(member.client, member.url, key_file=str(member.key_file), tools=member.tools)
    return [config.part(member.folder, member.home), *_hooks(member), *_guide(member)]


def parts_left_to(member: Member) -> list[Part]:
    """Those parts of a member's files that other clients in the same folder use too."""
    others = [replace(member, client=client) for client in CLIENTS if client not in {member.client, "generic"}]
    return [part for other in others if configured_url(other) for part in parts_of(other)]


def configured_url(member: Member) -> str | None:
    """The server that the member's client is set up for; None if it is for none."""
    address = _configured(member)
    return address and re.split(r"/mcp\b|\?", address)[0]


def as_configured(member: Member) -> Member:
    """The member with the tools that its client is set up for already, if it is."""
    address = _configured(member)
    if address is None:
        return member
    tools = dict(parse_qsl(urlsplit(address).query)).get("tools", ALL)
    return replace(member, tools=tools)


def _configured(member: Member) -> str | None:
    """The address in the client's configuration."""
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
    return str(address) if address else None


def asks_team(member: Member) -> bool:
    """Whether the member's client is set up to ask the team before it uses a tool."""
    if member.client not in WITH_PROMPTS:
        return False
    settings = _claude_settings(member)
    try:
        return PROMPT in events_of_ours(settings, read(settings), ASKING)
    except InvalidInput:  # whoever is about to change the file is told so
        return False


def _claude_settings(member: Member) -> Path:
    return member.folder / ".claude" / "settings.local.json"


def _hooks(member: Member) -> list[Part]:
    if member.client == "claude":
        settings = _claude_settings(member)
        hooks = _claude_hooks(member.url)
        if member.approvals or asks_team(member):  # who joins again keeps what was chosen before
            hooks[PROMPT] = _by_address(f"{member.url}{ASKING}", ANSWER_SECONDS)
        return [
            Hooks(settings, hooks),
            Item(settings, ("permissions", "allow"), f"mcp__{SERVER}"),
            Item(settings, ("enabledMcpjsonServers",), SERVER),
        ]
    if member.client == "codex":
        return [Hooks(codex_home(member.home) / "hooks.json", _codex_hooks(member.url))]
    return []


def _claude_hooks(url: str) -> dict[str, dict[str, Any]]:
    # By a command, which takes a tenth of a second more: the start of a session, since Claude Code takes no address for
    # that, and the ends of turns and sessions, at which the transcript on this machine says what was used.
    command = {"type": "command", "command": f"teammcp hook claude --url {quote(url)}", "timeout": HOOK_SECONDS + 4}
    by_address = _by_address(f"{url}/api/hooks/claude", HOOK_SECONDS)
    return {
        **dict.fromkeys(("UserPromptSubmit", "PostToolUse", PROMPT, "Notification", "StopFailure"), by_address),
        **dict.fromkeys(("SessionStart", "Stop", "SessionEnd"), command),
    }


def _by_address(url: str, seconds: int) -> dict[str, Any]:
    return {
        "type": "http",
        "url": url,
        "timeout": seconds,
        "headers": {"Authorization": f"Bearer ${KEY_VARIABLE}"},
        "allowedEnvVars": [KEY_VARIABLE],
    }


def _codex_hooks(url: str) -> dict[str, dict[str, Any]]:
    command = {"type": "command", "command": f"teammcp hook codex --url {quote(url)}", "timeout": HOOK_SECONDS + 2}
    return dict.fromkeys(("SessionStart", *IN_A_TURN, PROMPT, "SessionEnd"), command)


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
