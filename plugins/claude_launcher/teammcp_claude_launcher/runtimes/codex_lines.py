"""What the lines of ``codex app-server`` mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from teammcp import FileChange, Listener, PermissionQuestion, TokenUsage, ToolUse, TurnEnd

STEPS: Mapping[str, Literal["pending", "doing", "done"]] = {
    "pending": "pending",
    "inProgress": "doing",
    "completed": "done",
}


class Reader:
    """Reads a session's notifications and tells its listener.

    Attributes:
        thread: the id of its conversation; those of helpers that it starts are others.
        turn: the id of its running turn, as the program calls it; empty if none runs.
        tools: those that it uses now, by their ids.
    """

    def __init__(self, listener: Listener, note_once: Callable[[str], None]) -> None:
        self.thread = ""
        self.turn = ""
        self.tools: dict[str, ToolUse] = {}
        self._model = ""
        self._listener = listener
        self._note_once = note_once
        self._sent: dict[str, str] = {}
        self._is_ours = False
        self._servers: set[str] = set()
        self._news = asyncio.Event()

    def begin(self, answer: dict[str, Any]) -> None:
        """The conversation has begun, or goes on."""
        self.thread = answer["thread"]["id"]
        self._model = answer.get("model", "")

    def sent(self, turn: str, request: str) -> None:
        """A turn is about to be written with this request."""
        self._sent[turn] = request

    def refused(self, request: str, text: str) -> None:
        """The program does not take a request: if it was for a turn, that is over."""
        for turn in [turn for turn, number in self._sent.items() if number == request]:
            self._take_up(turn)
            self._listener.turn_ended(TurnEnd("failed", text))
            self._is_ours = False

    def read(self, method: str, params: dict[str, Any]) -> None:
        """What a notification means; nothing if it is of a kind that is not known here."""
        # Before the answer was read that begins it there is but one; what comes right behind that is read earlier.
        if self.thread and params.get("threadId", self.thread) not in (self.thread, None):
            return
        match method:
            case "turn/started":
                self.turn = params["turn"]["id"]
            case "item/started" | "item/completed":
                self._item(params["item"], is_over=method == "item/completed")
            case "turn/plan/updated":
                self._listener.plan([(step["step"], STEPS[step["status"]]) for step in params["plan"]])
            case "thread/tokenUsage/updated" if params["turnId"] == self.turn:
                last = params["tokenUsage"]["last"]
                self._listener.usage(TokenUsage(last["inputTokens"], last["outputTokens"], model=self._model))
            case "turn/completed":
                self._end(params["turn"])
            case "error" if params.get("willRetry"):
                self._listener.note(f"{params['error']['message']} It tries again.")
            case "warning" | "configWarning" | "deprecationNotice":
                self._note_once(params.get("message") or params.get("summary") or "")
            case "mcpServer/startupStatus/updated" if params["status"] != "starting":
                self._server(params)

    def _server(self, params: dict[str, Any]) -> None:
        self._servers.add(params["name"])
        self._news.set()
        if params["status"] == "failed":
            self._note_once(
                f"The MCP server '{params['name']}' is not there: {(params.get('error') or 'it failed')[:300]}"
            )

    async def await_server(self, name: str) -> None:
        """Wait until it is known whether a server of tools is there."""
        while name not in self._servers:
            self._news.clear()
            await self._news.wait()

    def _end(self, turn: dict[str, Any]) -> None:
        self.turn = ""
        if not self._is_ours:  # a turn of its own making
            return
        self._is_ours = False
        match turn["status"]:
            case "completed":
                self._listener.turn_ended(TurnEnd("done"))
            case "interrupted":
                self._listener.turn_ended(TurnEnd("interrupted"))
            case status:
                self._listener.turn_ended(TurnEnd("failed", (turn.get("error") or {}).get("message") or status))

    def _take_up(self, turn: str) -> None:
        if self._sent.pop(turn, None) is not None:
            self._is_ours = True
            self._listener.taken_up(turn)

    def _item(self, item: dict[str, Any], *, is_over: bool) -> None:
        match item["type"]:
            case "userMessage":
                self._take_up(item.get("clientId") or next(iter(self._sent), ""))
            case "agentMessage" if is_over and item["text"].strip():
                self._listener.text(item["text"])
            case "reasoning" if is_over and (said := "\n".join(item.get("summary") or item.get("content") or ())):
                self._listener.thought(said)
            case _ if use := tool_use(item, is_over):
                if is_over:
                    self.tools.pop(use.id, None)
                else:
                    self.tools[use.id] = use
                self._listener.tool(use)


def tool_use(item: dict[str, Any], is_over: bool) -> ToolUse | None:
    """An item as the use of a tool; None if it is none."""
    status: Literal["running", "done", "failed"] = "running"
    if is_over:
        status = "done" if item.get("status", "completed") == "completed" else "failed"
    match item:
        case {"type": "commandExecution", "id": id, "command": command}:
            given = {"command": command, "cwd": item.get("cwd")}
            return ToolUse(id, "shell", status, command, given, item.get("aggregatedOutput") or "")
        case {"type": "fileChange", "id": id, "changes": changes}:
            paths = ", ".join(change["path"] for change in changes)
            return ToolUse(id, "apply_patch", status, paths, changes=[_change(change) for change in changes])
        case {"type": "mcpToolCall", "id": id, "server": server, "tool": tool}:
            arguments = item.get("arguments")
            given = arguments if isinstance(arguments, dict) else {}
            return ToolUse(id, f"mcp__{server}__{tool}", status, "", given, _output(item))
        case {"type": "webSearch", "id": id, "query": query}:
            return ToolUse(id, "web_search", status, query, {"query": query})
    return None


def _output(item: dict[str, Any]) -> str:
    if error := item.get("error"):
        return str(error.get("message", error))
    content = (item.get("result") or {}).get("content", [])
    return "\n".join(block.get("text", f"({block.get('type')})") for block in content)


def _change(change: dict[str, Any]) -> FileChange:
    """A change, which the program gives as the whole of a new file, or as hunks with marks before their lines."""
    if change["kind"]["type"] == "add":
        return FileChange(change["path"], None, change["diff"])
    lines = [line for line in change["diff"].splitlines() if not line.startswith(("@@", "---", "+++"))]
    before, after = ("\n".join(line[1:] for line in lines if line[:1] in marks) for marks in (("-", " "), ("+", " ")))
    return FileChange(change["path"], before, after)


@dataclass(frozen=True)
class Asked:
    """A question of the program's, and what to answer if it is allowed or not."""

    question: PermissionQuestion
    allowed: dict[str, Any]
    denied: dict[str, Any]


