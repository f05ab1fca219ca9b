"""What a program tells by the protocol, told to the runner in the words of runtimes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    AgentThoughtChunk,
    AllowedOutcome,
    ContentToolCallContent,
    DeniedOutcome,
    FileEditToolCallContent,
    PermissionOption,
    PromptResponse,
    RequestPermissionResponse,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
    ToolCallUpdate,
    UsageUpdate,
    UserMessageChunk,
)

from teammcp import FileChange, Listener, PermissionAnswer, PermissionQuestion, TokenUsage, ToolUse, TurnEnd

from .dialects import Dialect

PARAGRAPHS = 1000
"""Characters after which whole paragraphs are told, before the message is complete."""

log = logging.getLogger(__name__)

_DONE = TurnEnd("done")
_STATUS: dict[str | None, Literal["running", "done", "failed"]] = {"completed": "done", "failed": "failed"}
_STEP: dict[str, Literal["pending", "doing", "done"]] = {"in_progress": "doing", "completed": "done"}
_ANSWERS = {True: ("allow_once",), False: ("reject_once", "reject_always")}
"""The kinds of options that say no more than the answer does: what is allowed once is not allowed for ever."""


class Hearing:
    """The client's side of the connection: hears the program, and tells the listener.

    Attributes:
        replayed: messages of an earlier session that the program has told again.
    """

    def __init__(self, listener: Listener, model: str, dialect: Dialect) -> None:
        self.replayed = 0
        self._dialect = dialect
        self._listener = listener
        self._model = model
        self._replaying = False
        self._untaken: list[str] = []
        self._busy = False
        self._open: list[str] = []
        """Turns that are not answered yet; `_untaken` are those of them of which nothing was heard."""
        self._end = _DONE
        self._said = _Paragraphs(listener.text)
        self._thought = _Paragraphs(listener.thought)
        self._tools: dict[str, ToolCallUpdate] = {}
        self._told: dict[str, ToolUse] = {}
        self._questions: dict[asyncio.Future[PermissionAnswer], asyncio.Task[Any] | None] = {}
        self._spent = _Spending()

    # -- what the session tells ----------------------------------------------------------------------------------------

    def replay(self, replaying: bool) -> None:
        """Whether what comes is a conversation's past, which was told when it happened."""
        self._replaying = replaying

    def written(self, turn: str) -> None:
        """A turn is written. The first work shows that it was taken up, unless another one runs already."""
        self._untaken.append(turn)
        self._open.append(turn)

    def spent(self, response: PromptResponse) -> None:
        """What an answered turn used."""
        self._spent.tokens(*self._dialect.tokens(response))

    def ended(self, turn: str, end: TurnEnd) -> None:
        """A turn is answered, so the program had it.

        If another one waits, it has joined: the program answers the first one when it takes up the second, and goes on.
        All is over when all are answered, and badly if one was.
        """
        self._take(turn)
        self._open.remove(turn)
        if self._end.outcome == "done":
            self._end = end
        if self._open:
            self._flush()
            self._take_next()
        else:
            self._tell_end()

    async def drop_questions(self, seconds: float) -> None:
        """Nobody answers the open questions any more: nothing is allowed. That is written within some seconds."""
        writing = [task for task in self._questions.values() if task is not None]
        for question in self._questions:
            question.cancel()
        if writing:
            await asyncio.wait(writing, timeout=seconds)

    # -- called by the library -----------------------------------------------------------------------------------------

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        """The program tells something."""
        if self._replaying:
            self.replayed += isinstance(update, UserMessageChunk | AgentMessageChunk)
            if isinstance(update, UsageUpdate):
                self._spent.cost_before(update)
            return
        match update:
            case UserMessageChunk():
                self._take_next()
            case AgentMessageChunk():
                self._spent.tokens(*self._dialect.tokens(update))
                self._worked(self._thought)
                self._said.add(_text(update.content), update.message_id)
            case AgentThoughtChunk():
                self._worked(self._said)
                self._thought.add(_text(update.content), update.message_id)
            case ToolCallStart() | ToolCallProgress():
                self._worked(self._said, self._thought)
                self._tool(update)
            case AgentPlanUpdate():
                self._worked(self._said, self._thought)
                self._listener.plan([(step.content, _STEP.get(step.status, "pending")) for step in update.entries])
            case UsageUpdate():
                self._spent.cost(update)

    async def request_permission(
        self, session_id: str, tool_call: ToolCallUpdate, options: list[PermissionOption], **_: Any
    ) -> RequestPermissionResponse:
        """The program asks. What is not clearly allowed is not allowed."""
        self._worked(self._said, self._thought)
        use = self._tool(tool_call)
        if self._dialect.is_team_tool(use.name):
            return RequestPermissionResponse(outcome=self._choose(PermissionAnswer(allowed=True), options))
        question = PermissionQuestion(use.id, use.name, {"title": use.title, **use.input}, use.id)
        asking = asyncio.ensure_future(self._listener.ask(question))
        self._questions[asking] = asyncio.current_task()
        try:
            await asyncio.wait([asking])
        finally:
            asking.cancel()
            del self._questions[asking]
        if asking.cancelled():
            return _CANCELLED
        if (error := asking.exception()) is not None:
            log.error("a permission question about %s was not answered, which denies it", use.name, exc_info=error)
        answer = PermissionAnswer(False) if error is not None else asking.result()
        return RequestPermissionResponse(outcome=self._choose(answer, options))

    # -- details -------------------------------------------------------------------------------------------------------

    def _choose(self, answer: PermissionAnswer, options: Sequence[PermissionOption]) -> AllowedOutcome | DeniedOutcome:
        """One of the offered options, by its kind."""
        by_kind = {option.kind: option for option in reversed(options)}
        for kind in _ANSWERS[answer.allowed]:
            if kind in by_kind:
                return AllowedOutcome(outcome="selected", option_id=by_kind[kind].option_id)
        if answer.allowed:
            self._listener.note("It was allowed, but the program offers no way to allow it only this once: refused.")
            return self._choose(PermissionAnswer(allowed=False), options)
        return DeniedOutcome(outcome="cancelled")

    def _worked(self, *over: _Paragraphs) -> None:
        """It works, so it has the turn; and what it said before is complete."""
        for words in over:
            words.flush()
        if not self._busy:
            self._take_next()

    def _take_next(self) -> None:
        if self._untaken:
            self._take(self._untaken[0])

    def _take(self, turn: str) -> None:
        if turn in self._untaken:
            self._busy = True
            self._untaken.remove(turn)
            self._listener.taken_up(turn)

    def _flush(self) -> None:
        """What was said is complete."""
        self._said.flush()
        self._thought.flush()

    def _tell_end(self) -> None:
        """What ran together is over."""
        end, self._end, self._busy = self._end, _DONE, False
        self._flush()
        self._tools.clear()
        for use in self._told.values():
            if use.status == "running":  # some programs say nothing more of a tool that was not allowed
                self._listener.tool(replace(use, status="failed"))
        self._told.clear()
        if (usage := self._spent.take(self._model)) is not None:
            self._listener.usage(usage)
        self._listener.turn_ended(end)

    def _tool(self, update: ToolCallUpdate | ToolCallStart) -> ToolUse:
        """Keep what an update says of a tool's use, and tell all that is known of it, if that is something new."""
        known = self._tools.get(update.tool_call_id) or ToolCallUpdate(tool_call_id=update.tool_call_id)
        said = {name: value for name in ToolCallUpdate.model_fields if (value := getattr(update, name)) is not None}
        self._tools[update.tool_call_id] = call = known.model_copy(update=said)
        told = self._told.get(call.tool_call_id)
        name = self._dialect.named(call) or (told.name if told else self._dialect.guessed(call))
        use = _use(call, name)
        if told != use:
            self._told[use.id] = use
            self._listener.tool(use)
        return use


