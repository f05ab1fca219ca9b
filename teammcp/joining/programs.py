"""What each client needs to be a member: its configuration, hooks, permissions, the guide and the skills, as parts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import parse_qsl

from ..errors import InvalidInput
from ..net.addresses import ServerAddress
from ..waking.codex_programs import codex_home
from . import wakes
from .clients import (
    ALL,
    CLIENTS,
    EVERYDAY,
    FORMS,
    KEY_FILE,
    KEY_VARIABLE,
    SERVER,
    Client,
    address_in,
    configuration,
)
from .keys import key_file
from .parts import Hooks, Item, OwnFile, Part, Section, call_of, calls_at, calls_of
from .places import Text, place_of, read

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
WITH_HOOKS = ("claude", "codex", "gemini", "qwen")
BY_COMMAND: dict[str, tuple[str, ...]] = {
    "gemini": ("SessionStart", "BeforeAgent", "AfterTool", "Notification", "AfterAgent", "SessionEnd"),
    "qwen": ("SessionStart", *IN_A_TURN, PROMPT, "Notification", "StopFailure", "SessionEnd"),
}
"""Clients whose hooks stand beside their configuration and all run a command, and the events at which they do.

Qwen Code could call an address, but none in a private network, where teams have their servers. Both take milliseconds;
Qwen Code, which counts in seconds now, still understands them so from a thousand on.
"""
TELLING = (*WITH_HOOKS, "opencode")
"""Clients that tell the server what their agents are doing: by hooks, or by a plugin of ours."""
WOKEN = ("claude", "codex", "opencode", "qwen", "generic")
"""Clients whose idle sessions a line from outside reaches; of a client without known files that may be."""
PROGRAMS = {"claude": "claude", "codex": "codex", "gemini": "gemini", "opencode": "opencode", "qwen": "qwen"}
"""Client -> the command that starts it, of those that are started in a terminal."""
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

    @property
    def title(self) -> str:
        """Its client's name for people."""
        return configuration(self.client, self.url).title

    @property
    def own_settings(self) -> bool:
        """Whether the client's configuration is the user's own, and not a file of the project."""
        return configuration(self.client, self.url).folder != "project"


def parts_of(member: Member, left_alone: list[str] | None = None) -> list[Part]:
    """Everything of ours in the files of a member's client; nothing for a client without known files.

    Args:
        left_alone: takes, if given, what is said of each file that is a link out of the folder it should be in, or is
            none; such a file is left out then.

    Raises:
        InvalidInput: there is such a file, and ``left_alone`` is not given.
    """
    if member.client == "generic":
        return []
    key = str(member.key_file) if member.name else KEY_FILE
    config = configuration(member.client, member.url, key_file=key, tools=member.tools)
    found: list[Part] = []
    makers: list[Callable[[], Sequence[Part]]] = [partial(_hooks, member), *_guide(member)]
    for make in [lambda: [config.part(member.folder, member.home)], *makers]:
        try:
            found += make()
        except InvalidInput as error:
            if left_alone is None:
                raise
            left_alone.append(str(error))
    return found


def parts_left_to(member: Member) -> list[Part]:
    """Those parts of a member's files that other clients in the same folder use too."""
    others = [replace(member, client=client) for client in CLIENTS if client not in {member.client, "generic"}]
    found: list[Part] = []
    for make in (make for other in others if _may_be_set_up(other) for make in _guide(other)):
        with suppress(InvalidInput):
            found += make()
    return found


def _may_be_set_up(member: Member) -> bool:
    try:
        path = configuration(member.client, member.url).part(member.folder, member.home).path
    except InvalidInput:  # a link that leads elsewhere, where nothing of ours was written
        return False
    try:
        return configured_url(member) is not None
    except InvalidInput:  # broken as it is, it may be set up: then nothing is taken away from it
        return path.is_file() and SERVER.encode() in path.read_bytes()


def configured_url(member: Member) -> str | None:
    """The server that the member's client is set up for; None if it is for none.

    Raises:
        InvalidInput: the client's file cannot be read, or what stands there is no address.
    """
    found = _configured(member)
    return None if found is None else found.base


def as_configured(member: Member) -> Member:
    """The member with the tools that its client is set up for already, if it is."""
    found = _configured(member)
    if found is None:
        return member
    tools = dict(parse_qsl(found.query)).get("tools", ALL)
    return replace(member, tools=tools) if re.fullmatch("[a-z0-9_,-]+", tools) else member


def _configured(member: Member) -> ServerAddress | None:
    """The address in the client's configuration."""
    if member.client == "generic":
        return None
    part = configuration(member.client, member.url).part(member.folder, member.home)
    data = read(part.path)
    if data is None:
        return None
    address = address_in(part.found(Text.decode(data, part.path, prose=False).text))
    return None if address is None else ServerAddress.parse(address, str(part.path))


