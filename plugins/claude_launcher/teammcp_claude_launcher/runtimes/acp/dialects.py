"""What programs say beside the protocol, each in a way of its own: the names of tools, and what was used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from acp.schema import AgentMessageChunk, PromptResponse, ToolCallUpdate, Usage

_WORD = re.compile(r"[\w.:/-]+")


class Dialect:
    """What most programs say.

    Attributes:
        team_tools: how the names of the team's tools begin, where the program asks for a permission for them as for any
            others. Nobody is asked for those: the team's server itself decides what an agent may do.
    """

    team_tools = ""

    def named(self, call: ToolCallUpdate) -> str:
        """The name of a tool, if the program tells it; otherwise nothing, for the protocol has none."""
        return ""

    def guessed(self, call: ToolCallUpdate) -> str:
        """A name for a tool, by the first that is told of its use: a title of one word is one."""
        title = (call.title or "").strip()
        return title if _WORD.fullmatch(title) else call.kind or "tool"

    def tokens(self, told: PromptResponse | AgentMessageChunk) -> tuple[int, int]:
        """Tokens in and out, if this tells what was used."""
        return _counted(told.usage) if isinstance(told, PromptResponse) and told.usage else (0, 0)

    def is_team_tool(self, name: str) -> bool:
        """Whether this is the name of one of the team's tools."""
        return bool(self.team_tools) and name.startswith(self.team_tools)


class ClaudeDialect(Dialect):
    """What Claude's adapter says."""

    team_tools = "mcp__teammcp__"

    def named(self, call: ToolCallUpdate) -> str:
        """It adds the name."""
        return _text(_inner(call.field_meta, "claudeCode"), "toolName")


class CodexDialect(Dialect):
    """What Codex's adapter says."""

    team_tools = "teammcp/"

    def named(self, call: ToolCallUpdate) -> str:
        """It names server and tool among the arguments."""
        given = call.raw_input if isinstance(call.raw_input, dict) else {}
        server, tool = _text(given, "server"), _text(given, "tool")
        return f"{server}/{tool}" if server and tool else ""


class GeminiDialect(Dialect):
    """What Gemini CLI says."""

    team_tools = "mcp_teammcp_"

    def named(self, call: ToolCallUpdate) -> str:
        """The id of a use begins with it."""
        name, between, _ = call.tool_call_id.partition("__")
        return name if between else ""

    def tokens(self, told: PromptResponse | AgentMessageChunk) -> tuple[int, int]:
        """It adds them to its answer."""
        counted = _inner(_inner(told.field_meta, "quota"), "token_count")
        return _number(counted, "input_tokens"), _number(counted, "output_tokens")


class QwenDialect(Dialect):
    """What Qwen Code says."""

    def named(self, call: ToolCallUpdate) -> str:
        """It adds the name when the use is over."""
        return _text(call.field_meta, "toolName")

    def tokens(self, told: PromptResponse | AgentMessageChunk) -> tuple[int, int]:
        """It adds them to what the model says."""
        used = _inner(told.field_meta, "usage")
        return _number(used, "inputTokens") + _number(used, "cachedReadTokens"), _number(used, "outputTokens")


def _counted(usage: Usage) -> tuple[int, int]:
    cached = (usage.cached_read_tokens or 0) + (usage.cached_write_tokens or 0)
    return usage.input_tokens + cached, usage.output_tokens


def _inner(found: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    inner = (found or {}).get(name)
    return inner if isinstance(inner, dict) else {}


def _text(found: Mapping[str, Any] | None, name: str) -> str:
    text = (found or {}).get(name)
    return text if isinstance(text, str) else ""


def _number(found: Mapping[str, Any], name: str) -> int:
    number = found.get(name)
    return number if isinstance(number, int) and number >= 0 else 0