def asked(key: str, method: str, params: dict[str, Any], tools: Mapping[str, ToolUse]) -> Asked | None:
    """A request of the program's as a question; None if it is none that can be answered with yes or no."""
    item = params.get("itemId") or ""
    accept, decline = {"decision": "accept"}, {"decision": "decline"}
    use = tools.get(item)
    reason = {"reason": params["reason"]} if params.get("reason") else {}
    match method:
        case "item/commandExecution/requestApproval":
            given = {"command": params.get("command"), "cwd": params.get("cwd"), **reason}
            return Asked(PermissionQuestion(key, "shell", given, item), accept, decline)
        case "item/fileChange/requestApproval":
            changes = {change.path: change.after for change in use.changes} if use else {}
            return Asked(PermissionQuestion(key, "apply_patch", {**changes, **reason}, item), accept, decline)
        case "item/permissions/requestApproval":
            wanted = params["permissions"]
            granted = {"permissions": wanted, "scope": "turn"}
            return Asked(
                PermissionQuestion(key, "permissions", {**wanted, **reason}, item), granted, {"permissions": {}}
            )
        case "mcpServer/elicitation/request" if not (params.get("requestedSchema") or {}).get("properties"):
            given = {"message": params.get("message", "")}
            question = PermissionQuestion(key, params["serverName"], given, item)
            return Asked(question, {"action": "accept", "content": {}}, {"action": "decline"})
    return None
