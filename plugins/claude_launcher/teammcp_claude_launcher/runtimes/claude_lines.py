"""What the lines of Claude Code mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from teammcp import FileChange, Listener, TokenUsage, ToolUse, TurnEnd

TITLES = ("command", "file_path", "path", "pattern", "url", "query", "description", "skill", "content")
"""Arguments of tools that say in a line what is done, the best first."""
STEPS: Mapping[str, Literal["pending", "doing", "done"]] = {
    "pending": "pending",
    "in_progress": "doing",
    "completed": "done",
}
INPUT = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")


class Reader:
    """Reads a session's lines and tells its listener.

    Attributes:
        used: what its conversation has used up to now, by model; None if that is to be learnt from the next turn.
    """

    def __init__(self, listener: Listener, note_once: Callable[[str], None]) -> None:
        self.used: Mapping[str, Mapping[str, Any]] | None = {}
        self._listener = listener
        self._note_once = note_once
        self._sent: set[str] = set()
        self._taken: set[str] = set()
        self._tools: dict[str, ToolUse] = {}

    @property
    def is_busy(self) -> bool:
        """Whether a turn was sent that is not over."""
        return bool(self._sent or self._taken)

    def sent(self, turn: str) -> None:
        """A turn is about to be written."""
        self._sent.add(turn)

    def read(self, line: dict[str, Any]) -> None:
        """What a line means; nothing if it is of a kind that is not known here."""
        match line.get("type"):
            case "command_lifecycle" if line.get("state") == "started":
                self._start(line["command_uuid"])
            case "system":
                self._system(line)
            case "assistant":
                self._assistant(line)
            case "user":
                self._results(line)
            case "result":
                self._end(line)

    def _start(self, turn: str) -> None:
        if turn in self._sent:
            self._sent.remove(turn)
            self._taken.add(turn)
            self._listener.taken_up(turn)

    def _system(self, line: dict[str, Any]) -> None:
        match line.get("subtype"):
            case "init":
                for server in line.get("mcp_servers", []):
                    if server["status"] not in ("connected", "pending"):
                        self._note_once(f"The MCP server '{server['name']}' is not there: {server['status']}.")
            case "api_retry":
                self._listener.note(
                    f"The model does not answer ({line.get('error_status')} {line.get('error')}); "
                    f"attempt {line.get('attempt')} of {line.get('max_retries')}."
                )
            case "compact_boundary":
                self._listener.note("The conversation was too long and has been summarised.")

    def _assistant(self, line: dict[str, Any]) -> None:
        if line.get("is_api_error_message"):  # the turn's end says it too
            return
        of_helper = line.get("parent_tool_use_id") is not None
        for block in line["message"]["content"]:
            match block["type"]:
                case "text" if not of_helper and block["text"].strip():
                    self._listener.text(block["text"])
                case "text":
                    self._listener.thought(block["text"])
                case "thinking" if block["thinking"].strip():
                    self._listener.thought(block["thinking"])
                case "tool_use":
                    self._tool(block)

    def _tool(self, block: dict[str, Any]) -> None:
        name, given = block["name"], block["input"]
        if name == "TodoWrite":
            self._listener.plan([(todo["content"], STEPS[todo["status"]]) for todo in given.get("todos", [])])
            return
        use = ToolUse(block["id"], name, "running", _title(given), given, changes=_changes(name, given))
        self._tools[use.id] = use
        self._listener.tool(use)

    def _results(self, line: dict[str, Any]) -> None:
        content = line["message"]["content"]
        for block in content if isinstance(content, list) else ():
            if block["type"] == "tool_result" and (use := self._tools.pop(block["tool_use_id"], None)):
                status: Literal["done", "failed"] = "failed" if block.get("is_error") else "done"
                self._listener.tool(replace(use, status=status, output=_text(block.get("content"))))

    def _end(self, line: dict[str, Any]) -> None:
        self._use(line)
        if not self._taken:  # a turn of its own making
            return
        self._taken.clear()
        self._listener.turn_ended(_outcome(line))

    def _use(self, line: dict[str, Any]) -> None:
        """Tell what was used since the last end of a turn; the program counts from the conversation's beginning."""
        counted: dict[str, dict[str, Any]] = line.get("modelUsage", {})
        if self.used is not None:
            for model, now in counted.items():
                before = self.used.get(model, {})
                usage = TokenUsage(
                    tokens_in=sum(now.get(key, 0) - before.get(key, 0) for key in INPUT),
                    tokens_out=now.get("outputTokens", 0) - before.get("outputTokens", 0),
                    cost_usd=now.get("costUSD", 0.0) - before.get("costUSD", 0.0),
                    model=model,
                )
                if usage.tokens_in or usage.tokens_out or usage.cost_usd:
                    self._listener.usage(usage)
        self.used = counted


def _outcome(line: dict[str, Any]) -> TurnEnd:
    if line.get("subtype") == "success" and not line.get("is_error"):
        return TurnEnd("done")
    if str(line.get("terminal_reason", "")).startswith("aborted"):
        return TurnEnd("interrupted")
    errors = line.get("errors") or []
    return TurnEnd("failed", line.get("result") or "; ".join(map(str, errors)) or str(line.get("subtype")))


def _title(given: dict[str, Any]) -> str:
    said = next((given[key] for key in TITLES if isinstance(given.get(key), str)), "")
    return said.strip().split("\n", 1)[0][:200]


def _changes(name: str, given: dict[str, Any]) -> list[FileChange]:
    match name, given:
        case "Write", {"file_path": str(path), "content": str(after)}:
            return [FileChange(path, None, after)]
        case "Edit", {"file_path": str(path), "old_string": str(before), "new_string": str(after)}:
            return [FileChange(path, before, after)]
    return []


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", f"({block.get('type')})") for block in content or ())