_CANCELLED = RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))


class _Paragraphs:
    """Words that come in pieces, told in whole paragraphs."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._text = ""
        self._message: str | None = None

    def add(self, text: str, message: str | None) -> None:
        """More of the same message, or of another one."""
        if message != self._message:
            self.flush()
            self._message = message
        self._text += text
        whole, _, rest = self._text.rpartition("\n\n")
        if len(whole) >= PARAGRAPHS and whole.count("```") % 2 == 0:
            self._text = whole
            self.flush()
            self._text = rest

    def flush(self) -> None:
        """The message is complete."""
        text, self._text = self._text.strip(), ""
        if text:
            self._tell(text)


class _Spending:
    """What was used since it was last told."""

    def __init__(self) -> None:
        self._in = self._out = 0
        self._cost = self._cost_told = 0.0

    def cost(self, update: UsageUpdate) -> None:
        """The session's cost so far."""
        if update.cost is not None and update.cost.currency == "USD":
            self._cost = update.cost.amount

    def cost_before(self, update: UsageUpdate) -> None:
        """What it had cost before this session."""
        self.cost(update)
        self._cost_told = self._cost

    def tokens(self, tokens_in: int, tokens_out: int) -> None:
        """What a turn used."""
        self._in += tokens_in
        self._out += tokens_out

    def take(self, model: str) -> TokenUsage | None:
        """All of it; None for nothing."""
        usage = TokenUsage(self._in, self._out, round(max(self._cost - self._cost_told, 0.0), 9), model)
        self._in = self._out = 0
        self._cost_told = self._cost
        return usage if usage.tokens_in or usage.tokens_out or usage.cost_usd else None


def _text(block: Any) -> str:
    return block.text if isinstance(block, TextContentBlock) else f"({block.type})"


def _use(call: ToolCallUpdate, name: str) -> ToolUse:
    title = (call.title or "").strip()
    contents = call.content or []
    texts = [_text(part.content) for part in contents if isinstance(part, ContentToolCallContent)]
    return ToolUse(
        id=call.tool_call_id,
        name=name,
        status=_STATUS.get(call.status, "running"),
        title=title,
        input=_arguments(call.raw_input),
        output="\n".join(texts) or _raw(call.raw_output),
        changes=tuple(
            FileChange(part.path, part.old_text, part.new_text)
            for part in contents
            if isinstance(part, FileEditToolCallContent)
        ),
    )


def _arguments(raw: Any) -> dict[str, Any]:
    if raw is None:
        return {}
    return raw if isinstance(raw, dict) else {"input": raw}


def _raw(output: Any) -> str:
    if output is None:
        return ""
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
