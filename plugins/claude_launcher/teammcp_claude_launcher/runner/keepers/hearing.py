"""What a run's program does, as it is heard: written into the journal, and told to the server where it asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Literal

from teammcp import PermissionAnswer, PermissionQuestion, TokenUsage, ToolUse, TurnEnd

from ...entries import (
    NO_SIGN,
    Answered,
    Asked,
    Change,
    Conversation,
    Entry,
    Noted,
    Plan,
    RunState,
    Said,
    State,
    Step,
    TakenUp,
    Thought,
    Tool,
    TurnOver,
    Used,
)
from ...protocol import Home
from ..host import Host
from . import answers, permissions
from .agent_api import AgentApi
from .bells import Bell, unless
from .deliveries import Deliveries, Kept
from .errands import Errand, Errands
from .pace import Pace
from .turns import Turns
from .veil import Veil
from .watching import Spent, Watch


class Hearing:
    """Hears one session; a `teammcp.Listener`.

    Attributes:
        turns: the turns of the run.
        watch: when it was heard last.
        spent: what it has used.
        done: how many times it was done with what it was in.
        is_resumed: the program has shown that it goes on with an earlier conversation.
        conversation_id: of its conversation; None as long as it has told none.
        bell: rings at whatever may change what is to be done.
        pace: the run's share of what is written down.
    """

    def __init__(
        self, host: Host, run: int, home: Home, veil: Veil, api: AgentApi, deliveries: Deliveries, errands: Errands
    ) -> None:
        now = host.clock.passed()
        self.home = home
        self.turns = Turns()
        self.watch = Watch(now, now, now)
        self.spent = Spent()
        self.done = 0
        self.is_resumed = False
        self.conversation_id: str | None = None
        self.bell = Bell()
        self.pace = Pace(host.clock, self._write_down)
        self._host = host
        self._run = run
        self._veil = veil
        self._api = api
        self._deliveries = deliveries
        self._errands = errands
        self._shows_receipts = host.runtimes[home.runtime].capabilities.receipt
        self._state: tuple[RunState, str] = ("starting", "")
        self._is_ready = False
        self._usages = 0
        self._over = asyncio.Event()

    def begin(self) -> None:
        """The program is ready for its first turn."""
        self._is_ready = True
        self.show_state()

    def close(self) -> None:
        """The run is over: what comes now is not heard any more."""
        self._over.set()

    def enter(self, entry: Entry) -> None:
        """Write something into the journal."""
        if not self._over.is_set():
            self.pace.add(entry)

    def _write_down(self, entry: Entry) -> None:
        self._host.journal.append(self._run, self._veil.over(entry))

    def show_state(self, reason: str = "", message_ids: Sequence[int] = ()) -> None:
        """Write down how the run stands, if that has changed or somebody is to be told of it."""
        state = self._now()
        if self._state != (state, reason) or message_ids:
            self._state = (state, reason)
            self.enter(State(state=state, reason=reason, message_ids=list(message_ids)))

    def show_silence(self, messages: Iterable[Kept]) -> None:
        """Nothing shows of work on these messages: whoever sent them is told, once."""
        untold = [kept for kept in messages if not kept.is_told]
        for kept in untold:
            kept.is_told = True
        self.show_state(NO_SIGN, [kept.message.id for kept in untold])

    def _now(self) -> RunState:
        if self.watch.questions:
            return "waiting"
        if not self._is_ready:
            return "starting"
        return "working" if self.turns.open else "idle"

    # -- a `teammcp.Listener` ------------------------------------------------------------------------------------------

    def conversation(self, id: str, *, resumed: bool) -> None:
        """See `teammcp.Listener`."""
        self.conversation_id, self.is_resumed = id, resumed
        self.enter(Conversation(id=id, resumed=resumed))

    def taken_up(self, turn: str) -> None:
        """See `teammcp.Listener`."""
        if not self._over.is_set() and self.turns.take_up(turn):
            self.enter(TakenUp(turn=turn))
            self._deliveries.take_up(turn)
            self._hear(is_sign=False)
            self.show_state()

    def text(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._hear()
        self.turns.say(text)
        self.enter(Said(text=text))

    def thought(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._hear()
        self.enter(Thought(text=text))

    def tool(self, use: ToolUse) -> None:
        """See `teammcp.Listener`."""
        self._hear()
        self.turns.use_tool()
        changes = [Change(path=each.path, before=each.before, after=each.after) for each in use.changes]
        self.enter(
            Tool(
                id=use.id,
                name=use.name,
                status=use.status,
                title=use.title,
                input=dict(use.input),
                output=use.output,
                changes=changes,
            )
        )

    def plan(self, steps: Sequence[tuple[str, Literal["pending", "doing", "done"]]]) -> None:
        """See `teammcp.Listener`."""
        self._hear()
        self.enter(Plan(steps=[Step(text=text, status=status) for text, status in steps]))

    def usage(self, usage: TokenUsage) -> None:
        """See `teammcp.Listener`."""
        figures = {"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "cost_usd": usage.cost_usd}
        used = Used(**figures, model=usage.model, task=self.turns.task)
        self.enter(used)
        self.spent.add(used)
        self._hear(is_sign=False)
        self._usages += 1
        once = f"run:{self._run}:usage:{self._usages}"
        arguments = used.model_dump(exclude={"kind", "task"})
        self._errands.add(Errand(operation="report_usage", arguments=arguments, once=once))

    def note(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._hear(is_sign=False)
        self.enter(Noted(text=text))

    async def ask(self, question: PermissionQuestion) -> PermissionAnswer:
        """See `teammcp.Listener`."""
        self._hear()
        self.enter(Asked(id=question.id, tool=question.tool, input=dict(question.input)))
        self.watch.questions += 1
        self.show_state()
        try:
            deciding = permissions.decide(self._api, self.home.policy, question)
            decision = await unless(deciding, self._over.wait()) or permissions.TOO_LATE
        finally:
            self.watch.questions -= 1
            self._hear(is_sign=False)
            self.show_state()
        answer = decision.answer
        self.enter(Answered(id=question.id, allowed=answer.allowed, message=answer.message, by=decision.by))
        return answer

    def turn_ended(self, end: TurnEnd) -> None:
        """See `teammcp.Listener`."""
        if self._over.is_set():
            return
        self._hear()
        if self.turns.untaken == self.turns.open:  # whoever ends a turn has had it
            for turn in self.turns.open[:1]:
                self.taken_up(turn.id)
        closed = self.turns.end()
        self.enter(TurnOver(outcome=end.outcome, detail=end.detail, answer=closed.answer))
        for errand in answers.errands(closed, end, self.home.answers):
            self._errands.add(errand)
        self._deliveries.finish(closed.messages)
        self.watch.idle_since = self._host.clock.passed()
        self.done += end.outcome == "done"
        self.show_state()
        self.bell.ring()

    def _hear(self, *, is_sign: bool = True) -> None:
        """Something was heard. Only a sign of work says something of a turn; without receipts the first one is one."""
        self.watch.heard_at = self._host.clock.passed()
        if is_sign:
            self._hear_work()
        self.bell.ring()

    def _hear_work(self) -> None:
        self.watch.worked_at = self.watch.heard_at
        if not self._shows_receipts:
            for turn in self.turns.untaken:
                self.taken_up(turn.id)
        if self._state[1]:
            self.show_state()