def asks_team(member: Member) -> bool:
    """Whether the member's client is set up to ask the team before it uses a tool."""
    if member.client not in WITH_PROMPTS:
        return False
    try:
        settings = _claude_settings(member)
        data = read(settings)
        text = None if data is None else Text.decode(data, settings, prose=False).text
        asking = {call_of(_asking(url)) for url in _addresses(member)}
        return not asking.isdisjoint(calls_at(settings, text, PROMPT))
    except InvalidInput:  # whoever is about to change the file is told so
        return False


def _addresses(member: Member) -> set[str]:
    """The servers whose hooks are this member's: its own, and the one that its client was set up for before."""
    with suppress(InvalidInput):
        if former := configured_url(member):
            return {member.url, former}
    return {member.url}


def _claude_settings(member: Member) -> Path:
    return place_of(member.folder / ".claude" / "settings.local.json", member.folder)


def _hooks(member: Member) -> list[Part]:
    if member.client == "claude":
        settings = _claude_settings(member)
        hooks = _claude_hooks(member.url)
        if member.approvals or asks_team(member):  # who joins again keeps what was chosen before
            hooks[PROMPT] = _asking(member.url)
        made = [hook for url in _addresses(member) for hook in (*_claude_hooks(url).values(), _asking(url))]
        return [
            Hooks(settings, hooks, calls_of(made)),
            *wakes.parts(settings, member.url, _addresses(member)),
            Item(settings, ("permissions", "allow"), f"mcp__{SERVER}"),
            Item(settings, ("enabledMcpjsonServers",), SERVER),
        ]
    if member.client == "codex":
        home = codex_home(member.home)
        made = [hook for url in _addresses(member) for hook in _codex_hooks(url).values()]
        return [Hooks(place_of(home / "hooks.json", home), _codex_hooks(member.url), calls_of(made))]
    if member.client in BY_COMMAND:
        # In the project, as its configuration is: hooks of the user's own would bring the key of one server to another.
        settings = configuration(member.client, member.url).part(member.folder, member.home).path
        made = [hook for url in _addresses(member) for hook in _command_hooks(member.client, url).values()]
        form = FORMS[member.client]
        bringing = Hooks(settings, _command_hooks(member.client, member.url), calls_of(made), form)
        waking = [wakes.for_qwen(settings, member.url, _addresses(member), form)] if member.client == "qwen" else []
        return [bringing, *waking]
    if member.client == "opencode":
        plugin = (files("teammcp.joining") / "texts" / "opencode.js").read_text("utf-8")
        place = place_of(member.folder / ".opencode" / "plugins" / f"{SERVER}.js", member.folder)
        return [OwnFile(place, plugin.replace('"{url}"', json.dumps(member.url)))]
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


def _asking(url: str) -> dict[str, Any]:
    return _by_address(f"{url}{ASKING}", ANSWER_SECONDS)


def _by_address(url: str, seconds: int) -> dict[str, Any]:
    return {
        "type": "http",
        "url": url,
        "timeout": seconds,
        "headers": {"Authorization": f"Bearer ${KEY_VARIABLE}"},
        "allowedEnvVars": [KEY_VARIABLE],
    }


def _command_hooks(client: Client, url: str) -> dict[str, dict[str, Any]]:
    milliseconds = (HOOK_SECONDS + 4) * 1000
    command = {"type": "command", "command": f"teammcp hook {client} --url {quote(url)}", "timeout": milliseconds}
    return dict.fromkeys(BY_COMMAND[client], command)


def _codex_hooks(url: str) -> dict[str, dict[str, Any]]:
    command = {"type": "command", "command": f"teammcp hook codex --url {quote(url)}", "timeout": HOOK_SECONDS + 2}
    return dict.fromkeys(("SessionStart", *IN_A_TURN, PROMPT, "SessionEnd"), command)


def _guide(member: Member) -> list[Callable[[], Sequence[Part]]]:
    """What makes the guide and each of the skills: the parts that clients in one folder may share."""
    if member.client in WITHOUT_PROJECT:
        return []
    texts = files("teammcp.joining") / "texts"
    root = member.folder
    folder = root / SKILLS.get(member.client, ".agents/skills")

    def guide() -> list[Part]:
        place = place_of(root / GUIDES.get(member.client, "AGENTS.md"), root)
        return [Section(place, (texts / "guide.md").read_text("utf-8"))]

    def skill(name: str) -> list[Part]:
        place = place_of(folder / name.removesuffix(".md") / "SKILL.md", root)
        return [OwnFile(place, (texts / "skills" / name).read_text("utf-8"))]

    names = sorted(each.name for each in (texts / "skills").iterdir())
    return [guide, *(partial(skill, name) for name in names)]
